/* Going through a graph again: event by event, node by node, edge by edge. */
#include <stdlib.h>
#include <string.h>

#include "tools/graph.h"
#include "tools/memory.h"

void graph_walk_begin(struct graph_walk *w, const struct graph *g, uint32_t log, bool whole_loops)
{
    *w = (struct graph_walk){.graph = g,
                             .x = run_log_expand(&g->run->log[log], whole_loops ? EXPAND_LOOPS : EXPAND_SINGLY),
                             .log = log,
                             .node = g->first[log],
                             .end = g->first[log + 1],
                             .whole_loops = whole_loops};
}

/* A loop that is not in the graph, since that was cut. */
static bool beyond(const struct graph_walk *w, const struct expand_event *e)
{
    return e->kind == EXPAND_LOOP && graph_find(w->graph, w->log, false, e->loop.first) == GRAPH_NONE;
}

/* Where loops are whole, nodes are passed over, and the next one is found by its id. */
static bool next_node(struct graph_walk *w, const struct expand_event *e, uint32_t *node)
{
    bool leaf = e->kind == EXPAND_LEAF;
    if (!w->whole_loops) {
        *node = w->node;
        return w->node++ < w->end;
    }
    *node = graph_find(w->graph, w->log, leaf, leaf ? e->leaf.id : e->item.id);
    return *node != GRAPH_NONE;
}

bool graph_walk_next(struct graph_walk *w, struct expand_event *event, uint32_t *node)
{
    *node = GRAPH_NONE;
    if (!expand_next(w->x, event) || beyond(w, event))
        return false;
    bool is_node = event->kind == EXPAND_ITEM || event->kind == EXPAND_LEAF;
    return !is_node || next_node(w, event, node);
}

void graph_walk_end(struct graph_walk *w)
{
    expand_free(w->x);
}

/* One pass through a log fetches all that is wanted of it. */
static void fetch_log(const struct graph *g, uint32_t log, const struct idmap *place, size_t wanted, struct expand_event *out)
{
    struct graph_walk w;
    struct expand_event event;
    uint32_t node;
    uint64_t at;
    graph_walk_begin(&w, g, log, false);
    while (wanted && graph_walk_next(&w, &event, &node))
        if (node != GRAPH_NONE && idmap_get(place, node, &at)) {
            out[at] = event;
            wanted--;
        }
    graph_walk_end(&w);
}

void graph_fetch(const struct graph *g, const uint32_t *nodes, size_t count, struct expand_event *out)
{
    struct idmap place = {0};
    uint64_t at;
    uint32_t *wanted = must_alloc(g->run->count, sizeof *wanted);
    if (count)
        memset(out, 0, count * sizeof *out);
    for (size_t i = 0; i < count; i++)
        if (nodes[i] != GRAPH_NONE && !idmap_get(&place, nodes[i], &at)) {
            idmap_put(&place, nodes[i], i);
            wanted[g->node[nodes[i]].log]++;
        }
    for (uint32_t log = 0; log < g->run->count; log++)
        if (wanted[log])
            fetch_log(g, log, &place, wanted[log], out);
    for (size_t i = 0; i < count; i++)
        if (nodes[i] != GRAPH_NONE && idmap_get(&place, nodes[i], &at) && at != i)
            out[i] = out[at];
    idmap_free(&place);
    free(wanted);
}

/* Nodes in the order in which they are reached. */
struct queue {
    uint32_t *node;
    size_t count;
};

static void start(const struct graph *g, struct queue *q, const uint32_t *distance)
{
    *q = (struct queue){0};
    for (uint32_t i = 0; i < g->nnodes; i++)
        if (distance[i] == 0) {
            q->node = must_append(q->node, q->count, sizeof *q->node);
            q->node[q->count++] = i;
        }
}

static void reach(struct queue *q, uint32_t *distance, uint32_t node, uint32_t steps)
{
    if (node == GRAPH_NONE || distance[node] <= steps)
        return;
    distance[node] = steps;
    q->node = must_append(q->node, q->count, sizeof *q->node);
    q->node[q->count++] = node;
}

void graph_up(const struct graph *g, uint32_t *distance, uint32_t levels)
{
    struct queue q;
    start(g, &q, distance);
    for (size_t i = 0; i < q.count; i++) {
        const struct graph_node *n = &g->node[q.node[i]];
        for (uint32_t e = n->edges; distance[q.node[i]] < levels && e < n->edges + n->nedges; e++)
            reach(&q, distance, g->edge[e].node, distance[q.node[i]] + 1);
    }
    free(q.node);
}

/* The edges by the node that they come from: of node n, user[first[n]] … user[first[n + 1]]. */
struct users {
    uint32_t *first, *user;
};

static struct users users_of(const struct graph *g)
{
    struct users u = {must_alloc((size_t)g->nnodes + 2, sizeof *u.first), must_alloc(g->nedges, sizeof *u.user)};
    for (uint32_t e = 0; e < g->nedges; e++)
        if (g->edge[e].node != GRAPH_NONE)
            u.first[g->edge[e].node + 2]++;
    for (uint32_t i = 1; i < g->nnodes + 2; i++)
        u.first[i] += u.first[i - 1];
    for (uint32_t i = 0; i < g->nnodes; i++)
        for (uint32_t e = g->node[i].edges; e < g->node[i].edges + g->node[i].nedges; e++)
            if (g->edge[e].node != GRAPH_NONE)
                u.user[u.first[g->edge[e].node + 1]++] = i;
    return u;
}

void graph_down(const struct graph *g, uint32_t *distance, uint32_t levels)
{
    struct queue q;
    struct users u = users_of(g);
    start(g, &q, distance);
    for (size_t i = 0; i < q.count; i++)
        for (uint32_t k = u.first[q.node[i]]; distance[q.node[i]] < levels && k < u.first[q.node[i] + 1]; k++)
            reach(&q, distance, u.user[k], distance[q.node[i]] + 1);
    free(q.node);
    free(u.first);
    free(u.user);
}
