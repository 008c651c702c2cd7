/* Payloads as a cache holds them, without a call: so many bytes beside the head, all of one mark. */
#ifndef BLASE_TESTS_UNIT_PAYLOADS_H
#define BLASE_TESTS_UNIT_PAYLOADS_H

#include <criterion/criterion.h>
#include <string.h>

#include "reuse/cache.h"

static inline struct fp key(uint64_t i)
{
    return fingerprint_bytes(&i, sizeof i);
}

/* NULL when the cache has no room for it. */
static inline struct payload *make_payload(struct cache *cache, size_t data, unsigned char mark, uint64_t call_ns)
{
    struct payload *p = payload_new(cache_room(cache), sizeof *p + data);
    if (!p)
        return NULL;
    memset(p->data, mark, data);
    p->packed = data;
    p->call_ns = call_ns;
    return p;
}

/* The mark, or -1 if not all bytes have the same. */
static inline int mark_of(const struct payload *p)
{
    for (size_t i = 1; i < p->packed; i++)
        if (p->data[i] != p->data[0])
            return -1;
    return p->data[0];
}

static inline bool put(struct cache *cache, uint64_t id, size_t data, unsigned char mark, uint64_t call_ns)
{
    struct payload *p = make_payload(cache, data, mark, call_ns);
    return p && cache_put(cache, key(id), p);
}

static inline bool has(struct cache *cache, uint64_t id)
{
    struct payload *p = cache_take(cache, key(id));
    payload_drop(p);
    return p != NULL;
}

/* What a cache of that budget takes when it is empty. */
static inline uint64_t empty_bytes(uint64_t budget)
{
    struct cache *cache = cache_new(budget > cache_least_bytes() ? budget : cache_least_bytes(), POLICY_LRU);
    uint64_t used = cache_totals(cache).used_bytes;
    cache_free(cache);
    return used;
}

#endif
