/*
 * Memory that is had again: of what comes and goes in turns, the last that went. Who takes some of about the same size gets it,
 * and may have it fetched into the processor's caches before: what goes is the oldest, and long out of them.
 *
 * A few places by size, process-wide, each with one piece of up to 64 KB. Thread-safe without a lock.
 */
#ifndef BLASE_LINEAGE_SPARE_H
#define BLASE_LINEAGE_SPARE_H

#include <stddef.h>

/* As malloc: aligned for anything, NULL when out of memory. At least the size of a size_t. */
void *spare_take(size_t bytes);

/* Instead of free: what spare_take gave for that size. */
void spare_give(void *memory, size_t bytes);

/* What spare_take would give now is fetched, from byte `from` on. Nothing comes of it if it is gone by then. */
void spare_fetch(size_t bytes, size_t from);

#endif
