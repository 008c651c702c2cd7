/*
 * One line on stderr, in a way that can neither end nor hold up the program: a raw system call, so no cancellation point, with
 * SIGPIPE held back in case stderr is a pipe that nobody reads any more. Keeps errno. Thread-safe.
 */
#ifndef BLASE_LINEAGE_SAY_H
#define BLASE_LINEAGE_SAY_H

void say_line(const char *line);

#endif
