#include "lineage/content.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

/* Open addressing, at most half full, capacity a power of two; fingerprints are their own hash. */
struct table {
    struct origin *slots;
    size_t capacity, count;
};

enum { WAITING_MOST = 40 * FP_MAX_PARTS, AHEAD = 16 };

struct content {
    struct table young, old;
    size_t generation; /* entries of one */
    uint64_t dropped;
    uint8_t age;
    int nwaiting;
    struct origin waiting[WAITING_MOST];
};

static struct origin *slot_of(const struct table *t, struct fp fp)
{
    if (!t->capacity)
        return NULL;
    size_t i = fp.lo & (t->capacity - 1);
    while (t->slots[i].used && !fp_equal(t->slots[i].content, fp))
        i = (i + 1) & (t->capacity - 1);
    return &t->slots[i];
}

static struct origin *table_find(const struct table *t, struct fp fp)
{
    struct origin *slot = slot_of(t, fp);
    return slot && slot->used ? slot : NULL;
}

static bool grow(struct table *t)
{
    struct table larger = {.capacity = t->capacity ? t->capacity * 2 : FIRST_CAPACITY, .count = t->count};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < t->capacity; i++)
        if (t->slots[i].used)
            *slot_of(&larger, t->slots[i].content) = t->slots[i];
    free(t->slots);
    *t = larger;
    return true;
}

static bool table_put(struct table *t, const struct origin *origin, uint8_t age)
{
    if (t->count * 2 >= t->capacity && !grow(t))
        return false;
    struct origin *slot = slot_of(t, origin->content);
    t->count += !slot->used;
    *slot = *origin;
    slot->used = 1;
    slot->age = age;
    return true;
}

/* A table is at most half full and doubles, so a generation of n entries takes up to 2 n slots. */
struct content *content_new(uint64_t bytes)
{
    struct content *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    index->generation = FIRST_CAPACITY / 2;
    while (index->generation < (size_t)1 << 28 && 2 * 2 * (2 * index->generation) * sizeof(struct origin) <= bytes)
        index->generation *= 2;
    return index;
}

uint64_t content_dropped(const struct content *index)
{
    return index->dropped;
}

uint64_t content_bytes(const struct content *index)
{
    return (index->young.capacity + index->old.capacity) * sizeof(struct origin);
}

void content_clear(struct content *index)
{
    free(index->young.slots);
    free(index->old.slots);
    memset(&index->young, 0, sizeof index->young);
    memset(&index->old, 0, sizeof index->old);
    index->dropped = 0;
    index->nwaiting = 0;
}

void content_free(struct content *index)
{
    content_clear(index);
    free(index);
}

uint8_t content_age(const struct content *index)
{
    return index->age;
}

static bool file(struct content *index, const struct origin *origin)
{
    if (index->young.count >= index->generation && !table_find(&index->young, origin->content)) {
        index->dropped += index->old.count; /* less those that moved up, which are few among many */
        const struct table oldest = index->old;
        index->old = index->young;
        index->young = (struct table){.slots = oldest.slots, .capacity = oldest.capacity}; /* its memory is there already */
        if (oldest.slots)
            memset(oldest.slots, 0, oldest.capacity * sizeof *oldest.slots);
        index->age++;
    }
    return table_put(&index->young, origin, index->age);
}

static void fetch(const struct table *t, struct fp fp)
{
    const struct origin *slot = t->capacity ? &t->slots[fp.lo & (t->capacity - 1)] : NULL;
    if (!slot)
        return;
    __builtin_prefetch(slot, 1);
    __builtin_prefetch((const char *)(slot + 1) - 1, 1);
}

static void file_waiting(struct content *index)
{
    const int count = index->nwaiting;
    for (int i = 0; i < count && i < AHEAD; i++)
        fetch(&index->young, index->waiting[i].content);
    for (int i = 0; i < count; i++) {
        if (i + AHEAD < count)
            fetch(&index->young, index->waiting[i + AHEAD].content);
        file(index, &index->waiting[i]);
    }
    index->nwaiting = 0;
}

void content_put_later(struct content *index, const struct origin *origin)
{
    if (index->nwaiting == WAITING_MOST)
        file_waiting(index);
    index->waiting[index->nwaiting++] = *origin;
}

bool content_put(struct content *index, const struct origin *origin)
{
    file_waiting(index);
    return file(index, origin);
}

struct origin *content_find(struct content *index, struct fp fp)
{
    file_waiting(index);
    struct origin *found = table_find(&index->young, fp);
    if (found)
        return found;
    found = table_find(&index->old, fp);
    if (!found)
        return NULL;
    struct origin moved = *found;
    return file(index, &moved) ? table_find(&index->young, fp) : NULL;
}
