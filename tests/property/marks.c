/* What the table says about every byte of the arena. */
#include <string.h>

#include "tests/property/property.h"

unsigned char mark_read[ARENA_BYTES], mark_write[ARENA_BYTES], mark_scratch[ARENA_BYTES], mark_ignore[ARENA_BYTES];

static void mark_element(unsigned char *marks, const struct canon *c, const struct use *u, int k, int64_t i, int64_t j, int value)
{
    memset(marks + (element_at(c, u, k, i, j) - arena), value, op_element_bytes(c, k));
}

static void mark_region(unsigned char *marks, const struct canon *c, const struct use *u, int k, struct region region)
{
    for (int64_t j = 0; j < region.cols; j++)
        for (int64_t i = 0; i < region.rows; i++)
            if (in_part(region.part, i, j))
                mark_element(marks, c, u, k, i, j, 0xff);
}

static void mark_scratch_operand(const struct canon *c, const struct use *u, int k)
{
    mark_region(mark_scratch, c, u, k, (struct region){PART_FULL, u->rows, u->cols});
    for (int64_t i = 0; i < u->first; i++) {
        mark_element(mark_scratch, c, u, k, i, 0, 0);
        mark_element(mark_write, c, u, k, i, 0, 0xff);
    }
}

void marks_set(const struct problem *p, const struct layout *l, const struct canon *c, const struct use *use)
{
    unsigned char *all[] = {mark_read, mark_write, mark_scratch, mark_ignore};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        memset(all[i], 0, l->used);
    for (int a = 0; a < c->op->nargs; a++)
        if (c->op->args[a].kind == ARG_INFO && call_raw_index(p->entry, a) >= 0)
            memset(mark_write + (cell_of(a) - arena), 0xff, INT_BYTES);
    for (int k = 0; k < c->op->noperands; k++) {
        const struct op_operand *o = &c->op->operands[k];
        int64_t rows, cols;
        if (call_raw_index(p->entry, o->arg) < 0 || !c->a[o->arg].p)
            continue;
        /* LAPACKE_?gesvd copies superb out of workspace that it did not always write. */
        if (rules_unknown_extent(c, k, &rows, &cols) || c->op->args[o->arg].lapacke_only) {
            const struct buffer *b = &l->buffer[o->arg];
            memset(mark_ignore + b->at, 0xff, b->bytes);
            continue;
        }
        mark_region(mark_read, c, &use[k], k, use[k].read);
        mark_region(mark_write, c, &use[k], k, use[k].write);
        if (o->role >= ROLE_MAYBE)
            mark_scratch_operand(c, &use[k], k);
    }
}
