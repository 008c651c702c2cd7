/*
 * The content index: fingerprint → the item (or leaf) whose output holds that content. The latest producer wins, so that an edge
 * follows the program's own order. Memory is bounded: two generations; when the younger is full the older is dropped, and content
 * that is still asked for moves up. What was dropped becomes a leaf again, and is counted. Not thread-safe: the lineage guard is
 * held.
 *
 * In a large index each entry is a cache miss or two. What nobody is foretold to ask for soon is therefore left waiting
 * (content_put_later) and filed with many others, whose places are fetched meanwhile. Every question files it first, so that the
 * answer never depends on who waited.
 *
 * A square output comes with the contents of its triangles, four for the one of its own, and most programs never ask for any. So
 * they stand beside the index until a triangle comes by itself or something is asked for that may be one; then all are filed, in
 * the order of their coming. They are dropped with the generation of their whole, and count as if they were filed.
 */
#ifndef BLASE_LINEAGE_CONTENT_H
#define BLASE_LINEAGE_CONTENT_H

#include "lineage/fingerprint.h"

struct origin {
    struct fp content;
    uint64_t ref;     /* item or leaf id */
    uint64_t touched; /* the item that last read or made it */
    uint32_t height;  /* of the producing item; 0 for a leaf */
    uint8_t operand;  /* of the producing item */
    uint8_t age;      /* content_age() when it was last filed or found */
    uint8_t is_item;
    uint8_t part; /* enum part: what it is all of; beyond PART_FULL it is a triangle */
};

struct content;

struct content *content_new(uint64_t bytes); /* that it may take; NULL: out of memory */
void content_free(struct content *index);
void content_clear(struct content *index);

/* NULL when not known; `triangle`: it may be the content of one. The pointer holds until the next put. */
struct origin *content_find(struct content *index, struct fp fp, bool triangle);

/* Contents that were forgotten for want of memory; bytes in use. */
uint64_t content_dropped(const struct content *index);
uint64_t content_bytes(const struct content *index);

/* Adds or replaces, with the triangles of `square` unless NULL; false when out of memory (the index stays usable). */
bool content_put(struct content *index, const struct origin *origin, const struct fp_whole *square);
void content_put_later(struct content *index, const struct origin *origin, const struct fp_whole *square);

/* The same for a content that comes again and again: `place`, 0 at first, is where it stood last, which is looked at first. */
bool content_put_again(struct content *index, const struct origin *origin, const struct fp_whole *square, uint32_t *place);

/* Changes when the older generation is dropped: an origin of this age needs no asking for to be kept. */
uint8_t content_age(const struct content *index);

#endif
