/*
 * blase items, for Graphviz: items are boxes, leaves ellipses, an edge is labelled with the operand that the content was and the
 * one it became. A served item is dashed and joined to the item whose result it got; an edge that is not proven is dashed, one
 * that joins two processes bold.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/items.h"
#include "tools/memory.h"

enum { ARGUMENTS = 6 }; /* as many values as fit in a box */

/* The loops of the log that is being printed, in order of their first items. */
struct loops {
    struct expand_loop *loop;
    size_t count;
};

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

static uint64_t items_in(const struct expand_loop *l)
{
    return l->iterations * l->length;
}

static int by_first(const void *a, const void *b)
{
    const struct expand_loop *x = a, *y = b;
    return x->first == y->first ? 0 : x->first < y->first ? -1 : 1;
}

static struct loops loops_of(const struct items *items, uint32_t log)
{
    struct loops all = {0};
    struct graph_walk walk;
    struct expand_event event;
    uint32_t node;
    if (!items_whole_loops(items))
        return all;
    graph_walk_begin(&walk, items->graph, log, true);
    while (graph_walk_next(&walk, &event, &node))
        if (event.kind == EXPAND_LOOP) {
            all.loop = must_append(all.loop, all.count, sizeof *all.loop);
            all.loop[all.count++] = event.loop;
        }
    graph_walk_end(&walk);
    if (all.count)
        qsort(all.loop, all.count, sizeof *all.loop, by_first);
    return all;
}

/* The loop that an item is in; NULL. */
static const struct expand_loop *loop_of(const struct loops *loops, uint64_t id)
{
    size_t low = 0, high = loops->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (loops->loop[middle].first <= id)
            low = middle + 1;
        else
            high = middle;
    }
    return low && id - loops->loop[low - 1].first < items_in(&loops->loop[low - 1]) ? &loops->loop[low - 1] : NULL;
}

/* What stands for the node in the picture: its loop, or itself. */
static struct short_text shown_as(const struct graph *g, const struct loops *loops, uint32_t node)
{
    const struct expand_loop *l = g->node[node].bits & GRAPH_LEAF ? NULL : loop_of(loops, g->node[node].id);
    struct short_text out = graph_name(g, node);
    if (l)
        snprintf(out.s, sizeof out.s, "loop %.50s", name_item(g->run->log[g->node[node].log].prefix, l->first).s);
    return out;
}

static bool served(const struct log_item *item)
{
    return item->outcome == OUTCOME_HIT || item->outcome == OUTCOME_PARTIAL || item->outcome == OUTCOME_WAIT;
}

static void print_values(const struct log_op *op, const struct log_item *item)
{
    int shown = 0;
    for (uint64_t i = 0; i < item->nvalues && shown < ARGUMENTS; i++) {
        struct short_text number[2];
        if (!value_hashed(&item->values[i]))
            continue;
        int count = value_numbers(op, &item->values[i], number);
        fputs(shown++ % 3 ? ", " : "\\n", stdout);
        print_escaped(op_argument(op, item->values[i].arg).s);
        putchar('=');
        print_escaped(number[0].s);
        if (count == 2)
            printf(",%s", number[1].s);
    }
    fputs(shown == ARGUMENTS && item->nvalues > ARGUMENTS ? ", …" : "", stdout);
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

static void print_input(const struct graph *g, const struct loops *loops, uint32_t node, const struct log_item *item,
                        const struct log_input *in)
{
    uint32_t log = g->node[node].log, from = graph_find(g, log, !in->is_item, in->ref);
    print_arrow(from == GRAPH_NONE ? graph_reference(g, log, in->is_item, in->ref) : shown_as(g, loops, from),
                graph_name(g, node));
    fputs(" [label=\"", stdout);
    if (in->is_item && from != GRAPH_NONE) {
        print_escaped(op_operand(graph_op(g, from), in->output).s);
        items_print_slice(g, from, &in->slice);
        fputs(" → ", stdout);
    }
    print_escaped(op_operand(run_log_op(&g->run->log[log], item->op), in->operand).s);
    printf("\"%s];\n", in->unproven ? ",style=dashed" : "");
}

static void print_inputs(const struct graph *g, const struct loops *loops, uint32_t node, const struct log_item *item)
{
    for (uint64_t i = 0; i < item->ninputs; i++)
        print_input(g, loops, node, item, &item->inputs[i]);
    uint32_t source = item->source ? graph_find(g, g->node[node].log, false, item->source - 1) : GRAPH_NONE;
    if (source == GRAPH_NONE)
        return;
    print_arrow(shown_as(g, loops, source), graph_name(g, node));
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

/* Where the items of loops got what they read, from outside of the loop: an arrow for each place. Leaves made in loops go
 * without. */
static void print_loop_inputs(const struct graph *g, const struct loops *loops, uint32_t log)
{
    struct idmap seen = {0};
    uint64_t ignored;
    for (uint32_t i = g->first[log]; loops->count && i < g->first[log + 1]; i++) {
        const struct graph_node *n = &g->node[i];
        const struct expand_loop *in = n->bits & GRAPH_LOOP && !(n->bits & GRAPH_LEAF) ? loop_of(loops, n->id) : NULL;
        for (uint32_t e = n->edges; in && e < n->edges + n->nedges; e++) {
            uint32_t from = g->edge[e].node;
            if (from == GRAPH_NONE || (g->node[from].bits & (GRAPH_LEAF | GRAPH_LOOP)) == (GRAPH_LEAF | GRAPH_LOOP))
                continue;
            const struct expand_loop *out = g->node[from].bits & GRAPH_LEAF ? NULL : loop_of(loops, g->node[from].id);
            const uint64_t key[2] = {in->first, out ? out->first : (uint64_t)from | (uint64_t)1 << 63};
            uint64_t hash = fingerprint_bytes(key, sizeof key).lo;
            if (out == in || idmap_get(&seen, hash, &ignored))
                continue;
            idmap_put(&seen, hash, 0);
            print_arrow(shown_as(g, loops, from), shown_as(g, loops, i));
            puts(";");
        }
    }
    idmap_free(&seen);
}

static void print_loop(const struct graph *g, uint32_t log, const struct expand_loop *l)
{
    const char *prefix = g->run->log[log].prefix;
    struct short_text name;
    snprintf(name.s, sizeof name.s, "loop %.50s", name_item(prefix, l->first).s);
    fputs("  ", stdout);
    print_node(name);
    printf(" [shape=box3d,label=\"%s × %s\\nlike %s", text_thousands(l->iterations).s, text_count(l->length, "call", "calls").s,
           name_item(prefix, l->defined + l->from).s);
    if (l->length > 1)
        printf(" … %s", name_item(prefix, l->defined + l->from + l->length - 1).s);
    printf("\\n%s\"];\n", text_ns((double)l->call_ns).s);
}

static void print_event(const struct items *items, const struct loops *loops, uint32_t log, uint32_t node,
                        const struct expand_event *e)
{
    if (e->kind == EXPAND_LOOP)
        print_loop(items->graph, log, &e->loop);
    if (node == GRAPH_NONE || !items_show(items, node))
        return;
    if (e->kind == EXPAND_LEAF) {
        print_leaf(items->graph, node, &e->leaf);
        return;
    }
    print_item(items->graph, node, &e->item);
    print_inputs(items->graph, loops, node, &e->item);
}

static void print_nodes(const struct items *items, uint32_t log)
{
    struct graph_walk walk;
    struct expand_event event;
    uint32_t node;
    struct loops loops = loops_of(items, log);
    graph_walk_begin(&walk, items->graph, log, items_whole_loops(items));
    while (graph_walk_next(&walk, &event, &node) && !items_done(items, node))
        print_event(items, &loops, log, node, &event);
    graph_walk_end(&walk);
    print_loop_inputs(items->graph, &loops, log);
    free(loops.loop);
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
