/*
 * Memory that is there or ends the command. `blase run` sets the status to end with, once it knows the program's, so that even
 * then the program's exit status is kept.
 */
#ifndef BLASE_TOOLS_MEMORY_H
#define BLASE_TOOLS_MEMORY_H

#include <stddef.h>

extern int memory_exit_status;

void *must_alloc(size_t count, size_t size); /* zeroed */
void *must_grow(void *old, size_t count, size_t size);
char *must_copy(const char *text);
char *must_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Room for one more element in an array of `count`: grows by doubling whenever count is a power of two. */
void *must_append(void *array, size_t count, size_t size);

#endif
