/*
 * A chained hash table whose entries are also a list in order of use. One guard over both: it is held for pointer work only, a
 * fraction of a microsecond beside calls that take at least tens of them; hashing, copying and freeing happen outside.
 */
#include "reuse/cache.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/guard.h"

enum { FIRST_BUCKETS = 256 };

struct cache_entry {
    struct fp key;
    struct payload *payload;
    struct cache_entry *next;          /* in its bucket */
    struct cache_entry *older, *newer; /* in order of use */
};

struct cache {
    struct guard guard;
    struct cache_entry **buckets;
    size_t nbuckets;
    struct cache_entry *oldest, *newest;
    struct cache_totals totals;
    cache_evicted evicted; /* NULL: nobody asks */
    void *evicted_context;
};

struct cache *cache_new(uint64_t budget_bytes)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->totals.budget_bytes = budget_bytes;
    cache->nbuckets = FIRST_BUCKETS;
    cache->buckets = calloc(cache->nbuckets, sizeof *cache->buckets);
    if (!cache->buckets) {
        free(cache);
        return NULL;
    }
    return cache;
}

static size_t footprint(const struct payload *payload)
{
    return payload->bytes + sizeof(struct cache_entry);
}

static struct cache_entry **bucket_of(struct cache *cache, struct fp key)
{
    return &cache->buckets[key.lo & (cache->nbuckets - 1)];
}

static struct cache_entry *find(struct cache *cache, struct fp key)
{
    struct cache_entry *entry = *bucket_of(cache, key);
    while (entry && !fp_equal(entry->key, key))
        entry = entry->next;
    return entry;
}

static void unlink_use(struct cache *cache, struct cache_entry *entry)
{
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
}

static void link_newest(struct cache *cache, struct cache_entry *entry)
{
    entry->older = cache->newest;
    entry->newer = NULL;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void remove_entry(struct cache *cache, struct cache_entry *entry)
{
    struct cache_entry **at = bucket_of(cache, entry->key);
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    unlink_use(cache, entry);
    cache->totals.used_bytes -= footprint(entry->payload);
    cache->totals.entries--;
}

static void grow(struct cache *cache)
{
    size_t larger = cache->nbuckets * 2, smaller = cache->nbuckets;
    struct cache_entry **buckets = calloc(larger, sizeof *buckets), **old = cache->buckets;
    if (!buckets)
        return; /* longer chains, same answers */
    cache->buckets = buckets;
    cache->nbuckets = larger;
    for (size_t i = 0; i < smaller; i++)
        while (old[i]) {
            struct cache_entry *entry = old[i], **bucket = bucket_of(cache, entry->key);
            old[i] = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    free(old);
}

/* Unlinks the oldest entries until `bytes` more fit; they come back as a list to free. */
static struct cache_entry *make_room(struct cache *cache, size_t bytes)
{
    struct cache_entry *victims = NULL;
    while (cache->oldest && cache->totals.used_bytes + bytes > cache->totals.budget_bytes) {
        struct cache_entry *entry = cache->oldest;
        remove_entry(cache, entry);
        cache->totals.evictions++;
        entry->next = victims;
        victims = entry;
    }
    return victims;
}

static void free_entries(struct cache_entry *entries)
{
    while (entries) {
        struct cache_entry *next = entries->next;
        payload_drop(entries->payload);
        free(entries);
        entries = next;
    }
}

static void tell_evicted(struct cache *cache, struct cache_entry *entries)
{
    for (; entries && cache->evicted; entries = entries->next)
        cache->evicted(cache->evicted_context, entries->key, entries->payload);
}

void cache_on_evict(struct cache *cache, cache_evicted evicted, void *context)
{
    cache->evicted = evicted;
    cache->evicted_context = context;
}

void cache_free(struct cache *cache)
{
    free_entries(make_room(cache, SIZE_MAX / 2));
    free(cache->buckets);
    free(cache);
}

struct payload *cache_take(struct cache *cache, struct fp key)
{
    if (!guard_enter(&cache->guard))
        return NULL;
    struct cache_entry *entry = find(cache, key);
    struct payload *payload = entry ? entry->payload : NULL;
    if (entry) {
        payload_hold(payload);
        unlink_use(cache, entry);
        link_newest(cache, entry);
    }
    guard_leave(&cache->guard);
    return payload;
}

static void insert(struct cache *cache, struct cache_entry *entry)
{
    struct cache_entry **bucket = bucket_of(cache, entry->key);
    entry->next = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->totals.used_bytes += footprint(entry->payload);
    cache->totals.entries++;
    if (cache->totals.used_bytes > cache->totals.peak_bytes)
        cache->totals.peak_bytes = cache->totals.used_bytes;
    if (cache->totals.entries > cache->nbuckets)
        grow(cache);
}

bool cache_could_keep(const struct cache *cache, size_t payload_bytes)
{
    return payload_bytes + sizeof(struct cache_entry) <= cache->totals.budget_bytes;
}

bool cache_put(struct cache *cache, struct fp key, struct payload *payload)
{
    struct cache_entry *entry = cache_could_keep(cache, payload->bytes) ? calloc(1, sizeof *entry) : NULL;
    struct cache_entry *victims = NULL;
    bool put = false;
    if (entry && guard_enter(&cache->guard)) {
        entry->key = key;
        entry->payload = payload;
        if (!find(cache, key)) {
            victims = make_room(cache, footprint(payload));
            insert(cache, entry);
            put = true;
        }
        guard_leave(&cache->guard);
    }
    if (!put) {
        free(entry);
        payload_drop(payload);
    }
    tell_evicted(cache, victims);
    free_entries(victims);
    return put;
}

struct cache_totals cache_totals(struct cache *cache)
{
    struct cache_totals totals = {0};
    if (guard_enter(&cache->guard)) {
        totals = cache->totals;
        guard_leave(&cache->guard);
    }
    return totals;
}

bool cache_broken(const struct cache *cache)
{
    return guard_broken(&cache->guard);
}

bool cache_before_fork(struct cache *cache)
{
    return guard_enter(&cache->guard);
}

void cache_after_fork(struct cache *cache, bool held, bool child)
{
    if (child)
        guard_after_fork(&cache->guard, held);
    else if (held)
        guard_leave(&cache->guard);
    if (child && held)
        cache->totals.evictions = 0;
}
