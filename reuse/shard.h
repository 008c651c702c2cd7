/*
 * One shard of the cache: entries by key and by score, what is remembered of evicted keys, placeholders of calls in flight.
 *
 * Every function here is called with the shard's guard held, unless it says otherwise; none allocates, frees, or waits: what
 * needs memory gets it from the caller, so that nothing slow happens inside the guard. Only reuse/cache.c uses this.
 */
#ifndef BLASE_REUSE_SHARD_H
#define BLASE_REUSE_SHARD_H

#include "lineage/guard.h"
#include "reuse/payload.h"
#include "reuse/placeholder.h"
#include "reuse/policy.h"

enum { SHARD_FIRST_CAPACITY = 4, SHARD_PLACEHOLDERS = 8 };

/* A point in the cache's life: uses so far, and what counts fade by (reuse/policy.h). */
struct moment {
    uint64_t use;
    uint32_t generation;
};

struct cache_entry {
    struct fp key;
    struct payload *payload;
    struct cache_entry *next; /* in its bucket, or in a list of victims */
    size_t place;             /* in the heap */
    double order;             /* by policy_order */
    struct merit merit;
};

/* What is remembered of an evicted key. */
struct memory_of {
    struct fp key;
    float hits, misses; /* as they were in that generation; misses 0: nothing */
    uint32_t generation;
};

struct shard {
    struct guard guard;
    struct cache_entry **buckets; /* capacity, a power of two; the heap, as many, lies behind them */
    struct cache_entry **heap;    /* least score first */
    size_t capacity, count;
    struct memory_of *remembered; /* a slot a hash: the last one evicted stays */
    size_t nremembered;
    _Atomic double least; /* order and last use of the heap's first, for those who compare shards; INFINITY when empty */
    _Atomic uint64_t least_used_at;
    struct placeholder placeholders[SHARD_PLACEHOLDERS];
};

void shard_init(struct shard *s); /* no guard needed: nobody knows it yet */

struct cache_entry *shard_find(const struct shard *s, struct fp key);

/* Counts a use and moves the entry to its new place. */
void shard_use(struct shard *s, struct cache_entry *entry, enum cache_policy policy, struct moment now);

/* The key was asked for and is not there. */
void shard_missed(struct shard *s, struct fp key, struct moment now);

/* What counts for a result of that key as it comes in. */
struct merit shard_newcomer(const struct shard *s, struct fp key, const struct merit *known, struct moment now);

/* For when the key is asked for again: it was evicted, or refused. */
void shard_remember(struct shard *s, struct fp key, const struct merit *merit);

/* With count < capacity. Score and counts are set here. */
void shard_insert(struct shard *s, struct cache_entry *entry, enum cache_policy policy, struct moment now);

/* Takes the entry of least score out and remembers its key; NULL when empty. */
struct cache_entry *shard_evict(struct shard *s);

/* Moves everything into a table of twice the size (first time: SHARD_FIRST_CAPACITY); gives the old table back to be freed. */
struct cache_entry **shard_adopt(struct shard *s, struct cache_entry **table, size_t capacity);
size_t shard_table_bytes(size_t capacity);

#endif
