/*
 * Run directories: where they are kept, how a new one is made, how one is found by name, what logs it holds. Failures say one
 * line on stderr, unless told otherwise.
 */
#ifndef BLASE_TOOLS_RUNDIR_H
#define BLASE_TOOLS_RUNDIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* A new directory for a run of `command` in the default place; its absolute path in `out`. */
bool rundir_new(const char *command, char out[PATH_MAX]);

/* Makes DIRECTORY the run directory; false if it cannot be or, with *taken set, if it holds a log already. */
bool rundir_use(const char *directory, char out[PATH_MAX], bool *taken);

/* A private directory for a run that keeps no log, and its removal with everything in it. */
bool rundir_temporary(char out[PATH_MAX]);
void rundir_remove(const char *directory);

/* The directory of RUN: a directory, a name in the default place or a unique beginning of one; NULL: the latest. */
bool rundir_find(const char *run, char out[PATH_MAX]);

/* The paths of the process logs, in the order of their names. */
struct rundir_logs {
    char **paths;
    size_t count;
};
bool rundir_list(const char *directory, struct rundir_logs *logs);
void rundir_logs_free(struct rundir_logs *logs);

#endif
