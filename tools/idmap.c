#include "tools/idmap.h"

#include <stdlib.h>

#include "tools/memory.h"

/* The slot that holds the id, or the free one where it belongs. Capacity is a power of two, never full. */
static struct idmap_slot *slot_of(const struct idmap *map, uint64_t id)
{
    uint64_t hash = id * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash >> 32);
    for (;; at++) {
        struct idmap_slot *slot = &map->slots[at & (map->capacity - 1)];
        if (!slot->used || slot->id == id)
            return slot;
    }
}

static void grow(struct idmap *map)
{
    struct idmap larger = {.capacity = map->capacity ? map->capacity * 2 : 64, .count = map->count};
    larger.slots = must_alloc(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            *slot_of(&larger, map->slots[i].id) = map->slots[i];
    free(map->slots);
    *map = larger;
}

void idmap_put(struct idmap *map, uint64_t id, uint64_t value)
{
    if (map->count * 4 >= map->capacity * 3)
        grow(map);
    struct idmap_slot *slot = slot_of(map, id);
    map->count += !slot->used;
    *slot = (struct idmap_slot){id, value, true};
}

bool idmap_get(const struct idmap *map, uint64_t id, uint64_t *value)
{
    if (!map->capacity)
        return false;
    const struct idmap_slot *slot = slot_of(map, id);
    if (slot->used)
        *value = slot->value;
    return slot->used;
}

void idmap_free(struct idmap *map)
{
    free(map->slots);
    *map = (struct idmap){0};
}
