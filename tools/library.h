/* Where libblase.so is, and the LD_PRELOAD that loads it. Each failure is one line on stderr. */
#ifndef BLASE_TOOLS_LIBRARY_H
#define BLASE_TOOLS_LIBRARY_H

#include <limits.h>
#include <stdbool.h>

/* $BLASE_LIBRARY, else beside the command, in ../lib or in ../lib/blase; as an absolute path. */
bool library_find(char out[PATH_MAX]);

/*
 * Puts the library in front of what LD_PRELOAD names already. Where the loader would cut or expand its path, it goes by a link
 * in the run directory.
 */
bool library_preload(const char *library, const char *run_directory);

#endif
