/*
 * A probe or a put is pointer work under one shard's guard, a fraction of a microsecond beside calls that take at least tens of
 * them; hashing, copying, allocating, freeing and waiting happen outside.
 *
 * The victim is exact but for races: each shard is a heap by score and publishes its least in an atomic, so that picking one
 * reads CACHE_SHARDS words, holds no guard, and then pops from one shard. Between the reading and the popping a better victim may
 * have come elsewhere; then the second best goes.
 */
#include "reuse/cache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/clock.h"
#include "reuse/shard.h"

enum { MEMORIES = 8192, MEMORY_SHARE = 100 }; /* evicted keys remembered: so many, and in a hundredth of the budget */

struct cache {
    struct room room;
    enum cache_policy policy;
    cache_evict_fn on_evict;
    void *evict_context;
    size_t fixed_bytes; /* charged as long as the cache lives */
    struct memory_of *memories;
    _Atomic uint64_t uses;          /* the clock of merit.used_at */
    _Atomic uint64_t evicted_bytes; /* the clock by which counts fade */
    _Atomic uint64_t entries, evictions;
    _Atomic uint64_t vain_ns, spared_ns; /* waits that led to nothing; computing that the others spared */
    _Alignas(64) struct shard shards[CACHE_SHARDS];
};

static bool evict_one(void *context);

static void remember_evicted(struct cache *cache)
{
    uint64_t share = cache->room.budget / MEMORY_SHARE, left = cache->room.budget - cache->fixed_bytes;
    size_t affordable = (size_t)((share < left ? share : left) / sizeof *cache->memories);
    size_t each = (affordable < MEMORIES ? affordable : MEMORIES) / CACHE_SHARDS;
    cache->memories = each ? calloc(each * CACHE_SHARDS, sizeof *cache->memories) : NULL;
    if (!cache->memories)
        return;
    cache->fixed_bytes += each * CACHE_SHARDS * sizeof *cache->memories;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        cache->shards[i].remembered = cache->memories + i * each;
        cache->shards[i].nremembered = each;
    }
}

size_t cache_least_bytes(void)
{
    return sizeof(struct cache);
}

struct cache *cache_new(uint64_t budget_bytes, enum cache_policy policy)
{
    struct cache *cache = budget_bytes < cache_least_bytes() ? NULL : aligned_alloc(_Alignof(struct cache), sizeof *cache);
    if (!cache)
        return NULL;
    memset(cache, 0, sizeof *cache);
    cache->policy = policy;
    cache->fixed_bytes = sizeof *cache;
    cache->room.budget = budget_bytes;
    cache->room.make = evict_one;
    cache->room.context = cache;
    for (int i = 0; i < CACHE_SHARDS; i++)
        shard_init(&cache->shards[i]);
    remember_evicted(cache);
    atomic_store(&cache->room.used, cache->fixed_bytes);
    atomic_store(&cache->room.peak, cache->fixed_bytes);
    return cache;
}

void cache_free(struct cache *cache)
{
    cache->on_evict = NULL;
    placeholder_forget();
    while (evict_one(cache))
        continue;
    for (int i = 0; i < CACHE_SHARDS; i++)
        room_give(&cache->room, cache->shards[i].buckets, shard_table_bytes(cache->shards[i].capacity));
    room_trim(&cache->room);
    free(cache->memories);
    free(cache);
}

struct room *cache_room(struct cache *cache)
{
    return &cache->room;
}

void cache_on_evict(struct cache *cache, cache_evict_fn fn, void *context)
{
    cache->evict_context = context;
    cache->on_evict = fn;
}

static struct shard *shard_of(struct cache *cache, struct fp key)
{
    return &cache->shards[key.hi % CACHE_SHARDS];
}

static uint32_t generation_of(const struct cache *cache)
{
    uint64_t evicted = atomic_load_explicit(&cache->evicted_bytes, memory_order_relaxed);
    return (uint32_t)((double)evicted / (CACHE_GENERATION * (double)cache->room.budget));
}

static struct moment now_used(struct cache *cache)
{
    return (struct moment){atomic_fetch_add_explicit(&cache->uses, 1, memory_order_relaxed) + 1, generation_of(cache)};
}

/* The shard whose first entry is the least of all; NULL when all are empty. */
static struct shard *least_shard(struct cache *cache)
{
    struct shard *best = NULL;
    double least = INFINITY;
    uint64_t used_at = 0;
    for (int i = 0; i < CACHE_SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        double order = atomic_load_explicit(&s->least, memory_order_relaxed);
        uint64_t at = atomic_load_explicit(&s->least_used_at, memory_order_relaxed);
        if (order < least || (order == least && best && at < used_at)) {
            best = s;
            least = order;
            used_at = at;
        }
    }
    return best;
}

/* One victim's memory, given back. False when there is none that yields to `newcomer` (NULL: any), or the guard cannot be had. */
static bool evict_for(struct cache *cache, const struct merit *newcomer)
{
    struct cache_entry *victim = NULL;
    bool stays = false;
    for (struct shard *s; !victim && !stays && (s = least_shard(cache));) {
        if (!guard_enter(&s->guard))
            return false;
        stays = newcomer && s->count && !policy_yields(cache->policy, &s->heap[0]->merit, newcomer);
        victim = stays ? NULL : shard_evict(s);
        guard_leave(&s->guard);
    }
    if (!victim)
        return false;
    atomic_fetch_sub(&cache->entries, 1);
    atomic_fetch_add(&cache->evictions, 1);
    atomic_fetch_add_explicit(&cache->evicted_bytes, victim->merit.bytes, memory_order_relaxed);
    if (cache->on_evict)
        cache->on_evict(cache->evict_context, victim->key, victim->payload);
    payload_drop(victim->payload);
    room_give(&cache->room, victim, sizeof *victim);
    return true;
}

static bool evict_one(void *context)
{
    return evict_for(context, NULL);
}

/* Guard held. */
static struct payload *take(struct cache *cache, struct shard *s, struct fp key)
{
    struct cache_entry *entry = shard_find(s, key);
    if (!entry)
        return NULL;
    payload_hold(entry->payload);
    shard_use(s, entry, cache->policy, now_used(cache));
    return entry->payload;
}

struct payload *cache_take(struct cache *cache, struct fp key)
{
    struct shard *s = shard_of(cache, key);
    if (!guard_enter(&s->guard))
        return NULL;
    struct payload *payload = take(cache, s, key);
    guard_leave(&s->guard);
    return payload;
}

/* Takes the key's entry, or makes *claim tell what else there is. */
struct question {
    struct fp key;
    uint64_t expected_ns;
    const char *frame;
    bool again;               /* after a wait */
    const struct claim *over; /* a placeholder whose owner is gone, to be taken over; NULL none */
};

/* Guard held. */
static void claim_or_meet(const struct cache *cache, struct shard *s, const struct question *q, uint64_t now, struct claim *claim)
{
    struct placeholder *met = placeholder_find(s->placeholders, SHARD_PLACEHOLDERS, q->key, now);
    if (met && q->over && placeholder_current(q->over)) {
        placeholder_end(met);
        met = NULL;
    }
    if (!met || q->again)
        shard_missed(s, q->key, (struct moment){.generation = generation_of(cache)});
    if (met)
        placeholder_meet(met, claim);
    else if (!placeholder_owner(now))
        placeholder_claim(s->placeholders, SHARD_PLACEHOLDERS, q->key, now, q->expected_ns, q->frame, claim);
}

static struct payload *take_or_claim(struct cache *cache, const struct question *q, struct claim *claim)
{
    struct shard *s = shard_of(cache, q->key);
    uint64_t now = clock_ns();
    *claim = (struct claim){.shard = s};
    if (!guard_enter(&s->guard))
        return NULL;
    struct payload *payload = take(cache, s, q->key);
    if (!payload)
        claim_or_meet(cache, s, q, now, claim);
    guard_leave(&s->guard);
    if (claim->owned)
        placeholder_wake(claim->at);
    return payload;
}

struct payload *cache_claim(struct cache *cache, struct fp key, uint64_t expected_ns, struct claim *claim)
{
    const struct question q = {.key = key, .expected_ns = expected_ns, .frame = __builtin_frame_address(0)};
    struct claim left;
    if (placeholder_jumped(q.frame, &left))
        cache_abandon(&left);
    return take_or_claim(cache, &q, claim);
}

static bool waiting_pays(struct cache *cache)
{
    uint64_t vain = atomic_load_explicit(&cache->vain_ns, memory_order_relaxed);
    return vain <= atomic_load_explicit(&cache->spared_ns, memory_order_relaxed) + CACHE_WAIT_GRACE_NS;
}

struct payload *cache_wait(struct cache *cache, struct fp key, uint64_t expected_ns, struct claim *claim, uint64_t *waited_ns)
{
    const struct claim met = *claim;
    uint64_t began = clock_ns();
    bool gone;
    *claim = (struct claim){.shard = NULL};
    if (placeholder_owner(began) || !waiting_pays(cache))
        return NULL;
    placeholder_wait(&met, &gone);
    uint64_t waited = clock_ns() - began;
    const struct question q = {
        .key = key, .expected_ns = expected_ns, .frame = __builtin_frame_address(0), .again = true, .over = gone ? &met : NULL};
    struct payload *payload = take_or_claim(cache, &q, claim);
    *waited_ns += waited;
    atomic_fetch_add(payload ? &cache->spared_ns : &cache->vain_ns, payload ? payload->call_ns : waited);
    if (!claim->owned)
        claim->at = NULL; /* another one in flight already: once is enough */
    return payload;
}

void cache_abandon(struct claim *claim)
{
    if (!claim->owned || !placeholder_current(claim) || !guard_enter(&claim->shard->guard))
        return;
    bool ours = placeholder_current(claim);
    if (ours)
        placeholder_end(claim->at);
    guard_leave(&claim->shard->guard);
    if (ours)
        placeholder_wake(claim->at);
    claim->owned = false;
}

bool cache_could_keep(const struct cache *cache, size_t payload_bytes)
{
    size_t others =
        cache->fixed_bytes + room_footprint(sizeof(struct cache_entry)) + room_footprint(shard_table_bytes(SHARD_FIRST_CAPACITY));
    return payload_bytes <= cache->room.budget && room_footprint(payload_bytes) + others <= cache->room.budget;
}

/* Somebody waits for the key's call in flight. Guard held. */
static bool awaited(struct shard *s, struct fp key)
{
    struct placeholder *p = placeholder_find(s->placeholders, SHARD_PLACEHOLDERS, key, 0);
    return p && atomic_load(&p->waiters);
}

static void refuse(struct cache *cache, struct shard *s, struct fp key, const struct merit *newcomer)
{
    if (!guard_enter(&s->guard))
        return;
    shard_remember(s, key, newcomer);
    guard_leave(&s->guard);
    atomic_fetch_add_explicit(&cache->evicted_bytes, newcomer->bytes, memory_order_relaxed);
}

bool cache_admit(struct cache *cache, struct fp key, size_t payload_bytes, uint64_t cost_ns)
{
    const size_t need = payload_bytes + room_footprint(sizeof(struct cache_entry));
    const struct merit known = {.cost_ns = cost_ns, .bytes = payload_bytes};
    struct shard *s = shard_of(cache, key);
    if (cache->policy != POLICY_COSTSIZE || !cache_could_keep(cache, payload_bytes) || room_fits(&cache->room, need))
        return true;
    if (!guard_enter(&s->guard))
        return false;
    const struct merit newcomer = shard_newcomer(s, key, &known, (struct moment){.generation = generation_of(cache)});
    const bool wanted = awaited(s, key);
    guard_leave(&s->guard);
    while (!wanted && !room_fits(&cache->room, need))
        if (!evict_for(cache, &newcomer)) {
            refuse(cache, s, key, &newcomer);
            return false;
        }
    return true;
}

/* A larger table for a full shard. False when there is no memory. */
static bool grow(struct cache *cache, struct shard *s, size_t capacity)
{
    size_t larger = capacity ? 2 * capacity : SHARD_FIRST_CAPACITY, unused = larger;
    struct cache_entry **table = room_take(&cache->room, shard_table_bytes(larger));
    if (!table)
        return false;
    bool entered = guard_enter(&s->guard);
    if (entered && s->capacity == capacity) {
        table = shard_adopt(s, table, larger);
        unused = capacity;
    }
    if (entered)
        guard_leave(&s->guard);
    room_give(&cache->room, table, shard_table_bytes(unused));
    return entered;
}

enum put { PUT_DONE, PUT_REFUSED, PUT_FULL };

/* Guard held. The key's placeholder ends in any case where the entry is there afterwards; *ended is it. */
static enum put try_put(struct cache *cache, struct shard *s, struct cache_entry *entry, struct placeholder **ended, int *count)
{
    bool known = shard_find(s, entry->key) != NULL;
    if (!known && s->count == s->capacity)
        return PUT_FULL;
    if (!known)
        shard_insert(s, entry, cache->policy, now_used(cache));
    for (struct placeholder *p; (p = placeholder_find(s->placeholders, SHARD_PLACEHOLDERS, entry->key, 0));) {
        placeholder_end(p); /* beside a stale one there may be its successor's */
        ended[(*count)++] = p;
    }
    return known ? PUT_REFUSED : PUT_DONE;
}

static bool put_entry(struct cache *cache, struct cache_entry *entry)
{
    struct shard *s = shard_of(cache, entry->key);
    struct placeholder *ended[SHARD_PLACEHOLDERS];
    while (guard_enter(&s->guard)) {
        int nended = 0;
        enum put put = try_put(cache, s, entry, ended, &nended);
        size_t capacity = s->capacity;
        if (put == PUT_DONE)
            atomic_fetch_add(&cache->entries, 1); /* before it can be evicted */
        guard_leave(&s->guard);
        for (int i = 0; i < nended; i++)
            placeholder_wake(ended[i]);
        if (put != PUT_FULL)
            return put == PUT_DONE;
        if (!grow(cache, s, capacity))
            return false;
    }
    return false;
}

bool cache_put(struct cache *cache, struct fp key, struct payload *payload)
{
    struct cache_entry *entry = cache_could_keep(cache, payload->bytes) ? room_take(&cache->room, sizeof *entry) : NULL;
    if (entry) {
        *entry = (struct cache_entry){.key = key, .payload = payload};
        if (put_entry(cache, entry))
            return true;
        room_give(&cache->room, entry, sizeof *entry);
    }
    payload_drop(payload);
    return false;
}

struct cache_totals cache_totals(struct cache *cache)
{
    return (struct cache_totals){.budget_bytes = cache->room.budget,
                                 .used_bytes = atomic_load(&cache->room.used),
                                 .peak_bytes = atomic_load(&cache->room.peak),
                                 .entries = atomic_load(&cache->entries),
                                 .evictions = atomic_load(&cache->evictions)};
}

bool cache_broken(const struct cache *cache)
{
    for (int i = 0; i < CACHE_SHARDS; i++)
        if (guard_broken(&cache->shards[i].guard))
            return true;
    return false;
}

bool cache_before_fork(struct cache *cache)
{
    int held = 0;
    while (held < CACHE_SHARDS && guard_enter(&cache->shards[held].guard))
        held++;
    if (held == CACHE_SHARDS)
        return true;
    while (held)
        guard_leave(&cache->shards[--held].guard);
    return false;
}

static void drop_placeholders(struct shard *s)
{
    for (int i = 0; i < SHARD_PLACEHOLDERS; i++)
        if (s->placeholders[i].taken)
            placeholder_end(&s->placeholders[i]);
}

void cache_after_fork(struct cache *cache, bool held, bool child)
{
    for (int i = 0; i < CACHE_SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        if (child && held)
            drop_placeholders(s);
        if (child)
            guard_after_fork(&s->guard, held);
        else if (held)
            guard_leave(&s->guard);
    }
    if (child && held)
        atomic_store(&cache->evictions, 0);
}
