#include "lineage/invariants.h"

static struct invariant *place_of(struct invariants *all, struct fp content)
{
    return &all->places[content.lo % INVARIANTS_MOST];
}

struct sketch *invariants_find(struct invariants *all, struct fp content)
{
    struct invariant *p = place_of(all, content);
    if (!p->sketch || !fp_equal(p->sketch->content, content))
        return NULL;
    p->used = true;
    return p->sketch;
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

bool invariants_room(struct invariants *all, struct fp content)
{
    struct invariant *p = place_of(all, content);
    const bool used = p->used;
    p->used = false;
    return !used;
}

void invariants_put(struct invariants *all, struct sketch *s)
{
    struct invariant *p = place_of(all, s->content);
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
