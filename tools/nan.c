/* blase nan: the first call that turned finite inputs into NaN or Inf, in a run made with --check-finite. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/format.h"
#include "tools/items.h"
#include "tools/items_json.h"
#include "tools/memory.h"
#include "tools/progress.h"
#include "tools/rundir.h"
#include "tools/verbs.h"

enum { LEAVES_SHOWN = 10 };

/* A leaf that held NaN or Inf when an item read it. */
struct bad_leaf {
    uint32_t leaf, item;
    uint64_t operand;
};

struct search {
    const struct graph *graph;
    struct expand_event event; /* being looked at */
    struct expand_event first; /* that made NaN or Inf of finite inputs */
    uint32_t first_node;
    uint64_t first_ns;
    uint64_t checked, unchecked, made, passed_on; /* items */
    struct bad_leaf *bad;
    size_t nbad;
};

static int usage(void)
{
    puts("usage: blase nan [RUN] [--format text|json]\n\n"
         "Names the first call that turned finite inputs into NaN or Inf, and content that was not finite when calls first read\n"
         "it. RUN was made with --check-finite; it is a run directory, its name in the default place, or a unique beginning of\n"
         "one; the latest when left out.");
    return 0;
}

static void note_leaf(struct search *s, bool *seen, uint32_t node, const struct log_input *in)
{
    const struct graph *g = s->graph;
    uint32_t leaf = graph_find(g, g->node[node].log, true, in->ref);
    if (leaf == GRAPH_NONE || seen[leaf])
        return;
    seen[leaf] = true;
    s->bad = must_append(s->bad, s->nbad, sizeof *s->bad);
    s->bad[s->nbad++] = (struct bad_leaf){leaf, node, in->operand};
}

static bool held(uint64_t operands, uint64_t operand)
{
    return operand < OP_MAX_OPERANDS && (operands >> operand & 1);
}

static void look_at(struct search *s, bool *seen, uint32_t node)
{
    const struct log_item *item = &s->event.item;
    const struct graph *g = s->graph;
    if (!(item->flags & ITEM_CHECKED)) {
        s->unchecked++;
        return;
    }
    s->checked++;
    for (uint64_t i = 0; i < item->ninputs; i++)
        if (held(item->nonfinite_in, item->inputs[i].operand) && !item->inputs[i].is_item)
            note_leaf(s, seen, node, &item->inputs[i]);
    if (!item->nonfinite_out)
        return;
    if (item->nonfinite_in) {
        s->passed_on++;
        return;
    }
    uint64_t ns = g->run->log[g->node[node].log].started_ns + item->start_ns;
    if (!s->made++ || ns < s->first_ns) {
        s->first = s->event;
        s->first_node = node;
        s->first_ns = ns;
    }
}

static void look_through(struct search *s)
{
    bool *seen = must_alloc(s->graph->nnodes, sizeof *seen);
    progress_begin("looking through", "items");
    for (uint32_t log = 0; log < s->graph->run->count; log++) {
        struct graph_walk walk;
        uint32_t node;
        graph_walk_begin(&walk, s->graph, log, false);
        while (graph_walk_next(&walk, &s->event, &node)) {
            if (s->event.kind == EXPAND_ITEM)
                look_at(s, seen, node);
            progress_step();
        }
        graph_walk_end(&walk);
    }
    progress_end();
    free(seen);
}

static void print_first(const struct search *s)
{
    const struct log_op *op = graph_op(s->graph, s->first_node);
    printf("%s made NaN or Inf of finite inputs, in ", graph_name(s->graph, s->first_node).s);
    items_print_operands(op, s->first.item.nonfinite_out);
    fputs(":\n  ", stdout);
    items_print_item(s->graph, s->first_node, &s->first.item);
    if (s->made > 1)
        printf("so did %s after it\n", text_count(s->made - 1, "call", "calls").s);
}

static void print_leaves(const struct search *s)
{
    const struct graph *g = s->graph;
    for (size_t i = 0; i < s->nbad && i < LEAVES_SHOWN; i++)
        printf("%s held NaN or Inf already when %s read it as %s\n", graph_name(g, s->bad[i].leaf).s,
               graph_name(g, s->bad[i].item).s, op_operand(graph_op(g, s->bad[i].item), s->bad[i].operand).s);
    if (s->nbad > LEAVES_SHOWN)
        printf("… and %s\n", text_count(s->nbad - LEAVES_SHOWN, "more leaf", "more leaves").s);
}

static void report_json(const struct search *s)
{
    const struct graph *g = s->graph;
    cJSON *o = json_object(), *leaves = json_array();
    json_integer(o, "checked", s->checked);
    json_integer(o, "unchecked", s->unchecked);
    json_integer(o, "made", s->made);
    json_integer(o, "passed_on", s->passed_on);
    if (s->made)
        json_put(o, "first", items_json_node(g, s->first_node, &s->first));
    else
        json_null(o, "first");
    for (size_t i = 0; i < s->nbad; i++) {
        cJSON *leaf = json_object();
        json_string(leaf, "leaf", graph_name(g, s->bad[i].leaf).s);
        json_string(leaf, "item", graph_name(g, s->bad[i].item).s);
        json_string(leaf, "operand", op_operand(graph_op(g, s->bad[i].item), s->bad[i].operand).s);
        json_append(leaves, leaf);
    }
    json_put(o, "leaves", leaves);
    json_print(o, true);
    putchar('\n');
}

static int report(const struct search *s, bool json)
{
    if (!s->checked) {
        fputs(s->unchecked ? "blase: the run was not made with --check-finite, so nothing is known of NaN and Inf in it\n"
                           : "blase: the run has no items\n",
              stderr);
        return EXIT_FAILED;
    }
    if (json) {
        report_json(s);
        return 0;
    }
    if (s->made)
        print_first(s);
    print_leaves(s);
    if (s->passed_on)
        printf("%s NaN or Inf that %s had read\n", text_count(s->passed_on, "call wrote", "calls wrote").s,
               s->passed_on == 1 ? "it" : "they");
    if (!s->made && !s->nbad && !s->passed_on)
        printf("nothing was NaN or Inf in %s\n", text_count(s->checked, "call", "calls").s);
    else if (!s->made)
        puts("no call made NaN or Inf of finite inputs");
    if (s->unchecked)
        printf("note: %s not checked\n", text_count(s->unchecked, "call was", "calls were").s);
    return 0;
}

int verb_nan(int argc, char **argv)
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
    if (argc - optind > 1) {
        fputs("blase: nan takes one run\n", stderr);
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
    graph_load(&graph, &run, 0);
    struct search search = {.graph = &graph};
    look_through(&search);
    int status = report(&search, json);
    free(search.bad);
    graph_free(&graph);
    run_logs_free(&run);
    return status;
}
