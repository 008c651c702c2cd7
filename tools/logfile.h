/* Small helpers over lineage/log_reader.h for a log that lies in a file: opening it leniently, its key/value records. */
#ifndef BLASE_TOOLS_LOGFILE_H
#define BLASE_TOOLS_LOGFILE_H

#include "lineage/log_reader.h"

/* As log_open, but a log whose first write did not get as far as the magic is an empty log, not an error. */
bool logfile_open(struct log_reader *log, const char *path);

/* The process id that the file's name begins with, 0 if none. */
uint64_t logfile_pid(const char *path);

/* Keys and values of HEADER and EXIT records; what is read later wins. All zero is empty. */
struct pair {
    char *key, *value;
};
struct pairs {
    struct pair *pair;
    size_t count;
};
void pairs_read(struct pairs *pairs, struct reader *payload);
const char *pairs_get(const struct pairs *pairs, const char *key); /* NULL when absent */
uint64_t pairs_number(const struct pairs *pairs, const char *key, uint64_t fallback);
void pairs_free(struct pairs *pairs);

#endif
