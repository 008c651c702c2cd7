/*
 * Spill: results that memory has no room for and that are dearer to compute again than to write and read back lie on disk.
 *
 * What is told: every payload that the cache evicts (spill_offer). What is asked: every key that the cache does not have
 * (spill_take). Both work on the calling thread, are bounded by the governor, and book their time with it; see spill.c for when
 * something is written, when read, and what goes when the disk's share is used up.
 *
 * The host is never harmed: nothing is made before there is something to write; never more is taken than the limit, nor than what
 * is left free; a disk that fails or fills ends the writing, with one line on stderr, and what is on it can still be read;
 * content is checked when it is read back, and what is not bit for bit what was written is a miss. No descriptor is kept open.
 *
 * Safe from any thread: takes its own guard, and never while another is held, nor across a system call.
 */
#ifndef BLASE_REUSE_SPILL_H
#define BLASE_REUSE_SPILL_H

#include "lineage/settings.h"
#include "reuse/governor.h"
#include "reuse/payload.h"

struct spill;

struct spill_totals {
    uint64_t limit_bytes, used_bytes, peak_bytes; /* limit: 0 before the first entry was written */
    uint64_t spills, restores, lost;              /* lost: files that were gone or not what had been written */
    uint64_t written_bytes, write_ns, read_bytes, read_ns;
};

/*
 * `where` is a directory's absolute path or "auto" (spill_place.h); a percentage as limit is of what is free there. The index of
 * what is on disk takes at most index_bytes of memory. `governor` may be NULL. NULL: out of memory.
 */
struct spill *spill_new(const char *where, struct share limit, size_t index_bytes, struct governor *governor);

/* Would what took so long to compute be worth a file of that size? */
bool spill_wants(const struct spill *s, size_t bytes, uint64_t call_ns);

/* Takes what is being evicted, if that pays. True if it is on disk now. */
bool spill_offer(struct spill *s, struct fp key, struct payload *payload);

/* The payload under the key with a reference for the caller, in memory of that room, or NULL. Its file stays: evicted again, it
 * need not be written. */
struct payload *spill_take(struct spill *s, struct fp key, struct room *room);

struct spill_totals spill_totals(struct spill *s);

/* Time that the calling thread has spent in here so far. */
uint64_t spill_thread_ns(void);

/* Removes the process's files. From then on nothing is written or found. */
void spill_end(struct spill *s);

/* Like spill_end, then frees; no other thread may be in here. */
void spill_free(struct spill *s);

/* Around fork, as the cache's. A child starts with nothing and leaves its parent's files alone. */
bool spill_before_fork(struct spill *s);
void spill_after_fork(struct spill *s, bool held, bool child);

#endif
