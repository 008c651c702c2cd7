/*
 * The content index: fingerprint → the item (or leaf) whose output holds that content. The latest producer wins, so that an edge
 * follows the program's own order. Memory is bounded: two generations of at most CONTENT_GENERATION entries; when the younger is
 * full the older is dropped, and content that is still asked for moves up. What was dropped becomes a leaf again. Not
 * thread-safe: the lineage guard is held.
 */
#ifndef BLASE_LINEAGE_CONTENT_H
#define BLASE_LINEAGE_CONTENT_H

#include "lineage/fingerprint.h"

enum { CONTENT_GENERATION = 1 << 18 };

struct origin {
    struct fp content;
    struct fp merkle; /* of the producing item's output, or the content itself for a leaf */
    uint64_t ref;     /* item or leaf id */
    uint32_t height;  /* of the producing item; 0 for a leaf */
    uint16_t operand; /* of the producing item */
    uint8_t is_item;
    uint8_t used;
};

struct content;

struct content *content_new(void); /* NULL: out of memory */
void content_free(struct content *index);
void content_clear(struct content *index);

/* NULL when not known. The pointer holds until the next put. */
const struct origin *content_find(struct content *index, struct fp fp);

/* Adds or replaces; false when out of memory (the index stays usable). */
bool content_put(struct content *index, const struct origin *origin);

#endif
