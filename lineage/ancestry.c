#include "lineage/ancestry.h"

#include <stdlib.h>
#include <string.h>

static struct ancestor *slot_of(const struct ancestry_table *t, bool is_item, uint64_t ref)
{
    uint64_t at = (ref * 2 + is_item) ^ (ref >> 40) * UINT64_C(0x9e3779b97f4a7c15);
    for (;; at++) {
        struct ancestor *slot = &t->slots[at & (t->capacity - 1)];
        if (!slot->used || (slot->ref == ref && slot->is_item == is_item))
            return slot;
    }
}

static const struct ancestor *table_find(const struct ancestry_table *t, bool is_item, uint64_t ref)
{
    const struct ancestor *slot = t->capacity ? slot_of(t, is_item, ref) : NULL;
    return slot && slot->used ? slot : NULL;
}

static bool grow(struct ancestry_table *t)
{
    struct ancestry_table larger = {.capacity = t->capacity ? t->capacity * 2 : 1024, .count = t->count};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < t->capacity; i++)
        if (t->slots[i].used)
            *slot_of(&larger, t->slots[i].is_item, t->slots[i].ref) = t->slots[i];
    free(t->slots);
    *t = larger;
    return true;
}

void ancestry_put(struct ancestry *a, const struct ancestor *one)
{
    if (a->young.count >= ANCESTRY_GENERATION) {
        free(a->old.slots);
        a->old = a->young;
        memset(&a->young, 0, sizeof a->young);
    }
    if (a->young.count * 2 >= a->young.capacity && !grow(&a->young))
        return;
    struct ancestor *slot = slot_of(&a->young, one->is_item, one->ref);
    a->young.count += !slot->used;
    *slot = *one;
    slot->used = 1;
}

const struct ancestor *ancestry_find(struct ancestry *a, bool is_item, uint64_t ref)
{
    const struct ancestor *found = table_find(&a->young, is_item, ref);
    if (found)
        return found;
    found = table_find(&a->old, is_item, ref);
    if (!found)
        return NULL;
    struct ancestor moved = *found;
    ancestry_put(a, &moved);
    return table_find(&a->young, is_item, ref);
}

void ancestry_free(struct ancestry *a)
{
    free(a->young.slots);
    free(a->old.slots);
    memset(a, 0, sizeof *a);
}
