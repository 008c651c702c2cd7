/* Records to bytes; log_reader.c is the way back, field by field in the same order. */
#include "lineage/log_writer.h"

static void put_fp(struct bytes *b, struct fp fp)
{
    put_raw(b, &fp.lo, sizeof fp.lo);
    put_raw(b, &fp.hi, sizeof fp.hi);
}

void log_encode_pairs(struct bytes *b, const char *const pairs[][2], int count)
{
    put_varint(b, (uint64_t)count);
    for (int i = 0; i < count; i++) {
        put_string(b, pairs[i][0]);
        put_string(b, pairs[i][1]);
    }
}

void log_encode_provider(struct bytes *b, const struct log_provider *p)
{
    put_varint(b, p->id);
    put_string(b, p->path);
    put_string(b, p->version);
    put_string(b, p->core);
    put_string(b, p->build_id);
    put_varint(b, p->threads);
    put_varint(b, p->integer_bits);
}

void log_encode_op(struct bytes *b, const struct op *op)
{
    put_varint(b, (uint64_t)op_index(op));
    put_string(b, op->name);
    put_varint(b, op->nargs);
    for (int i = 0; i < op->nargs; i++) {
        put_string(b, op->args[i].name);
        put_varint(b, op->args[i].kind);
    }
    put_varint(b, op->noperands);
    for (int k = 0; k < op->noperands; k++)
        put_string(b, op->operands[k].name);
}

void log_encode_caller(struct bytes *b, uint64_t id, const char *object)
{
    put_varint(b, id);
    put_string(b, object);
}

static bool is_scalar(uint64_t kind)
{
    return kind == ARG_SCALAR || kind == ARG_REAL_SCALAR;
}

void log_encode_signature(struct bytes *b, const struct log_signature *s)
{
    const uint64_t head[] = {s->id, s->op, s->caller, s->offset, s->provider, s->flags, s->nvalues};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put_varint(b, head[i]);
    for (uint64_t i = 0; i < s->nvalues; i++) {
        put_varint(b, s->values[i].arg);
        put_varint(b, s->values[i].kind);
        if (!is_scalar(s->values[i].kind))
            put_zigzag(b, s->values[i].i);
    }
    put_varint(b, s->ninputs);
    for (uint64_t i = 0; i < s->ninputs; i++) {
        put_varint(b, s->inputs[i].operand);
        put_varint(b, s->inputs[i].part);
        put_varint(b, s->inputs[i].type);
        put_zigzag(b, s->inputs[i].rows);
        put_zigzag(b, s->inputs[i].cols);
    }
    put_varint(b, s->noutputs);
    for (uint64_t i = 0; i < s->noutputs; i++) {
        put_varint(b, s->outputs[i].operand);
        put_varint(b, s->outputs[i].part);
    }
}

void log_encode_patch(struct bytes *b, const struct log_patch *p)
{
    put_varint(b, p->id);
    put_varint(b, p->thread);
    put_varint(b, p->length);
}

void log_encode_turn(struct bytes *b, const struct log_turn *t)
{
    const uint64_t head[] = {t->thread, t->patch, t->from, t->to, t->repeats};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put_varint(b, head[i]);
    put_zigzag(b, (int64_t)t->start_ns);
    put_fp(b, t->digest);
}

void log_encode_lineage(struct bytes *b, const struct log_lineage *l)
{
    const uint64_t fields[] = {l->items,        l->leaves,      l->patches,          l->dedup_items,
                               l->memory_bytes, l->limit_bytes, l->dropped_contents, l->dropped_buffers};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_varint(b, fields[i]);
}

void log_encode_counters(struct bytes *b, const struct log_counters *c)
{
    const uint64_t head[] = {c->at_ns,   c->nested,    c->budget_bytes, c->used_bytes, c->peak_bytes,
                             c->entries, c->evictions, c->verified,     c->mismatches, c->nops};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put_varint(b, head[i]);
    for (uint64_t i = 0; i < c->nops; i++) {
        put_varint(b, c->ops[i].op);
        put_varint(b, c->ops[i].bypassed);
        put_varint(b, c->ops[i].bypassed_ns);
    }
}

void log_encode_governor(struct bytes *b, const struct log_governor *g)
{
    const uint64_t fields[] = {g->spent_ns, g->saved_ns,       g->blas_ns,      g->sampled,
                               g->looked,   g->refused_budget, g->refused_gain, g->loans};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_varint(b, fields[i]);
}

void log_encode_spill(struct bytes *b, const struct log_spill *s)
{
    const uint64_t fields[] = {s->limit_bytes,   s->peak_bytes, s->spills,     s->restores, s->lost,
                               s->written_bytes, s->write_ns,   s->read_bytes, s->read_ns};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_varint(b, fields[i]);
}

void log_encode_passed(struct bytes *b, const struct log_passed *p)
{
    put_varint(b, PASSED_REASONS);
    for (int i = 0; i < PASSED_REASONS; i++)
        put_varint(b, p->calls[i]);
}

void log_encode_mismatch(struct bytes *b, const struct log_mismatch *m)
{
    put_varint(b, m->item);
    put_varint(b, m->operand);
    put_varint(b, m->offset);
}
