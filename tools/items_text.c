/* blase items, as text: one line an item, a leaf, a mismatch, a note, in the order in which they came to be. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/items.h"

void items_print_value(const struct log_op *op, const struct log_value *value)
{
    struct short_text number[2];
    int count = value_numbers(op, value, number);
    printf("%s=", op_argument(op, value->arg).s);
    if (count == 0)
        printf("'%s'", number[0].s);
    else if (count == 1)
        fputs(number[0].s, stdout);
    else
        printf("(%s,%s)", number[0].s, number[1].s);
}

void items_print_call(const struct log_op *op, const struct log_item *item, const char *separator)
{
    printf("%s(", op_name(op).s);
    const char *between = "";
    for (uint64_t i = 0; i < item->nvalues; i++) {
        if (!value_hashed(&item->values[i]))
            continue;
        fputs(between, stdout);
        items_print_value(op, &item->values[i]);
        between = separator;
    }
    putchar(')');
}

void items_print_slice(const struct graph *g, uint32_t producer, const struct log_slice *slice)
{
    struct log_slice s = *slice;
    if (!slice->rows)
        return;
    if (producer != GRAPH_NONE && (g->node[producer].bits & GRAPH_BY_ROWS))
        s = (struct log_slice){s.col, s.row, s.cols, s.rows};
    printf("[%lld:%llu, %lld:%llu]", (long long)s.row, (unsigned long long)s.row + (unsigned long long)s.rows, (long long)s.col,
           (unsigned long long)s.col + (unsigned long long)s.cols);
}

void items_print_operands(const struct log_op *op, uint64_t bits)
{
    const char *between = "";
    for (uint64_t k = 0; k < OP_MAX_OPERANDS; k++)
        if (bits >> k & 1) {
            printf("%s%s", between, op_operand(op, k).s);
            between = ", ";
        }
}

const struct graph_edge *items_join(const struct graph *g, uint32_t leaf)
{
    bool joined = leaf != GRAPH_NONE && (g->node[leaf].bits & GRAPH_LEAF) && g->node[leaf].nedges;
    return joined ? &g->edge[g->node[leaf].edges] : NULL;
}

/* "A", or "A[upper]" when only a part of it is meant. */
static void print_operand(const struct log_op *op, uint64_t operand, uint64_t part)
{
    fputs(op_operand(op, operand).s, stdout);
    if (part != PART_FULL)
        printf("[%s]", text_part(part));
}

/* "#12.C": what an item wrote. */
static void print_output(const struct graph *g, uint32_t node, uint64_t output)
{
    const struct log_op *producer = graph_op(g, node);
    fputs(graph_name(g, node).s, stdout);
    if (producer)
        printf(".%s", op_operand(producer, output).s);
}

static void print_input(const struct graph *g, uint32_t node, const struct log_op *op, const struct log_input *in)
{
    uint32_t log = g->node[node].log, from = graph_find(g, log, !in->is_item, in->ref);
    const struct graph_edge *join = items_join(g, from);
    print_operand(op, in->operand, in->part);
    printf("←%s", in->unproven ? "~" : "");
    if (from == GRAPH_NONE || !in->is_item)
        fputs(graph_reference(g, log, in->is_item, in->ref).s, stdout);
    else
        print_output(g, from, in->output);
    items_print_slice(g, from, &in->slice);
    if (join) {
        putchar('=');
        print_output(g, join->node, join->output);
    }
}

/* Of items in loops only the means are known: "~". */
static void print_outcome(const struct graph *g, uint32_t node, const struct log_item *item)
{
    const char *about = g->node[node].bits & GRAPH_LOOP ? "~" : "";
    uint32_t log = g->node[node].log;
    printf("  %s", text_outcome(item->outcome));
    if (item->source)
        printf(" of %s", graph_reference(g, log, true, item->source - 1).s);
    if (item->call_ns || item->outcome == OUTCOME_MISS || item->outcome == OUTCOME_UNPROBED)
        printf(" %s%s", about, text_ns((double)item->call_ns).s);
    if (item->saved_ns)
        printf(" saved %s%s", about, text_ns((double)item->saved_ns).s);
    if (item->unkept != KEPT && item->outcome == OUTCOME_MISS)
        printf(" (not kept: %s)", text_unkept(item->unkept));
    if (item->info)
        printf("  info=%lld", (long long)item->info);
}

static void print_finite(const struct log_op *op, const struct log_item *item)
{
    if (!(item->flags & ITEM_CHECKED))
        return;
    if (item->nonfinite_in) {
        fputs("  NaN or Inf read in ", stdout);
        items_print_operands(op, item->nonfinite_in);
    }
    if (item->nonfinite_out) {
        fputs("  NaN or Inf written to ", stdout);
        items_print_operands(op, item->nonfinite_out);
    }
}

static void print_caller(const struct run_log *log, const struct log_item *item)
{
    const char *object = run_log_caller(log, item->caller);
    if (!object)
        return;
    char *name = text_clean(text_basename(object));
    printf("  caller %s+0x%llx", name, (unsigned long long)item->offset);
    free(name);
}

void items_print_item(const struct graph *g, uint32_t node, const struct log_item *item)
{
    const struct run_log *log = &g->run->log[g->node[node].log];
    const struct log_op *op = run_log_op(log, item->op);
    printf("%s ", graph_name(g, node).s);
    items_print_call(op, item, ", ");
    for (uint64_t i = 0; i < item->ninputs; i++) {
        fputs(i ? ", " : "  ", stdout);
        print_input(g, node, op, &item->inputs[i]);
    }
    for (uint64_t i = 0; i < item->noutputs; i++) {
        fputs(i ? ", " : "  → ", stdout);
        print_operand(op, item->outputs[i].operand, item->outputs[i].part);
    }
    print_outcome(g, node, item);
    print_finite(op, item);
    print_caller(log, item);
    putchar('\n');
}

void items_print_leaf(const struct graph *g, uint32_t node, const struct log_leaf *leaf)
{
    const struct graph_edge *join = items_join(g, node);
    int type = leaf->type < 0x80 && isprint((int)leaf->type) ? (int)leaf->type : '?';
    printf("%s  %c %lldx%lld", graph_name(g, node).s, type, (long long)leaf->rows, (long long)leaf->cols);
    if (leaf->part != PART_FULL)
        printf(" %s", text_part(leaf->part));
    printf("  %s", text_fp(leaf->fp).s);
    if (leaf->replaces) {
        uint32_t log = g->node[node].log, old = graph_find(g, log, leaf->replaces == 1, leaf->replaces_ref);
        fputs("  overwritten since ", stdout);
        if (leaf->replaces == 1 || old == GRAPH_NONE)
            fputs(graph_reference(g, log, leaf->replaces != 1, leaf->replaces_ref).s, stdout);
        else
            print_output(g, old, leaf->replaces_output);
    }
    if (join) {
        fputs("  from ", stdout);
        print_output(g, join->node, join->output);
    }
    putchar('\n');
}

static void print_mismatch(const struct graph *g, uint32_t log, const struct log_mismatch *m)
{
    const struct log_op *op = graph_op(g, graph_find(g, log, false, m->item));
    printf("mismatch %s ", name_item(g->run->log[log].prefix, m->item).s);
    if (m->operand == UINT64_MAX)
        puts("info or floating-point flags");
    else
        printf("%s at byte %llu\n", op_operand(op, m->operand).s, (unsigned long long)m->offset);
}

static void print_note(const char *note)
{
    char *text = text_clean(note);
    printf("note  %s\n", text);
    free(text);
}

/* The calls that it repeats stand above, where the loop went round for the first time. */
static void print_loop(const char *prefix, const struct expand_loop *l)
{
    uint64_t like = l->defined + l->from;
    printf("loop %s × %s, %s … %s", text_thousands(l->iterations).s, text_count(l->length, "call", "calls").s,
           name_item(prefix, l->first).s, name_item(prefix, l->first + l->iterations * l->length - 1).s);
    printf("  like %s", name_item(prefix, like).s);
    if (l->length > 1)
        printf(" … %s", name_item(prefix, like + l->length - 1).s);
    printf(" (patch %llu)  %s", (unsigned long long)l->patch, text_ns((double)l->call_ns).s);
    if (l->saved_ns)
        printf(" saved %s", text_ns((double)l->saved_ns).s);
    putchar('\n');
}

static void print_event(const struct items *items, uint32_t log, uint32_t node, const struct expand_event *e)
{
    if (!items_show(items, node))
        return;
    if (e->kind == EXPAND_ITEM)
        items_print_item(items->graph, node, &e->item);
    else if (e->kind == EXPAND_LEAF)
        items_print_leaf(items->graph, node, &e->leaf);
    else if (e->kind == EXPAND_MISMATCH)
        print_mismatch(items->graph, log, &e->mismatch);
    else if (e->kind == EXPAND_NOTE)
        print_note(e->note);
    else if (e->kind == EXPAND_LOOP)
        print_loop(items->graph->run->log[log].prefix, &e->loop);
}

static void print_process(const struct run_log *log)
{
    const char *argv = pairs_get(&log->header, "argv");
    char *command = text_clean(argv ? argv : "");
    printf("process %.*s  %s\n", (int)strcspn(log->prefix, ":"), log->prefix, command);
    free(command);
}

void items_text(const struct items *items)
{
    const struct graph *g = items->graph;
    for (uint32_t i = 0; i < g->run->count; i++) {
        struct graph_walk walk;
        struct expand_event event;
        uint32_t node;
        if (g->run->count > 1 && !items->chosen)
            print_process(&g->run->log[i]);
        graph_walk_begin(&walk, g, i, items_whole_loops(items));
        while (graph_walk_next(&walk, &event, &node) && !items_done(items, node))
            print_event(items, i, node, &event);
        graph_walk_end(&walk);
    }
}
