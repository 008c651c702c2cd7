/*
 * Where runs are kept when nobody says otherwise, and how a run is named there; the same for the command and for the library
 * alone.
 */
#ifndef BLASE_LINEAGE_RUN_HOME_H
#define BLASE_LINEAGE_RUN_HOME_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { RUN_HOMES = 2 };

/*
 * The default places, best first: blase/runs in $XDG_STATE_HOME or ~/.local/state, then /tmp/blase-UID/runs. Relative values are
 * ignored. Returns how many there are.
 */
int run_homes(char out[RUN_HOMES][PATH_MAX]);

/* Makes a place usable: the one in /tmp must be ours alone, since anybody may have been there first. False with errno set. */
bool run_home_prepare(const char *place);

/* YYYYMMDD-HHMMSS-PID-COMMAND in UTC, so that names sort by time; attempt > 0 appends a number. */
void run_name(const char *command, int attempt, char *out, size_t size);

/* A new run's path in the first place that can be used; nothing is made but the place. False if there is none: `out` is empty. */
bool run_home_new(const char *command, char *out, size_t size);

#endif
