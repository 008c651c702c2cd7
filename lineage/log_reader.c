#include "lineage/log_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool log_from_memory(struct log_reader *r, const void *data, size_t size)
{
    memset(r, 0, sizeof *r);
    if (size < LOG_MAGIC_SIZE || memcmp(data, LOG_MAGIC, LOG_MAGIC_SIZE) != 0) {
        errno = EINVAL;
        return false;
    }
    r->data = malloc(size);
    if (!r->data)
        return false;
    memcpy(r->data, data, size);
    r->size = size;
    r->at = (struct reader){r->data + LOG_MAGIC_SIZE, r->data + size, false};
    return true;
}

static bool read_all(FILE *file, struct bytes *content)
{
    uint8_t chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        put_raw(content, chunk, got);
    return !ferror(file) && !content->failed;
}

bool log_open(struct log_reader *r, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    struct bytes content = {0};
    bool good = read_all(file, &content);
    fclose(file);
    good = good && log_from_memory(r, content.data ? (const void *)content.data : "", content.size);
    bytes_free(&content);
    return good;
}

void log_reader_close(struct log_reader *r)
{
    free(r->data);
    memset(r, 0, sizeof *r);
}

bool log_next(struct log_reader *r, struct log_record *record)
{
    if (r->at.at == r->at.end)
        return false;
    struct reader ahead = r->at;
    uint64_t kind = get_varint(&ahead), size = get_varint(&ahead);
    if (ahead.failed || (uint64_t)(ahead.end - ahead.at) < size) {
        r->truncated = true;
        return false;
    }
    record->kind = kind > INT32_MAX ? (enum log_kind)0 : (enum log_kind)kind;
    record->payload = (struct reader){ahead.at, ahead.at + size, false};
    r->at.at = ahead.at + size;
    return true;
}

static struct fp get_fp(struct reader *r)
{
    struct fp fp;
    get_raw(r, &fp.lo, sizeof fp.lo);
    get_raw(r, &fp.hi, sizeof fp.hi);
    return fp;
}

/* A count of things that take at least a byte each cannot exceed what is left. */
static uint64_t get_count(struct reader *r, uint64_t limit)
{
    uint64_t count = get_varint(r);
    if (count > limit || count > (uint64_t)(r->end - r->at)) {
        r->failed = true;
        return 0;
    }
    return count;
}

bool log_decode_pairs(struct reader *r, void (*pair)(void *context, const char *key, const char *value), void *context)
{
    uint64_t count = get_count(r, UINT32_MAX);
    for (uint64_t i = 0; i < count && !r->failed; i++) {
        char *key = get_string(r), *value = key ? get_string(r) : NULL;
        if (value)
            pair(context, key, value);
        free(key);
        free(value);
    }
    return !r->failed;
}

bool log_decode_provider(struct reader *r, struct log_provider *p)
{
    memset(p, 0, sizeof *p);
    p->id = get_varint(r);
    p->path = get_string(r);
    p->version = get_string(r);
    p->core = get_string(r);
    p->build_id = get_string(r);
    p->threads = get_varint(r);
    p->integer_bits = get_varint(r);
    if (r->failed)
        log_provider_free(p);
    return !r->failed;
}

void log_provider_free(struct log_provider *p)
{
    free(p->path);
    free(p->version);
    free(p->core);
    free(p->build_id);
    memset(p, 0, sizeof *p);
}

bool log_decode_op(struct reader *r, struct log_op *op)
{
    memset(op, 0, sizeof *op);
    op->id = get_varint(r);
    op->name = get_string(r);
    uint64_t nargs = get_count(r, OP_MAX_ARGS);
    op->args = calloc(nargs + 1, sizeof *op->args);
    for (; op->args && op->nargs < nargs && !r->failed; op->nargs++) {
        op->args[op->nargs].name = get_string(r);
        op->args[op->nargs].kind = get_varint(r);
    }
    uint64_t noperands = get_count(r, OP_MAX_OPERANDS);
    op->operands = calloc(noperands + 1, sizeof *op->operands);
    for (; op->operands && op->noperands < noperands && !r->failed; op->noperands++)
        op->operands[op->noperands] = get_string(r);
    bool good = !r->failed && op->args && op->operands;
    if (!good)
        log_op_free(op);
    return good;
}

void log_op_free(struct log_op *op)
{
    for (uint64_t i = 0; op->args && i < op->nargs; i++)
        free(op->args[i].name);
    for (uint64_t i = 0; op->operands && i < op->noperands; i++)
        free(op->operands[i]);
    free(op->args);
    free(op->operands);
    free(op->name);
    memset(op, 0, sizeof *op);
}

bool log_decode_caller(struct reader *r, struct log_caller *c)
{
    c->id = get_varint(r);
    c->object = get_string(r);
    return !r->failed;
}

static bool is_scalar(uint64_t kind)
{
    return kind == ARG_SCALAR || kind == ARG_REAL_SCALAR;
}

bool log_decode_signature(struct reader *r, struct log_signature *s)
{
    memset(s, 0, sizeof *s);
    uint64_t *const head[] = {&s->id, &s->op, &s->caller, &s->offset, &s->provider, &s->flags};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        *head[i] = get_varint(r);
    s->nvalues = get_count(r, OP_MAX_ARGS);
    for (uint64_t i = 0; i < s->nvalues; i++) {
        s->values[i].arg = get_varint(r);
        s->values[i].kind = get_varint(r);
        s->values[i].i = is_scalar(s->values[i].kind) ? 0 : get_zigzag(r);
    }
    s->ninputs = get_count(r, OP_MAX_OPERANDS);
    for (uint64_t i = 0; i < s->ninputs; i++) {
        s->inputs[i].operand = get_varint(r);
        s->inputs[i].part = get_varint(r);
        s->inputs[i].type = get_varint(r);
        s->inputs[i].rows = get_zigzag(r);
        s->inputs[i].cols = get_zigzag(r);
    }
    s->noutputs = get_count(r, OP_MAX_OPERANDS);
    for (uint64_t i = 0; i < s->noutputs; i++) {
        s->outputs[i].operand = get_varint(r);
        s->outputs[i].part = get_varint(r);
    }
    return !r->failed;
}

bool log_decode_patch(struct reader *r, struct log_patch *p)
{
    p->id = get_varint(r);
    p->thread = get_varint(r);
    p->length = get_varint(r);
    return !r->failed;
}

bool log_decode_turn(struct reader *r, struct log_turn *t)
{
    uint64_t *const head[] = {&t->thread, &t->patch, &t->from, &t->to, &t->repeats};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        *head[i] = get_varint(r);
    t->start_ns = (uint64_t)get_zigzag(r);
    t->digest = get_fp(r);
    return !r->failed;
}

bool log_decode_rounds(struct reader *r, struct log_rounds *c)
{
    c->thread = get_varint(r);
    c->start_ns = (uint64_t)get_zigzag(r);
    c->digest = get_fp(r);
    c->rounds = get_varint(r);
    c->rest = get_varint(r);
    c->length = get_count(r, LOG_MOST_CYCLE);
    for (uint64_t i = 0; i < c->length; i++) {
        c->entries[i].patch = get_varint(r);
        c->entries[i].repeats = get_varint(r);
    }
    return !r->failed && c->length && c->rest < c->length;
}

bool log_decode_lineage(struct reader *r, struct log_lineage *l)
{
    uint64_t *const fields[] = {&l->items,        &l->leaves,      &l->patches,          &l->dedup_items,
                                &l->memory_bytes, &l->limit_bytes, &l->dropped_contents, &l->dropped_buffers};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = get_varint(r);
    return !r->failed;
}

bool log_decode_counters(struct reader *r, struct log_counters *c)
{
    memset(c, 0, sizeof *c);
    uint64_t *const head[] = {&c->at_ns,   &c->nested,    &c->budget_bytes, &c->used_bytes, &c->peak_bytes,
                              &c->entries, &c->evictions, &c->verified,     &c->mismatches};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        *head[i] = get_varint(r);
    uint64_t count = get_count(r, 1u << 20);
    c->ops = calloc(count + 1, sizeof *c->ops);
    r->failed |= !c->ops;
    for (; c->ops && c->nops < count; c->nops++) {
        c->ops[c->nops].op = get_varint(r);
        c->ops[c->nops].bypassed = get_varint(r);
        c->ops[c->nops].bypassed_ns = get_varint(r);
    }
    if (r->failed) {
        free(c->ops);
        memset(c, 0, sizeof *c);
    }
    return !r->failed;
}

bool log_decode_governor(struct reader *r, struct log_governor *g)
{
    uint64_t *const fields[] = {&g->spent_ns, &g->saved_ns,       &g->blas_ns,      &g->sampled,
                                &g->looked,   &g->refused_budget, &g->refused_gain, &g->loans};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = get_varint(r);
    return !r->failed;
}

bool log_decode_spill(struct reader *r, struct log_spill *s)
{
    uint64_t *const fields[] = {&s->limit_bytes,   &s->peak_bytes, &s->spills,     &s->restores, &s->lost,
                                &s->written_bytes, &s->write_ns,   &s->read_bytes, &s->read_ns};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = get_varint(r);
    return !r->failed;
}

bool log_decode_passed(struct reader *r, struct log_passed *p)
{
    memset(p, 0, sizeof *p);
    uint64_t count = get_count(r, 1u << 16);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t calls = get_varint(r);
        if (i < PASSED_REASONS)
            p->calls[i] = calls;
    }
    return !r->failed;
}

bool log_decode_mismatch(struct reader *r, struct log_mismatch *m)
{
    m->item = get_varint(r);
    m->operand = get_varint(r);
    m->offset = get_varint(r);
    return !r->failed;
}
