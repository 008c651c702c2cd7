/* Where the arrays of a call stand: leading dimensions larger than needed, odd offsets, strides of either sign, guards around. */
#include <stdlib.h>
#include <string.h>

#include "tests/property/property.h"

enum { MARKER = 1000000 };

bool in_part(int part, int64_t i, int64_t j)
{
    switch (part) {
    case PART_NONE:
        return false;
    case PART_UPPER:
        return i <= j;
    case PART_LOWER:
        return i >= j;
    case PART_STRICT_UPPER:
        return i < j;
    case PART_STRICT_LOWER:
        return i > j;
    default:
        return true;
    }
}

unsigned char *element_at(const struct canon *c, const struct use *u, int operand, int64_t i, int64_t j)
{
    const struct op_operand *o = &c->op->operands[operand];
    int64_t at, ld = o->ld_arg >= 0 ? c->a[o->ld_arg].i : u->rows;
    if (o->has_inc)
        at = ld > 0 ? i * ld : (u->rows - 1 - i) * -ld;
    else
        at = o->ld_arg >= 0 && c->row_major ? i * ld + j : i + j * ld;
    return (unsigned char *)c->a[o->arg].p + at * (int64_t)op_element_bytes(c, operand);
}

static void true_extent(const struct canon *c, const struct use *use, int k, int64_t *fast, int64_t *slow)
{
    int64_t rows = use[k].rows, cols = use[k].cols;
    rules_unknown_extent(c, k, &rows, &cols);
    *fast = c->row_major && c->op->operands[k].ld_arg >= 0 ? cols : rows;
    *slow = c->row_major && c->op->operands[k].ld_arg >= 0 ? rows : cols;
}

static int64_t elements_needed(const struct canon *c, int k, int64_t fast, int64_t slow, int64_t ld)
{
    const struct op_operand *o = &c->op->operands[k];
    if (o->has_inc)
        return fast ? (fast - 1) * (ld < 0 ? -ld : ld) + 1 : 0;
    return slow * (o->ld_arg >= 0 ? ld : fast);
}

static int64_t draw_ld(const struct canon *c, int k, int64_t fast, struct rng *r)
{
    static const int64_t extra[] = {0, 0, 1, 3, 7};
    int64_t least = rules_least_ld(c, k);
    if (c->op->operands[k].has_inc)
        return (1 + rng_below(r, 3)) * (rng_chance(r, 2) ? 1 : -1);
    return (fast > least ? fast : least > 1 ? least : 1) + extra[rng_below(r, 5)];
}

/* BLAS calls keep their pointers: reference CBLAS copies a vector that alpha makes irrelevant. */
static bool unreferenced(const struct canon *c, const struct use *u, int k)
{
    int64_t rows, cols;
    return !c->op->blas && u->read.part == PART_NONE && u->write.part == PART_NONE && c->op->operands[k].role < ROLE_MAYBE &&
           !rules_unknown_extent(c, k, &rows, &cols);
}

/* The caller's argument that canonical operand k is: row-major CBLAS swaps them, and the markers tell. */
static int caller_argument(const struct canon *c, int k)
{
    return (int)((unsigned char *)c->a[c->op->operands[k].arg].p - arena);
}

static void place(struct problem *p, struct layout *l, const struct canon *c, const struct use *use, int k, struct rng *r)
{
    const struct op_operand *o = &c->op->operands[k];
    int arg = caller_argument(c, k);
    size_t size = op_element_bytes(c, k), component = o->etype == ETYPE_INT ? INT_BYTES : op_real_bytes(c->op);
    int64_t fast, slow, ld = 0;
    true_extent(c, use, k, &fast, &slow);
    if (o->ld_arg >= 0)
        ld = p->integer[arg + 1] = draw_ld(c, k, fast, r);
    struct buffer *b = &l->buffer[arg];
    b->component = (uint8_t)component;
    b->integer = o->etype == ETYPE_INT;
    b->bytes = (size_t)elements_needed(c, k, fast, slow, ld) * size;
    b->at = (l->used + GUARD_BYTES + 15) / 16 * 16 + (size_t)rng_below(r, 4) * component;
    p->absent[arg] = unreferenced(c, &use[k], k) && rng_chance(r, 4);
    l->used = (b->at + b->bytes + 7) / 8 * 8 + GUARD_BYTES;
    if (l->used > ARENA_BYTES) {
        fprintf(stderr, "property: arena too small for %s\n", p->entry->symbol);
        exit(2);
    }
}

static bool probe(struct problem *p, struct canon *c, struct use *use)
{
    struct layout markers;
    struct call call;
    for (int a = 0; a < OP_MAX_ARGS; a++)
        markers.buffer[a].at = (size_t)a;
    for (int a = 0; a < p->entry->op->nargs; a++)
        if (p->entry->op->args[a].kind == ARG_LD || p->entry->op->args[a].kind == ARG_INC)
            p->integer[a] = MARKER;
    memset(p->absent, 0, sizeof p->absent);
    pack_cells(p);
    pack_call(p, &markers, &call);
    if (canon_from_call(&call, INT_BYTES, c) != CANON_OK)
        return false;
    canon_uses(c, use);
    return true;
}

bool layout_make(struct problem *p, struct layout *l, struct rng *r)
{
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    memset(l, 0, sizeof *l);
    if (!probe(p, &c, use))
        return false;
    l->used = OP_MAX_ARGS * CELL_BYTES;
    for (int k = 0; k < c.op->noperands; k++)
        if (call_raw_index(p->entry, c.op->operands[k].arg) >= 0)
            place(p, l, &c, use, k, r);
    return true;
}

bool layout_fits(const struct layout *l, const struct canon *c, const struct use *use)
{
    for (int k = 0; k < c->op->noperands; k++) {
        const struct op_operand *o = &c->op->operands[k];
        int64_t fast, slow, ld = o->ld_arg >= 0 ? c->a[o->ld_arg].i : 0;
        true_extent(c, use, k, &fast, &slow);
        if (fast * slow == 0)
            continue;
        const struct buffer *b = NULL;
        for (int a = 0; a < c->op->nargs; a++)
            if (l->buffer[a].component && arena + l->buffer[a].at == c->a[o->arg].p)
                b = &l->buffer[a];
        if (!b || (o->ld_arg >= 0 && !o->has_inc && ld < fast))
            return false;
        if ((size_t)elements_needed(c, k, fast, slow, ld) * op_element_bytes(c, k) > b->bytes)
            return false;
    }
    return true;
}
