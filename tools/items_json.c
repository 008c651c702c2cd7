/*
 * blase items, as JSON: an array with an object a process. Items are printed one by one, never held all at once: there may be
 * millions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/items.h"
#include "tools/json.h"

static cJSON *header_json(const struct run_log *log)
{
    cJSON *o = json_object();
    for (size_t i = 0; i < log->header.count; i++)
        if (pairs_get(&log->header, log->header.pair[i].key) == log->header.pair[i].value) /* the last of a key */
            json_string(o, log->header.pair[i].key, log->header.pair[i].value);
    return o;
}

static cJSON *providers_json(const struct run_log *log)
{
    cJSON *all = json_array();
    for (size_t i = 0; i < log->nproviders; i++) {
        const struct log_provider *p = &log->providers[i];
        cJSON *o = json_object();
        json_integer(o, "id", p->id);
        json_string(o, "path", p->path);
        json_string(o, "version", p->version);
        json_string(o, "core", p->core);
        json_string(o, "build_id", p->build_id);
        json_integer(o, "threads", p->threads);
        json_integer(o, "integer_bits", p->integer_bits);
        json_append(all, o);
    }
    return all;
}

static cJSON *callers_json(const struct run_log *log)
{
    cJSON *all = json_array();
    for (size_t i = 0; i < log->ncallers; i++) {
        cJSON *o = json_object();
        json_integer(o, "id", log->callers[i].id);
        json_string(o, "object", log->callers[i].object);
        json_append(all, o);
    }
    return all;
}

static cJSON *leaf_json(const struct log_leaf *leaf)
{
    char type[2] = {leaf->type < 0x80 ? (char)leaf->type : '?', 0};
    cJSON *o = json_object();
    json_integer(o, "id", leaf->id);
    json_string(o, "type", type);
    json_signed(o, "rows", leaf->rows);
    json_signed(o, "cols", leaf->cols);
    json_string(o, "part", text_part(leaf->part));
    json_fp(o, "fingerprint", leaf->fp);
    return o;
}

static cJSON *args_json(const struct log_op *op, const struct log_item *item)
{
    cJSON *o = json_object();
    for (uint64_t i = 0; i < item_values(item); i++) {
        struct short_text number[2];
        int count = value_numbers(op, &item->values[i], number);
        cJSON *value = count == 0 ? json_text(number[0].s) : count == 1 ? json_number(number[0].s) : json_array();
        for (int k = 0; k < count && count > 1; k++)
            json_append(value, json_number(number[k].s));
        json_put(o, op_argument(op, item->values[i].arg).s, value);
    }
    return o;
}

static cJSON *inputs_json(const struct run_log *log, const struct log_op *op, const struct log_item *item)
{
    cJSON *all = json_array();
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_input *in = &item->inputs[i];
        const struct log_op *producer;
        cJSON *o = json_object();
        json_string(o, "operand", op_operand(op, in->operand).s);
        json_string(o, "part", text_part(in->part));
        json_integer(o, in->is_item ? "item" : "leaf", in->ref);
        if (in->is_item) {
            run_log_item(log, in->ref, &producer);
            json_string(o, "output", op_operand(producer, in->output).s);
        }
        json_append(all, o);
    }
    return all;
}

static cJSON *outputs_json(const struct log_op *op, const struct log_item *item)
{
    cJSON *all = json_array();
    for (uint64_t i = 0; i < item->noutputs; i++) {
        cJSON *o = json_object();
        json_string(o, "operand", op_operand(op, item->outputs[i].operand).s);
        json_string(o, "part", text_part(item->outputs[i].part));
        json_fp(o, "fingerprint", item->outputs[i].fp);
        json_append(all, o);
    }
    return all;
}

static void put_times(cJSON *o, const struct log_item *item)
{
    json_integer(o, "start_ns", item->start_ns);
    json_integer(o, "call_ns", item->call_ns);
    json_integer(o, "fingerprint_ns", item->fingerprint_ns);
    json_integer(o, "fingerprint_bytes", item->fingerprint_bytes);
    json_integer(o, "copy_ns", item->copy_ns);
    json_integer(o, "kept_bytes", item->kept_bytes);
    json_integer(o, "saved_ns", item->saved_ns);
    json_integer(o, "trace_ns", item->trace_ns);
}

static cJSON *caller_json(const struct run_log *log, const struct log_item *item)
{
    cJSON *o = json_object();
    json_integer(o, "id", item->caller);
    json_string(o, "object", run_log_caller(log, item->caller));
    json_integer(o, "offset", item->offset);
    return o;
}

static cJSON *item_json(const struct run_log *log, const struct log_item *item)
{
    const struct log_op *op = run_log_op(log, item->op);
    cJSON *o = json_object();
    json_integer(o, "id", item->id);
    json_string(o, "op", op_name(op).s);
    json_put(o, "args", args_json(op, item));
    json_put(o, "inputs", inputs_json(log, op, item));
    json_put(o, "outputs", outputs_json(op, item));
    json_string(o, "outcome", text_outcome(item->outcome));
    json_string(o, "unkept", item->unkept == KEPT ? NULL : text_unkept(item->unkept));
    if (item->source)
        json_integer(o, "source", item->source - 1);
    else
        json_null(o, "source");
    json_signed(o, "info", item->info);
    put_times(o, item);
    json_integer(o, "thread", item->thread);
    json_put(o, "caller", caller_json(log, item));
    json_integer(o, "provider", item->provider);
    json_integer(o, "height", item->height);
    json_bool(o, "row_major_lapacke", (item->flags & 1) != 0);
    json_bool(o, "lapacke", (item->flags & 2) != 0);
    json_fp(o, "merkle", item->merkle);
    return o;
}

static cJSON *mismatch_json(const struct run_log *log, const struct log_mismatch *m)
{
    const struct log_op *op;
    cJSON *o = json_object();
    run_log_item(log, m->item, &op);
    json_integer(o, "item", m->item);
    json_string(o, "operand", m->operand == UINT64_MAX ? NULL : op_operand(op, m->operand).s); /* null: info or flags */
    json_integer(o, "offset", m->offset);
    return o;
}

static cJSON *note_json(struct reader *payload)
{
    char *note = get_string(payload);
    cJSON *text = note ? json_text(note) : NULL;
    free(note);
    return text;
}

/* The record as JSON if it is whole; else NULL. */
static cJSON *record_json(const struct run_log *log, struct log_record *record)
{
    struct log_item item;
    struct log_leaf leaf;
    struct log_mismatch mismatch;
    switch (record->kind) {
    case LOG_ITEM:
        return log_decode_item(&record->payload, &item) ? item_json(log, &item) : NULL;
    case LOG_LEAF:
        return log_decode_leaf(&record->payload, &leaf) ? leaf_json(&leaf) : NULL;
    case LOG_MISMATCH:
        return log_decode_mismatch(&record->payload, &mismatch) ? mismatch_json(log, &mismatch) : NULL;
    case LOG_NOTE:
        return note_json(&record->payload);
    default:
        return NULL;
    }
}

static void print_records(struct run_log *log, const char *name, enum log_kind kind)
{
    struct log_record record;
    const char *before = "\n  ";
    printf(",\n \"%s\": [", name);
    run_log_rewind(log);
    while (log_next(&log->log, &record)) {
        cJSON *value = record.kind == kind ? record_json(log, &record) : NULL;
        if (!value)
            continue;
        fputs(before, stdout);
        json_print(value, false);
        before = ",\n  ";
    }
    putchar(']');
}

static void print_member(const char *name, cJSON *value)
{
    printf(",\n \"%s\": ", name);
    json_print(value, false);
}

void items_json(struct run_logs *run)
{
    putchar('[');
    for (size_t i = 0; i < run->count; i++) {
        struct run_log *log = &run->log[i];
        printf("%s{\"pid\": %llu", i ? ",\n" : "", (unsigned long long)log->pid);
        printf(", \"ppid\": %llu, \"truncated\": %s", (unsigned long long)log->ppid, log->log.truncated ? "true" : "false");
        print_member("log", json_text(log->name));
        print_member("header", header_json(log));
        print_member("providers", providers_json(log));
        print_member("callers", callers_json(log));
        print_records(log, "leaves", LOG_LEAF);
        print_records(log, "items", LOG_ITEM);
        print_records(log, "mismatches", LOG_MISMATCH);
        print_records(log, "notes", LOG_NOTE);
        putchar('}');
    }
    puts("]");
}
