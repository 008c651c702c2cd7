#include "lineage/signature.h"

#include <stdlib.h>
#include <string.h>

/*
 * Leading dimensions, increments, workspace sizes and alignments are told of routines whose bits may depend on them (reuse/key):
 * LAPACK's and those with vectors. So a call can be made again (blase replay); they are no part of a Merkle hash.
 */
static bool place_matters(const struct op *op)
{
    return op_has(op, ARG_INC) || !op->blas;
}

static bool is_scalar(int kind)
{
    return kind == ARG_SCALAR || kind == ARG_REAL_SCALAR;
}

static bool is_told(const struct op *op, int arg, bool places)
{
    int kind = op->args[arg].kind;
    return is_scalar(kind) || kind == ARG_OPTION || kind == ARG_INT ||
           (places && (kind == ARG_LD || kind == ARG_INC || kind == ARG_LWORK || kind == ARG_ARRAY));
}

static int64_t value_told(const struct canon *c, int arg)
{
    int kind = c->op->args[arg].kind;
    return kind == ARG_ARRAY ? (int64_t)((uintptr_t)c->a[arg].p % VALUE_ALIGNMENT) : is_scalar(kind) ? 0 : c->a[arg].i;
}

static uint64_t flags_of(const struct traced *t)
{
    return (t->canon->row_major ? (unsigned)ITEM_ROW_MAJOR : 0) | (t->canon->lapacke ? (unsigned)ITEM_LAPACKE : 0) |
           (t->cblas_rows ? (unsigned)ITEM_CBLAS_ROWS : 0) | (t->checked ? (unsigned)ITEM_CHECKED : 0) |
           (uint64_t)t->modes << ITEM_MODES_SHIFT;
}

enum { WORDS_MOST = 8 + OP_MAX_ARGS + 4 * OP_MAX_OPERANDS };

/* Everything that log_signature says but the number, as words. */
static struct fp key_of(const struct traced *t)
{
    int64_t words[WORDS_MOST];
    const struct op *op = t->canon->op;
    const bool places = place_matters(op);
    size_t n = 0;
    words[n++] = op_index(op);
    words[n++] = (int64_t)t->caller;
    words[n++] = (int64_t)t->caller_offset;
    words[n++] = t->provider ? (int64_t)t->provider->id : -1;
    words[n++] = (int64_t)flags_of(t);
    words[n++] = t->ninputs << 8 | t->noutputs;
    for (int arg = 0; arg < op->nargs; arg++)
        if (!is_scalar(op->args[arg].kind) && is_told(op, arg, places))
            words[n++] = value_told(t->canon, arg);
    for (int i = 0; i < t->ninputs; i++) {
        const struct traced_input *in = &t->inputs[i];
        words[n++] = in->operand << 16 | in->view.part << 8 | (unsigned char)in->view.type;
        words[n++] = in->view.rows;
        words[n++] = in->view.cols;
    }
    for (int i = 0; i < t->noutputs; i++)
        words[n++] = t->outputs[i].operand << 8 | t->outputs[i].whole.part;
    return fingerprint_bytes(words, n * sizeof words[0]);
}

void signatures_free(struct signatures *table)
{
    free(table->slots);
    memset(table, 0, sizeof *table);
}

static struct signature_slot *slot_of(const struct signatures *table, struct fp key)
{
    uint64_t at = key.lo;
    for (;; at++) {
        struct signature_slot *slot = &table->slots[at & (table->capacity - 1)];
        if (!slot->id || fp_equal(slot->key, key))
            return slot;
    }
}

static bool make_room(struct signatures *table)
{
    if (table->count >= SIGNATURES_MOST) {
        memset(table->slots, 0, table->capacity * sizeof *table->slots);
        memset(table->memos, 0, sizeof table->memos);
        table->count = 0;
    }
    if (table->count * 2 < table->capacity)
        return true;
    struct signatures larger = *table;
    larger.capacity = table->capacity ? table->capacity * 2 : 256;
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (uint32_t i = 0; i < table->capacity; i++)
        if (table->slots[i].id)
            *slot_of(&larger, table->slots[i].key) = table->slots[i];
    free(table->slots);
    *table = larger;
    return true;
}

static uint32_t input_word(const struct traced_input *in)
{
    return (uint32_t)(in->operand << 16 | in->view.part << 8 | (unsigned char)in->view.type);
}

static uint32_t output_word(const struct traced_output *out)
{
    return (uint32_t)(out->operand << 8 | out->whole.part);
}

/* Calls from one place have often a few sizes: told apart by their numbers. */
static struct signature_memo *memo_of(struct signatures *table, const struct traced *t)
{
    uint64_t mixed = t->caller_offset ^ t->caller << 48;
    for (int arg = 0; arg < t->canon->op->nargs && arg < 6; arg++)
        if (t->canon->op->args[arg].kind == ARG_INT)
            mixed = mixed * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)t->canon->a[arg].i;
    return &table->memos[mixed * UINT64_C(0x9E3779B97F4A7C15) >> 58];
}
_Static_assert(SIGNATURE_MEMOS == 1 << 6, "the six highest bits");

static bool remembered(const struct signature_memo *m, const struct traced *t)
{
    if (m->op != t->canon->op || m->caller != t->caller || m->offset != t->caller_offset || m->flags != flags_of(t) ||
        m->provider != (t->provider ? (int64_t)t->provider->id : -1) || m->ninputs != t->ninputs || m->noutputs != t->noutputs)
        return false;
    for (uint32_t told = m->told; told; told &= told - 1) {
        const int arg = __builtin_ctz(told);
        if (m->values[arg] != value_told(t->canon, arg))
            return false;
    }
    for (int i = 0; i < t->ninputs; i++)
        if (m->inputs[i] != input_word(&t->inputs[i]) || m->rows[i] != t->inputs[i].view.rows ||
            m->cols[i] != t->inputs[i].view.cols)
            return false;
    for (int i = 0; i < t->noutputs; i++)
        if (m->outputs[i] != output_word(&t->outputs[i]))
            return false;
    return true;
}

static void remember(struct signature_memo *m, const struct traced *t, uint32_t number)
{
    const struct op *op = t->canon->op;
    const bool places = place_matters(op);
    *m = (struct signature_memo){.op = op,
                                 .number = number,
                                 .caller = t->caller,
                                 .offset = t->caller_offset,
                                 .flags = flags_of(t),
                                 .provider = t->provider ? (int64_t)t->provider->id : -1,
                                 .ninputs = t->ninputs,
                                 .noutputs = t->noutputs};
    for (int arg = 0; arg < op->nargs; arg++)
        if (!is_scalar(op->args[arg].kind) && is_told(op, arg, places)) {
            m->told |= (uint32_t)1 << arg;
            m->values[arg] = value_told(t->canon, arg);
        }
    for (int i = 0; i < t->ninputs; i++) {
        m->inputs[i] = input_word(&t->inputs[i]);
        m->rows[i] = t->inputs[i].view.rows;
        m->cols[i] = t->inputs[i].view.cols;
    }
    for (int i = 0; i < t->noutputs; i++)
        m->outputs[i] = output_word(&t->outputs[i]);
}

uint32_t signature_of(struct signatures *table, const struct traced *t, bool *fresh)
{
    struct signature_memo *memo = memo_of(table, t);
    *fresh = false;
    if (remembered(memo, t))
        return memo->number;
    const struct fp key = key_of(t);
    if (!make_room(table))
        return UINT32_MAX;
    struct signature_slot *slot = slot_of(table, key);
    if (!slot->id) {
        *fresh = true;
        table->count++;
        *slot = (struct signature_slot){key, ++table->next};
    }
    remember(memo, t, slot->id - 1);
    return slot->id - 1;
}

void signature_describe(const struct traced *t, uint32_t number, struct log_signature *out)
{
    const struct op *op = t->canon->op;
    const bool places = place_matters(op);
    memset(out, 0, sizeof *out);
    out->id = number;
    out->op = (uint64_t)op_index(op);
    out->caller = t->caller;
    out->offset = t->caller_offset;
    out->provider = t->provider ? t->provider->id : 0;
    out->flags = flags_of(t);
    for (int arg = 0; arg < op->nargs; arg++) {
        int kind = op->args[arg].kind;
        if (!is_told(op, arg, places))
            continue;
        out->values[out->nvalues++] =
            (struct log_value){.arg = (uint64_t)arg, .kind = (uint64_t)kind, .i = value_told(t->canon, arg)};
    }
    for (int i = 0; i < t->ninputs; i++)
        out->inputs[out->ninputs++] = (struct log_signature_input){.operand = (uint64_t)t->inputs[i].operand,
                                                                   .part = t->inputs[i].view.part,
                                                                   .type = (unsigned char)t->inputs[i].view.type,
                                                                   .rows = t->inputs[i].view.rows,
                                                                   .cols = t->inputs[i].view.cols};
    for (int i = 0; i < t->noutputs; i++)
        out->outputs[out->noutputs++] =
            (struct log_signature_output){.operand = (uint64_t)t->outputs[i].operand, .part = t->outputs[i].whole.part};
}

uint8_t signature_scalars(const struct canon *c, unsigned char scalars[][16])
{
    uint8_t n = 0;
    for (int arg = 0; arg < c->op->nargs; arg++)
        if (is_scalar(c->op->args[arg].kind))
            memcpy(scalars[n++], c->a[arg].bytes, sizeof c->a[arg].bytes);
    return n;
}
