/*
 * Merkle hashes and heights of what items may still refer to: two generations, the older one dropped when the younger is full;
 * what is asked for moves up. The writer forgets contents in the same way and sooner, so what it still refers to is here. Not
 * thread-safe.
 */
#ifndef BLASE_LINEAGE_ANCESTRY_H
#define BLASE_LINEAGE_ANCESTRY_H

#include "lineage/fingerprint.h"

enum { ANCESTRY_GENERATION = 1 << 20 };

struct ancestor {
    uint64_t ref;
    struct fp merkle;
    uint32_t height;
    uint8_t is_item, used;
};

struct ancestry_table {
    struct ancestor *slots;
    size_t capacity, count;
};
struct ancestry {
    struct ancestry_table young, old;
};

/* Out of memory it forgets. */
void ancestry_put(struct ancestry *a, const struct ancestor *one);

/* NULL: not known. Until the next put. */
const struct ancestor *ancestry_find(struct ancestry *a, bool is_item, uint64_t ref);

void ancestry_free(struct ancestry *a);

#endif
