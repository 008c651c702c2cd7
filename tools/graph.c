#include "tools/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph_join.h"
#include "tools/memory.h"
#include "tools/progress.h"

/* An edge whose end was not there yet when it was read. */
struct pending {
    uint32_t edge;
    bool item;
    uint64_t ref;
};

struct loader {
    struct graph *g;
    struct graph_joins *joins; /* NULL: one stream only */
    uint32_t log;
    struct pending *pending;
    size_t npending;
    struct bytes scratch;
};

/* Neighbours by id, which are mostly asked for together, are neighbours here: a line of the cache has sixteen of them. */
static uint32_t slot_of(const struct graph *g, uint32_t log, bool leaf, uint64_t id)
{
    uint64_t hash = (id / 16 * 2 + leaf) * 0x9e3779b97f4a7c15u ^ (uint64_t)log * 0xc2b2ae3d27d4eb4fu;
    uint32_t at = (uint32_t)(hash >> 32) * 16 + (uint32_t)(id % 16);
    for (;; at++) {
        at &= g->slots - 1;
        uint32_t node = g->table[at];
        if (!node)
            return at;
        const struct graph_node *n = &g->node[node - 1];
        if (n->id == id && n->log == log && (n->bits & GRAPH_LEAF) == (leaf ? GRAPH_LEAF : 0))
            return at;
    }
}

static void enter(struct graph *g, uint32_t node)
{
    const struct graph_node *n = &g->node[node];
    g->table[slot_of(g, n->log, n->bits & GRAPH_LEAF, n->id)] = node + 1;
}

/* Room for one more in the table, which is at most half full. */
static void widen(struct graph *g)
{
    if ((uint64_t)g->nnodes * 2 < g->slots)
        return;
    free(g->table);
    g->slots = g->slots ? g->slots * 2 : 1024;
    g->table = must_alloc(g->slots, sizeof *g->table);
    for (uint32_t i = 0; i < g->nnodes; i++)
        enter(g, i);
}

uint32_t graph_find(const struct graph *g, uint32_t log, bool leaf, uint64_t id)
{
    uint32_t node = g->slots ? g->table[slot_of(g, log, leaf, id)] : 0;
    return node ? node - 1 : GRAPH_NONE;
}

static struct graph_node *add_node(struct graph *g)
{
    g->node = must_append(g->node, g->nnodes, sizeof *g->node);
    if (g->hash && g->nnodes) /* the first is there if hashes are wanted */
        g->hash = must_append(g->hash, g->nnodes, sizeof *g->hash);
    widen(g);
    return &g->node[g->nnodes];
}

static uint8_t small(uint64_t number)
{
    return number < UINT8_MAX ? (uint8_t)number : UINT8_MAX;
}

static uint64_t hash_of(struct loader *l)
{
    uint64_t hash = fingerprint_bytes(l->scratch.data, l->scratch.size).lo;
    bytes_clear(&l->scratch);
    return hash;
}

static uint32_t what_of(struct loader *l, const struct log_input *in)
{
    put_varint(&l->scratch, in->part);
    put_zigzag(&l->scratch, in->slice.row);
    put_zigzag(&l->scratch, in->slice.col);
    put_zigzag(&l->scratch, in->slice.rows);
    put_zigzag(&l->scratch, in->slice.cols);
    return (uint32_t)hash_of(l);
}

static void add_edge(struct loader *l, const struct log_input *in)
{
    struct graph *g = l->g;
    uint32_t to = graph_find(g, l->log, !in->is_item, in->ref);
    g->edge = must_append(g->edge, g->nedges, sizeof *g->edge);
    g->edge[g->nedges] = (struct graph_edge){.node = to,
                                             .what = g->hash ? what_of(l, in) : 0,
                                             .operand = small(in->operand),
                                             .output = small(in->output),
                                             .unproven = in->unproven != 0};
    if (to == GRAPH_NONE) {
        l->pending = must_append(l->pending, l->npending, sizeof *l->pending);
        l->pending[l->npending++] = (struct pending){g->nedges, in->is_item != 0, in->ref};
    }
    g->nedges++;
}

/* As in Merkle hashes: where operands lie is no part of it. */
static void put_values(struct bytes *b, const struct log_item *item, bool scalars)
{
    for (uint64_t i = 0; i < item->nvalues; i++) {
        const struct log_value *v = &item->values[i];
        bool scalar = v->kind == ARG_SCALAR || v->kind == ARG_REAL_SCALAR;
        if (scalars ? !scalar : v->kind != ARG_OPTION && v->kind != ARG_INT)
            continue;
        put_varint(b, v->arg);
        put_zigzag(b, v->i);
        put_raw(b, v->bytes, sizeof v->bytes);
    }
}

static bool known(struct fp fp)
{
    return fp.lo || fp.hi;
}

static void hash_item(struct loader *l, const struct log_item *item, struct graph_hashes *h)
{
    const struct log_op *op = run_log_op(&l->g->run->log[l->log], item->op);
    h->merkle = item->merkle;
    put_string(&l->scratch, op ? op->name : "");
    put_varint(&l->scratch, item->flags & (ITEM_ROW_MAJOR | ITEM_LAPACKE));
    put_values(&l->scratch, item, false);
    h->shape = hash_of(l);
    put_raw(&l->scratch, &h->shape, sizeof h->shape);
    put_values(&l->scratch, item, true);
    h->own = hash_of(l);
    bool all = item->noutputs > 0;
    for (uint64_t i = 0; i < item->noutputs; i++) {
        put_varint(&l->scratch, item->outputs[i].operand);
        put_raw(&l->scratch, &item->outputs[i].fp, sizeof item->outputs[i].fp);
        all = all && known(item->outputs[i].fp);
    }
    h->output = hash_of(l);
    h->output = all ? h->output | 1 : 0;
    for (uint64_t i = 0; i < item->ninputs; i++) {
        put_varint(&l->scratch, item->inputs[i].operand);
        put_varint(&l->scratch, item->inputs[i].part);
    }
    h->input = hash_of(l);
}

static void add_item(struct loader *l, const struct expand_event *e)
{
    struct graph *g = l->g;
    const struct log_item *item = &e->item;
    uint64_t op;
    struct graph_node *n = add_node(g);
    bool named = idmap_get(&g->run->log[l->log].op_index, item->op, &op) && op < GRAPH_NO_OP;
    *n = (struct graph_node){.id = item->id,
                             .edges = g->nedges,
                             .log = l->log,
                             .op = named ? (uint16_t)op : (uint16_t)GRAPH_NO_OP,
                             .nedges = (uint8_t)item->ninputs,
                             .bits = item->flags & (ITEM_ROW_MAJOR | ITEM_CBLAS_ROWS) ? GRAPH_BY_ROWS : 0};
    n->bits |= e->in_loop ? GRAPH_LOOP : 0;
    if (g->hash)
        hash_item(l, item, &g->hash[g->nnodes]);
    for (uint64_t i = 0; i < item->ninputs; i++)
        add_edge(l, &item->inputs[i]);
    if (l->joins)
        graph_joins_item(l->joins, g->nnodes, g->run->log[l->log].started_ns, item);
    enter(g, g->nnodes++);
}

static void add_leaf(struct loader *l, const struct expand_event *e)
{
    struct graph *g = l->g;
    *add_node(g) = (struct graph_node){.id = e->leaf.id,
                                       .edges = g->nedges,
                                       .log = l->log,
                                       .op = GRAPH_NO_OP,
                                       .bits = GRAPH_LEAF | (e->in_loop ? GRAPH_LOOP : 0)};
    if (g->hash)
        g->hash[g->nnodes] = (struct graph_hashes){.merkle = e->leaf.fp};
    if (l->joins)
        graph_joins_leaf(l->joins, g->nnodes, &e->leaf);
    enter(g, g->nnodes++);
}

static void settle(struct loader *l)
{
    for (size_t i = 0; i < l->npending; i++) {
        const struct pending *p = &l->pending[i];
        l->g->edge[p->edge].node = graph_find(l->g, l->log, !p->item, p->ref);
    }
    l->npending = 0;
}

static void load_log(struct loader *l)
{
    struct graph *g = l->g;
    struct expand_event event;
    struct expand *x = run_log_expand(&g->run->log[l->log], EXPAND_SINGLY);
    while (!g->cut && expand_next(x, &event)) {
        if (event.kind != EXPAND_ITEM && event.kind != EXPAND_LEAF)
            continue;
        g->cut = g->nnodes >= GRAPH_NODES || g->nedges + OP_MAX_OPERANDS > GRAPH_EDGES;
        if (g->cut)
            break;
        if (event.kind == EXPAND_ITEM)
            add_item(l, &event);
        else
            add_leaf(l, &event);
        progress_step();
    }
    expand_free(x);
    settle(l);
}

/* Where a leaf came from is an edge like any other. */
static void add_join(struct graph *g, uint32_t leaf, uint32_t item, uint64_t output)
{
    g->edge = must_append(g->edge, g->nedges, sizeof *g->edge);
    g->edge[g->nedges] = (struct graph_edge){.node = item, .output = small(output), .joined = 1};
    g->node[leaf].edges = g->nedges++;
    g->node[leaf].nedges = 1;
}

void graph_load(struct graph *g, struct run_logs *run, unsigned flags)
{
    struct graph_joins joins = {0};
    memset(g, 0, sizeof *g);
    g->run = run;
    g->hash = flags & GRAPH_HASHES ? must_alloc(1, sizeof *g->hash) : NULL;
    g->first = must_alloc(run->count + 1, sizeof *g->first);
    struct loader l = {.g = g, .joins = run->count > 1 ? &joins : NULL};
    progress_begin("reading", "items and leaves");
    for (; l.log < run->count; l.log++) {
        g->first[l.log] = g->nnodes;
        load_log(&l);
    }
    g->first[run->count] = g->nnodes;
    graph_joins_end(&joins, g, add_join);
    progress_end();
    free(l.pending);
    bytes_free(&l.scratch);
    if (g->cut)
        fprintf(stderr,
                "blase: the run is larger than can be looked at: what follows the first %s items and leaves is left out\n",
                text_thousands(g->nnodes).s);
}

void graph_free(struct graph *g)
{
    free(g->node);
    free(g->edge);
    free(g->hash);
    free(g->first);
    free(g->table);
    memset(g, 0, sizeof *g);
}

/* The one log that has the node, or why there is none. */
uint32_t graph_named(const struct graph *g, const char *text)
{
    struct name name;
    uint32_t found = GRAPH_NONE, count = 0;
    if (!name_parse(text, &name)) {
        fprintf(stderr, "blase: '%s' names no item: it should be like 17, 2.17 (thread 2), 4711:17 (process 4711) or 'leaf 3'\n",
                text);
        return GRAPH_NONE;
    }
    for (uint32_t i = 0; i < g->run->count; i++) {
        if (*name.prefix && strcmp(name.prefix, g->run->log[i].prefix) != 0)
            continue;
        uint32_t node = graph_find(g, i, name.leaf, name.id);
        found = node == GRAPH_NONE ? found : node;
        count += node != GRAPH_NONE;
    }
    if (count == 1)
        return found;
    if (count)
        fprintf(stderr, "blase: %s is in %u processes of the run: say which, as in '%s'\n", text, count, graph_name(g, found).s);
    else
        fprintf(stderr, "blase: the run has no %s '%s'\n", name.leaf ? "leaf" : "item", text);
    return GRAPH_NONE;
}

struct short_text graph_reference(const struct graph *g, uint32_t log, bool item, uint64_t id)
{
    const char *prefix = g->run->log[log].prefix;
    struct short_text name = item ? name_item(prefix, id) : name_leaf(prefix, id);
    if (graph_find(g, log, !item, id) == GRAPH_NONE)
        strncat(name.s, "?", sizeof name.s - strlen(name.s) - 1);
    return name;
}

struct short_text graph_name(const struct graph *g, uint32_t node)
{
    if (node == GRAPH_NONE)
        return (struct short_text){"?"};
    const struct graph_node *n = &g->node[node];
    return graph_reference(g, n->log, !(n->bits & GRAPH_LEAF), n->id);
}

const struct log_op *graph_op(const struct graph *g, uint32_t node)
{
    if (node == GRAPH_NONE || g->node[node].op == GRAPH_NO_OP)
        return NULL;
    return &g->run->log[g->node[node].log].ops[g->node[node].op];
}
