/*
 * The sketches at hand, newest first: found by content, or by what a part of them would look like.
 *
 * Bounded in number (SKETCHES_MOST) and in bytes; the oldest goes. Grouped by shape: a loop over matrices of one shape, where no
 * sketch has room for an input, searches nothing. The signatures are kept a second time, across: slice k has a bit for each
 * sketch whose signature has a bit that begins with k. What may hold an input are the bits in the slices of all of its keys, so
 * that asking all sketches takes as long as reading a few hundred bytes, and only those that answer are read themselves. Sketches
 * that come one after another have their bits in the same 8 KB, as they come by the thousand and are asked seldom. Not
 * thread-safe: the lineage guard is held; what is searched outside of it has a reference of its own.
 */
#ifndef BLASE_LINEAGE_SKETCHES_H
#define BLASE_LINEAGE_SKETCHES_H

#include "lineage/sketch.h"

enum { SKETCHES_MOST = 1024 };

struct sketches;

struct sketches *sketches_new(size_t limit_bytes); /* NULL: out of memory */
void sketches_free(struct sketches *all);
void sketches_clear(struct sketches *all);

struct sketch *sketches_find(const struct sketches *all, struct fp content);
bool sketches_have(const struct sketches *all, const struct sketch *s); /* it was added, and is there still */

/* Takes one reference over. In place of one of the same content; dropped when it is larger than all there is room for. */
void sketches_add(struct sketches *all, struct sketch *s);

/* The content was produced once more: it is the newest. */
void sketches_touch(struct sketches *all, struct sketch *s);

/* Has anyone searched sketches of the view's shape? Then a new one is to be signed before it is added. */
bool sketches_searched(const struct sketches *all, const struct view *v, enum sketch_kind kind);

/* Signs some of those that have room for the input, few enough for inside the guard; true: no more to do. */
bool sketches_sign(struct sketches *all, const struct probe *p);

/* The newest sketch older than `before` that may hold what the probe searches for; NULL: none. */
struct sketch *sketches_next(const struct sketches *all, const struct probe *p, uint64_t before);

/* The highest level of the sketches that have room for the input as a part of them; -1: none has. */
int sketches_room(const struct sketches *all, const struct probe *p);

/* Any SKETCH_HASHES among them? Needs no guard. */
bool sketches_hashed(const struct sketches *all);

uint64_t sketches_bytes(const struct sketches *all);
uint64_t sketches_dropped(const struct sketches *all);

#endif
