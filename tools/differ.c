#include "tools/differ.h"

#include <stdlib.h>
#include <string.h>

#include "tools/align.h"
#include "tools/memory.h"
#include "tools/progress.h"

static bool is_leaf(const struct graph *g, uint32_t node)
{
    return g->node[node].bits & GRAPH_LEAF;
}

static bool same_operation(const struct graph *a, uint32_t na, const struct graph *b, uint32_t nb)
{
    const struct log_op *x = graph_op(a, na), *y = graph_op(b, nb);
    return x && y ? strcmp(x->name, y->name) == 0 : !x == !y;
}

/* A leaf of another process's making stands for what made it. */
static uint32_t made_by(const struct graph *g, uint32_t node)
{
    return is_leaf(g, node) && g->node[node].nedges ? g->edge[g->node[node].edges].node : node;
}

unsigned differ_edge_causes(const struct differ *d, const struct graph_edge *x, const struct graph_edge *y)
{
    if (x->node == GRAPH_NONE || y->node == GRAPH_NONE)
        return 0; /* not told */
    uint32_t a = made_by(d->a, x->node), b = made_by(d->b, y->node);
    unsigned slice = x->what != y->what ? CAUSE_SLICE : 0;
    if (fp_equal(d->a->hash[x->node].merkle, d->b->hash[y->node].merkle) && x->output == y->output)
        return slice;
    if (is_leaf(d->a, a) && is_leaf(d->b, b))
        return slice | CAUSE_CONTENT;
    if (is_leaf(d->a, a) || is_leaf(d->b, b) || d->to_b[a] != b)
        return slice | CAUSE_ORIGIN;
    return slice | (x->output != y->output && a == x->node && b == y->node ? (unsigned)CAUSE_ORIGIN : 0);
}

unsigned differ_causes(const struct differ *d, uint32_t a, uint32_t b)
{
    const struct graph_hashes *x = &d->a->hash[a], *y = &d->b->hash[b];
    const struct graph_node *p = &d->a->node[a], *q = &d->b->node[b];
    unsigned causes = 0;
    if (fp_equal(x->merkle, y->merkle))
        return x->output && y->output && x->output != y->output ? CAUSE_RESULT : 0;
    if (!same_operation(d->a, a, d->b, b))
        return CAUSE_ROUTINE;
    if (x->shape != y->shape)
        causes |= CAUSE_SHAPE;
    else if (x->own != y->own)
        causes |= CAUSE_SCALAR;
    if (x->input != y->input)
        causes |= causes & CAUSE_SHAPE ? 0 : CAUSE_INPUTS;
    for (uint32_t i = 0; x->input == y->input && i < p->nedges && i < q->nedges; i++)
        causes |= differ_edge_causes(d, &d->a->edge[p->edges + i], &d->b->edge[q->edges + i]);
    return causes;
}

/* Streams of a run by process, each process's threads in the order of their first calls. */
struct streams {
    struct stream *stream;
    uint32_t count;
};

static struct stream *stream_of(struct streams *s, struct idmap *index, uint32_t log, uint64_t thread)
{
    uint64_t at;
    if (!idmap_get(index, thread, &at)) {
        s->stream = must_append(s->stream, s->count, sizeof *s->stream);
        s->stream[s->count] = (struct stream){.log = log, .thread = thread};
        idmap_put(index, thread, at = s->count++);
    }
    return &s->stream[at];
}

static struct streams streams_of(const struct graph *g, uint32_t log)
{
    struct streams s = {0};
    struct idmap index = {0};
    for (uint32_t i = g->first[log]; i < g->first[log + 1]; i++) {
        if (is_leaf(g, i))
            continue;
        struct stream *of = stream_of(&s, &index, log, g->node[i].id >> NAME_THREAD_SHIFT);
        of->node = must_append(of->node, of->count, sizeof *of->node);
        of->node[of->count++] = i;
    }
    idmap_free(&index);
    return s;
}

static uint64_t text_hash(const char *text)
{
    return fingerprint_bytes(text, strlen(text)).lo;
}

static struct align_key *item_keys(const struct graph *g, const struct stream *s)
{
    struct align_key *key = must_alloc(s->count, sizeof *key);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct graph_hashes *h = &g->hash[s->node[i]];
        const struct log_op *op = graph_op(g, s->node[i]);
        key[i] = (struct align_key){{h->merkle.lo, h->shape, op ? text_hash(op->name) : 0}};
    }
    return key;
}

/* Processes correspond by their command lines, then by their programs, then in the order in which they started. */
static struct align_key *process_keys(const struct run_logs *run)
{
    struct align_key *key = must_alloc(run->count, sizeof *key);
    for (size_t i = 0; i < run->count; i++) {
        const char *argv = pairs_get(&run->log[i].header, "argv"), *exe = pairs_get(&run->log[i].header, "exe");
        key[i] = (struct align_key){{text_hash(argv ? argv : ""), text_hash(exe ? exe : ""), 0}};
    }
    return key;
}

static void pair_items(struct differ *d, struct stream_pair *p)
{
    uint32_t *to_b = must_alloc(p->a.count, sizeof *to_b), *to_a = must_alloc(p->b.count, sizeof *to_a);
    struct align_key *a = item_keys(d->a, &p->a), *b = item_keys(d->b, &p->b);
    align(a, p->a.count, b, p->b.count, to_b, to_a);
    for (uint32_t i = 0; i < p->a.count; i++)
        if (to_b[i] != ALIGN_NONE) {
            d->to_b[p->a.node[i]] = p->b.node[to_b[i]];
            d->to_a[p->b.node[to_b[i]]] = p->a.node[i];
        }
    free(a);
    free(b);
    free(to_b);
    free(to_a);
}

static void add_pair(struct differ *d, const struct stream *a, const struct stream *b)
{
    d->pair = must_append(d->pair, d->npairs, sizeof *d->pair);
    struct stream_pair *p = &d->pair[d->npairs++];
    *p = (struct stream_pair){0};
    if (a)
        p->a = *a;
    if (b)
        p->b = *b;
    if (a && b)
        pair_items(d, p);
}

/* Logs are indices, or ALIGN_NONE for a process without counterpart. */
static void pair_processes(struct differ *d, uint32_t log_a, uint32_t log_b)
{
    struct streams a = {0}, b = {0};
    if (log_a != ALIGN_NONE)
        a = streams_of(d->a, log_a);
    if (log_b != ALIGN_NONE)
        b = streams_of(d->b, log_b);
    for (uint32_t i = 0; i < a.count || i < b.count; i++)
        add_pair(d, i < a.count ? &a.stream[i] : NULL, i < b.count ? &b.stream[i] : NULL);
    free(a.stream);
    free(b.stream);
}

static void pair_streams(struct differ *d)
{
    const uint32_t na = (uint32_t)d->a->run->count, nb = (uint32_t)d->b->run->count;
    uint32_t *to_b = must_alloc(na, sizeof *to_b), *to_a = must_alloc(nb, sizeof *to_a);
    struct align_key *a = process_keys(d->a->run), *b = process_keys(d->b->run);
    align(a, na, b, nb, to_b, to_a);
    for (uint32_t i = 0; i < na; i++)
        pair_processes(d, i, to_b[i]);
    for (uint32_t j = 0; j < nb; j++)
        if (to_a[j] == ALIGN_NONE)
            pair_processes(d, ALIGN_NONE, j);
    free(a);
    free(b);
    free(to_b);
    free(to_a);
}

/* Nodes of a stream that have no exact counterpart, by their Merkle hashes. */
static void index_unlike(const struct graph *g, const struct stream *s, const struct graph *other, const uint32_t *to,
                         struct idmap *index)
{
    for (uint32_t i = s->count; i-- > 0;) {
        uint32_t node = s->node[i];
        if (to[node] == GRAPH_NONE || !fp_equal(g->hash[node].merkle, other->hash[to[node]].merkle))
            idmap_put(index, g->hash[node].merkle.lo, node);
    }
}

static void part(struct differ *d, uint32_t a)
{
    d->to_a[d->to_b[a]] = GRAPH_NONE;
    d->to_b[a] = GRAPH_NONE;
}

/* A pair of unlike calls is none if either is found elsewhere: then they have changed places. */
static void part_moved(struct differ *d, const struct stream_pair *p, const struct idmap *in_a, const struct idmap *in_b)
{
    uint64_t ignored;
    for (uint32_t i = 0; i < p->a.count; i++) {
        uint32_t a = p->a.node[i], b = d->to_b[a];
        if (b == GRAPH_NONE || fp_equal(d->a->hash[a].merkle, d->b->hash[b].merkle))
            continue;
        if (idmap_get(in_b, d->a->hash[a].merkle.lo, &ignored) || idmap_get(in_a, d->b->hash[b].merkle.lo, &ignored))
            part(d, a);
    }
}

/* Calls without counterpart in their places find it at another one. */
static void match_moved(struct differ *d, struct stream_pair *p, bool *moved)
{
    struct idmap in_a = {0}, in_b = {0};
    uint64_t b;
    index_unlike(d->a, &p->a, d->b, d->to_b, &in_a);
    index_unlike(d->b, &p->b, d->a, d->to_a, &in_b);
    part_moved(d, p, &in_a, &in_b);
    for (uint32_t i = 0; i < p->a.count; i++) {
        uint32_t a = p->a.node[i];
        if (d->to_b[a] != GRAPH_NONE || !idmap_get(&in_b, d->a->hash[a].merkle.lo, &b) || d->to_a[b] != GRAPH_NONE)
            continue;
        d->to_b[a] = (uint32_t)b;
        d->to_a[b] = a;
        moved[i] = true;
    }
    idmap_free(&in_a);
    idmap_free(&in_b);
}

static void add_difference(struct stream_pair *p, uint32_t a, uint32_t b, unsigned causes)
{
    p->difference = must_append(p->difference, p->ndifferences, sizeof *p->difference);
    p->difference[p->ndifferences++] = (struct difference){a, b, causes};
}

static void judge(const struct differ *d, struct stream_pair *p, uint32_t a, bool moved)
{
    uint32_t b = d->to_b[a];
    unsigned causes = differ_causes(d, a, b) | (moved ? (unsigned)CAUSE_MOVED : 0);
    p->matched++;
    if (causes)
        add_difference(p, a, b, causes);
    else
        p->follow += !fp_equal(d->a->hash[a].merkle, d->b->hash[b].merkle);
}

/* In the order of the first run; what only the second has stands before the pair that it came before. */
static void judge_all(const struct differ *d, struct stream_pair *p, const bool *moved)
{
    uint32_t j = 0;
    for (uint32_t i = 0; i < p->a.count; i++) {
        uint32_t a = p->a.node[i];
        for (; d->to_b[a] != GRAPH_NONE && !moved[i] && j < p->b.count && p->b.node[j] != d->to_b[a]; j++)
            if (d->to_a[p->b.node[j]] == GRAPH_NONE)
                add_difference(p, GRAPH_NONE, p->b.node[j], CAUSE_ALONE);
        if (d->to_b[a] == GRAPH_NONE)
            add_difference(p, a, GRAPH_NONE, CAUSE_ALONE);
        else
            judge(d, p, a, moved[i]);
        progress_step();
    }
    for (; j < p->b.count; j++)
        if (d->to_a[p->b.node[j]] == GRAPH_NONE)
            add_difference(p, GRAPH_NONE, p->b.node[j], CAUSE_ALONE);
    /* Unlike hashes that nothing explains: said rather than passed over. */
    if (!p->ndifferences && p->follow)
        for (uint32_t i = 0; i < p->a.count && !p->ndifferences; i++) {
            uint32_t a = p->a.node[i], b = d->to_b[a];
            if (!fp_equal(d->a->hash[a].merkle, d->b->hash[b].merkle))
                add_difference(p, a, b, CAUSE_UNKNOWN);
        }
}

void differ_run(struct differ *d, const struct graph *a, const struct graph *b)
{
    *d = (struct differ){.a = a, .b = b};
    d->to_b = must_alloc(a->nnodes, sizeof *d->to_b);
    d->to_a = must_alloc(b->nnodes, sizeof *d->to_a);
    memset(d->to_b, 0xff, a->nnodes * sizeof *d->to_b);
    memset(d->to_a, 0xff, b->nnodes * sizeof *d->to_a);
    progress_begin("comparing", "calls");
    pair_streams(d);
    bool **moved = must_alloc(d->npairs, sizeof *moved);
    for (size_t i = 0; i < d->npairs; i++) {
        moved[i] = must_alloc(d->pair[i].a.count, sizeof **moved);
        match_moved(d, &d->pair[i], moved[i]);
    }
    for (size_t i = 0; i < d->npairs; i++) {
        judge_all(d, &d->pair[i], moved[i]);
        free(moved[i]);
    }
    free(moved);
    progress_end();
}

void differ_free(struct differ *d)
{
    for (size_t i = 0; i < d->npairs; i++) {
        free(d->pair[i].a.node);
        free(d->pair[i].b.node);
        free(d->pair[i].difference);
    }
    free(d->pair);
    free(d->to_a);
    free(d->to_b);
    memset(d, 0, sizeof *d);
}
