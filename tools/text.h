/*
 * Numbers and strings as people read them. Strings out of a log may hold anything; text_clean or text_utf8 makes them fit for
 * where they go. Results that are `char *` belong to the caller.
 */
#ifndef BLASE_TOOLS_TEXT_H
#define BLASE_TOOLS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lineage/fingerprint.h"

struct short_text {
    char s[64];
};

struct short_text text_ns(double nanoseconds); /* three digits and a unit: 12.3 ms */
struct short_text text_bytes(double bytes);    /* likewise: 1.21 GiB */
struct short_text text_time(uint64_t wall_ns); /* ISO 8601, UTC */
struct short_text text_fp(struct fp fp);       /* 32 hex digits */
struct short_text text_real(double value);     /* the shortest digits that give the same double */
struct short_text text_float(float value);

struct short_text text_thousands(uint64_t count); /* 1,234,567 */

/* "1 call", "2 calls" */
struct short_text text_count(uint64_t count, const char *one, const char *many);

/* Valid UTF-8 without control characters, for a terminal. */
char *text_clean(const char *text);

/* Valid UTF-8, else unchanged, for JSON. */
char *text_utf8(const char *text);

/* The arguments as a line for the shell, quoted where they must be. */
char *text_command(char *const argv[]);

/* What stands behind the last slash. */
const char *text_basename(const char *path);

/* The names of the log's numbers: full, upper, …; miss, hit, …; "?" for one that is not known. */
const char *text_part(uint64_t part);
const char *text_outcome(uint64_t outcome);
const char *text_unkept(uint64_t unkept);

#endif
