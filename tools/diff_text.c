#include "tools/diff_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/item_diff.h"
#include "tools/items.h"
#include "tools/memory.h"

static void want(struct told *t, const struct graph *g, uint32_t node, bool inputs)
{
    if (node == GRAPH_NONE)
        return;
    t->node = must_append(t->node, t->count, sizeof *t->node);
    t->node[t->count++] = node;
    for (uint32_t e = g->node[node].edges; inputs && e < g->node[node].edges + g->node[node].nedges; e++)
        if (g->edge[e].node != GRAPH_NONE && (g->node[g->edge[e].node].bits & GRAPH_LEAF))
            want(t, g, g->edge[e].node, false);
}

void diff_text_want(struct diff_text *t, const struct difference *d)
{
    want(&t->a, t->differ->a, d->a, true);
    want(&t->b, t->differ->b, d->b, true);
}

static void fetch(struct told *t, const struct graph *g)
{
    t->event = must_alloc(t->count, sizeof *t->event);
    graph_fetch(g, t->node, t->count, t->event);
}

void diff_text_fetch(struct diff_text *t)
{
    fetch(&t->a, t->differ->a);
    fetch(&t->b, t->differ->b);
}

void diff_text_free(struct diff_text *t)
{
    free(t->a.node);
    free(t->a.event);
    free(t->b.node);
    free(t->b.event);
}

const struct expand_event *diff_text_event(const struct told *t, uint32_t node)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->node[i] == node)
            return &t->event[i];
    return NULL;
}

static void print_stream(const struct graph *g, const struct stream *s)
{
    const struct run_log *log = &g->run->log[s->log];
    printf("process %llu, thread %llu (%s calls)", (unsigned long long)log->pid, (unsigned long long)s->thread,
           text_thousands(s->count).s);
}

void diff_text_streams(const struct diff_text *t, const struct stream_pair *p)
{
    if (p->a.count)
        print_stream(t->differ->a, &p->a);
    if (p->a.count && p->b.count)
        fputs(" with ", stdout);
    if (p->b.count)
        print_stream(t->differ->b, &p->b);
    if (!p->a.count || !p->b.count)
        printf(" is only in the %s run", p->a.count ? "first" : "second");
    puts(p->a.count && p->b.count ? ":" : "");
}

static void print_origin(const struct graph *g, const struct log_input *in, uint32_t node)
{
    const struct log_op *op = graph_op(g, node);
    fputs(graph_name(g, node).s, stdout);
    if (op)
        printf(".%s", op_operand(op, in->output).s);
    items_print_slice(g, node, &in->slice);
}

static void print_leaf(const struct told *t, const struct graph *g, uint32_t node)
{
    const struct expand_event *e = diff_text_event(t, node);
    fputs(graph_name(g, node).s, stdout);
    if (e && e->kind == EXPAND_LEAF)
        printf(" (%lldx%lld, %s)", (long long)e->leaf.rows, (long long)e->leaf.cols, text_fp(e->leaf.fp).s);
}

static const char *input_words(unsigned causes)
{
    return causes & CAUSE_CONTENT ? "other content" : causes & CAUSE_ORIGIN ? "from elsewhere" : "another part";
}

static void print_inputs(const struct diff_text *t, const struct difference *d, const struct log_item *a,
                         const struct log_item *b)
{
    const struct graph *ga = t->differ->a, *gb = t->differ->b;
    const struct log_op *op = graph_op(ga, d->a);
    for (uint64_t i = 0; i < a->ninputs && i < b->ninputs; i++) {
        const struct graph_edge *x = &ga->edge[ga->node[d->a].edges + i], *y = &gb->edge[gb->node[d->b].edges + i];
        unsigned causes = differ_edge_causes(t->differ, x, y);
        if (!causes)
            continue;
        printf("    input %s: %s: ", op_operand(op, a->inputs[i].operand).s, input_words(causes));
        if (a->inputs[i].is_item)
            print_origin(ga, &a->inputs[i], x->node);
        else
            print_leaf(&t->a, ga, x->node);
        fputs(" and ", stdout);
        if (b->inputs[i].is_item)
            print_origin(gb, &b->inputs[i], y->node);
        else
            print_leaf(&t->b, gb, y->node);
        putchar('\n');
    }
}

static void print_operands_read(const struct log_op *op, const struct log_item *item)
{
    for (uint64_t i = 0; i < item->ninputs; i++)
        printf("%s%s", i ? ", " : "", op_operand(op, item->inputs[i].operand).s);
}

static void print_causes(const struct diff_text *t, const struct difference *d, const struct log_item *a,
                         const struct log_item *b)
{
    const struct graph *ga = t->differ->a, *gb = t->differ->b;
    if (d->causes & CAUSE_MOVED)
        printf("    the same call at another place: %s and %s\n", graph_name(ga, d->a).s, graph_name(gb, d->b).s);
    struct item_differences own;
    item_differences(&own, ga, a, ga->node[d->a].log, gb, b, gb->node[d->b].log, false);
    item_differences_print(&own);
    item_differences_free(&own);
    if (d->causes & CAUSE_INPUTS) {
        fputs("    reads ", stdout);
        print_operands_read(graph_op(ga, d->a), a);
        fputs(" and ", stdout);
        print_operands_read(graph_op(gb, d->b), b);
        putchar('\n');
    }
    if (d->causes & (CAUSE_CONTENT | CAUSE_ORIGIN | CAUSE_SLICE))
        print_inputs(t, d, a, b);
    if (d->causes & CAUSE_RESULT)
        puts("    result: other numbers from the same inputs");
    if (d->causes & CAUSE_UNKNOWN)
        puts("    something that the logs do not tell");
}

static void print_side(const char *mark, const struct graph *g, const struct told *t, uint32_t node)
{
    const struct expand_event *e = diff_text_event(t, node);
    printf("  %s ", mark);
    if (e && e->kind == EXPAND_ITEM)
        items_print_item(g, node, &e->item);
    else
        puts(graph_name(g, node).s);
}

/* "<" is the first run, ">" the second, as in diff(1). */
void diff_text_difference(const struct diff_text *t, const struct difference *d)
{
    const struct expand_event *a = diff_text_event(&t->a, d->a), *b = diff_text_event(&t->b, d->b);
    if (d->a != GRAPH_NONE)
        print_side("<", t->differ->a, &t->a, d->a);
    if (d->b != GRAPH_NONE)
        print_side(">", t->differ->b, &t->b, d->b);
    if (d->causes & CAUSE_ALONE)
        printf("    only in the %s run\n", d->a != GRAPH_NONE ? "first" : "second");
    if (a && b && a->kind == EXPAND_ITEM && b->kind == EXPAND_ITEM)
        print_causes(t, d, &a->item, &b->item);
}
