/*
 * How much memory this process may use: what a percentage of RAM is taken of.
 *
 * The least of the machine's memory, the limits of its control groups (v2: memory.max and memory.high, v1: memory.limit_in_bytes)
 * on the way from its own group up to the mounted root, and RLIMIT_AS and RLIMIT_DATA. A limit that cannot be read is none. Files
 * are read below `root`, "" for the system's own; a test gives a directory. Thread-safe: no state.
 */
#ifndef BLASE_LINEAGE_MEMORY_LIMIT_H
#define BLASE_LINEAGE_MEMORY_LIMIT_H

#include <stdint.h>

uint64_t memory_limit(const char *root);

/* The part of it that control groups tell: UINT64_MAX when they set no limit. */
uint64_t memory_limit_groups(const char *root);

#endif
