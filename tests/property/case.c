/* A problem with its workspace sizes, its places in the arena and the values that it reads. */
#include "tests/property/property.h"

bool case_make(struct problem *p, struct layout *l, const struct entry *entry, void *function, int64_t *extent, drawer *draw,
               struct rng *r)
{
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    struct call call;
    draw(p, entry, function, r);
    if (!workspace_query(p, r) || !layout_make(p, l, r))
        return false;
    pack_cells(p);
    pack_call(p, l, &call);
    if (canon_from_call(&call, INT_BYTES, &c) != CANON_OK)
        return false;
    canon_uses(&c, use);
    content_draw(p, &c, use, extent, r);
    return true;
}
