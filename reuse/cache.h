/*
 * The cache: payloads by key within a byte budget; the least recently used go first.
 *
 * Budget: entries and their payloads together stay within it; an entry that alone exceeds it is refused. Payloads still being
 * copied out by another thread when evicted live until that copy ends, so memory may exceed the budget by what is in use. Safe
 * from any thread: takes its own guard, and never while another is held; memory is freed outside it. When the guard cannot be had
 * every probe misses.
 */
#ifndef BLASE_REUSE_CACHE_H
#define BLASE_REUSE_CACHE_H

#include "reuse/payload.h"

struct cache;

struct cache_totals {
    uint64_t budget_bytes, used_bytes, peak_bytes, entries, evictions;
};

struct cache *cache_new(uint64_t budget_bytes); /* NULL: out of memory */
void cache_free(struct cache *cache);

/* The payload under the key with a reference for the caller (payload_drop), or NULL. */
struct payload *cache_take(struct cache *cache, struct fp key);

/* Publishes; takes over the caller's reference. False if refused: too large, already there, no memory. */
bool cache_put(struct cache *cache, struct fp key, struct payload *payload);

/* Called with each entry that is evicted to make room, outside any guard, before its memory is dropped. Set once, at the start.
 */
typedef void (*cache_evicted)(void *context, struct fp key, struct payload *payload);
void cache_on_evict(struct cache *cache, cache_evicted evicted, void *context);

/* True if a payload of that size could ever be kept. */
bool cache_could_keep(const struct cache *cache, size_t payload_bytes);

struct cache_totals cache_totals(struct cache *cache);
bool cache_broken(const struct cache *cache);

/* Around fork, as lineage's; a child keeps what its parent had. */
bool cache_before_fork(struct cache *cache);
void cache_after_fork(struct cache *cache, bool held, bool child);

#endif
