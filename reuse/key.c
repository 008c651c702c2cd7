#include "reuse/key.h"

#include <string.h>

/* Names, tags and 17 bytes an argument at the most; fingerprints of every operand. */
enum { KEY_BYTES = 64 + OP_MAX_ARGS * 20 + OP_MAX_OPERANDS * 20 + sizeof(struct key_context) };

struct sink {
    unsigned char bytes[KEY_BYTES];
    size_t size;
};

static void feed(struct sink *s, char tag, int index, const void *value, size_t size)
{
    s->bytes[s->size++] = (unsigned char)tag;
    s->bytes[s->size++] = (unsigned char)index;
    memcpy(s->bytes + s->size, value, size);
    s->size += size;
}

enum {
    PLACE = 15,
    COLUMN_PLACE = 3
}; /* what kernels distinguish: alignment within 16 bytes, that is four floats, of every column */

/* `place`: results depend on where arrays stand. */
static void feed_argument(struct sink *s, const struct canon *c, int arg, bool place)
{
    switch (c->op->args[arg].kind) {
    case ARG_OPTION:
        feed(s, 'o', arg, &c->a[arg].i, sizeof c->a[arg].i);
        break;
    case ARG_INT:
        feed(s, 'n', arg, &c->a[arg].i, sizeof c->a[arg].i);
        break;
    case ARG_LWORK:
        if (c->scratch)
            feed(s, 'w', arg, &c->a[arg].i, sizeof c->a[arg].i);
        break;
    case ARG_SCALAR:
    case ARG_REAL_SCALAR:
        feed(s, 's', arg, c->a[arg].bytes, sizeof c->a[arg].bytes);
        break;
    case ARG_LD: /* LAPACK picks chunk sizes by leading dimension and workspace together (gesvd, gelss) */
        if (op_has(c->op, ARG_INC) || op_has(c->op, ARG_LWORK)) {
            feed(s, 'd', arg, &c->a[arg].i, sizeof c->a[arg].i);
        } else if (place) {
            const uint8_t alignment = (uint8_t)(c->a[arg].i & COLUMN_PLACE);
            feed(s, 'd', arg, &alignment, sizeof alignment);
        }
        break;
    case ARG_INC: /* OpenBLAS's gemv takes other kernels, with other bits, by increment and alignment */
        feed(s, 'd', arg, &c->a[arg].i, sizeof c->a[arg].i);
        break;
    case ARG_ARRAY:
        if (place) {
            const uint8_t alignment = (uint8_t)((uintptr_t)c->a[arg].p & PLACE);
            feed(s, 'm', arg, &alignment, sizeof alignment);
        }
        break;
    default: /* elsewhere, addresses and leading dimensions say where, not what */
        break;
    }
}

struct fp key_of(const struct canon *c, const struct fp *read, const bool *reads, const struct key_context *context)
{
    struct sink s = {.size = 0};
    uint16_t op = (uint16_t)op_index(c->op);
    const uint8_t layout[3] = {c->row_major, c->lapacke, c->int_bytes};
    const bool place = op_has(c->op, ARG_INC) || (context->by_place && !c->op->blas);
    feed(&s, 'r', 0, &op, sizeof op);
    feed(&s, 'l', 0, layout, sizeof layout);
    for (int arg = 0; arg < c->op->nargs; arg++)
        feed_argument(&s, c, arg, place);
    for (int k = 0; k < c->op->noperands; k++)
        if (reads[k])
            feed(&s, 'f', k, &read[k], sizeof read[k]);
    feed(&s, 'p', 0, &context->provider, sizeof context->provider);
    feed(&s, 't', 0, &context->threads, sizeof context->threads);
    feed(&s, 'c', 0, &context->fp_control, sizeof context->fp_control);
    feed(&s, 'i', 0, &context->tuning, sizeof context->tuning);
    feed(&s, 'a', 0, &context->nancheck, sizeof context->nancheck);
    return fingerprint_bytes(s.bytes, s.size);
}
