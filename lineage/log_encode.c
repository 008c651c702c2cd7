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

void log_encode_leaf(struct bytes *b, const struct log_leaf *leaf)
{
    put_varint(b, leaf->id);
    put_fp(b, leaf->fp);
    put_varint(b, leaf->type);
    put_varint(b, leaf->part);
    put_zigzag(b, leaf->rows);
    put_zigzag(b, leaf->cols);
}

static void encode_value(struct bytes *b, const struct log_value *v)
{
    put_varint(b, v->arg);
    put_varint(b, v->kind);
    if (v->kind == ARG_SCALAR || v->kind == ARG_REAL_SCALAR)
        put_raw(b, v->bytes, sizeof v->bytes);
    else
        put_zigzag(b, v->i);
}

void log_encode_item(struct bytes *b, const struct log_item *item)
{
    const uint64_t head[] = {item->id,      item->op,     item->thread, item->caller, item->offset, item->provider,
                             item->outcome, item->unkept, item->source, item->height, item->flags};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put_varint(b, head[i]);
    put_zigzag(b, item->info);
    put_fp(b, item->merkle);
    const uint64_t times[] = {item->start_ns, item->call_ns,  item->fingerprint_ns, item->fingerprint_bytes,
                              item->copy_ns,  item->saved_ns, item->trace_ns};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        put_varint(b, times[i]);
    put_varint(b, item->nvalues);
    for (uint64_t i = 0; i < item->nvalues; i++)
        encode_value(b, &item->values[i]);
    put_varint(b, item->ninputs);
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_input *in = &item->inputs[i];
        put_varint(b, in->operand);
        put_varint(b, in->is_item);
        put_varint(b, in->ref);
        put_varint(b, in->output);
        put_varint(b, in->part);
    }
    put_varint(b, item->noutputs);
    for (uint64_t i = 0; i < item->noutputs; i++) {
        put_varint(b, item->outputs[i].operand);
        put_varint(b, item->outputs[i].part);
        put_fp(b, item->outputs[i].fp);
    }
    put_varint(b, item->kept_bytes);
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
