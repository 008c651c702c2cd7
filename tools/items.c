/* blase items: the calls of a run that were traced, or what a question asks for of them, as text, JSON, or a graph. */
#include "tools/items.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/rundir.h"
#include "tools/verbs.h"

static const struct format {
    const char *name;
    void (*print)(const struct items *items);
} formats[] = {{"text", items_text}, {"json", items_json}, {"dot", items_dot}};

struct question {
    const struct format *format;
    char **of; /* names */
    size_t nof;
    bool up, down, expand;
    uint32_t up_levels, down_levels;
    const char *run;
};

static const struct format *format_named(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(name, formats[i].name) == 0)
            return &formats[i];
    fprintf(stderr, "blase: '%s' is not a format: text, json, or dot\n", name);
    return NULL;
}

static int usage(void)
{
    puts("usage: blase items [RUN] [--of ITEM]... [--up[=N]] [--down[=N]] [--expand] [--format text|json|dot]\n\n"
         "RUN is a run directory, its name in the default place, or a unique beginning of one; the latest when left out.\n\n"
         "  --of ITEM        only this item (17, 2.17 of thread 2, 4711:17 of process 4711, 'leaf 3'), and the leaves it read\n"
         "  --up[=N]         and what it came from, N levels up (all)\n"
         "  --down[=N]       and what was made from it, N levels down (all)\n"
         "  --expand         loops item by item, instead of their pattern once\n"
         "  --format FORMAT  text (a line an item), json, or dot (for Graphviz)");
    return 0;
}

/* The levels of --up and --down: in the same word, or the next if that is a number. */
static bool levels(int argc, char **argv, uint32_t *out)
{
    const char *text = optarg;
    if (!text && optind < argc && *argv[optind] && strspn(argv[optind], "0123456789") == strlen(argv[optind]))
        text = argv[optind++];
    char *end = NULL;
    unsigned long long number = text && isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    *out = text && number < GRAPH_NONE ? (uint32_t)number : GRAPH_NONE - 1;
    if (!text || (end && !*end))
        return true;
    fprintf(stderr, "blase: '%s' is not a number of levels\n", text);
    return false;
}

/* -1: go on; else the exit status. */
static int parse(struct question *q, int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"of", required_argument, NULL, 'o'},
                                            {"up", optional_argument, NULL, 'u'},
                                            {"down", optional_argument, NULL, 'd'},
                                            {"expand", no_argument, NULL, 'x'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h')
            return usage();
        if (option == '?')
            return EXIT_USAGE;
        if (option == 'f' && !(q->format = format_named(optarg)))
            return EXIT_USAGE;
        if (option == 'o') {
            q->of = must_append(q->of, q->nof, sizeof *q->of);
            q->of[q->nof++] = optarg;
        }
        q->up |= option == 'u';
        q->down |= option == 'd';
        q->expand |= option == 'x';
        if ((option == 'u' && !levels(argc, argv, &q->up_levels)) || (option == 'd' && !levels(argc, argv, &q->down_levels)))
            return EXIT_USAGE;
    }
    if (argc - optind > 1 || ((q->up || q->down) && !q->nof)) {
        fputs(argc - optind > 1 ? "blase: items takes one run\n" : "blase: --up and --down go from an item: --of says which\n",
              stderr);
        return EXIT_USAGE;
    }
    q->run = argv[optind];
    return -1;
}

static uint32_t *distances(const struct graph *g, const uint32_t *seeds, size_t count)
{
    uint32_t *distance = must_alloc(g->nnodes, sizeof *distance);
    for (uint32_t i = 0; i < g->nnodes; i++)
        distance[i] = GRAPH_NONE;
    for (size_t i = 0; i < count; i++)
        distance[seeds[i]] = 0;
    return distance;
}

static void choose(const struct graph *g, uint32_t *distance, bool *chosen)
{
    for (uint32_t i = 0; i < g->nnodes; i++)
        chosen[i] |= distance[i] != GRAPH_NONE;
    free(distance);
}

/* Items come with the leaves that they read. */
static void add_leaves(const struct graph *g, bool *chosen)
{
    for (uint32_t i = 0; i < g->nnodes; i++)
        for (uint32_t e = g->node[i].edges; chosen[i] && e < g->node[i].edges + g->node[i].nedges; e++)
            if (g->edge[e].node != GRAPH_NONE && (g->node[g->edge[e].node].bits & GRAPH_LEAF))
                chosen[g->edge[e].node] = true;
}

/* What the question is about; NULL: an item that there is not. */
static bool *answer(const struct graph *g, const struct question *q)
{
    uint32_t *seeds = must_alloc(q->nof, sizeof *seeds);
    bool *chosen = must_alloc(g->nnodes, sizeof *chosen), good = true;
    for (size_t i = 0; i < q->nof && good; i++)
        good = (seeds[i] = graph_named(g, q->of[i])) != GRAPH_NONE;
    if (good) {
        uint32_t *up = distances(g, seeds, q->nof), *down = distances(g, seeds, q->nof);
        if (q->up)
            graph_up(g, up, q->up_levels);
        if (q->down)
            graph_down(g, down, q->down_levels);
        choose(g, up, chosen);
        choose(g, down, chosen);
        add_leaves(g, chosen);
    }
    free(seeds);
    if (good)
        return chosen;
    free(chosen);
    return NULL;
}

static int print_run(const char *directory, const struct question *q)
{
    struct run_logs run;
    struct graph graph;
    int status = 0;
    if (!run_logs_read(&run, directory)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", directory, strerror(errno));
        return EXIT_FAILED;
    }
    if (q->nof && !run_logs_fit(&run, RUN_LOGS_HELD)) {
        run_logs_free(&run);
        return EXIT_FAILED;
    }
    graph_load(&graph, &run, 0);
    struct items items = {.graph = &graph, .expand = q->expand || q->nof};
    bool *chosen = q->nof ? answer(&graph, q) : NULL;
    items.chosen = chosen;
    for (uint32_t i = 0; chosen && i < graph.nnodes; i++)
        items.end = chosen[i] ? i + 1 : items.end;
    if (q->nof && !chosen)
        status = EXIT_FAILED;
    else
        q->format->print(&items);
    if (run.unreadable)
        fprintf(stderr, "blase: %s cannot be read\n", text_count(run.unreadable, "log", "logs").s);
    free(chosen);
    graph_free(&graph);
    run_logs_free(&run);
    return status;
}

int verb_items(int argc, char **argv)
{
    struct question q = {.format = &formats[0]};
    char directory[PATH_MAX];
    int status = parse(&q, argc, argv);
    if (status < 0)
        status = rundir_find(q.run, directory) ? print_run(directory, &q) : EXIT_FAILED;
    free(q.of);
    return status;
}
