/*
 * blase items, as JSON: an array with an object a process. Items are printed one by one, never held all at once: there may be
 * millions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/items.h"
#include "tools/items_json.h"
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

/* "item" and "output", or what else is known of where content came from. */
static void put_origin(cJSON *o, const struct graph *g, uint32_t log, uint64_t is_item, uint64_t ref, uint64_t output)
{
    json_integer(o, is_item ? "item" : "leaf", ref);
    if (is_item)
        json_string(o, "output", op_operand(graph_op(g, graph_find(g, log, false, ref)), output).s);
}

static cJSON *join_json(const struct graph *g, const struct graph_edge *join)
{
    const struct graph_node *from = &g->node[join->node];
    cJSON *o = json_object();
    json_integer(o, "pid", g->run->log[from->log].pid);
    json_string(o, "log", g->run->log[from->log].name);
    put_origin(o, g, from->log, true, from->id, join->output);
    json_string(o, "name", graph_name(g, join->node).s);
    return o;
}

static cJSON *leaf_json(const struct graph *g, uint32_t node, const struct log_leaf *leaf)
{
    char type[2] = {leaf->type < 0x80 ? (char)leaf->type : '?', 0};
    const struct graph_edge *join = items_join(g, node);
    cJSON *o = json_object();
    json_integer(o, "id", leaf->id);
    json_string(o, "name", graph_name(g, node).s);
    json_string(o, "type", type);
    json_signed(o, "rows", leaf->rows);
    json_signed(o, "cols", leaf->cols);
    json_string(o, "part", text_part(leaf->part));
    json_fp(o, "fingerprint", leaf->fp);
    if (leaf->replaces) {
        cJSON *before = json_object();
        put_origin(before, g, g->node[node].log, leaf->replaces != 1, leaf->replaces_ref, leaf->replaces_output);
        json_put(o, "overwritten_since", before);
    } else {
        json_null(o, "overwritten_since");
    }
    if (join)
        json_put(o, "from", join_json(g, join));
    return o;
}

cJSON *items_json_value(const struct log_op *op, const struct log_value *v)
{
    struct short_text number[2];
    int count = value_numbers(op, v, number);
    cJSON *value = count == 0 ? json_text(number[0].s) : count == 1 ? json_number(number[0].s) : json_array();
    for (int k = 0; k < count && count > 1; k++)
        json_append(value, json_number(number[k].s));
    return value;
}

static cJSON *args_json(const struct log_op *op, const struct log_item *item)
{
    cJSON *o = json_object();
    for (uint64_t i = 0; i < item->nvalues; i++) {
        if (item->values[i].kind != ARG_ARRAY) /* its alignment: that is no value of it */
            json_put(o, op_argument(op, item->values[i].arg).s, items_json_value(op, &item->values[i]));
    }
    return o;
}

/* The part of the producer's array that was read, as its user counts rows and columns; null: all of it. */
static void put_slice(cJSON *o, const struct graph *g, uint32_t from, const struct log_slice *slice)
{
    const struct log_slice *s = slice;
    struct log_slice turned = {s->col, s->row, s->cols, s->rows};
    if (from != GRAPH_NONE && (g->node[from].bits & GRAPH_BY_ROWS))
        s = &turned;
    if (!slice->rows) {
        json_null(o, "slice");
        return;
    }
    cJSON *value = json_object();
    json_signed(value, "row", s->row);
    json_signed(value, "rows", s->rows);
    json_signed(value, "col", s->col);
    json_signed(value, "cols", s->cols);
    json_put(o, "slice", value);
}

static cJSON *inputs_json(const struct graph *g, uint32_t log, const struct log_op *op, const struct log_item *item)
{
    cJSON *all = json_array();
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_input *in = &item->inputs[i];
        uint32_t from = graph_find(g, log, !in->is_item, in->ref);
        const struct graph_edge *join = items_join(g, from);
        cJSON *o = json_object();
        json_string(o, "operand", op_operand(op, in->operand).s);
        json_string(o, "part", text_part(in->part));
        put_origin(o, g, log, in->is_item, in->ref, in->output);
        put_slice(o, g, from, &in->slice);
        json_bool(o, "proven", !in->unproven);
        if (join)
            json_put(o, "from", join_json(g, join));
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
        if (item->outputs[i].fp.lo || item->outputs[i].fp.hi)
            json_fp(o, "fingerprint", item->outputs[i].fp);
        else
            json_null(o, "fingerprint"); /* of an item in a loop the log has none */
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

cJSON *items_json_operands(const struct log_op *op, uint64_t bits)
{
    cJSON *all = json_array();
    for (uint64_t k = 0; k < OP_MAX_OPERANDS; k++)
        if (bits >> k & 1)
            json_append(all, json_text(op_operand(op, k).s));
    return all;
}

/* null: --check-finite did not look at it. */
static void put_finite(cJSON *o, const struct log_op *op, const struct log_item *item)
{
    if (item->flags & ITEM_CHECKED) {
        json_put(o, "nonfinite_in", items_json_operands(op, item->nonfinite_in));
        json_put(o, "nonfinite_out", items_json_operands(op, item->nonfinite_out));
    } else {
        json_null(o, "nonfinite_in");
        json_null(o, "nonfinite_out");
    }
}

static cJSON *item_json(const struct graph *g, uint32_t node, const struct log_item *item)
{
    const uint32_t at = g->node[node].log;
    const struct run_log *log = &g->run->log[at];
    const struct log_op *op = run_log_op(log, item->op);
    cJSON *o = json_object();
    json_integer(o, "id", item->id);
    json_string(o, "name", graph_name(g, node).s);
    json_string(o, "op", op_name(op).s);
    json_put(o, "args", args_json(op, item));
    json_put(o, "inputs", inputs_json(g, at, op, item));
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
    json_bool(o, "row_major_lapacke", (item->flags & ITEM_ROW_MAJOR) != 0);
    json_bool(o, "lapacke", (item->flags & ITEM_LAPACKE) != 0);
    json_bool(o, "row_major_cblas", (item->flags & ITEM_CBLAS_ROWS) != 0);
    put_finite(o, op, item);
    json_fp(o, "merkle", item->merkle);
    json_bool(o, "in_loop", (g->node[node].bits & GRAPH_LOOP) != 0); /* then times are means */
    return o;
}

cJSON *items_json_node(const struct graph *g, uint32_t node, const struct expand_event *e)
{
    return e->kind == EXPAND_ITEM ? item_json(g, node, &e->item) : e->kind == EXPAND_LEAF ? leaf_json(g, node, &e->leaf) : NULL;
}

static cJSON *mismatch_json(const struct graph *g, uint32_t log, const struct log_mismatch *m)
{
    const struct log_op *op = graph_op(g, graph_find(g, log, false, m->item));
    cJSON *o = json_object();
    json_integer(o, "item", m->item);
    json_string(o, "operand", m->operand == UINT64_MAX ? NULL : op_operand(op, m->operand).s); /* null: info or flags */
    json_integer(o, "offset", m->offset);
    return o;
}

static cJSON *loop_json(const struct expand_loop *l)
{
    cJSON *o = json_object();
    json_integer(o, "patch", l->patch);
    json_integer(o, "thread", l->thread);
    json_integer(o, "like", l->defined + l->from);
    json_integer(o, "first", l->first);
    json_integer(o, "length", l->length);
    json_integer(o, "iterations", l->iterations);
    json_integer(o, "call_ns", l->call_ns);
    json_integer(o, "saved_ns", l->saved_ns);
    return o;
}

static cJSON *event_json(const struct graph *g, uint32_t log, uint32_t node, const struct expand_event *e)
{
    switch (e->kind) {
    case EXPAND_ITEM:
    case EXPAND_LEAF:
        return items_json_node(g, node, e);
    case EXPAND_MISMATCH:
        return mismatch_json(g, log, &e->mismatch);
    case EXPAND_NOTE:
        return json_text(e->note);
    case EXPAND_LOOP:
        return loop_json(&e->loop);
    default:
        return NULL;
    }
}

static void print_events(const struct items *items, uint32_t log, const char *name, enum expand_kind kind)
{
    struct graph_walk walk;
    struct expand_event event;
    uint32_t node;
    const char *before = "\n  ";
    printf(",\n \"%s\": [", name);
    graph_walk_begin(&walk, items->graph, log, items_whole_loops(items));
    while (graph_walk_next(&walk, &event, &node) && !items_done(items, node)) {
        if (event.kind != kind || !items_show(items, node))
            continue;
        cJSON *value = event_json(items->graph, log, node, &event);
        if (!value)
            continue;
        fputs(before, stdout);
        json_print(value, false);
        before = ",\n  ";
    }
    graph_walk_end(&walk);
    putchar(']');
}

static void print_member(const char *name, cJSON *value)
{
    printf(",\n \"%s\": ", name);
    json_print(value, false);
}

void items_json(const struct items *items)
{
    putchar('[');
    for (uint32_t i = 0; i < items->graph->run->count; i++) {
        const struct run_log *log = &items->graph->run->log[i];
        printf("%s{\"pid\": %llu", i ? ",\n" : "", (unsigned long long)log->pid);
        printf(", \"ppid\": %llu, \"truncated\": %s", (unsigned long long)log->ppid, log->log.truncated ? "true" : "false");
        print_member("log", json_text(log->name));
        print_member("header", header_json(log));
        print_member("providers", providers_json(log));
        print_member("callers", callers_json(log));
        print_events(items, i, "leaves", EXPAND_LEAF);
        print_events(items, i, "items", EXPAND_ITEM);
        print_events(items, i, "loops", EXPAND_LOOP);
        print_events(items, i, "mismatches", EXPAND_MISMATCH);
        print_events(items, i, "notes", EXPAND_NOTE);
        putchar('}');
    }
    puts("]");
}
