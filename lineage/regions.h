/*
 * Which memory held what, as far as traced calls have told: an interval map of views, newest first.
 *
 * A region is the view of an operand that a call wrote, or that it read and that was recognised or became a leaf: from then on
 * its memory held that content. Nobody tells when the program itself writes there, frees it, or gets the same addresses again for
 * something else, so a region is a hint, which only content can confirm.
 *
 * Regions may overlap: a new one takes those away whose elements it covers all, and marks the others that it shares a byte with
 * as *crossed*. Blocks of one matrix, which have their spans in each other's gaps, are not taken to overlap. The map is a treap
 * (Aragon and Seidel) over first addresses, each node with the highest end below it, so that a question takes time by the
 * logarithm of the regions and by those that answer; a call that finds its operand's region as it left it takes none of that.
 *
 * A loop puts the same few views again and again, often matrices of several orders at one address, each of which covers the
 * smaller ones and crosses the larger. So a region that was taken away leaves its node in the tree, *hollow*: nobody is told of
 * it, and when its view is put again nothing need be planted. And a node remembers who shares memory with it until a node comes
 * or goes. Then a turn of a loop changes marks and no tree.
 *
 * Bounded: the oldest region goes, hollow nodes before. Not thread-safe: the lineage guard is held.
 */
#ifndef BLASE_LINEAGE_REGIONS_H
#define BLASE_LINEAGE_REGIONS_H

#include "lineage/content.h"
#include "lineage/log_format.h"

struct region_held {
    struct view view;
    struct origin origin; /* with the content's fingerprint */
    uint64_t seq;         /* the greater the newer */
    bool crossed;         /* a newer region shares memory with it */
};

struct regions;

struct regions *regions_new(size_t limit_bytes); /* NULL: out of memory */
void regions_free(struct regions *all);
void regions_clear(struct regions *all);

/* The view holds this from now on. */
void regions_put(struct regions *all, const struct view *v, const struct origin *origin);

/* The region that was put for this very view, if it is not crossed since; NULL: none. */
struct region_held *regions_same(struct regions *all, const struct view *v);

/* Is that still so of a region once found? Its memory is there as long as the map. */
bool regions_still(const struct region_held *region, const struct view *v);

/* The newest region that shares memory with the view; NULL: none. */
const struct region_held *regions_newest(struct regions *all, const struct view *v);

/* The newest region older than `before` that the view is a part of, by addresses and layout; NULL: none. */
const struct region_held *regions_around(struct regions *all, const struct view *v, uint64_t before, struct log_slice *slice);

/* Where `inner` stands in `outer`, in outer's rows and columns (a vector is a column); false: it is no such part. */
bool region_locate(const struct view *outer, const struct view *inner, struct log_slice *slice);

uint64_t regions_bytes(const struct regions *all);
uint64_t regions_dropped(const struct regions *all);

#endif
