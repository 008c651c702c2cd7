/* blase why-miss: what kept a call from being served with the result of another that looks like it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/diff_text.h"
#include "tools/items.h"
#include "tools/memory.h"
#include "tools/progress.h"
#include "tools/reasons.h"
#include "tools/rundir.h"
#include "tools/verbs.h"

enum { PATH_SHOWN = 8, ALIKE_SHOWN = 5 };

static int usage(void)
{
    puts(
        "usage: blase why-miss RUN ITEM [ITEM]\n\n"
        "Says what in the keys of two calls differs, so that the later one was not served with the earlier one's result. With\n"
        "one ITEM the earlier one is found: the call of the same routine that is most like it. RUN is a run directory, its name\n"
        "in the default place, or a unique beginning of one; ITEM is a number as `blase items` shows it.");
    return 0;
}

static bool is_leaf(const struct graph *g, uint32_t node)
{
    return g->node[node].bits & GRAPH_LEAF;
}

/* How much alike two calls of one routine are. */
static unsigned likeness(const struct graph *g, uint32_t a, uint32_t b)
{
    const struct graph_hashes *x = &g->hash[a], *y = &g->hash[b];
    const struct graph_node *p = &g->node[a], *q = &g->node[b];
    unsigned points = 1 + (x->shape == y->shape ? 16 : 0) + (x->own == y->own ? 8 : 0);
    for (uint32_t i = 0; x->input == y->input && i < p->nedges && i < q->nedges; i++) {
        const struct graph_edge *e = &g->edge[p->edges + i], *f = &g->edge[q->edges + i];
        bool known = e->node != GRAPH_NONE && f->node != GRAPH_NONE;
        points +=
            known && fp_equal(g->hash[e->node].merkle, g->hash[f->node].merkle) && e->output == f->output && e->what == f->what;
    }
    return points;
}

/* The earlier call in the process (a process has a cache of its own) that is most like `node`; of several the last one. */
static uint32_t most_alike(const struct graph *g, uint32_t node, unsigned *best)
{
    uint32_t found = GRAPH_NONE;
    *best = 0;
    for (uint32_t i = g->first[g->node[node].log]; i < node; i++) {
        if (is_leaf(g, i) || g->node[i].op != g->node[node].op)
            continue;
        unsigned points = likeness(g, i, node);
        if (points >= *best) {
            *best = points;
            found = i;
        }
    }
    return found;
}

static void print_alike(const struct graph *g, uint32_t node, uint32_t found, unsigned best)
{
    int shown = 0;
    for (uint32_t i = g->first[g->node[node].log]; i < node && shown <= ALIKE_SHOWN; i++) {
        if (i == found || is_leaf(g, i) || g->node[i].op != g->node[node].op || likeness(g, i, node) != best)
            continue;
        if (shown == ALIKE_SHOWN)
            fputs(", …", stdout);
        else
            printf("%s%s", shown ? ", " : "just as much alike: ", graph_name(g, i).s);
        shown++;
    }
    if (shown)
        putchar('\n');
}

/* The content that an input held, where the log tells: leaves always, outputs when they were written down and are all of it. */
static bool content_of(const struct expand_event *from, const struct log_input *in, struct fp *fp)
{
    if (from->kind == EXPAND_LEAF) {
        *fp = from->leaf.fp;
        return true;
    }
    for (uint64_t i = 0; i < from->item.noutputs; i++) {
        const struct log_output *out = &from->item.outputs[i];
        if (out->operand == in->output && out->part == in->part && !in->slice.rows && (out->fp.lo || out->fp.hi)) {
            *fp = out->fp;
            return true;
        }
    }
    return false;
}

struct alike {
    const struct graph *graph;
    uint32_t a, b;
    struct expand_event *events; /* of a, of b, then where the inputs of a came from, and of b */
};

/* Where differing content began: down to two leaves, or two calls that differ by themselves. */
static void print_beginning(const struct graph *g, uint32_t a, uint32_t b)
{
    uint32_t steps = 0;
    while (a != GRAPH_NONE && b != GRAPH_NONE && !is_leaf(g, a) && !is_leaf(g, b) && steps < g->nnodes) {
        const struct graph_node *p = &g->node[a], *q = &g->node[b];
        uint32_t next_a = GRAPH_NONE, next_b = GRAPH_NONE;
        if (g->hash[a].own != g->hash[b].own || g->hash[a].input != g->hash[b].input)
            break;
        for (uint32_t i = 0; i < p->nedges && i < q->nedges && next_a == GRAPH_NONE; i++) {
            const struct graph_edge *e = &g->edge[p->edges + i], *f = &g->edge[q->edges + i];
            if (e->node == GRAPH_NONE || f->node == GRAPH_NONE || fp_equal(g->hash[e->node].merkle, g->hash[f->node].merkle))
                continue;
            next_a = e->node;
            next_b = f->node;
        }
        if (next_a == GRAPH_NONE)
            break;
        if (steps++ < PATH_SHOWN)
            printf("      %s and %s read other content from %s and %s\n", graph_name(g, a).s, graph_name(g, b).s,
                   graph_name(g, next_a).s, graph_name(g, next_b).s);
        a = next_a;
        b = next_b;
    }
    if (steps > PATH_SHOWN)
        printf("      … %u more steps\n", steps - PATH_SHOWN);
    struct expand_event *events = must_alloc(2, sizeof *events);
    graph_fetch(g, (const uint32_t[]){a, b}, 2, events);
    for (int i = 0; i < 2 && a != b; i++) {
        uint32_t node = i ? b : a;
        fputs("      ", stdout);
        if (events[i].kind == EXPAND_LEAF)
            items_print_leaf(g, node, &events[i].leaf);
        else
            items_print_item(g, node, &events[i].item);
    }
    if (a != b && events[0].kind == EXPAND_ITEM && events[1].kind == EXPAND_ITEM)
        diff_text_items(g, &events[0].item, g->node[a].log, g, &events[1].item, g->node[b].log, false);
    free(events);
}

static int print_input(const struct alike *p, uint64_t i, const struct expand_event *from_a, const struct expand_event *from_b)
{
    const struct graph *g = p->graph;
    const struct log_input *x = &p->events[0].item.inputs[i], *y = &p->events[1].item.inputs[i];
    const struct graph_edge *e = &g->edge[g->node[p->a].edges + i], *f = &g->edge[g->node[p->b].edges + i];
    struct short_text operand = op_operand(graph_op(g, p->b), y->operand);
    struct fp fa, fb;
    if (e->node == GRAPH_NONE || f->node == GRAPH_NONE)
        return 0;
    if (content_of(from_a, x, &fa) && content_of(from_b, y, &fb)) {
        if (fp_equal(fa, fb))
            return 0;
        printf("    input %s: other content\n", operand.s);
        print_beginning(g, e->node, f->node);
        return 1;
    }
    bool same = fp_equal(g->hash[e->node].merkle, g->hash[f->node].merkle);
    if (same && e->output == f->output && e->what == f->what)
        return 0;
    printf("    input %s: %s\n", operand.s, same ? "another part of the same" : "comes from another computation");
    if (!same)
        print_beginning(g, e->node, f->node);
    return 1;
}

static int print_inputs(const struct alike *p)
{
    const struct graph *g = p->graph;
    const struct log_item *a = &p->events[0].item, *b = &p->events[1].item;
    if (g->hash[p->a].input != g->hash[p->b].input) {
        puts("    other operands, or parts of them, are read");
        return 1;
    }
    int lines = 0;
    uint32_t from[2 * OP_MAX_OPERANDS];
    size_t n = a->ninputs < b->ninputs ? a->ninputs : b->ninputs;
    for (size_t i = 0; i < n; i++) {
        from[i] = g->edge[g->node[p->a].edges + i].node;
        from[n + i] = g->edge[g->node[p->b].edges + i].node;
    }
    struct expand_event *events = must_alloc(2 * n, sizeof *events);
    graph_fetch(g, from, 2 * n, events);
    for (size_t i = 0; i < n; i++)
        lines += print_input(p, i, &events[i], &events[n + i]);
    free(events);
    return lines;
}

static uint64_t evictions_of(const struct run_log *log)
{
    struct log_reader r = log->log;
    struct log_record record;
    struct log_counters counters;
    uint64_t evictions = 0;
    if (!r.data)
        return 0;
    r.at = (struct reader){r.data + LOG_MAGIC_SIZE, r.data + r.size, false};
    while (log_next(&r, &record))
        if (record.kind == LOG_COUNTERS && log_decode_counters(&record.payload, &counters)) {
            evictions = counters.evictions;
            free(counters.ops);
        }
    return evictions;
}

static bool computed(const struct log_item *item)
{
    return item->outcome == OUTCOME_MISS || item->outcome == OUTCOME_UNPROBED;
}

/* Equal keys, as far as the log tells: then what became of the earlier result. */
static void print_fate(const struct alike *p)
{
    const struct graph *g = p->graph;
    const struct log_item *a = &p->events[0].item, *b = &p->events[1].item;
    struct short_text first = graph_name(g, p->a), second = graph_name(g, p->b);
    uint64_t evictions = evictions_of(&g->run->log[g->node[p->a].log]);
    puts("    nothing that the log tells of their keys differs");
    if (g->node[p->a].log != g->node[p->b].log)
        puts("    they are calls of two processes, and each has a cache of its own");
    else if (!((g->node[p->a].bits | g->node[p->b].bits) & GRAPH_LOOP) && a->start_ns + a->call_ns > b->start_ns)
        printf("    %s was not done yet when %s began\n", first.s, second.s);
    else if (computed(a) && a->unkept != KEPT)
        printf("    the result of %s was not kept: %s\n", first.s, reasons_unkept_text(a->unkept));
    else if (evictions)
        printf("    the result of %s was probably given up in between: the cache was full (%s in all; --memory, --policy)\n",
               first.s, text_count(evictions, "eviction", "evictions").s);
    else
        puts("    what the log does not tell may differ: alignment of vectors, rounding and flush modes, the layout of a "
             "workspace");
}

/* What became of the call itself, where it was not a plain miss. */
static bool print_outcome(const struct alike *p)
{
    const struct graph *g = p->graph;
    const struct log_item *b = &p->events[1].item;
    struct short_text name = graph_name(g, p->b);
    if (b->outcome == OUTCOME_HIT || b->outcome == OUTCOME_WAIT) {
        printf("%s was no miss: it was served", name.s);
        if (b->source)
            printf(" with the result of %s", graph_reference(g, g->node[p->b].log, true, b->source - 1).s);
        putchar('\n');
        return true;
    }
    if (b->outcome == OUTCOME_UNPROBED)
        printf("%s was not looked for in the cache: %s\n", name.s, reasons_unkept_text(b->unkept));
    return false;
}

static void explain(const struct graph *g, uint32_t a, uint32_t b)
{
    struct alike p = {g, a, b, must_alloc(2, sizeof *p.events)};
    graph_fetch(g, (const uint32_t[]){a, b}, 2, p.events);
    items_print_item(g, a, &p.events[0].item);
    items_print_item(g, b, &p.events[1].item);
    if (!print_outcome(&p)) {
        int lines = diff_text_items(g, &p.events[0].item, g->node[a].log, g, &p.events[1].item, g->node[b].log, true);
        bool routine = strcmp(op_name(graph_op(g, a)).s, op_name(graph_op(g, b)).s) == 0;
        lines += routine ? print_inputs(&p) : 0;
        if (!lines)
            print_fate(&p);
    }
    free(p.events);
}

static bool named_item(const struct graph *g, const char *name, uint32_t *node)
{
    *node = graph_named(g, name);
    if (*node != GRAPH_NONE && is_leaf(g, *node)) {
        fprintf(stderr, "blase: %s is a leaf: no call made it\n", graph_name(g, *node).s);
        *node = GRAPH_NONE;
    }
    return *node != GRAPH_NONE;
}

/* Nothing earlier is like it: then there is at least something to be said of the call itself. */
static void explain_alone(const struct graph *g, uint32_t node)
{
    struct alike p = {g, node, node, must_alloc(2, sizeof *p.events)};
    graph_fetch(g, (const uint32_t[]){node, node}, 2, p.events);
    items_print_item(g, node, &p.events[0].item);
    if (!print_outcome(&p))
        printf("it is the first call of %s in its process that left an item\n", op_name(graph_op(g, node)).s);
    free(p.events);
}

static int answer(const struct graph *g, int count, char **names)
{
    uint32_t a, b;
    if (!named_item(g, names[0], &a))
        return EXIT_FAILED;
    if (count == 1) {
        unsigned best;
        uint32_t found = most_alike(g, a, &best);
        if (found == GRAPH_NONE) {
            explain_alone(g, a);
        } else {
            explain(g, found, a);
            print_alike(g, a, found, best);
        }
        return 0;
    }
    if (!named_item(g, names[1], &b))
        return EXIT_FAILED;
    explain(g, a < b ? a : b, a < b ? b : a);
    return 0;
}

int verb_why_miss(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    struct run_logs run;
    struct graph graph;
    char directory[PATH_MAX];
    int option = getopt_long(argc, argv, "h", options, NULL);
    if (option != -1)
        return option == 'h' ? usage() : EXIT_USAGE;
    if (argc - optind < 2 || argc - optind > 3) {
        fputs("blase: why-miss takes a run and one or two items\n", stderr);
        return EXIT_USAGE;
    }
    if (!rundir_find(argv[optind], directory))
        return EXIT_FAILED;
    if (!run_logs_read(&run, directory)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", directory, strerror(errno));
        return EXIT_FAILED;
    }
    if (!run_logs_fit(&run, RUN_LOGS_HELD)) {
        run_logs_free(&run);
        return EXIT_FAILED;
    }
    graph_load(&graph, &run, GRAPH_HASHES);
    int status = answer(&graph, argc - optind - 1, argv + optind + 1);
    graph_free(&graph);
    run_logs_free(&run);
    return status;
}
