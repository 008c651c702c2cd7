#include "reuse/shard.h"

#include <math.h>
#include <string.h>

void shard_init(struct shard *s)
{
    memset(s, 0, sizeof *s);
    atomic_init(&s->least, INFINITY);
}

size_t shard_table_bytes(size_t capacity)
{
    return 2 * capacity * sizeof(struct cache_entry *);
}

/* Shards are told apart by the other half of the key. */
static struct cache_entry **bucket_of(const struct shard *s, struct fp key)
{
    return &s->buckets[key.lo & (s->capacity - 1)];
}

struct cache_entry *shard_find(const struct shard *s, struct fp key)
{
    struct cache_entry *entry = s->capacity ? *bucket_of(s, key) : NULL;
    while (entry && !fp_equal(entry->key, key))
        entry = entry->next;
    return entry;
}

static bool goes_before(const struct cache_entry *a, const struct cache_entry *b)
{
    return a->order < b->order || (a->order == b->order && a->merit.used_at < b->merit.used_at);
}

static void put_at(struct shard *s, size_t place, struct cache_entry *entry)
{
    s->heap[place] = entry;
    entry->place = place;
}

static void sift_up(struct shard *s, struct cache_entry *entry)
{
    size_t place = entry->place;
    while (place && goes_before(entry, s->heap[(place - 1) / 2])) {
        put_at(s, place, s->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put_at(s, place, entry);
}

static void sift_down(struct shard *s, struct cache_entry *entry)
{
    size_t place = entry->place;
    while (true) {
        size_t child = 2 * place + 1;
        if (child + 1 < s->count && goes_before(s->heap[child + 1], s->heap[child]))
            child++;
        if (child >= s->count || !goes_before(s->heap[child], entry))
            break;
        put_at(s, place, s->heap[child]);
        place = child;
    }
    put_at(s, place, entry);
}

static void publish_least(struct shard *s)
{
    double order = s->count ? s->heap[0]->order : INFINITY;
    uint64_t used_at = s->count ? s->heap[0]->merit.used_at : 0;
    atomic_store_explicit(&s->least, order, memory_order_relaxed);
    atomic_store_explicit(&s->least_used_at, used_at, memory_order_relaxed);
}

void shard_use(struct shard *s, struct cache_entry *entry, enum cache_policy policy, struct moment now)
{
    policy_fade(&entry->merit, now.generation);
    entry->merit.hits++;
    entry->merit.used_at = now.use;
    entry->order = policy_order(policy, &entry->merit);
    sift_down(s, entry); /* no policy puts an entry further to the front for a use */
    publish_least(s);
}

static struct memory_of *memory_slot(const struct shard *s, struct fp key)
{
    return s->nremembered ? &s->remembered[key.lo % s->nremembered] : NULL;
}

static struct memory_of *recall(const struct shard *s, struct fp key)
{
    struct memory_of *m = memory_slot(s, key);
    return m && m->misses && fp_equal(m->key, key) ? m : NULL;
}

void shard_missed(struct shard *s, struct fp key, struct moment now)
{
    struct memory_of *m = recall(s, key);
    if (!m)
        return;
    struct merit merit = {.hits = m->hits, .misses = m->misses, .generation = m->generation};
    policy_fade(&merit, now.generation);
    *m = (struct memory_of){key, merit.hits, merit.misses + 1, now.generation};
}

struct merit shard_newcomer(const struct shard *s, struct fp key, const struct merit *known, struct moment now)
{
    const struct memory_of *m = recall(s, key);
    struct merit merit = *known;
    merit.hits = m ? m->hits : 0;
    merit.misses = m ? m->misses : 1;
    merit.generation = m ? m->generation : now.generation;
    merit.used_at = now.use;
    policy_fade(&merit, now.generation);
    return merit;
}

void shard_remember(struct shard *s, struct fp key, const struct merit *merit)
{
    struct memory_of *m = memory_slot(s, key);
    if (m)
        *m = (struct memory_of){key, merit->hits, merit->misses, merit->generation};
}

void shard_insert(struct shard *s, struct cache_entry *entry, enum cache_policy policy, struct moment now)
{
    const struct payload *p = entry->payload;
    const struct merit known = {.height = p->height, .cost_ns = p->call_ns, .bytes = p->bytes};
    entry->merit = shard_newcomer(s, entry->key, &known, now);
    struct memory_of *m = recall(s, entry->key);
    if (m)
        m->misses = 0;
    entry->order = policy_order(policy, &entry->merit);
    entry->next = *bucket_of(s, entry->key);
    *bucket_of(s, entry->key) = entry;
    entry->place = s->count++;
    sift_up(s, entry);
    publish_least(s);
}

static void unchain(struct shard *s, const struct cache_entry *entry)
{
    struct cache_entry **at = bucket_of(s, entry->key);
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
}

struct cache_entry *shard_evict(struct shard *s)
{
    if (!s->count)
        return NULL;
    struct cache_entry *victim = s->heap[0], *last = s->heap[--s->count];
    if (last != victim) {
        last->place = 0;
        sift_down(s, last);
    }
    unchain(s, victim);
    victim->next = NULL;
    shard_remember(s, victim->key, &victim->merit);
    publish_least(s);
    return victim;
}

struct cache_entry **shard_adopt(struct shard *s, struct cache_entry **table, size_t capacity)
{
    struct cache_entry **old = s->buckets, **heap = table + capacity;
    memset(table, 0, shard_table_bytes(capacity));
    for (size_t i = 0; i < s->count; i++)
        heap[i] = s->heap[i];
    s->buckets = table;
    s->heap = heap;
    s->capacity = capacity;
    for (size_t i = 0; i < s->count; i++) {
        struct cache_entry **bucket = bucket_of(s, heap[i]->key);
        heap[i]->next = *bucket;
        *bucket = heap[i];
    }
    return old;
}
