#include "lineage/staples.h"

static struct staple *place_of(struct staples *all, struct fp content)
{
    return &all->places[content.lo % STAPLES_MOST];
}

struct sketch *staples_find(struct staples *all, struct fp content)
{
    struct staple *p = place_of(all, content);
    if (!p->sketch || !fp_equal(p->sketch->content, content))
        return NULL;
    p->used = true;
    return p->sketch;
}

static void vacate(struct staples *all, struct staple *p)
{
    if (!p->sketch)
        return;
    all->bytes -= p->sketch->bytes;
    sketch_release(p->sketch);
    p->sketch = NULL;
    p->used = false;
}

bool staples_room(struct staples *all, struct fp content)
{
    struct staple *p = place_of(all, content);
    const bool used = p->used;
    p->used = false;
    return !used;
}

void staples_put(struct staples *all, struct sketch *s)
{
    struct staple *p = place_of(all, s->content);
    vacate(all, p);
    for (int i = 0; i < STAPLES_MOST && all->bytes + s->bytes > all->limit; i++)
        if (!all->places[i].used)
            vacate(all, &all->places[i]);
    if (all->bytes + s->bytes > all->limit) {
        sketch_release(s);
        return;
    }
    p->sketch = s;
    all->bytes += s->bytes;
}

void staples_clear(struct staples *all)
{
    for (int i = 0; i < STAPLES_MOST; i++)
        vacate(all, &all->places[i]);
}
