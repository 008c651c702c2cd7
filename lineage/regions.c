#include "lineage/regions.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_NODES = 64, MOST_NODES = 1 << 14, HINTS = 1024, NEAR_MOST = 12, HOLLOW_MOST = 64 };

/* A node whose view shares memory with another's, and whether the latter covers it. */
struct neighbour {
    uint32_t node;
    bool covered;
};

/* Nodes are numbered from 1; 0 is none. */
struct node {
    struct region_held held;
    const char *lo, *hi, *highest; /* bytes spanned; the highest end in the subtree */
    bool one_run;                  /* all of them are the view's */
    bool hollow;
    uint32_t left, right, priority;
    uint32_t older, newer;
    uint32_t nnear; /* NEAR_MOST + 1: too many */
    uint64_t shape; /* of the tree, of which `near` holds; 0: it was never asked for */
    struct neighbour near[NEAR_MOST];
};

/* Nodes from the oldest to the newest, linked by `older` and `newer`. */
struct ages {
    uint32_t oldest, newest, count;
};

struct regions {
    struct node *nodes;
    uint32_t most, used, vacant; /* places; ever taken; given back, linked by `left` */
    uint32_t root;
    struct ages live, hollow;
    uint32_t random;
    uint64_t seq, dropped;
    uint64_t shape;        /* of the tree: another one with each node that comes or goes */
    uint32_t hints[HINTS]; /* by base address and extents: a node put there lately */
};

struct regions *regions_new(size_t limit_bytes)
{
    struct regions *all = calloc(1, sizeof *all);
    size_t most = limit_bytes / sizeof(struct node);
    if (!all)
        return NULL;
    all->most = most < LEAST_NODES ? LEAST_NODES : most > MOST_NODES ? MOST_NODES : (uint32_t)most;
    all->nodes = malloc(((size_t)all->most + 1) * sizeof *all->nodes); /* pages are had as they are used */
    if (!all->nodes) {
        free(all);
        return NULL;
    }
    memset(&all->nodes[0], 0, sizeof all->nodes[0]);
    all->random = 1;
    all->shape = 1;
    return all;
}

void regions_free(struct regions *all)
{
    if (all)
        free(all->nodes);
    free(all);
}

void regions_clear(struct regions *all)
{
    all->used = all->vacant = all->root = 0;
    all->live = all->hollow = (struct ages){0, 0, 0};
    all->shape++;
    memset(all->hints, 0, sizeof all->hints);
}

uint64_t regions_bytes(const struct regions *all)
{
    return (uint64_t)all->used * sizeof(struct node);
}

uint64_t regions_dropped(const struct regions *all)
{
    return all->dropped;
}

static uint32_t *hint_of(struct regions *all, const struct view *v)
{
    uint64_t mixed = ((uint64_t)(uintptr_t)v->base + ((uint64_t)v->rows << 20 ^ (uint64_t)v->cols << 40)) * 0x9E3779B97F4A7C15u;
    return &all->hints[mixed >> 54];
}
_Static_assert(HINTS == 1 << 10, "the ten highest bits");

static void settle(struct regions *all, uint32_t n)
{
    struct node *node = &all->nodes[n];
    const char *left = all->nodes[node->left].highest, *right = all->nodes[node->right].highest;
    node->highest = node->hi;
    if (node->left && left > node->highest)
        node->highest = left;
    if (node->right && right > node->highest)
        node->highest = right;
}

/* Order of the tree: by first byte, then by number. */
static bool before(const struct regions *all, uint32_t a, uint32_t b)
{
    const char *x = all->nodes[a].lo, *y = all->nodes[b].lo;
    return x < y || (x == y && a < b);
}

static uint32_t rotate_right(struct regions *all, uint32_t n)
{
    uint32_t up = all->nodes[n].left;
    all->nodes[n].left = all->nodes[up].right;
    all->nodes[up].right = n;
    settle(all, n);
    settle(all, up);
    return up;
}

static uint32_t rotate_left(struct regions *all, uint32_t n)
{
    uint32_t up = all->nodes[n].right;
    all->nodes[n].right = all->nodes[up].left;
    all->nodes[up].left = n;
    settle(all, n);
    settle(all, up);
    return up;
}

static uint32_t insert(struct regions *all, uint32_t root, uint32_t n)
{
    struct node *node = &all->nodes[root];
    if (!root)
        return n;
    if (before(all, n, root)) {
        node->left = insert(all, node->left, n);
        if (all->nodes[node->left].priority > node->priority)
            return rotate_right(all, root);
    } else {
        node->right = insert(all, node->right, n);
        if (all->nodes[node->right].priority > node->priority)
            return rotate_left(all, root);
    }
    settle(all, root);
    return root;
}

static uint32_t join(struct regions *all, uint32_t left, uint32_t right)
{
    if (!left || !right)
        return left ? left : right;
    if (all->nodes[left].priority > all->nodes[right].priority) {
        all->nodes[left].right = join(all, all->nodes[left].right, right);
        settle(all, left);
        return left;
    }
    all->nodes[right].left = join(all, left, all->nodes[right].left);
    settle(all, right);
    return right;
}

static uint32_t extract(struct regions *all, uint32_t root, uint32_t n)
{
    struct node *node = &all->nodes[root];
    if (root == n)
        return join(all, node->left, node->right);
    if (before(all, n, root))
        node->left = extract(all, node->left, n);
    else
        node->right = extract(all, node->right, n);
    settle(all, root);
    return root;
}

static void link_newest(struct regions *all, struct ages *ages, uint32_t n)
{
    struct node *node = &all->nodes[n];
    node->older = ages->newest;
    node->newer = 0;
    *(ages->newest ? &all->nodes[ages->newest].newer : &ages->oldest) = n;
    ages->newest = n;
    ages->count++;
}

static void unlink_node(struct regions *all, struct ages *ages, uint32_t n)
{
    const struct node *node = &all->nodes[n];
    *(node->newer ? &all->nodes[node->newer].older : &ages->newest) = node->older;
    *(node->older ? &all->nodes[node->older].newer : &ages->oldest) = node->newer;
    ages->count--;
}

static struct ages *ages_of(struct regions *all, uint32_t n)
{
    return all->nodes[n].hollow ? &all->hollow : &all->live;
}

/* All of its elements are another region's from now on. */
static void make_hollow(struct regions *all, uint32_t n)
{
    unlink_node(all, &all->live, n);
    all->nodes[n].hollow = true;
    link_newest(all, &all->hollow, n);
}

static void remove_node(struct regions *all, uint32_t n)
{
    all->root = extract(all, all->root, n);
    all->shape++;
    unlink_node(all, ages_of(all, n), n);
    all->nodes[n].held.view.base = NULL; /* no hint leads here */
    all->nodes[n].left = all->vacant;
    all->vacant = n;
}

static uint32_t new_node(struct regions *all)
{
    uint32_t n = all->vacant;
    if (!n && all->used < all->most)
        return ++all->used;
    if (!n) {
        all->dropped += !all->hollow.count;
        remove_node(all, all->hollow.count ? all->hollow.oldest : all->live.oldest);
        n = all->vacant;
    }
    all->vacant = all->nodes[n].left;
    return n;
}

/* As a set of bytes: a vector that runs backwards is the one that runs forwards, contiguous columns are one. */
static struct view as_set(struct view v)
{
    if (v.ld < 0 && v.cols > 1) {
        v.base += (v.cols - 1) * v.ld * (int64_t)v.element;
        v.ld = -v.ld;
    }
    if (v.part == PART_FULL && v.ld == v.rows) {
        v.rows *= v.cols;
        v.cols = 1;
    }
    return v;
}

static bool one_run(const struct view *v)
{
    return v->part == PART_FULL && (v->cols == 1 || v->ld == v->rows);
}

/* The bytes of one column. */
static void run_of(const struct view *set, int64_t j, const char **lo, const char **hi)
{
    int64_t from, to, element = set->element;
    view_column(set, j, &from, &to);
    *lo = set->base + (j * set->ld + from) * element;
    *hi = *lo + (to > from ? to - from : 0) * element;
}

/* The first column of the set that may have a byte at or after `lo`. */
static int64_t column_at(const struct view *set, const char *lo)
{
    int64_t pitch = set->ld * (int64_t)set->element, away = lo - set->base;
    return set->cols == 1 || away < 0 || pitch <= 0 ? 0 : away / pitch;
}

/* Does the set have one of the bytes, or (all) all of them? */
static bool has_run(const struct view *set, const char *lo, const char *hi, bool all)
{
    const char *from, *to;
    for (int64_t j = column_at(set, lo); j < set->cols && lo < hi; j++) {
        run_of(set, j, &from, &to);
        if (from >= hi)
            return false;
        if (from < to && from < hi && lo < to && !all)
            return true;
        if (from <= lo && lo < to) /* the rest may follow without a gap */
            lo = to;
    }
    return all && lo >= hi;
}

enum { RUNS_COMPARED = 64 };

/* `v` spans [lo, hi). Exact unless both have many columns: then blocks of different pitch are taken to share memory. */
static bool shares(const struct node *node, const struct view *v, const char *lo, const char *hi)
{
    if (node->lo >= hi || lo >= node->hi)
        return false;
    if (node->one_run && one_run(v))
        return true;
    struct view few = as_set(*v), many = as_set(node->held.view);
    if (few.cols > many.cols) {
        struct view other = few;
        few = many;
        many = other;
    }
    const char *from, *to;
    if (few.cols > RUNS_COMPARED)
        return view_overlap(&few, &many);
    for (int64_t j = 0; j < few.cols; j++) {
        run_of(&few, j, &from, &to);
        if (from < to && has_run(&many, from, to, false))
            return true;
    }
    return false;
}

bool region_locate(const struct view *outer, const struct view *inner, struct log_slice *slice)
{
    int64_t element = outer->element, away = inner->base - outer->base, pitch = outer->ld;
    bool strided = outer->vector && outer->rows == 1, single = outer->cols == 1;
    if (outer->type != inner->type || away < 0 || away % element != 0 || (pitch <= 0 && !single))
        return false;
    away /= element;
    *slice = (struct log_slice){single ? away : away % pitch, single ? 0 : away / pitch, inner->rows, inner->cols};
    if ((inner->cols > 1 && (single || inner->ld != pitch)) || slice->row + inner->rows > outer->rows ||
        slice->col + inner->cols > outer->cols)
        return false;
    if (strided && !inner->vector && slice->cols > 1)
        return false;
    if (strided) /* a vector is a column */
        *slice = (struct log_slice){slice->col, 0, slice->cols, 1};
    return true;
}

static bool same_view(const struct view *a, const struct view *b)
{
    return a->base == b->base && a->rows == b->rows && a->cols == b->cols && a->type == b->type && a->part == b->part &&
           a->vector == b->vector && (a->cols == 1 || a->ld == b->ld);
}

/* Does the view, that spans [lo, hi), have all elements of the region? Where that takes long to tell it is not said to. */
static bool covers(const struct view *v, const char *lo, const char *hi, const struct node *node)
{
    if (node->one_run && one_run(v)) /* a triangle's span may be more than its elements */
        return node->lo >= lo && node->hi <= hi;
    if (same_view(v, &node->held.view))
        return true;
    struct view inner = as_set(node->held.view), outer = as_set(*v);
    if (inner.cols > RUNS_COMPARED)
        return outer.cols == 1 && outer.part == PART_FULL && node->lo >= lo && node->hi <= hi;
    const char *from, *to;
    for (int64_t j = 0; j < inner.cols; j++) {
        run_of(&inner, j, &from, &to);
        if (from < to && !has_run(&outer, from, to, true))
            return false;
    }
    return true;
}

/* What is asked of the regions that share memory with the view. */
struct question {
    const struct view *v;
    const char *lo, *hi;
    uint32_t self; /* the view's own node; 0: it has none */
    uint64_t before;
    uint32_t best; /* regions_newest, regions_around */
    struct log_slice slice;
};

typedef void answer(struct regions *all, uint32_t n, struct question *q);

/* Goes through those of a subtree, the view's own among them. */
static void visit(struct regions *all, uint32_t root, struct question *q, answer *tell)
{
    while (root) {
        const struct node *node = &all->nodes[root];
        if (node->highest <= q->lo)
            return;
        visit(all, node->left, q, tell);
        if (node->lo >= q->hi)
            return;
        if (shares(node, q->v, q->lo, q->hi))
            tell(all, root, q);
        root = node->right;
    }
}

static void note_near(struct regions *all, uint32_t n, struct question *q)
{
    struct node *node = &all->nodes[q->self];
    if (n == q->self || node->nnear > NEAR_MOST)
        return;
    if (node->nnear < NEAR_MOST)
        node->near[node->nnear] = (struct neighbour){n, covers(q->v, q->lo, q->hi, &all->nodes[n])};
    node->nnear++;
}

/* Who shares memory with the node, as long as none comes or goes; false: too many. */
static bool knows_near(struct regions *all, uint32_t n)
{
    struct node *node = &all->nodes[n];
    if (node->shape != all->shape) {
        struct question q = {.v = &node->held.view, .lo = node->lo, .hi = node->hi, .self = n};
        node->nnear = 0;
        node->shape = all->shape;
        visit(all, all->root, &q, note_near);
    }
    return node->nnear <= NEAR_MOST;
}

/* The node of this very view, hollow or not; 0: none. There is one at most: it is used again. */
static uint32_t find(struct regions *all, const struct view *v)
{
    uint32_t *hint = hint_of(all, v);
    const struct view *there = &all->nodes[*hint].held.view;
    if (there->base && same_view(there, v))
        return *hint;
    const char *lo, *hi;
    view_span(v, &lo, &hi);
    uint32_t above[64], n = all->root;
    for (int depth = 0; n || depth;) {
        if (n && all->nodes[n].lo >= lo) {
            if (depth == (int)(sizeof above / sizeof above[0]))
                return 0;
            above[depth++] = n;
            n = all->nodes[n].left;
        } else if (n) {
            n = all->nodes[n].right;
        } else {
            n = above[--depth];
            if (all->nodes[n].lo > lo)
                return 0;
            if (same_view(&all->nodes[n].held.view, v))
                return *hint = n;
            n = all->nodes[n].right;
        }
    }
    return 0;
}

static bool is_whole(const struct regions *all, uint32_t n)
{
    return n && !all->nodes[n].hollow && !all->nodes[n].held.crossed;
}

struct region_held *regions_same(struct regions *all, const struct view *v)
{
    uint32_t n = find(all, v);
    return is_whole(all, n) ? &all->nodes[n].held : NULL;
}

bool regions_still(const struct region_held *region, const struct view *v)
{
    const struct node *node = (const struct node *)(const void *)region;
    return !node->hollow && !region->crossed && same_view(&region->view, v);
}
_Static_assert(offsetof(struct node, held) == 0, "regions_still");

/* A newer region shares memory with this one. */
static void cross(struct regions *all, uint32_t n, bool covered)
{
    if (all->nodes[n].hollow)
        return;
    if (covered)
        make_hollow(all, n);
    else
        all->nodes[n].held.crossed = true;
}

static void cross_visited(struct regions *all, uint32_t n, struct question *q)
{
    if (n != q->self)
        cross(all, n, covers(q->v, q->lo, q->hi, &all->nodes[n]));
}

static struct question question_of(const struct view *v, uint32_t self)
{
    struct question q = {.v = v, .self = self};
    view_span(v, &q.lo, &q.hi);
    return q;
}

/* The view, of this node if it has one, is about to be the newest: what is there before gives way. */
static void give_way(struct regions *all, const struct view *v, uint32_t n)
{
    if (is_whole(all, n)) /* nothing newer is about; what was here before went or was crossed then */
        return;
    if (n && knows_near(all, n)) {
        const struct node *node = &all->nodes[n];
        for (uint32_t i = 0; i < node->nnear; i++)
            cross(all, node->near[i].node, node->near[i].covered);
    } else {
        struct question q = question_of(v, n);
        visit(all, all->root, &q, cross_visited);
    }
}

static uint32_t plant(struct regions *all, const struct view *v)
{
    uint32_t n = new_node(all);
    struct node *node = &all->nodes[n];
    all->random = all->random * 1664525u + 1013904223u;
    *node = (struct node){.held.view = *v, .priority = all->random, .one_run = one_run(v)};
    view_span(v, &node->lo, &node->hi);
    node->highest = node->hi;
    all->root = insert(all, all->root, n);
    all->shape++;
    *hint_of(all, v) = n;
    return n;
}

void regions_put(struct regions *all, const struct view *v, const struct origin *origin)
{
    uint32_t n = find(all, v);
    give_way(all, v, n);
    if (n)
        unlink_node(all, ages_of(all, n), n);
    else
        n = plant(all, v);
    struct node *node = &all->nodes[n];
    node->hollow = node->held.crossed = false;
    node->held.origin = *origin;
    node->held.seq = ++all->seq;
    link_newest(all, &all->live, n);
    while (all->hollow.count > HOLLOW_MOST)
        remove_node(all, all->hollow.oldest);
}

static void newest(struct regions *all, uint32_t n, struct question *q)
{
    if (!all->nodes[n].hollow && (!q->best || all->nodes[n].held.seq > all->nodes[q->best].held.seq))
        q->best = n;
}

static void around(struct regions *all, uint32_t n, struct question *q)
{
    const struct region_held *held = &all->nodes[n].held;
    struct log_slice slice;
    if (all->nodes[n].hollow || held->seq >= q->before || !region_locate(&held->view, q->v, &slice))
        return;
    if (q->best && held->seq < all->nodes[q->best].held.seq)
        return;
    q->best = n;
    q->slice = slice;
}

static const struct region_held *best_of(struct regions *all, struct question *q, answer *tell)
{
    const uint32_t n = q->self;
    if (n && knows_near(all, n)) {
        tell(all, n, q);
        for (uint32_t i = 0; i < all->nodes[n].nnear; i++)
            tell(all, all->nodes[n].near[i].node, q);
    } else {
        visit(all, all->root, q, tell);
    }
    return q->best ? &all->nodes[q->best].held : NULL;
}

const struct region_held *regions_newest(struct regions *all, const struct view *v)
{
    const uint32_t n = find(all, v);
    if (is_whole(all, n)) /* nothing newer is about */
        return &all->nodes[n].held;
    struct question q = question_of(v, n);
    return best_of(all, &q, newest);
}

const struct region_held *regions_around(struct regions *all, const struct view *v, uint64_t before, struct log_slice *slice)
{
    struct question q = question_of(v, find(all, v));
    q.before = before;
    const struct region_held *best = best_of(all, &q, around);
    *slice = q.slice;
    return best;
}
