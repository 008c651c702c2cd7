#include "reuse/sample.h"

#include <string.h>

#include "lineage/fingerprint.h"

__extension__ typedef unsigned __int128 uint128;

enum { KEPT_BIT = 1, TIMES_UNIT = 2, NOT_SAMPLE = 2 * SAMPLE_MOST_TIMES + 1 }; /* the bits of a slot */

/* Steps by the golden ratio: any prefix of the sequence is spread evenly over [0, count). */
static int64_t spread(int i, int64_t count)
{
    uint64_t fraction = (uint64_t)(i + 1) * 0x9e3779b97f4a7c15u;
    return (int64_t)(((uint128)fraction * (uint64_t)count) >> 64);
}

static size_t sample_view(const struct view *v, int elements, unsigned char *out)
{
    int64_t count = v->rows * v->cols;
    size_t used = 0;
    for (int i = 0; i < elements; i++) {
        int64_t at = i == 0 ? 0 : i == 1 ? count - 1 : spread(i, count), j = at / v->rows, row = at % v->rows, lo, hi;
        view_column(v, j, &lo, &hi);
        if (row < lo || row >= hi) /* the other triangle: its mirror image is in this one */
            row = lo < hi ? lo + row % (hi - lo) : -1;
        if (row < 0)
            continue;
        memcpy(out + used, v->base + (j * v->ld + row) * (int64_t)v->element, v->element);
        used += v->element;
    }
    return used;
}

uint64_t sample_of(const struct canon *c, const struct use *use)
{
    unsigned char bytes[OP_MAX_OPERANDS * SAMPLE_ELEMENTS * 16 + OP_MAX_ARGS * 16 + 16];
    size_t used = 0;
    uint64_t op = (uint64_t)op_index(c->op);
    memcpy(bytes, &op, sizeof op);
    used += sizeof op;
    for (int arg = 0; arg < c->op->nargs; arg++) {
        int kind = c->op->args[arg].kind;
        if (kind != ARG_ARRAY && kind != ARG_INFO && kind != ARG_LD && kind != ARG_INC) {
            memcpy(bytes + used, c->a[arg].bytes, 16);
            used += 16;
        }
    }
    for (int k = 0; k < c->op->noperands; k++) {
        struct view v = view_of(c, k, use[k].read);
        if (!view_empty(&v))
            used += sample_view(&v, SAMPLE_ELEMENTS, bytes + used);
    }
    return fingerprint_bytes(bytes, used).lo & ~(uint64_t)NOT_SAMPLE;
}

uint64_t sample_hint(const struct canon *c, const struct use *use)
{
    unsigned char bytes[OP_MAX_OPERANDS * HINT_ELEMENTS * 16 + 1];
    size_t used = 0;
    for (int k = 0; k < c->op->noperands; k++) {
        struct view v = view_of(c, k, use[k].read);
        if (!view_empty(&v))
            used += sample_view(&v, HINT_ELEMENTS, bytes + used);
    }
    return fingerprint_bytes(bytes, used).lo;
}

static _Atomic uint64_t *bucket_of(struct samples *s, uint64_t sample)
{
    return s->slots[sample / (NOT_SAMPLE + 1) % SAMPLE_BUCKETS];
}

static bool is(uint64_t slot, uint64_t sample)
{
    return (slot & ~(uint64_t)NOT_SAMPLE) == sample;
}

enum sight samples_look(struct samples *s, uint64_t sample, unsigned *times)
{
    _Atomic uint64_t *bucket = bucket_of(s, sample);
    for (int way = 0; way < SAMPLE_WAYS; way++) {
        uint64_t slot = atomic_load_explicit(&bucket[way], memory_order_relaxed);
        if (!is(slot, sample))
            continue;
        *times = (unsigned)(slot & NOT_SAMPLE) / TIMES_UNIT;
        if (*times < SAMPLE_MOST_TIMES)
            atomic_store_explicit(&bucket[way], slot + TIMES_UNIT, memory_order_relaxed);
        return slot & KEPT_BIT ? SIGHT_KEPT : SIGHT_SEEN;
    }
    uint64_t older = atomic_load_explicit(&bucket[0], memory_order_relaxed);
    atomic_store_explicit(&bucket[1], older, memory_order_relaxed);
    atomic_store_explicit(&bucket[0], sample + TIMES_UNIT, memory_order_relaxed);
    *times = 0;
    return SIGHT_NEW;
}

static void mark(struct samples *s, uint64_t sample, uint64_t kept)
{
    _Atomic uint64_t *bucket = bucket_of(s, sample);
    for (int way = 0; way < SAMPLE_WAYS; way++) {
        uint64_t slot = atomic_load_explicit(&bucket[way], memory_order_relaxed);
        if (is(slot, sample))
            atomic_store_explicit(&bucket[way], (slot & ~(uint64_t)KEPT_BIT) | kept, memory_order_relaxed);
    }
}

void samples_keep(struct samples *s, uint64_t sample)
{
    mark(s, sample, KEPT_BIT);
}

void samples_forget(struct samples *s, uint64_t sample)
{
    mark(s, sample, 0);
}
