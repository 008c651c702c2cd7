#include "lineage/invariants.h"

#include <stddef.h>

/* A content stands in one of these places, which follow each other. */
static struct invariant *place_of(struct invariants *all, struct fp content, int way)
{
    return &all->places[(content.lo + (unsigned)way) % INVARIANTS_MOST];
}

struct sketch *invariants_find(struct invariants *all, struct fp content)
{
    for (int way = 0; way < INVARIANTS_WAYS; way++) {
        struct invariant *p = place_of(all, content, way);
        if (p->sketch && fp_equal(p->sketch->content, content)) {
            p->used = true;
            return p->sketch;
        }
    }
    return NULL;
}

static void vacate(struct invariants *all, struct invariant *p)
{
    if (!p->sketch)
        return;
    all->bytes -= p->sketch->bytes;
    sketch_release(p->sketch);
    p->sketch = NULL;
    p->used = false;
}

/* The place to be had for the content: its own, a free one, or one that was not used lately; NULL: none. */
static struct invariant *vacant(struct invariants *all, struct fp content)
{
    struct invariant *best = NULL;
    for (int way = 0; way < INVARIANTS_WAYS; way++) {
        struct invariant *p = place_of(all, content, way);
        if (p->sketch && fp_equal(p->sketch->content, content))
            return p;
        if (!best ? !p->used : best->sketch && !p->sketch)
            best = p;
    }
    return best;
}

bool invariants_room(struct invariants *all, struct fp content)
{
    if (vacant(all, content))
        return true;
    for (int way = 0; way < INVARIANTS_WAYS; way++)
        place_of(all, content, way)->used = false;
    return false;
}

void invariants_put(struct invariants *all, struct sketch *s)
{
    struct invariant *p = vacant(all, s->content);
    if (!p)
        p = place_of(all, s->content, 0);
    vacate(all, p);
    for (int i = 0; i < INVARIANTS_MOST && all->bytes + s->bytes > all->limit; i++)
        if (!all->places[i].used)
            vacate(all, &all->places[i]);
    if (all->bytes + s->bytes > all->limit) {
        sketch_release(s);
        return;
    }
    p->sketch = s;
    all->bytes += s->bytes;
}

void invariants_clear(struct invariants *all)
{
    for (int i = 0; i < INVARIANTS_MOST; i++)
        vacate(all, &all->places[i]);
}
