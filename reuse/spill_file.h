/*
 * One spilled entry as a file: written once, read whole, never kept open.
 *
 * Descriptors live only as long as the call, because programs close those they do not know; system calls are raw, because glibc's
 * are cancellation points. Nothing here can raise SIGXFSZ, SIGBUS or SIGPIPE. Every function returns 0 or an errno and leaves the
 * program's errno alone; thread-safe.
 */
#ifndef BLASE_REUSE_SPILL_FILE_H
#define BLASE_REUSE_SPILL_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Makes a file of those bytes; it must not exist. What a failure leaves is removed. EFBIG: above the limit on file sizes. */
int spill_file_write(const char *path, const void *data, size_t size);

/* Reads a file of exactly that size. EILSEQ: it has another. */
int spill_file_read(const char *path, void *data, size_t size);

void spill_file_remove(const char *path);

/* True if the error is of the moment or of this file alone, and tells nothing of the disk. */
bool spill_file_passing(int error);

#endif
