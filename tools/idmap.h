/*
 * A map from the 64-bit ids of a log to 64-bit values. Ids come from a file, so any value and any order must do.
 * All zero is the empty map.
 */
#ifndef BLASE_TOOLS_IDMAP_H
#define BLASE_TOOLS_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
    uint64_t id, value;
    bool used;
};
struct idmap {
    struct idmap_slot *slots;
    size_t capacity, count;
};

/* Later values of an id replace earlier ones. */
void idmap_put(struct idmap *map, uint64_t id, uint64_t value);
bool idmap_get(const struct idmap *map, uint64_t id, uint64_t *value);
void idmap_free(struct idmap *map);

#endif
