#include "tools/callers.h"

#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/symbols.h"

size_t callers_object(struct callers *c, const char *path)
{
    uint64_t hash = fingerprint_bytes(path, strlen(path)).lo, index;
    if (idmap_get(&c->object_index, hash, &index))
        return index;
    c->objects = must_append(c->objects, c->nobjects, sizeof *c->objects);
    c->objects[c->nobjects] = must_copy(path);
    idmap_put(&c->object_index, hash, c->nobjects);
    return c->nobjects++;
}

void callers_count(struct callers *c, size_t object, const struct log_item *item, uint64_t count)
{
    const uint64_t place[2] = {object, item->offset};
    uint64_t hash = fingerprint_bytes(place, sizeof place).lo, index;
    if (!idmap_get(&c->index, hash, &index)) {
        index = c->count++;
        c->caller = must_append(c->caller, index, sizeof *c->caller);
        c->caller[index] = (struct caller){.object = object, .offset = item->offset};
        idmap_put(&c->index, hash, index);
    }
    tally_items(&c->caller[index].tally, item, count);
}

static int dearest_first(const void *a, const void *b)
{
    const struct caller *x = a, *y = b;
    double left = tally_ns(&x->tally) + (double)x->tally.saved_ns, right = tally_ns(&y->tally) + (double)y->tally.saved_ns;
    if (left != right)
        return left > right ? -1 : 1;
    if (x->object != y->object)
        return x->object < y->object ? -1 : 1;
    return x->offset == y->offset ? 0 : x->offset < y->offset ? -1 : 1;
}

void callers_order(struct callers *c)
{
    if (c->count)
        qsort(c->caller, c->count, sizeof *c->caller, dearest_first);
    idmap_free(&c->index); /* it led to where they were */
}

static void name_object(struct callers *c, size_t object)
{
    struct symbols symbols;
    symbols_read(&symbols, c->objects[object]);
    for (size_t i = 0; i < c->count; i++) {
        struct caller *row = &c->caller[i];
        const struct symbol *at = row->object == object ? symbols_at(&symbols, row->offset) : NULL;
        if (!at || row->symbol)
            continue;
        row->symbol = must_copy(at->name);
        row->symbol_offset = row->offset - at->from;
    }
    symbols_free(&symbols);
}

void callers_name(struct callers *c)
{
    enum { OBJECTS_MAX = 4096 }; /* as many files are opened */
    for (size_t i = 0; i < c->nobjects && i < OBJECTS_MAX; i++)
        name_object(c, i);
}

void callers_free(struct callers *c)
{
    for (size_t i = 0; i < c->nobjects; i++)
        free(c->objects[i]);
    for (size_t i = 0; i < c->count; i++)
        free(c->caller[i].symbol);
    free(c->objects);
    free(c->caller);
    idmap_free(&c->object_index);
    idmap_free(&c->index);
    memset(c, 0, sizeof *c);
}
