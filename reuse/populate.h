/*
 * Memory that a result is about to be copied into. A program that allocates large arrays anew for each result gets memory that
 * nobody has touched yet, and then a fault a page takes longer than the copy; asking the kernel for all of it at once takes half
 * of that (Linux 5.14, MADV_POPULATE_WRITE). But asking for pages that are there already takes as long as copying into them, so a
 * few are asked for first, and the thread's own count of faults says whether they were there.
 *
 * Nothing is written, and only pages that hold elements of the view are asked for, all of which are written next. Where the
 * kernel refuses, nothing happens: errno is kept. Thread-safe: no state.
 */
#ifndef BLASE_REUSE_POPULATE_H
#define BLASE_REUSE_POPULATE_H

#include "lineage/view.h"

/* From so many bytes on; the C library maps arrays anew from half of that. */
enum { POPULATE_FROM = 256 * 1024 };

void populate_ahead(const struct view *v);

/* Of memory of our own that surely has no pages yet; `from` at the start of one. */
void populate_block(void *from, size_t bytes);

#endif
