/*
 * blase items, for Graphviz: items are boxes, leaves ellipses, an edge is labelled with the operand that the content was and the
 * one it became. A served item is dashed and joined to the item whose result it got; an edge that is not proven is dashed, one
 * that joins two processes bold.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/items.h"

enum { ARGUMENTS = 6 }; /* as many values as fit in a box */

/* Inside a dot string. What comes here has no control characters. */
static void print_escaped(const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

/* A node by its name: names are unique over the processes of a run. */
static void print_node(struct short_text name)
{
    putchar('"');
    print_escaped(name.s);
    putchar('"');
}

static void print_arrow(struct short_text from, struct short_text to)
{
    fputs("  ", stdout);
    print_node(from);
    fputs(" -> ", stdout);
    print_node(to);
}

static bool served(const struct log_item *item)
{
    return item->outcome == OUTCOME_HIT || item->outcome == OUTCOME_PARTIAL || item->outcome == OUTCOME_WAIT;
}

static void print_values(const struct log_op *op, const struct log_item *item)
{
    for (uint64_t i = 0; i < item->nvalues && i < ARGUMENTS; i++) {
        struct short_text number[2];
        int count = value_numbers(op, &item->values[i], number);
        fputs(i % 3 ? ", " : "\\n", stdout);
        print_escaped(op_argument(op, item->values[i].arg).s);
        putchar('=');
        print_escaped(number[0].s);
        if (count == 2)
            printf(",%s", number[1].s);
    }
    fputs(item->nvalues > ARGUMENTS ? ", …" : "", stdout);
}

/* What made NaN or Inf of finite inputs stands out. */
static void print_item(const struct graph *g, uint32_t node, const struct log_item *item)
{
    const struct log_op *op = run_log_op(&g->run->log[g->node[node].log], item->op);
    bool broke = (item->flags & ITEM_CHECKED) && item->nonfinite_out && !item->nonfinite_in;
    fputs("  ", stdout);
    print_node(graph_name(g, node));
    printf(" [shape=box%s%s,label=\"%s ", served(item) ? ",style=dashed" : "", broke ? ",color=red" : "", graph_name(g, node).s);
    print_escaped(op_name(op).s);
    print_values(op, item);
    if (broke) {
        fputs("\\nNaN or Inf in ", stdout);
        items_print_operands(op, item->nonfinite_out);
    }
    printf("\\n%s %s\"];\n", text_outcome(item->outcome), text_ns((double)(served(item) ? item->saved_ns : item->call_ns)).s);
}

static void print_input(const struct graph *g, uint32_t node, const struct log_item *item, const struct log_input *in)
{
    uint32_t log = g->node[node].log, from = graph_find(g, log, !in->is_item, in->ref);
    print_arrow(graph_reference(g, log, in->is_item, in->ref), graph_name(g, node));
    fputs(" [label=\"", stdout);
    if (in->is_item && from != GRAPH_NONE) {
        print_escaped(op_operand(graph_op(g, from), in->output).s);
        items_print_slice(g, from, &in->slice);
        fputs(" → ", stdout);
    }
    print_escaped(op_operand(run_log_op(&g->run->log[log], item->op), in->operand).s);
    printf("\"%s];\n", in->unproven ? ",style=dashed" : "");
}

static void print_inputs(const struct graph *g, uint32_t node, const struct log_item *item)
{
    for (uint64_t i = 0; i < item->ninputs; i++)
        print_input(g, node, item, &item->inputs[i]);
    if (!item->source)
        return;
    print_arrow(graph_reference(g, g->node[node].log, true, item->source - 1), graph_name(g, node));
    puts(" [style=dashed,color=gray,constraint=false,label=\"reused\"];");
}

static void print_leaf(const struct graph *g, uint32_t node, const struct log_leaf *leaf)
{
    int type = leaf->type < 0x80 && isalpha((int)leaf->type) ? (int)leaf->type : '?';
    fputs("  ", stdout);
    print_node(graph_name(g, node));
    printf(" [shape=ellipse,label=\"%s\\n%c %lldx%lld %s", graph_name(g, node).s, type, (long long)leaf->rows,
           (long long)leaf->cols, text_part(leaf->part));
    if (leaf->replaces)
        printf("\\noverwritten since %s", graph_reference(g, g->node[node].log, leaf->replaces != 1, leaf->replaces_ref).s);
    puts("\"];");
}

static void print_nodes(const struct items *items, uint32_t log)
{
    struct graph_walk walk;
    struct expand_event event;
    uint32_t node;
    graph_walk_begin(&walk, items->graph, log);
    while (graph_walk_next(&walk, &event, &node)) {
        if (node == GRAPH_NONE || !items_show(items, node))
            continue;
        if (event.kind == EXPAND_LEAF) {
            print_leaf(items->graph, node, &event.leaf);
            continue;
        }
        print_item(items->graph, node, &event.item);
        print_inputs(items->graph, node, &event.item);
    }
    graph_walk_end(&walk);
}

static bool any_shown(const struct items *items, uint32_t log)
{
    for (uint32_t i = items->graph->first[log]; items->chosen && i < items->graph->first[log + 1]; i++)
        if (items->chosen[i])
            return true;
    return !items->chosen;
}

static void print_process(const struct items *items, uint32_t i)
{
    const struct run_log *log = &items->graph->run->log[i];
    const char *argv = pairs_get(&log->header, "argv");
    char *command = text_clean(argv ? argv : "");
    printf("  subgraph cluster_%u {\n  label=\"%llu ", i, (unsigned long long)log->pid);
    print_escaped(command);
    puts("\";");
    free(command);
    print_nodes(items, i);
    puts("  }");
}

/* Outside the clusters, or the other process's item would be drawn in the leaf's. */
static void print_joins(const struct items *items)
{
    const struct graph *g = items->graph;
    for (uint32_t i = 0; i < g->nnodes; i++) {
        const struct graph_edge *join = items_join(g, i);
        if (!join || !items_show(items, i))
            continue;
        print_arrow(graph_name(g, join->node), graph_name(g, i));
        fputs(" [style=bold,label=\"", stdout);
        print_escaped(op_operand(graph_op(g, join->node), join->output).s);
        puts("\"];");
    }
}

void items_dot(const struct items *items)
{
    puts("digraph blase {\n  node [fontname=\"sans-serif\",fontsize=10];\n  edge [fontname=\"sans-serif\",fontsize=9];");
    for (uint32_t i = 0; i < items->graph->run->count; i++)
        if (items->graph->run->count == 1)
            print_nodes(items, i);
        else if (any_shown(items, i))
            print_process(items, i);
    print_joins(items);
    puts("}");
}
