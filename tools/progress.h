/* How far long work has come, on stderr while that is a terminal and nothing else is being written there; else nothing. */
#ifndef BLASE_TOOLS_PROGRESS_H
#define BLASE_TOOLS_PROGRESS_H

#include <stdint.h>

/* "reading: 1,200,000 items", after half a second, then now and again. One at a time. */
void progress_begin(const char *what, const char *unit);
void progress_step(void); /* one unit done; cheap */
void progress_end(void);  /* wipes the line */

#endif
