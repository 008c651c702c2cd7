/* blase why-miss: what kept a call from being served with the result of another that looks like it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/format.h"
#include "tools/memory.h"
#include "tools/rundir.h"
#include "tools/verbs.h"
#include "tools/why_miss.h"

static int usage(void)
{
    puts(
        "usage: blase why-miss RUN ITEM [ITEM] [--format text|json]\n\n"
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

static void find_alike(struct miss *m, unsigned best)
{
    const struct graph *g = m->graph;
    for (uint32_t i = g->first[g->node[m->b].log]; i < m->b && m->nalike <= ALIKE_SHOWN; i++)
        if (i != m->a && !is_leaf(g, i) && g->node[i].op == g->node[m->b].op && likeness(g, i, m->b) == best)
            m->alike[m->nalike++] = i;
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

/* Where differing content began: down to two leaves, or two calls that differ by themselves. */
static void find_beginning(struct input_miss *in, const struct graph *g, uint32_t a, uint32_t b)
{
    while (a != GRAPH_NONE && b != GRAPH_NONE && !is_leaf(g, a) && !is_leaf(g, b) && in->steps < g->nnodes) {
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
        in->path = must_append(in->path, in->steps, sizeof *in->path);
        in->path[in->steps][0] = a;
        in->path[in->steps++][1] = b;
        a = next_a;
        b = next_b;
    }
    in->begin[0] = a;
    in->begin[1] = b;
    graph_fetch(g, in->begin, 2, in->event);
    if (a != b && in->event[0].kind == EXPAND_ITEM && in->event[1].kind == EXPAND_ITEM)
        item_differences(&in->own, g, &in->event[0].item, g->node[a].log, g, &in->event[1].item, g->node[b].log, false);
}

static void compare_input(struct miss *m, uint64_t i, const struct expand_event *from_a, const struct expand_event *from_b)
{
    const struct graph *g = m->graph;
    const struct log_input *x = &m->event[0].item.inputs[i], *y = &m->event[1].item.inputs[i];
    const struct graph_edge *e = &g->edge[g->node[m->a].edges + i], *f = &g->edge[g->node[m->b].edges + i];
    struct input_miss in = {.operand = op_operand(graph_op(g, m->b), y->operand), .begin = {GRAPH_NONE, GRAPH_NONE}};
    struct fp fa, fb;
    if (e->node == GRAPH_NONE || f->node == GRAPH_NONE)
        return;
    bool same = fp_equal(g->hash[e->node].merkle, g->hash[f->node].merkle);
    if (content_of(from_a, x, &fa) && content_of(from_b, y, &fb)) {
        if (fp_equal(fa, fb))
            return;
        in.how = INPUT_CONTENT;
    } else {
        if (same && e->output == f->output && e->what == f->what)
            return;
        in.how = same ? INPUT_PART : INPUT_COMPUTATION;
    }
    if (in.how != INPUT_PART)
        find_beginning(&in, g, e->node, f->node);
    m->input = must_append(m->input, m->ninputs, sizeof *m->input);
    m->input[m->ninputs++] = in;
}

static void compare_inputs(struct miss *m)
{
    const struct graph *g = m->graph;
    const struct log_item *a = &m->event[0].item, *b = &m->event[1].item;
    m->other_operands = g->hash[m->a].input != g->hash[m->b].input;
    if (m->other_operands)
        return;
    uint32_t from[2 * OP_MAX_OPERANDS];
    size_t n = a->ninputs < b->ninputs ? a->ninputs : b->ninputs;
    for (size_t i = 0; i < n; i++) {
        from[i] = g->edge[g->node[m->a].edges + i].node;
        from[n + i] = g->edge[g->node[m->b].edges + i].node;
    }
    struct expand_event *events = must_alloc(2 * n, sizeof *events);
    graph_fetch(g, from, 2 * n, events);
    for (size_t i = 0; i < n; i++)
        compare_input(m, i, &events[i], &events[n + i]);
    free(events);
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
static enum fate fate_of(struct miss *m)
{
    const struct graph *g = m->graph;
    const struct log_item *a = &m->event[0].item, *b = &m->event[1].item;
    m->evictions = evictions_of(&g->run->log[g->node[m->a].log]);
    if (g->node[m->a].log != g->node[m->b].log)
        return FATE_OTHER_PROCESS;
    if (!((g->node[m->a].bits | g->node[m->b].bits) & GRAPH_LOOP) && a->start_ns + a->call_ns > b->start_ns)
        return FATE_NOT_DONE;
    if (computed(a) && a->unkept != KEPT)
        return FATE_NOT_KEPT;
    return m->evictions ? FATE_EVICTED : FATE_UNTOLD;
}

/* m->a and m->b are known. */
static void find_out(struct miss *m)
{
    const struct graph *g = m->graph;
    const uint32_t earlier = m->a == GRAPH_NONE ? m->b : m->a;
    graph_fetch(g, (const uint32_t[]){earlier, m->b}, 2, m->event);
    const struct log_item *a = &m->event[0].item, *b = &m->event[1].item;
    m->served = b->outcome == OUTCOME_HIT || b->outcome == OUTCOME_WAIT;
    if (m->served || m->a == GRAPH_NONE)
        return;
    item_differences(&m->own, g, a, g->node[m->a].log, g, b, g->node[m->b].log, true);
    if (strcmp(op_name(graph_op(g, m->a)).s, op_name(graph_op(g, m->b)).s) == 0)
        compare_inputs(m);
    if (!m->own.count && !m->ninputs && !m->other_operands)
        m->fate = fate_of(m);
}

static void miss_free(struct miss *m)
{
    for (size_t i = 0; i < m->ninputs; i++) {
        free(m->input[i].path);
        item_differences_free(&m->input[i].own);
    }
    free(m->input);
    item_differences_free(&m->own);
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

static int answer(const struct graph *g, int count, char **names, bool json)
{
    struct miss m = {.graph = g};
    unsigned best = 0;
    if (!named_item(g, names[0], &m.b) || (count == 2 && !named_item(g, names[1], &m.a)))
        return EXIT_FAILED;
    if (count == 1) {
        m.a = most_alike(g, m.b, &best);
    } else if (m.b < m.a) {
        uint32_t first = m.b;
        m.b = m.a;
        m.a = first;
    }
    find_out(&m);
    if (count == 1 && m.a != GRAPH_NONE)
        find_alike(&m, best);
    (json ? miss_print_json : miss_print)(&m);
    miss_free(&m);
    return 0;
}

int verb_why_miss(int argc, char **argv)
{
    static const struct option options[] = {FORMAT_OPTION, {"help", no_argument, NULL, 'h'}, {0}};
    struct run_logs run;
    struct graph graph;
    char directory[PATH_MAX];
    bool json = false;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return usage();
        if (option != 'f' || !format_is_json(optarg, &json))
            return EXIT_USAGE;
    }
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
    int status = answer(&graph, argc - optind - 1, argv + optind + 1, json);
    graph_free(&graph);
    run_logs_free(&run);
    return status;
}
