/*
 * Room: memory for cached results within a budget.
 *
 * Everything the cache holds is taken here and given back here: payloads, entries, tables. `used` is charged before memory is
 * had, by compare-and-swap, and so never exceeds the budget, with any number of threads; a payload that was evicted while another
 * thread still copies from it stays charged until that copy ends. When there is no room, idle memory is freed first, then `make`
 * is called, which evicts one entry and returns false when there is none.
 *
 * Large blocks that are given back wait in a few slots and are handed out again for sizes down to half of theirs, cut to
 * measure: touching new pages costs more than the copy that fills them. They stay charged while they wait.
 *
 * Thread-safe, lock-free but for what `make` does; a thread lost inside leaks one block. Hold no guard when calling.
 */
#ifndef BLASE_REUSE_ROOM_H
#define BLASE_REUSE_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROOM_SPARES = 8 };

struct spare; /* the head of a waiting block */

struct room {
    uint64_t budget;
    _Atomic uint64_t used, peak;
    bool hollow; /* large blocks are only mapped, and take no memory but for the pages that are written: for replays */
    bool (*make)(void *context); /* NULL: nothing can be evicted */
    void *context;
    _Atomic(struct spare *) spares[ROOM_SPARES];
};

/* Memory of that size; NULL when it does not fit or there is none. With no room at all, `room` NULL, it is not counted. */
void *room_take(struct room *room, size_t size);

/* The same; `bare`: large memory that is only mapped, for whoever has its pages made as he goes (populate_block). */
void *room_take_bare(struct room *room, size_t size, bool *bare);

/* True if it would be given now without `make`. What waits idle may be freed to find out. */
bool room_fits(struct room *room, size_t size);

/* The same size as when it was taken. */
void room_give(struct room *room, void *memory, size_t size);

/* What a block of that size is charged. */
size_t room_footprint(size_t size);

/* Frees what waits. */
void room_trim(struct room *room);

#endif
