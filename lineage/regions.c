#include "lineage/regions.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_NODES = 64, MOST_NODES = 1 << 14, HINTS = 1024, BATCH = 16 };

/* Nodes are numbered from 1; 0 is none. */
struct node {
    struct region_held held;
    const char *lo, *hi, *highest; /* bytes spanned; the highest end in the subtree */
    bool one_run;                  /* all of them are the view's */
    uint32_t left, right, priority;
    uint32_t older, newer;
};

struct regions {
    struct node *nodes;
    uint32_t most, used, vacant; /* places; ever taken; given back, linked by `left` */
    uint32_t root, oldest, newest;
    uint32_t random;
    uint64_t seq, dropped;
    uint32_t hints[HINTS]; /* by base address: a node put there lately */
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
    all->used = all->vacant = all->root = all->oldest = all->newest = 0;
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
    uint64_t mixed = (uint64_t)(uintptr_t)v->base * 0x9E3779B97F4A7C15u;
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

static void link_newest(struct regions *all, uint32_t n)
{
    struct node *node = &all->nodes[n];
    node->held.seq = ++all->seq;
    node->older = all->newest;
    node->newer = 0;
    *(all->newest ? &all->nodes[all->newest].newer : &all->oldest) = n;
    all->newest = n;
}

static void unlink_node(struct regions *all, uint32_t n)
{
    const struct node *node = &all->nodes[n];
    *(node->newer ? &all->nodes[node->newer].older : &all->newest) = node->older;
    *(node->older ? &all->nodes[node->older].newer : &all->oldest) = node->newer;
}

static void remove_node(struct regions *all, uint32_t n)
{
    all->root = extract(all, all->root, n);
    unlink_node(all, n);
    all->nodes[n].held.view.base = NULL; /* no hint leads here */
    all->nodes[n].left = all->vacant;
    all->vacant = n;
}

static uint32_t new_node(struct regions *all)
{
    uint32_t n = all->vacant;
    if (n) {
        all->vacant = all->nodes[n].left;
        return n;
    }
    if (all->used < all->most)
        return ++all->used;
    all->dropped++;
    remove_node(all, all->oldest);
    n = all->vacant;
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

/* What `visit` is for a subtree: goes through the regions that share memory with the view. */
struct question {
    const struct view *v;
    const char *lo, *hi;
    uint64_t before;
    uint32_t best; /* regions_newest, regions_around */
    struct log_slice slice;
    uint32_t covered[BATCH], ncovered; /* regions_put */
};

typedef void answer(struct regions *all, uint32_t n, struct question *q);

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

static struct question question_of(const struct view *v)
{
    struct question q = {.v = v};
    view_span(v, &q.lo, &q.hi);
    return q;
}

static void cross(struct regions *all, uint32_t n, struct question *q)
{
    struct node *node = &all->nodes[n];
    if (!covers(q->v, q->lo, q->hi, node))
        node->held.crossed = true;
    else if (q->ncovered < BATCH)
        q->covered[q->ncovered++] = n;
}

/* The node of this very view; 0: none. There is one at most: the next one covers it. */
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

struct region_held *regions_same(struct regions *all, const struct view *v)
{
    uint32_t n = find(all, v);
    return n && !all->nodes[n].held.crossed ? &all->nodes[n].held : NULL;
}

static void renew(struct regions *all, uint32_t n, const struct origin *origin)
{
    all->nodes[n].held.origin = *origin;
    unlink_node(all, n);
    link_newest(all, n);
}

void regions_put(struct regions *all, const struct view *v, const struct origin *origin)
{
    uint32_t same = find(all, v);
    if (same && !all->nodes[same].held.crossed) { /* nothing newer is about; what was here before went or was crossed then */
        renew(all, same, origin);
        return;
    }
    struct question q = question_of(v);
    do {
        q.ncovered = 0;
        visit(all, all->root, &q, cross);
        for (uint32_t i = 0; i < q.ncovered; i++)
            remove_node(all, q.covered[i]);
    } while (q.ncovered == BATCH);
    uint32_t n = new_node(all);
    struct node *node = &all->nodes[n];
    all->random = all->random * 1664525u + 1013904223u;
    *node = (struct node){.held = {.view = *v, .origin = *origin},
                          .lo = q.lo,
                          .hi = q.hi,
                          .highest = q.hi,
                          .priority = all->random,
                          .one_run = one_run(v)};
    all->root = insert(all, all->root, n);
    link_newest(all, n);
    *hint_of(all, v) = n;
}

static void newest(struct regions *all, uint32_t n, struct question *q)
{
    if (!q->best || all->nodes[n].held.seq > all->nodes[q->best].held.seq)
        q->best = n;
}

static void around(struct regions *all, uint32_t n, struct question *q)
{
    const struct region_held *held = &all->nodes[n].held;
    struct log_slice slice;
    if (held->seq >= q->before || !region_locate(&held->view, q->v, &slice))
        return;
    if (q->best && held->seq < all->nodes[q->best].held.seq)
        return;
    q->best = n;
    q->slice = slice;
}

static const struct region_held *best_of(struct regions *all, struct question *q, answer *tell)
{
    visit(all, all->root, q, tell);
    return q->best ? &all->nodes[q->best].held : NULL;
}

const struct region_held *regions_newest(struct regions *all, const struct view *v)
{
    const struct region_held *same = regions_same(all, v);
    if (same) /* not crossed: nothing newer is about */
        return same;
    struct question q = question_of(v);
    return best_of(all, &q, newest);
}

const struct region_held *regions_around(struct regions *all, const struct view *v, uint64_t before, struct log_slice *slice)
{
    struct question q = question_of(v);
    q.before = before;
    const struct region_held *best = best_of(all, &q, around);
    *slice = q.slice;
    return best;
}
