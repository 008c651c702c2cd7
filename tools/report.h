/* A run's summary in words: the few lines of `blase run`, and the lines above the table of `blase show`. */
#ifndef BLASE_TOOLS_REPORT_H
#define BLASE_TOOLS_REPORT_H

#include <stdio.h>

#include "tools/summary.h"

/* `run`: how `blase show` is told to show it; NULL if it cannot be shown later. */
void report_run(FILE *out, const struct summary *summary, bool verify, const char *run);

/* No process left a log. `obstacle`: what executable_obstacle said of the command. */
void report_nothing(FILE *out, const char *command, const char *obstacle);

/* The table of `blase show`. */
void report_table(FILE *out, const struct summary *summary);

#endif
