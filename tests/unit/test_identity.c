/* Buffer identities: what proves a slice, what only suggests one, what is forgotten. Small matrices: test_identity_random.c. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/identity.h"

enum { MEMORY = 16 << 20 };

/* What lineage.c does, without a log. */
struct recorder {
    struct guard guard;
    struct content *content;
    struct identity *identity;
    uint64_t items, leaves;
};

static void start(struct recorder *r, size_t memory, bool thorough)
{
    memset(r, 0, sizeof *r);
    r->content = content_new(MEMORY);
    r->identity = identity_new(&r->guard, r->content, memory, thorough);
    cr_assert(r->content && r->identity);
}

static void stop(struct recorder *r)
{
    identity_free(r->identity);
    content_free(r->content);
}

static void put(struct recorder *r, const struct view *v, struct origin origin)
{
    cr_assert(guard_enter(&r->guard));
    content_put(r->content, &origin, NULL);
    identity_holds(r->identity, v, &origin, NULL);
    guard_leave(&r->guard);
}

/* A call has written the view; returns the item. */
static uint64_t produced(struct recorder *r, const struct view *v, uint64_t call_ns)
{
    struct fp fp = fingerprint(v);
    identity_called(r->identity, call_ns);
    identity_produced(r->identity, v, fp, NULL, call_ns);
    put(r, v, (struct origin){.content = fp, .ref = r->items, .operand = 2, .is_item = 1});
    return r->items++;
}

static struct found ask(struct recorder *r, const struct view *v)
{
    struct found found = {.how = FOUND_NOTHING};
    struct fp fp = fingerprint(v);
    cr_assert(guard_enter(&r->guard));
    bool whole = identity_whole(r->identity, v, fp, &found);
    guard_leave(&r->guard);
    if (!whole)
        identity_recognise(r->identity, v, fp, &found);
    return found;
}

static void becomes_leaf(struct recorder *r, const struct view *v)
{
    cr_assert_eq(ask(r, v).how, FOUND_NOTHING);
    put(r, v, (struct origin){.content = fingerprint(v), .ref = r->leaves++});
}

static struct view matrix(int64_t rows, int64_t cols, uint64_t seed)
{
    double *x = malloc((size_t)(rows * cols) * sizeof *x);
    for (int64_t i = 0; i < rows * cols; i++) {
        seed = seed * 0x5851F42D4C957F2Du + 0x14057B7EF767814Fu;
        x[i] = (double)(seed >> 12) * 0x1p-52;
    }
    return (struct view){.base = (char *)x, .rows = rows, .cols = cols, .ld = rows, .element = 8, .type = 'd', .part = PART_FULL};
}

static struct view part(const struct view *v, int64_t row, int64_t rows, int64_t col, int64_t cols)
{
    struct view p = *v;
    p.base += (col * v->ld + row) * 8;
    p.rows = rows;
    p.cols = cols;
    return p;
}

static struct view copy(const struct view *v)
{
    struct view c = *v;
    c.ld = v->rows;
    c.base = malloc(view_bytes(v));
    view_pack(v, c.base);
    return c;
}

static struct view vector(char *base, int64_t n, int64_t inc)
{
    struct view v = {.base = base, .rows = n, .cols = 1, .ld = n, .element = 8, .type = 'd', .part = PART_FULL, .vector = true};
    if (inc != 1) {
        v.rows = 1;
        v.cols = n;
        v.ld = inc;
    }
    return v;
}

static void expect(int line, struct found f, enum found_how how, uint64_t item, struct log_slice slice)
{
    cr_assert_eq(f.how, how, "line %d: how %d", line, (int)f.how);
    cr_assert(f.origin.is_item && f.origin.ref == item, "line %d: item %d", line, (int)f.origin.ref);
    cr_assert_eq(memcmp(&f.slice, &slice, sizeof slice), 0, "line %d: rows %d+%d, columns %d+%d", line, (int)f.slice.row,
                 (int)f.slice.rows, (int)f.slice.col, (int)f.slice.cols);
}

#define EXPECT(found, how, item, row, col, rows, cols) \
    expect(__LINE__, found, how, item, (struct log_slice){row, col, rows, cols})

Test(identity, whole_columns_and_rows_of_a_large_matrix_are_proven)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(120, 90, 1), v, c;
    uint64_t item = produced(&r, &g, 0);
    v = part(&g, 0, 120, 13, 20);
    EXPECT(ask(&r, &v), FOUND_SLICE, item, 0, 13, 120, 20);
    c = copy(&v);
    EXPECT(ask(&r, &c), FOUND_SLICE, item, 0, 13, 120, 20);
    free(c.base);
    v = part(&g, 31, 40, 0, 90);
    EXPECT(ask(&r, &v), FOUND_SLICE, item, 31, 0, 40, 90);
    c = copy(&v);
    EXPECT(ask(&r, &c), FOUND_SLICE, item, 31, 0, 40, 90);
    free(c.base);
    v = vector(g.base + 8 * 120 * 7, 120, 1);
    EXPECT(ask(&r, &v), FOUND_SLICE, item, 0, 7, 120, 1);
    v = vector(g.base + 8 * 50, 90, 120);
    EXPECT(ask(&r, &v), FOUND_SLICE, item, 50, 0, 1, 90);
    c = copy(&v);
    c = vector(c.base, 90, 1);
    EXPECT(ask(&r, &c), FOUND_SLICE, item, 50, 0, 1, 90);
    free(c.base);
    free(g.base);
    stop(&r);
}

/* Elements of four bytes: 4096 to 8192 of them are kept as a copy, and have the highest level of a signature. */
Test(identity, rectangles_copied_out_of_single_precision_are_found_at_every_size)
{
    static const int sizes[] = {20, 31, 33, 45, 46, 63, 64, 65, 66, 78, 90};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int64_t n = sizes[i], least = n - 4;
        struct recorder r;
        start(&r, MEMORY, true);
        struct view g = matrix(n, n, n), v, c;
        for (int64_t k = 0; k < n * n; k++) {
            const float x = (float)((double *)g.base)[k];
            memcpy(g.base + 4 * k, &x, sizeof x);
        }
        g.element = 4;
        g.type = 's';
        uint64_t item = produced(&r, &g, 0);
        v = g;
        v.base += (3 * n + 2) * 4;
        v.rows = v.cols = least;
        c = copy(&v);
        EXPECT(ask(&r, &c), FOUND_SLICE, item, 2, 3, least, least);
        free(c.base);
        free(g.base);
        stop(&r);
    }
}

Test(identity, a_rectangle_inside_a_large_matrix_is_likely_at_best)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(120, 90, 1), v = part(&g, 10, 60, 20, 50), c = copy(&v);
    uint64_t item = produced(&r, &g, 0);
    EXPECT(ask(&r, &v), FOUND_UNPROVEN, item, 10, 20, 60, 50);
    cr_assert_eq(ask(&r, &c).how, FOUND_NOTHING, "a copy has no address to suggest it");
    struct view inside = part(&g, 30, 20, 30, 20);
    memset(inside.base, 0, 8); /* too little for samples to see */
    EXPECT(ask(&r, &v), FOUND_UNPROVEN, item, 10, 20, 60, 50);
    for (int64_t j = 0; j < v.cols; j++)
        memset(v.base + 8 * 120 * j, 0, 8 * 60);
    cr_assert_eq(ask(&r, &v).how, FOUND_NOTHING, "samples refute it");
    free(c.base);
    free(g.base);
    stop(&r);
}

Test(identity, nothing_is_likely_where_something_newer_stands)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(120, 90, 1), v = part(&g, 10, 60, 20, 50), inner = part(&g, 12, 3, 22, 3);
    produced(&r, &g, 0);
    produced(&r, &inner, 0); /* the same bits, as it happens: but who says so? */
    cr_assert_eq(ask(&r, &v).how, FOUND_NOTHING);
    free(g.base);
    stop(&r);
}

Test(identity, one_changed_element_unmakes_a_slice)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(120, 90, 1), columns = part(&g, 0, 120, 13, 20), rows = part(&g, 31, 40, 0, 90);
    produced(&r, &g, 0);
    g.base[8 * (120 * 20 + 33)] ^= 1;
    cr_assert_eq(ask(&r, &columns).how, FOUND_NOTHING);
    cr_assert_eq(ask(&r, &rows).how, FOUND_NOTHING);
    cr_assert_eq(ask(&r, &g).how, FOUND_NOTHING, "the whole is refuted by its fingerprint, whatever samples say");
    free(g.base);
    stop(&r);
}

Test(identity, long_vectors_are_likely_at_best)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view m = matrix(20000, 1, 3), y = vector(m.base, 20000, 1), v = vector(m.base + 8 * 4000, 9000, 1), c = copy(&v);
    uint64_t item = produced(&r, &y, 0);
    EXPECT(ask(&r, &v), FOUND_UNPROVEN, item, 4000, 0, 9000, 1);
    cr_assert_eq(ask(&r, &c).how, FOUND_NOTHING);
    free(c.base);
    free(m.base);
    stop(&r);
}

Test(identity, a_part_of_a_leaf_is_a_slice_of_it)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view x = matrix(300, 70, 5), rows = part(&x, 100, 50, 0, 70), c = copy(&rows);
    becomes_leaf(&r, &x);
    struct found found = ask(&r, &rows);
    cr_assert(found.how == FOUND_SLICE && !found.origin.is_item && found.origin.ref == 0 && found.slice.row == 100);
    cr_assert_eq(ask(&r, &c).how, FOUND_SLICE);
    free(c.base);
    free(x.base);
    stop(&r);
}

Test(identity, zeros_are_not_searched_for)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(40, 40, 7), zeros = part(&g, 3, 5, 3, 5);
    for (int64_t j = 0; j < 5; j++)
        memset(zeros.base + 8 * 40 * j, 0, 40);
    struct view c = copy(&zeros);
    uint64_t item = produced(&r, &g, 0);
    EXPECT(ask(&r, &zeros), FOUND_SLICE, item, 3, 3, 5, 5);
    cr_assert_eq(ask(&r, &c).how, FOUND_NOTHING);
    free(c.base);
    free(g.base);
    stop(&r);
}

Test(identity, copies_inside_matrices_of_up_to_four_thousand_elements_are_found)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(64, 64, 9); /* one element in four is in its signature */
    uint64_t item = produced(&r, &g, 0);
    for (int64_t row = 0; row < 40; row += 7) {
        struct view inside = part(&g, row, 20, 11, 15), c = copy(&inside);
        EXPECT(ask(&r, &c), FOUND_SLICE, item, row, 11, 20, 15);
        free(c.base);
    }
    free(g.base);
    stop(&r);
}

Test(identity, what_memory_has_no_room_for_is_forgotten_and_counted)
{
    struct recorder r;
    start(&r, 256 * 1024, true);
    struct view first = matrix(40, 40, 1), v = part(&first, 0, 40, 3, 5);
    produced(&r, &first, 0);
    cr_assert_eq(ask(&r, &v).how, FOUND_SLICE);
    struct view others[40];
    for (int i = 0; i < 40; i++) {
        others[i] = matrix(40, 40, 100 + (uint64_t)i);
        produced(&r, &others[i], 0);
    }
    cr_assert_gt(identity_sums(r.identity).dropped_sketches, 15);
    cr_assert_eq(ask(&r, &v).how, FOUND_NOTHING, "its sketch went");
    v = part(&others[39], 0, 40, 3, 5);
    cr_assert_eq(ask(&r, &v).how, FOUND_SLICE);
    struct view small[3000];
    struct view all = matrix(4, 3000, 77);
    for (int i = 0; i < 3000; i++) {
        small[i] = part(&all, 0, 4, i, 1);
        produced(&r, &small[i], 0);
    }
    cr_assert_gt(identity_sums(r.identity).dropped_regions, 1000);
    cr_assert_eq(ask(&r, &small[2999]).how, FOUND_WHOLE);
    for (int i = 0; i < 40; i++)
        free(others[i].base);
    free(first.base);
    free(all.base);
    stop(&r);
}

Test(identity, a_forked_child_begins_with_nothing)
{
    struct recorder r;
    start(&r, MEMORY, true);
    struct view g = matrix(30, 30, 1), v = part(&g, 2, 10, 2, 10);
    produced(&r, &g, 0);
    content_clear(r.content);
    identity_clear(r.identity);
    cr_assert_eq(ask(&r, &v).how, FOUND_NOTHING);
    becomes_leaf(&r, &g);
    cr_assert_eq(ask(&r, &v).how, FOUND_SLICE);
    stop(&r);
    free(g.base);
}

/* Under --trace=auto hashes that cost more than a two hundredth of their call wait until a slice was looked for. */
Test(identity, dear_sketches_wait_until_they_are_wanted)
{
    static const uint64_t FAST = 1000, SECOND = 1000000000;
    struct recorder r;
    start(&r, MEMORY, false);
    struct view g = matrix(200, 200, 1), h = matrix(200, 200, 2), columns = part(&g, 0, 200, 10, 50);
    identity_called(r.identity, SECOND);
    uint64_t item = produced(&r, &g, FAST);
    EXPECT(ask(&r, &columns), FOUND_UNPROVEN, item, 0, 10, 200, 50);
    item = produced(&r, &h, FAST);
    columns = part(&h, 0, 200, 10, 50);
    EXPECT(ask(&r, &columns), FOUND_SLICE, item, 0, 10, 200, 50);
    free(g.base);
    free(h.base);
    stop(&r);
}

Test(identity, sketching_keeps_within_its_share_of_blas_time)
{
    struct recorder r;
    start(&r, MEMORY, false);
    int proven = 0;
    for (int i = 0; i < 4000; i++) { /* about 2 us each, and 5 ms to start with */
        struct view g = matrix(64, 64, (uint64_t)i), v = part(&g, 0, 64, 5, 9);
        produced(&r, &g, 10);
        proven += ask(&r, &v).how == FOUND_SLICE;
        free(g.base);
    }
    cr_assert_gt(proven, 0);
    cr_assert_lt(proven, 4000);
    stop(&r);
}

struct worker {
    struct recorder *r;
    uint64_t seed;
};

static void *work(void *context)
{
    struct worker *w = context;
    for (uint64_t i = 0; i < 300; i++) {
        struct view g = matrix(30, 30, w->seed + i % 50), v = part(&g, 4, 20, 3, 7), c = copy(&v);
        struct fp fp = fingerprint(&g);
        identity_produced(w->r->identity, &g, fp, NULL, 0);
        put(w->r, &g, (struct origin){.content = fp, .ref = i, .operand = 2, .is_item = 1});
        struct found found = ask(w->r, &c);
        cr_assert_eq(found.how, FOUND_SLICE);
        cr_assert_eq(found.slice.row, 4);
        free(c.base);
        free(g.base);
    }
    return NULL;
}

Test(identity, serves_threads)
{
    struct recorder r;
    start(&r, MEMORY, true);
    pthread_t threads[4];
    struct worker workers[4];
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){&r, (uint64_t)i * 25};
        cr_assert_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    stop(&r);
}
