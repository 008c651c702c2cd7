/*
 * Sketches of what is invariant in a loop: read in every turn, never written. Sketches of results come and go by the thousand
 * (sketches.h), and those of a loop's inputs would be gone when they are asked for; searched for parts are only the others, so
 * that what is recognised does not depend on loops.
 *
 * A table of places by content, some for each. A sketch that proved something since its place was last wanted for another keeps
 * it. Bounded in bytes. Not thread-safe: the lineage guard is held.
 */
#ifndef BLASE_LINEAGE_INVARIANTS_H
#define BLASE_LINEAGE_INVARIANTS_H

#include "lineage/sketch.h"

enum { INVARIANTS_MOST = 256, INVARIANTS_WAYS = 4 };

struct invariant {
    struct sketch *sketch; /* NULL: free */
    bool used;             /* lately */
};

struct invariants {
    struct invariant places[INVARIANTS_MOST];
    size_t bytes, limit;
};

struct sketch *invariants_find(struct invariants *all, struct fp content);

/* May a sketch of this content be put there now? */
bool invariants_room(struct invariants *all, struct fp content);

/* Takes one reference over. */
void invariants_put(struct invariants *all, struct sketch *s);
void invariants_clear(struct invariants *all);

#endif
