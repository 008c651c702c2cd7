/*
 * The map of regions against a list of them: of random matrices, blocks, triangles and vectors in a small arena, many of them put
 * again and again, what each holds, crosses and covers is worked out byte by byte.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lineage/regions.h"

enum { ELEMENTS = 200, VIEWS = 150, PUTS = 3000 };

static char arena[ELEMENTS * 8];

struct held {
    struct view view;
    uint8_t has[ELEMENTS];
    uint64_t ref, seq; /* seq 0: it was never put, or is gone */
    bool crossed;
};

struct model {
    struct held all[VIEWS];
    uint64_t state, seq;
};

static unsigned below(struct model *m, unsigned limit)
{
    uint64_t z = m->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (unsigned)((z ^ (z >> 31)) % limit);
}

static struct view draw_view(struct model *m)
{
    struct view v = {.element = 8, .type = 'd', .part = PART_FULL};
    const int from = below(m, 3) ? (int)below(m, 3) * 60 : (int)below(m, 60);
    v.base = arena + from * 8;
    if (below(m, 5) == 0) {
        v.vector = true;
        v.rows = 1;
        v.cols = 2 + below(m, 8);
        v.ld = 2 + below(m, 4);
        return v;
    }
    v.rows = 1 + below(m, 8);
    v.cols = 1 + below(m, 6);
    v.ld = v.rows + (below(m, 2) ? below(m, 3) : 0);
    if (v.rows == v.cols && below(m, 3) == 0)
        v.part = (uint8_t)(PART_UPPER + below(m, 4));
    return v;
}

static bool same_view(const struct view *a, const struct view *b)
{
    return a->base == b->base && a->rows == b->rows && a->cols == b->cols && a->part == b->part && a->vector == b->vector &&
           (a->cols == 1 || a->ld == b->ld);
}

static void mark(struct held *h)
{
    memset(h->has, 0, sizeof h->has);
    for (int64_t j = 0; j < h->view.cols; j++) {
        int64_t lo, hi;
        view_column(&h->view, j, &lo, &hi);
        for (int64_t i = lo; i < hi; i++)
            h->has[(h->view.base - arena) / 8 + j * h->view.ld + i] = 1;
    }
}

static bool shares(const struct held *a, const struct held *b)
{
    for (int i = 0; i < ELEMENTS; i++)
        if (a->has[i] && b->has[i])
            return true;
    return false;
}

static bool covers(const struct held *outer, const struct held *inner)
{
    for (int i = 0; i < ELEMENTS; i++)
        if (inner->has[i] && !outer->has[i])
            return false;
    return true;
}

static void draw_views(struct model *m)
{
    for (int i = 0; i < VIEWS; i++) {
        bool fresh = false;
        while (!fresh) {
            m->all[i] = (struct held){.view = draw_view(m)};
            mark(&m->all[i]);
            fresh = memchr(m->all[i].has, 1, ELEMENTS) != NULL;
            for (int k = 0; k < i; k++)
                fresh &= !same_view(&m->all[k].view, &m->all[i].view);
        }
    }
}

static void put(struct model *m, int at, uint64_t ref)
{
    struct held *h = &m->all[at];
    for (int i = 0; i < VIEWS; i++) {
        struct held *other = &m->all[i];
        if (i == at || !other->seq || !shares(h, other))
            continue;
        other->crossed = true;
        if (covers(h, other))
            other->seq = 0;
    }
    h->ref = ref;
    h->seq = ++m->seq;
    h->crossed = false;
}

static const struct held *newest(const struct model *m, int at, uint64_t before, bool around, struct log_slice *slice)
{
    const struct held *best = NULL;
    for (int i = 0; i < VIEWS; i++) {
        const struct held *other = &m->all[i];
        struct log_slice where;
        if (!other->seq || other->seq >= before || (best && other->seq < best->seq) || !shares(other, &m->all[at]) ||
            (around && !region_locate(&other->view, &m->all[at].view, &where)))
            continue;
        best = other;
        if (around)
            *slice = where;
    }
    return best;
}

static void ask(struct model *m, struct regions *regions, int at, unsigned seed)
{
    const struct held *h = &m->all[at], *says;
    struct log_slice expected = {0}, slice;
    const struct region_held *same = regions_same(regions, &h->view), *is = regions_newest(regions, &h->view);
    cr_assert_eq(same != NULL, h->seq && !h->crossed, "seed %u, put %lu, view %d", seed, m->seq, at);
    cr_assert(!same || same->origin.ref == h->ref);
    says = newest(m, at, UINT64_MAX, false, NULL);
    cr_assert_eq(is != NULL, says != NULL, "seed %u, put %lu, view %d", seed, m->seq, at);
    cr_assert(!is || is->origin.ref == says->ref, "seed %u, put %lu, view %d", seed, m->seq, at);
    for (uint64_t before = UINT64_MAX; before;) {
        is = regions_around(regions, &h->view, before, &slice);
        says = newest(m, at, before, true, &expected);
        cr_assert_eq(is != NULL, says != NULL, "seed %u, put %lu, view %d", seed, m->seq, at);
        if (is)
            cr_assert(is->origin.ref == says->ref && memcmp(&slice, &expected, sizeof slice) == 0, "seed %u, put %lu, view %d",
                      seed, m->seq, at);
        before = is ? is->seq : 0;
    }
}

Test(regions, say_what_a_list_says, .timeout = 120)
{
    static struct model m;
    const unsigned base = (unsigned)time(NULL);
    printf("regions: seed %u\n", base);
    for (unsigned seed = base; seed < base + 12; seed++) {
        struct regions *regions = regions_new(1 << 20);
        cr_assert_not_null(regions);
        memset(&m, 0, sizeof m);
        m.state = seed;
        const unsigned few = seed % 2 ? VIEWS : 12; /* so many that hollow ones go, or as few as a loop has */
        draw_views(&m);
        for (uint64_t n = 0; n < PUTS; n++) {
            const int at = (int)below(&m, few);
            put(&m, at, n);
            regions_put(regions, &m.all[at].view, &(struct origin){.ref = n, .is_item = 1});
            ask(&m, regions, (int)below(&m, VIEWS), seed);
            ask(&m, regions, (int)below(&m, few), seed);
        }
        regions_clear(regions);
        cr_assert_null(regions_newest(regions, &m.all[0].view));
        regions_free(regions);
    }
}

/* The oldest goes, one at a time, and what is hollow before. */
Test(regions, are_bounded)
{
    struct regions *regions = regions_new(0);
    struct view v = {.base = arena, .rows = 1, .cols = 1, .ld = 1, .element = 8, .type = 'd', .part = PART_FULL};
    struct view last = v;
    cr_assert_not_null(regions);
    for (int i = 0; i < ELEMENTS; i++, v.base += 8) {
        regions_put(regions, &v, &(struct origin){.ref = (uint64_t)i});
        last = v;
    }
    cr_assert_not_null(regions_same(regions, &last));
    cr_assert_eq(regions_dropped(regions), ELEMENTS - 64);
    v.base = arena + 8 * (ELEMENTS - 40);
    v.rows = v.ld = 40;
    regions_put(regions, &v, &(struct origin){.ref = 1000});
    cr_assert_null(regions_same(regions, &last));
    const uint64_t dropped = regions_dropped(regions);
    v.rows = v.ld = 1;
    v.base = arena;
    for (int i = 0; i < 30; i++, v.base += 8)
        regions_put(regions, &v, &(struct origin){.ref = 2000});
    cr_assert_eq(regions_dropped(regions), dropped);
    regions_free(regions);
}
