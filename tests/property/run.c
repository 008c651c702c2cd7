/* Makes one call on freshly built bytes and sums up every byte, flag and status that it leaves. */
#include <fenv.h>
#include <string.h>

#include "tests/property/property.h"

_Alignas(4096) unsigned char arena[ARENA_BYTES];
_Alignas(4096) unsigned char before[ARENA_BYTES];

static void shape_double(unsigned char *at, enum pattern pattern)
{
    static const uint64_t exponent[] = {0x3fe0000000000000u, 0x7ff8000000000000u, 0x6a00000000000000u};
    uint64_t bits;
    memcpy(&bits, at, sizeof bits);
    bits = (bits & 0x8007ffffffffffffu) | exponent[pattern];
    memcpy(at, &bits, sizeof bits);
}

static void shape_float(unsigned char *at, enum pattern pattern)
{
    static const uint32_t exponent[] = {0x3f000000u, 0x7fc00000u, 0x71000000u};
    uint32_t bits;
    memcpy(&bits, at, sizeof bits);
    bits = (bits & 0x803fffffu) | exponent[pattern];
    memcpy(at, &bits, sizeof bits);
}

/* Bytes nobody may read: noise everywhere, and in arrays noise that is a number of the pattern's kind. */
static void fill(const struct layout *l, const struct trial *t)
{
    struct rng r = rng_of(t->seed, (uint64_t)t->pattern, 1);
    for (size_t at = 0; at < l->used; at += 8) {
        uint64_t word = rng_next(&r);
        memcpy(arena + at, &word, sizeof word);
    }
    for (int a = 0; a < OP_MAX_ARGS; a++) {
        const struct buffer *b = &l->buffer[a];
        if (b->integer || b->component == 0)
            continue;
        for (size_t at = b->at; at < b->at + b->bytes; at += b->component)
            (b->component == 4 ? shape_float : shape_double)(arena + at, t->pattern);
    }
}

/* Arguments that the table says are not read this time get noise, other noise for other seeds. */
static void blur_unread(struct problem *p, const struct canon *c, uint64_t seed)
{
    struct rng r = rng_of(seed, 2, 2);
    for (int a = 0; a < c->op->nargs && c->op->arg_read; a++) {
        int kind = c->op->args[a].kind;
        if (c->op->arg_read(c, a))
            continue;
        p->integer[a] = kind == ARG_INT ? rng_below(&r, 1000) - 500 : p->integer[a];
        for (int i = 0; i < 16 && kind == ARG_REAL_SCALAR; i++)
            p->scalar[a][i] = (unsigned char)rng_next(&r);
    }
}

/* A byte of the element that holds nothing but mantissa, its upper bits: the change lasts to the result, and is no NaN. */
static int64_t mantissa_byte(const struct canon *c, int k, struct rng *r)
{
    if (c->op->operands[k].etype == ETYPE_INT)
        return 0;
    int64_t component = (int64_t)op_real_bytes(c->op), parts = (int64_t)op_element_bytes(c, k) / component;
    return rng_below(r, parts) * component + component - 3;
}

static void flip_read_element(const struct canon *c, const struct use *use, uint64_t seed, char *note, size_t size)
{
    struct rng r = rng_of(seed, 3, 3);
    for (int attempt = 0; attempt < 64; attempt++) {
        int k = (int)rng_below(&r, c->op->noperands);
        const struct region *read = &use[k].read;
        if (read->part == PART_NONE || read->rows <= 0 || read->cols <= 0)
            continue;
        int64_t i = rng_below(&r, read->rows), j = rng_below(&r, read->cols);
        bool pivots = c->op->operands[k].etype == ETYPE_INT && rules_content(c->op, k) != CONTENT_FLAGS;
        if (!in_part(read->part, i, j) || pivots)
            continue;
        element_at(c, &use[k], k, i, j)[mantissa_byte(c, k, &r)] ^=
            (unsigned char)(c->op->operands[k].etype == ETYPE_INT ? 1 : 0x20);
        snprintf(note, size, "%s(%d,%d)", c->op->operands[k].name, (int)i, (int)j);
        return;
    }
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9fb21c651e98df25u;
    return hash ^ (hash >> 29);
}

static void digest_bytes(const struct layout *l, struct outcome *out)
{
    out->own = out->scratch = 1;
    for (size_t at = 0; at < l->used; at += 8) {
        uint64_t word, scratch, ignore;
        memcpy(&word, arena + at, sizeof word);
        memcpy(&scratch, mark_scratch + at, sizeof scratch);
        memcpy(&ignore, mark_ignore + at, sizeof ignore);
        out->own = mix(out->own, word & ~scratch & ~ignore);
        if (scratch)
            out->scratch = mix(out->scratch, word & scratch & ~ignore);
    }
}

/* The written elements in logical order: the same for any place and leading dimension. */
static uint64_t digest_values(const struct canon *c, const struct use *use)
{
    uint64_t hash = 1;
    for (int k = 0; k < c->op->noperands; k++)
        for (int64_t j = 0; j < use[k].write.cols; j++)
            for (int64_t i = 0; i < use[k].write.rows; i++) {
                uint64_t words[2] = {0, 0};
                if (!in_part(use[k].write.part, i, j))
                    continue;
                memcpy(words, element_at(c, &use[k], k, i, j), op_element_bytes(c, k));
                hash = mix(mix(hash, words[0]), words[1]);
            }
    return hash;
}

static int64_t make_call(const struct call *call, const struct trial *t, void *function, int *flags)
{
    int held = fegetround();
    feclearexcept(FE_ALL_EXCEPT);
    if (t->preset)
        feraiseexcept(t->preset);
    if (t->rounding)
        fesetround(t->rounding);
    int64_t returned = call->entry->invoke(function, call->raw);
    *flags = fetestexcept(FE_ALL_EXCEPT);
    fesetround(held);
    return returned;
}

/* LAPACK's status; the same whether or not the arguments were legal. */
static int64_t info_after(const struct problem *p, int64_t returned)
{
    const struct op *op = p->entry->op;
    int32_t info;
    if (p->entry->style != STYLE_FORTRAN)
        return p->entry->style == STYLE_CBLAS ? 0 : (int32_t)returned;
    if (op->args[op->nfortran - 1].kind != ARG_INFO)
        return 0;
    memcpy(&info, cell_of(op->nfortran - 1), sizeof info);
    return info;
}

/*
 * By rows, LAPACKE copies arrays back out of fresh memory even when the routine refused the call and set nothing: what it then
 * leaves in outputs, and in the part of an array that it did not copy in, is whatever malloc found.
 */
static void ignore_copied_heap(const struct problem *p, const struct layout *l, bool legal)
{
    const struct op *op = p->entry->op;
    for (int k = 0; k < op->noperands && !op->blas; k++) {
        const struct buffer *b = &l->buffer[op->operands[k].arg];
        int role = op->operands[k].role;
        if (p->entry->style == STYLE_FORTRAN || p->layout_code != 101 || (role != ROLE_OUT && role != ROLE_INOUT))
            continue;
        for (size_t at = b->at; at < b->at + b->bytes; at++)
            if (role == ROLE_OUT || !legal || (mark_write[at] && !mark_read[at]))
                mark_ignore[at] = 0xff;
    }
}

void run_trial(const struct problem *original, const struct layout *l, const struct trial *t, struct outcome *out)
{
    struct problem p = *original;
    struct call call;
    memset(out, 0, sizeof *out);
    fill(l, t);
    pack_cells(&p);
    pack_call(&p, l, &call);
    bool legal = canon_from_call(&call, INT_BYTES, &out->canon) == CANON_OK;
    memset(mark_scratch, 0, l->used);
    memset(mark_ignore, 0, l->used);
    if (legal) {
        canon_uses(&out->canon, out->use);
        marks_set(&p, l, &out->canon, out->use);
        content_scatter(&out->canon, out->use);
        if (t->flip)
            flip_read_element(&out->canon, out->use, t->seed + (uint64_t)t->flip, out->note, sizeof out->note);
        blur_unread(&p, &out->canon, t->seed);
        pack_cells(&p);
        pack_call(&p, l, &call);
    }
    memcpy(before, arena, l->used);
    messages_clear();
    int64_t returned = make_call(&call, t, p.function, &out->flags);
    const struct op *op = out->canon.op;
    out->info = info_after(&p, returned);
    out->kept = legal && out->info == 0 && op_flops(&out->canon) > 0 && (!op->reuse || op->reuse(&out->canon)) &&
                (!op->keep || op->keep(&out->canon));
    if (!out->kept)
        ignore_copied_heap(&p, l, legal);
    digest_bytes(l, out);
    if (out->kept)
        out->values = digest_values(&out->canon, out->use);
}

static int64_t answer_of(const struct problem *p, const struct layout *l, int arg)
{
    const unsigned char *at = arena + l->buffer[arg].at;
    int32_t integer;
    float narrow;
    double wide;
    memcpy(&integer, at, sizeof integer);
    memcpy(&narrow, at, sizeof narrow);
    if (l->buffer[arg].integer)
        return integer;
    if (op_real_bytes(p->entry->op) == 4)
        return (int64_t)narrow;
    memcpy(&wide, at, sizeof wide);
    return (int64_t)wide;
}

bool workspace_query(struct problem *p, struct rng *r)
{
    const struct op *op = p->entry->op;
    struct problem query = *p;
    struct layout l;
    struct call call;
    struct canon c;
    bool any = false;
    if (!layout_make(&query, &l, r))
        return false;
    for (int a = 0; a < op->nargs; a++)
        if (is_scratch_size(op, a) && call_raw_index(p->entry, a) >= 0) {
            query.integer[a] = -1;
            any = true;
        }
    if (!any)
        return true;
    pack_cells(&query);
    pack_call(&query, &l, &call);
    if (canon_from_call(&call, INT_BYTES, &c) != CANON_QUERY)
        return false;
    if (info_after(p, call.entry->invoke(p->function, call.raw)) != 0)
        return false;
    for (int a = 0; a < op->nargs; a++)
        if (is_scratch_size(op, a)) /* stands right after its array */
            p->integer[a] = answer_of(p, &l, a - 1) + (rng_chance(r, 3) ? rng_below(r, 17) : 0);
    return true;
}
