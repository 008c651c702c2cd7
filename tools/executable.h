/* Why a command may be out of the preloaded library's reach. */
#ifndef BLASE_TOOLS_EXECUTABLE_H
#define BLASE_TOOLS_EXECUTABLE_H

/* What in the program's file (found by PATH; for a script its interpreter's) rules out LD_PRELOAD, as a clause that goes on
 * after its name; NULL: nothing known. */
const char *executable_obstacle(const char *command);

#endif
