#include "lineage/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/content.h"
#include "lineage/guard.h"

/* What is written at the end: _exit may come from a signal handler that interrupted malloc. */
enum { LAST_WORDS_BYTES = 64 * 1024 };
enum { SEEN_LIMIT = 4096 }; /* providers and callers whose record was written; more are written again, harmlessly */

struct lineage {
    struct guard guard;
    struct log_writer *log;
    struct content *content;
    struct bytes scratch;
    struct log_item item; /* being built; too large for a stranger's stack */
    uint64_t items, leaves;
    uint8_t seen_op[SEEN_LIMIT / 8], seen_provider[SEEN_LIMIT / 8], seen_caller[SEEN_LIMIT / 8];
};

struct lineage *lineage_new(struct log_writer *log)
{
    struct lineage *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->log = log;
    bytes_reserve(&l->scratch, LAST_WORDS_BYTES);
    l->content = content_new();
    if (!l->content) {
        free(l);
        return NULL;
    }
    return l;
}

void lineage_free(struct lineage *l)
{
    log_writer_free(l->log);
    content_free(l->content);
    bytes_free(&l->scratch);
    free(l);
}

static bool first_time(uint8_t *seen, uint64_t id)
{
    if (id >= SEEN_LIMIT)
        return true;
    bool first = !(seen[id / 8] & (1u << (id % 8)));
    seen[id / 8] |= (uint8_t)(1u << (id % 8));
    return first;
}

static void append(struct lineage *l, enum log_kind kind, uint64_t work_ns)
{
    if (l->log)
        log_append(l->log, kind, &l->scratch, work_ns);
    bytes_clear(&l->scratch);
}

static void explain_op(struct lineage *l, const struct op *op)
{
    if (first_time(l->seen_op, (uint64_t)op_index(op))) {
        log_encode_op(&l->scratch, op);
        append(l, LOG_OP, 0);
    }
}

static void explain(struct lineage *l, const struct traced *t)
{
    explain_op(l, t->canon->op);
    if (t->provider && first_time(l->seen_provider, t->provider->id)) {
        log_encode_provider(&l->scratch, t->provider);
        append(l, LOG_PROVIDER, 0);
    }
    if (first_time(l->seen_caller, t->caller)) {
        log_encode_caller(&l->scratch, t->caller, t->caller_object);
        append(l, LOG_CALLER, 0);
    }
}

static struct origin new_leaf(struct lineage *l, const struct traced_input *in)
{
    struct origin leaf = {.content = in->fp, .merkle = in->fp, .ref = l->leaves++};
    const struct log_leaf record = {.id = leaf.ref,
                                    .fp = in->fp,
                                    .type = (uint64_t)(unsigned char)in->view.type,
                                    .part = in->view.part,
                                    .rows = in->view.rows,
                                    .cols = in->view.cols};
    log_encode_leaf(&l->scratch, &record);
    append(l, LOG_LEAF, 0);
    content_put(l->content, &leaf);
    return leaf;
}

/* What the Merkle hash of one input is: its origin's hash, which output of it, which operand of this call. */
struct merkle_input {
    struct fp merkle;
    uint64_t output, operand;
};

static void join_inputs(struct lineage *l, const struct traced *t, struct log_item *item, struct merkle_input *hashes)
{
    for (int i = 0; i < t->ninputs; i++) {
        const struct traced_input *in = &t->inputs[i];
        const struct origin *known = content_find(l->content, in->fp);
        struct origin origin = known ? *known : new_leaf(l, in);
        item->inputs[item->ninputs++] = (struct log_input){.operand = (uint64_t)in->operand,
                                                           .is_item = origin.is_item,
                                                           .ref = origin.ref,
                                                           .output = origin.operand,
                                                           .part = in->view.part};
        hashes[i] = (struct merkle_input){origin.merkle, origin.operand, (uint64_t)in->operand};
        if (origin.height >= item->height)
            item->height = origin.height + 1;
    }
}

static struct log_value *add_value(struct log_item *item, const struct canon *c, int arg)
{
    struct log_value *v = &item->values[item->nvalues++];
    memset(v, 0, sizeof *v);
    v->arg = (uint64_t)arg;
    v->kind = (uint64_t)c->op->args[arg].kind;
    v->i = c->a[arg].i;
    return v;
}

/* Options, dimensions and scalars that the routine reads. */
static void take_values(const struct canon *c, struct log_item *item)
{
    for (int arg = 0; arg < c->op->nargs; arg++) {
        int kind = c->op->args[arg].kind;
        if (kind == ARG_OPTION || kind == ARG_INT) {
            add_value(item, c, arg);
        } else if (kind == ARG_SCALAR || kind == ARG_REAL_SCALAR) {
            struct log_value *v = add_value(item, c, arg);
            v->i = 0;
            memcpy(v->bytes, c->a[arg].bytes, sizeof v->bytes);
        }
    }
}

/*
 * Where arrays lie, not what they are; but by it libraries pick kernels (gemv: by increment and alignment) and chunks (LAPACK: by
 * leading dimension and workspace), so that whoever computes the call again needs it. What is in the key, and no more.
 */
static void take_places(const struct canon *c, struct log_item *item)
{
    bool vectors = op_has(c->op, ARG_INC), workspace = op_has(c->op, ARG_LWORK);
    for (int arg = 0; arg < c->op->nargs; arg++) {
        int kind = c->op->args[arg].kind;
        if (kind == ARG_INC || (kind == ARG_LWORK && c->scratch) || (kind == ARG_LD && (vectors || workspace)))
            add_value(item, c, arg);
        else if (kind == ARG_ARRAY && vectors)
            add_value(item, c, arg)->i = (int64_t)((uintptr_t)c->a[arg].p % VALUE_ALIGNMENT);
    }
}

static struct fp merkle_of(struct lineage *l, const struct traced *t, const struct log_item *item,
                           const struct merkle_input *hashes)
{
    put_string(&l->scratch, t->canon->op->name);
    put_varint(&l->scratch, item->flags & (ITEM_ROW_MAJOR | ITEM_LAPACKE));
    for (uint64_t i = 0; i < item->nvalues; i++) {
        put_varint(&l->scratch, item->values[i].arg);
        put_zigzag(&l->scratch, item->values[i].i);
        put_raw(&l->scratch, item->values[i].bytes, sizeof item->values[i].bytes);
    }
    put_raw(&l->scratch, hashes, sizeof *hashes * (size_t)t->ninputs);
    struct fp fp = fingerprint_bytes(l->scratch.data, l->scratch.size);
    bytes_clear(&l->scratch);
    return fp;
}

static void take_outputs(struct lineage *l, const struct traced *t, struct log_item *item)
{
    for (int i = 0; i < t->noutputs; i++) {
        const struct traced_output *out = &t->outputs[i];
        item->outputs[item->noutputs++] =
            (struct log_output){.operand = (uint64_t)out->operand, .part = out->parts[0], .fp = out->fps[0]};
        for (int p = 0; p < out->nparts; p++) {
            const struct origin origin = {.content = out->fps[p],
                                          .merkle = item->merkle,
                                          .ref = item->id,
                                          .height = (uint32_t)item->height,
                                          .operand = (uint16_t)out->operand,
                                          .is_item = 1};
            content_put(l->content, &origin);
        }
    }
}

static void fill_item(struct lineage *l, const struct traced *t, struct log_item *item)
{
    struct merkle_input hashes[OP_MAX_OPERANDS];
    memset(item, 0, sizeof *item);
    item->op = (uint64_t)op_index(t->canon->op);
    item->thread = t->thread;
    item->caller = t->caller;
    item->offset = t->caller_offset;
    item->provider = t->provider ? t->provider->id : 0;
    item->outcome = t->outcome;
    item->unkept = t->unkept;
    item->source = t->source;
    item->flags = (t->canon->row_major ? (unsigned)ITEM_ROW_MAJOR : 0) | (t->canon->lapacke ? (unsigned)ITEM_LAPACKE : 0) |
                  (t->cblas_rows ? (unsigned)ITEM_CBLAS_ROWS : 0) | (t->checked ? (unsigned)ITEM_CHECKED : 0) |
                  (uint64_t)t->modes << ITEM_MODES_SHIFT;
    item->nonfinite_in = t->nonfinite_in;
    item->nonfinite_out = t->nonfinite_out;
    item->info = t->info;
    item->start_ns = t->start_ns;
    item->call_ns = t->call_ns;
    item->fingerprint_ns = t->fingerprint_ns;
    item->fingerprint_bytes = t->fingerprint_bytes;
    item->copy_ns = t->copy_ns;
    item->saved_ns = t->saved_ns;
    item->trace_ns = t->trace_ns;
    item->kept_bytes = t->kept_bytes;
    take_values(t->canon, item);
    join_inputs(l, t, item, hashes);
    item->merkle = merkle_of(l, t, item, hashes);
    take_places(t->canon, item);
    item->id = l->items++;
    take_outputs(l, t, item);
}

uint64_t lineage_record(struct lineage *l, struct traced *t)
{
    if (!guard_enter(&l->guard))
        return 0;
    explain(l, t);
    fill_item(l, t, &l->item);
    uint64_t id = l->item.id;
    t->height = (uint32_t)l->item.height;
    log_encode_item(&l->scratch, &l->item);
    append(l, LOG_ITEM, t->call_ns + t->saved_ns);
    guard_leave(&l->guard);
    return id + 1;
}

bool lineage_knows(struct lineage *l, struct fp fp)
{
    if (!guard_enter(&l->guard))
        return true;
    bool known = content_find(l->content, fp) != NULL;
    guard_leave(&l->guard);
    return known;
}

void lineage_header(struct lineage *l, const char *const pairs[][2], int count)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_pairs(&l->scratch, pairs, count);
    append(l, LOG_HEADER, 0);
    guard_leave(&l->guard);
}

void lineage_counters(struct lineage *l, const struct log_counters *c)
{
    if (!guard_enter(&l->guard))
        return;
    for (uint64_t i = 0; i < c->nops; i++)
        explain_op(l, &op_table[c->ops[i].op]);
    log_encode_counters(&l->scratch, c);
    append(l, LOG_COUNTERS, 0);
    guard_leave(&l->guard);
}

void lineage_governor(struct lineage *l, const struct log_governor *g)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_governor(&l->scratch, g);
    append(l, LOG_GOVERNOR, 0);
    guard_leave(&l->guard);
}

void lineage_spill(struct lineage *l, const struct log_spill *s)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_spill(&l->scratch, s);
    append(l, LOG_SPILL, 0);
    guard_leave(&l->guard);
}

void lineage_passed(struct lineage *l, const struct log_passed *p)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_passed(&l->scratch, p);
    append(l, LOG_PASSED, 0);
    guard_leave(&l->guard);
}

void lineage_mismatch(struct lineage *l, const struct log_mismatch *m)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_mismatch(&l->scratch, m);
    append(l, LOG_MISMATCH, 0);
    guard_leave(&l->guard);
}

void lineage_note(struct lineage *l, const char *text)
{
    if (!guard_enter(&l->guard))
        return;
    put_string(&l->scratch, text);
    append(l, LOG_NOTE, 0);
    guard_leave(&l->guard);
}

void lineage_flush(struct lineage *l, bool end)
{
    if (!guard_enter(&l->guard))
        return;
    if (end)
        append(l, LOG_END, 0);
    if (l->log && !log_failed(l->log))
        log_flush(l->log);
    guard_leave(&l->guard);
}

bool lineage_before_fork(struct lineage *l)
{
    return guard_enter(&l->guard);
}

void lineage_after_fork_parent(struct lineage *l, bool held)
{
    if (held)
        guard_leave(&l->guard);
}

void lineage_after_fork_child(struct lineage *l, bool held, struct log_writer *log)
{
    if (l->log)
        log_abandon(l->log);
    l->log = log;
    guard_after_fork(&l->guard, held);
    if (!held)
        return;
    content_clear(l->content);
    bytes_clear(&l->scratch);
    l->items = l->leaves = 0;
    memset(l->seen_op, 0, sizeof l->seen_op);
    memset(l->seen_provider, 0, sizeof l->seen_provider);
    memset(l->seen_caller, 0, sizeof l->seen_caller);
}

bool lineage_broken(const struct lineage *l)
{
    return guard_broken(&l->guard);
}
