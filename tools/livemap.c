#include "tools/livemap.h"

#include <stdlib.h>

#include "tools/memory.h"

static size_t home_of(const struct livemap *map, struct content_id id)
{
    uint64_t hash = (id.ref * (OP_MAX_OPERANDS + 1) + id.output) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) & (map->capacity - 1);
}

/* The slot that holds the id, or the free one where it belongs. Capacity is a power of two, never full. */
static size_t slot_of(const struct livemap *map, struct content_id id)
{
    size_t at = home_of(map, id);
    while (map->slots[at].used && (map->slots[at].id.ref != id.ref || map->slots[at].id.output != id.output))
        at = (at + 1) & (map->capacity - 1);
    return at;
}

static void grow(struct livemap *map)
{
    struct livemap larger = {.capacity = map->capacity ? map->capacity * 2 : 64, .count = map->count};
    larger.slots = must_alloc(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            larger.slots[slot_of(&larger, map->slots[i].id)] = map->slots[i];
    free(map->slots);
    *map = larger;
}

void **livemap_find(struct livemap *map, struct content_id id, bool make)
{
    if (make && map->count * 4 >= map->capacity * 3)
        grow(map);
    if (!map->capacity)
        return NULL;
    struct livemap_slot *slot = &map->slots[slot_of(map, id)];
    if (!slot->used && !make)
        return NULL;
    if (!slot->used) {
        *slot = (struct livemap_slot){.id = id, .used = true};
        map->count++;
    }
    return &slot->value;
}

/* What stands behind the gap moves up as far as it may, so that no search stops at the gap. */
void livemap_remove(struct livemap *map, struct content_id id)
{
    if (!map->capacity)
        return;
    size_t mask = map->capacity - 1, gap = slot_of(map, id);
    if (!map->slots[gap].used)
        return;
    map->slots[gap].used = false;
    map->count--;
    for (size_t at = (gap + 1) & mask; map->slots[at].used; at = (at + 1) & mask) {
        size_t home = home_of(map, map->slots[at].id);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        map->slots[gap] = map->slots[at];
        map->slots[at].used = false;
        gap = at;
    }
}

void livemap_free(struct livemap *map)
{
    free(map->slots);
    *map = (struct livemap){0};
}
