/*
 * Sketches of what a loop reads in every turn and never writes. Sketches of results come and go by the thousand (sketches.h), and
 * those of a loop's inputs would be gone when they are asked for; searched for parts are only the others, so that what is
 * recognised does not depend on loops.
 *
 * A table of places by content. One whose sketch proved something since it was last wanted for another keeps it. Bounded in
 * bytes. Not thread-safe: the lineage guard is held.
 */
#ifndef BLASE_LINEAGE_STAPLES_H
#define BLASE_LINEAGE_STAPLES_H

#include "lineage/sketch.h"

enum { STAPLES_MOST = 256 };

struct staple {
    struct sketch *sketch; /* NULL: free */
    bool used;             /* lately */
};

struct staples {
    struct staple places[STAPLES_MOST];
    size_t bytes, limit;
};

struct sketch *staples_find(struct staples *all, struct fp content);

/* May a sketch of this content be put there now? */
bool staples_room(struct staples *all, struct fp content);

/* Takes one reference over. */
void staples_put(struct staples *all, struct sketch *s);
void staples_clear(struct staples *all);

#endif
