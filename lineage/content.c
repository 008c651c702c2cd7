#include "lineage/content.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 512, WAITING_MOST = 40 * FP_MAX_PARTS, AHEAD = 16 };

/*
 * Origins stand one after another as they came; what is searched are eight bytes of each, open addressing, at most half full:
 * a part of the fingerprint and 1 + the place. Fingerprints are their own hash.
 */
struct table {
    struct origin *origins;
    uint64_t *slots;
    size_t room, count; /* origins; twice as many slots */
};

struct content {
    struct table young, old;
    size_t generation; /* entries of one */
    uint64_t dropped;
    uint8_t age;
    int nwaiting;
    struct origin waiting[WAITING_MOST];
};

static uint64_t tag_of(struct fp fp)
{
    return fp.hi & ~(uint64_t)UINT32_MAX;
}

/* Where the content stands, or could be put. */
static uint64_t *slot_of(const struct table *t, struct fp fp)
{
    const size_t mask = 2 * t->room - 1;
    const uint64_t tag = tag_of(fp);
    size_t i = fp.lo & mask;
    for (;; i = (i + 1) & mask) {
        uint64_t *slot = &t->slots[i];
        if (!*slot)
            return slot;
        if ((*slot & ~(uint64_t)UINT32_MAX) == tag && fp_equal(t->origins[(uint32_t)*slot - 1].content, fp))
            return slot;
    }
}

static struct origin *table_find(const struct table *t, struct fp fp)
{
    const uint64_t slot = t->room ? *slot_of(t, fp) : 0;
    return slot ? &t->origins[(uint32_t)slot - 1] : NULL;
}

static void free_table(struct table *t)
{
    free(t->origins);
    free(t->slots);
    memset(t, 0, sizeof *t);
}

static bool grow(struct table *t)
{
    struct table larger = {.room = t->room ? 2 * t->room : FIRST_ROOM, .count = t->count};
    larger.slots = calloc(2 * larger.room, sizeof *larger.slots);
    larger.origins = larger.slots ? realloc(t->origins, larger.room * sizeof *larger.origins) : NULL;
    if (!larger.origins) {
        free(larger.slots);
        return false;
    }
    for (size_t i = 0; i < larger.count; i++) {
        const struct fp fp = larger.origins[i].content;
        *slot_of(&larger, fp) = tag_of(fp) | (i + 1);
    }
    free(t->slots);
    *t = larger;
    return true;
}

static bool table_put(struct table *t, const struct origin *origin, uint8_t age)
{
    if (t->count == t->room && !grow(t))
        return false;
    uint64_t *slot = slot_of(t, origin->content);
    if (!*slot)
        *slot = tag_of(origin->content) | ++t->count;
    struct origin *at = &t->origins[(uint32_t)*slot - 1];
    *at = *origin;
    at->age = age;
    return true;
}

/* Two generations, and while the younger one grows its half before beside it. */
struct content *content_new(uint64_t bytes)
{
    struct content *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    const size_t each = sizeof(struct origin) + 2 * sizeof(uint64_t);
    index->generation = FIRST_ROOM;
    while (index->generation < (size_t)1 << 28 && 5 * index->generation * each <= bytes)
        index->generation *= 2;
    return index;
}

uint64_t content_dropped(const struct content *index)
{
    return index->dropped;
}

uint64_t content_bytes(const struct content *index)
{
    return (index->young.room + index->old.room) * (sizeof(struct origin) + 2 * sizeof(uint64_t));
}

void content_clear(struct content *index)
{
    free_table(&index->young);
    free_table(&index->old);
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
        struct table oldest = index->old;
        index->old = index->young;
        index->young = oldest; /* its memory is there already */
        index->young.count = 0;
        if (oldest.slots)
            memset(oldest.slots, 0, 2 * oldest.room * sizeof *oldest.slots);
        index->age++;
    }
    return table_put(&index->young, origin, index->age);
}

static void fetch(const struct table *t, struct fp fp)
{
    if (t->room)
        __builtin_prefetch(&t->slots[fp.lo & (2 * t->room - 1)], 1);
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
