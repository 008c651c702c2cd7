/* The graph of a run: what is found by id and by name, what it leads to, and how processes are joined. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/recorded.h"
#include "tools/graph.h"

TestSuite(graph, .init = scratch_make, .fini = scratch_remove);

enum { POOL = 6, CALLS = 120, NODES = 1024 };

/* A random program over a pool of matrices, some of which it overwrites itself. */
static void record_random(unsigned seed, bool dedup)
{
    static double pool[POOL][RECORDED_SIZE];
    unlink(path_of("1-1.blog"));
    struct lineage *l = recorded_start("1-1.blog", dedup, "1", "1");
    srand(seed);
    for (int i = 0; i < POOL; i++)
        recorded_fill(pool[i], i + 1);
    for (int i = 0; i < CALLS; i++) {
        int a = rand() % POOL, b = rand() % POOL, c = rand() % POOL;
        if (rand() % 5 == 0)
            recorded_fill(pool[rand() % POOL], 100 + i);
        recorded_gemm(l, (uint32_t)(rand() % 3), 1 + rand() % 2, pool[a], pool[b], pool[c]);
    }
    recorded_end(l);
}

/* The same from the events alone: who reads whom, by place. */
struct model {
    uint64_t id[NODES];
    bool leaf[NODES], reads[NODES][NODES];
    uint32_t count;
};

static uint32_t place_of(const struct model *m, bool leaf, uint64_t id)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->leaf[i] == leaf && m->id[i] == id)
            return i;
    return GRAPH_NONE;
}

static void read_model(struct model *m, const struct run_log *log)
{
    static struct expand_event e;
    struct expand *x = run_log_expand(log, EXPAND_SINGLY);
    memset(m, 0, sizeof *m);
    while (expand_next(x, &e)) {
        if (e.kind != EXPAND_ITEM && e.kind != EXPAND_LEAF)
            continue;
        m->leaf[m->count] = e.kind == EXPAND_LEAF;
        m->id[m->count] = m->leaf[m->count] ? e.leaf.id : e.item.id;
        for (uint64_t i = 0; e.kind == EXPAND_ITEM && i < e.item.ninputs; i++)
            m->reads[m->count][place_of(m, !e.item.inputs[i].is_item, e.item.inputs[i].ref)] = true;
        m->count++;
    }
    expand_free(x);
}

/* Steps to everything, the slow way. */
static void model_distances(const struct model *m, uint32_t from, bool up, uint32_t levels, uint32_t *distance)
{
    for (uint32_t i = 0; i < m->count; i++)
        distance[i] = i == from ? 0 : GRAPH_NONE;
    for (uint32_t step = 0; step < levels; step++)
        for (uint32_t i = 0; i < m->count; i++)
            for (uint32_t k = 0; k < m->count; k++)
                if (distance[i] == step && distance[k] == GRAPH_NONE && (up ? m->reads[i][k] : m->reads[k][i]))
                    distance[k] = step + 1;
}

static void same_distances(const struct graph *g, const struct model *m, uint32_t from, bool up, uint32_t levels)
{
    uint32_t found[NODES], wanted[NODES];
    for (uint32_t i = 0; i < g->nnodes; i++)
        found[i] = i == from ? 0 : GRAPH_NONE;
    if (up)
        graph_up(g, found, levels);
    else
        graph_down(g, found, levels);
    model_distances(m, from, up, levels, wanted);
    for (uint32_t i = 0; i < m->count; i++)
        cr_assert(found[i] == wanted[i], "from %u %s, node %u is %u away, not %u", from, up ? "up" : "down", i, found[i],
                  wanted[i]);
}

Test(graph, leads_where_the_events_lead)
{
    static struct model m;
    for (unsigned seed = 0; seed < 12; seed++) {
        struct run_logs run;
        struct graph g;
        record_random(seed, seed % 2);
        cr_assert(run_logs_read(&run, directory));
        graph_load(&g, &run, GRAPH_HASHES);
        read_model(&m, &run.log[0]);
        cr_assert_eq(g.nnodes, m.count);
        for (uint32_t i = 0; i < m.count; i++)
            cr_assert(graph_find(&g, 0, m.leaf[i], m.id[i]) == i, "node %u is not found", i);
        cr_expect(graph_find(&g, 0, false, 1u << 30) == GRAPH_NONE);
        for (int i = 0; i < 12; i++) {
            uint32_t from = (uint32_t)rand() % m.count;
            same_distances(&g, &m, from, i % 2, (uint32_t)(i < 6 ? rand() % 4 : 64));
        }
        graph_free(&g);
        run_logs_free(&run);
    }
}

Test(graph, fetches_what_the_log_says)
{
    struct run_logs run;
    struct graph g;
    struct expand_event *events = calloc(4, sizeof *events);
    record_random(3, true);
    cr_assert(run_logs_read(&run, directory));
    graph_load(&g, &run, 0);
    const uint32_t nodes[] = {g.nnodes - 1, 0, GRAPH_NONE, g.nnodes - 1};
    graph_fetch(&g, nodes, 4, events);
    cr_expect(events[0].kind == EXPAND_ITEM && events[0].item.id == g.node[g.nnodes - 1].id);
    cr_expect(events[1].kind == EXPAND_LEAF && events[1].leaf.id == g.node[0].id);
    cr_expect(events[3].kind == EXPAND_ITEM && events[3].item.id == events[0].item.id);
    graph_free(&g);
    run_logs_free(&run);
    free(events);
}

/* Process 7 hands its product to process 8, which adds its own; 8 had seen the like of its own leaf before 7 wrote anything. */
static void record_two_processes(double *product)
{
    double a[RECORDED_SIZE], b[RECORDED_SIZE], c[RECORDED_SIZE];
    struct lineage *l = recorded_start("7-1.blog", true, "7", "1000000");
    recorded_fill(a, 1);
    recorded_fill(b, 2);
    recorded_gemm(l, 0, 1, a, b, product);
    recorded_end(l);
    l = recorded_start("8-1.blog", true, "8", "2000000");
    recorded_gemm(l, 0, 1, b, b, c);
    recorded_gemm(l, 0, 1, product, b, c);
    recorded_end(l);
}

Test(graph, joins_processes_by_content)
{
    double product[RECORDED_SIZE];
    struct run_logs run;
    struct graph g;
    record_two_processes(product);
    cr_assert(run_logs_read(&run, directory));
    cr_assert_eq(run.count, 2);
    graph_load(&g, &run, 0);
    uint32_t made = graph_named(&g, "7:0"), used = graph_named(&g, "#8:1"), own = graph_named(&g, "8:0"), joined = 0;
    cr_assert(made != GRAPH_NONE && used != GRAPH_NONE && own != GRAPH_NONE);
    for (uint32_t i = 0; i < g.nnodes; i++)
        if ((g.node[i].bits & GRAPH_LEAF) && g.node[i].nedges) {
            const struct graph_edge *e = &g.edge[g.node[i].edges];
            cr_expect(e->joined && e->node == made && e->output == 2 && g.node[i].log == 1);
            joined++;
        }
    cr_expect(joined == 1, "%u leaves came from another process", joined);
    uint32_t distance[16];
    memset(distance, 0xff, sizeof distance);
    distance[used] = 0;
    graph_up(&g, distance, 64);
    cr_expect(distance[made] == 2 && distance[own] == GRAPH_NONE);
    graph_free(&g);
    run_logs_free(&run);
}

Test(graph, names_that_lead_nowhere)
{
    double product[RECORDED_SIZE];
    struct run_logs run;
    struct graph g;
    record_two_processes(product);
    cr_assert(run_logs_read(&run, directory));
    graph_load(&g, &run, 0);
    cr_expect(graph_named(&g, "0") == GRAPH_NONE, "ambiguous");
    cr_expect(graph_named(&g, "1") == graph_named(&g, "8:1"), "only process 8 has a second item");
    static const char *const names[] = {"9:0", "7:1", "1.0", "leaf 7:99", "seventeen", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect(graph_named(&g, names[i]) == GRAPH_NONE, "%s", names[i]);
    cr_expect_str_eq(graph_name(&g, graph_named(&g, "8:1")).s, "#8:1");
    cr_expect_str_eq(graph_reference(&g, 0, true, 55).s, "#7:55?");
    graph_free(&g);
    run_logs_free(&run);
}

/* A leaf is not from what was written only after it had been read. */
Test(graph, nothing_comes_from_the_future)
{
    double a[RECORDED_SIZE], b[RECORDED_SIZE], product[RECORDED_SIZE], c[RECORDED_SIZE];
    struct run_logs run;
    struct graph g;
    record_two_processes(product);
    struct lineage *l = recorded_start("6-1.blog", true, "6", "0");
    recorded_fill(a, 1);
    recorded_fill(b, 2);
    recorded_gemm(l, 0, 1, product, product, c);
    recorded_end(l);
    cr_assert(run_logs_read(&run, directory));
    graph_load(&g, &run, 0);
    uint32_t leaf = graph_named(&g, "leaf 6:0");
    cr_assert(leaf != GRAPH_NONE);
    cr_expect(g.node[leaf].nedges == 0);
    graph_free(&g);
    run_logs_free(&run);
}
