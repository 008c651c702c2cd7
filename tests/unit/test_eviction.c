/*
 * Traces of programs replayed through the cache, in the way of LIMA's eviction experiments: phases with and without reuse,
 * mini-batches, and stepwise linear regression; and programs that turn to other data. Costs are those of the products at 50
 * operations per nanosecond, sizes those of the results. What a policy is worth is the computing time it saves.
 */
#include <stdlib.h>

#include "tests/unit/payloads.h"

/* One call of a program: `id` says which, so calls with equal ids are the same call. */
struct event {
    uint64_t id, cost_ns, bytes;
    uint32_t height;
};

struct trace {
    struct event *events;
    size_t count;
};

static void call(struct trace *t, uint64_t id, double flops, uint64_t elements, uint32_t height)
{
    if ((t->count & (t->count - 1)) == 0)
        t->events = realloc(t->events, (t->count ? 2 * t->count : 1) * sizeof *t->events);
    cr_assert_not_null(t->events);
    t->events[t->count++] = (struct event){id, (uint64_t)(flops / 50), elements * 8, height};
}

enum { ROWS = 4000 };

static uint64_t call_id(uint64_t kind, uint64_t a, uint64_t b)
{
    return kind << 48 | a << 24 | b;
}

/* The product of an ROWS x k operand's transpose with one of j columns. */
static void product(struct trace *t, uint64_t id, uint64_t k, uint64_t j, uint32_t height)
{
    call(t, id, 2.0 * ROWS * (double)k * (double)j, k * j, height);
}

/*
 * Dear products that are wanted again later; then a long stretch of results that nobody wants twice, some products in it being
 * asked for all along; then the dear ones again.
 */
static struct trace three_phases(void)
{
    struct trace t = {NULL, 0};
    for (uint64_t repeat = 0; repeat < 2; repeat++)
        for (uint64_t i = 0; i < 40; i++)
            product(&t, call_id(1, i, 0), 50, 50, 1);
    for (uint64_t i = 0; i < 400; i++) {
        call(&t, call_id(2, i, 0), 4e6, 4000, 2 + (uint32_t)i % 5);
        if (i % 4 == 0)
            product(&t, call_id(3, i / 4 % 10, 0), 40, 30, 1);
    }
    for (uint64_t i = 0; i < 40; i++)
        product(&t, call_id(1, i, 0), 50, 50, 1);
    return t;
}

/* Epochs over the same batches: each batch's own products come again every epoch, those with the changing weights never do. */
static struct trace mini_batches(void)
{
    enum { EPOCHS = 6, BATCHES = 60 };
    struct trace t = {NULL, 0};
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++)
        for (uint64_t batch = 0; batch < BATCHES; batch++) {
            uint64_t step = epoch * BATCHES + batch;
            product(&t, call_id(1, batch, 0), 32, 32, 1);
            call(&t, call_id(2, batch, 0), 3e6, 256 * 32, 1); /* its normalised rows: large for what they cost */
            for (uint64_t layer = 0; layer < 3; layer++)
                call(&t, call_id(3, step, layer), 2.0 * 256 * 32 * 64, 256 * 32, 3 * (uint32_t)step + (uint32_t)layer + 2);
        }
    return t;
}

/* Forward selection: in every step each group of columns left is tried with those chosen so far. */
static struct trace step_lm(void)
{
    enum { GROUPS = 30, STEPS = 12, WIDTH = 16 };
    struct trace t = {NULL, 0};
    for (uint64_t step = 1; step <= STEPS; step++)
        for (uint64_t group = step; group < GROUPS; group++) {
            uint64_t chosen = WIDTH * step, all = chosen + WIDTH;
            product(&t, call_id(1, step, 0), chosen, chosen, 1);    /* of the chosen: in every trial of the step */
            product(&t, call_id(2, step, group), chosen, WIDTH, 1); /* chosen with tried: once */
            product(&t, call_id(3, group, 0), WIDTH, WIDTH, 1);     /* of the tried: in every step */
            product(&t, call_id(4, group, 0), WIDTH, 1, 1);         /* with the right-hand side: in every step */
            call(&t, call_id(5, step, group), (double)(all * all * all) / 3, all * all, 2); /* factored: once */
        }
    return t;
}

/*
 * Results that are asked for over and over, then as dear ones that are each asked for twice in a row and never again: a cache
 * that clings to what was hot finds none of those.
 */
static struct trace turning(uint64_t hot, uint64_t columns)
{
    struct trace t = {NULL, 0};
    for (uint64_t repeat = 0; repeat < 8; repeat++)
        for (uint64_t i = 0; i < hot; i++)
            product(&t, call_id(1, i, 0), columns, columns, 1);
    for (uint64_t i = 0; i < 10 * hot; i++)
        for (int twice = 0; twice < 2; twice++)
            product(&t, call_id(2, i, 0), columns, columns, 1);
    return t;
}

/* Computing time that the cache saves, in nanoseconds. */
static uint64_t saved_by(enum cache_policy policy, const struct trace *t, uint64_t budget)
{
    struct cache *cache = cache_new(budget, policy);
    uint64_t saved = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct event *e = &t->events[i];
        struct claim claim;
        struct payload *p = cache_claim(cache, key(e->id), e->cost_ns, &claim);
        if (p) {
            saved += e->cost_ns;
            payload_drop(p);
            continue;
        }
        if (!cache_admit(cache, key(e->id), sizeof *p + e->bytes, e->cost_ns)) {
            cache_abandon(&claim);
            continue;
        }
        p = make_payload(cache, e->bytes, 0, e->cost_ns);
        cr_assert_not_null(p);
        p->height = e->height;
        cr_assert(cache_put(cache, key(e->id), p));
    }
    cr_assert_leq(cache_totals(cache).peak_bytes, budget);
    cache_free(cache);
    return saved;
}

/* What there is to save, and what all results take. */
static uint64_t all_of(const struct trace *t, uint64_t *bytes)
{
    uint64_t roomy = (uint64_t)1 << 30;
    struct cache *cache = cache_new(roomy, POLICY_LRU);
    for (size_t i = 0; i < t->count; i++)
        put(cache, t->events[i].id, t->events[i].bytes, 0, 1);
    *bytes = cache_totals(cache).used_bytes - empty_bytes(roomy);
    cache_free(cache);
    return saved_by(POLICY_LRU, t, roomy);
}

/* The least budget: one for any single result. */
static uint64_t least_budget(const struct trace *t, uint64_t whole)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < t->count; i++)
        largest = t->events[i].bytes > largest ? t->events[i].bytes : largest;
    return empty_bytes(whole) + largest + 16384;
}

/* `margin` is the share of all savings by which Cost&Size must win at two budgets or more. */
static void costsize_is_no_worse(const char *name, struct trace t, double margin)
{
    static const uint64_t percents[] = {0, 1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100};
    uint64_t whole, all = all_of(&t, &whole), better = 0;
    cr_assert_gt(all, 0);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        uint64_t budget = least_budget(&t, whole) + whole * percents[i] / 100;
        uint64_t costsize = saved_by(POLICY_COSTSIZE, &t, budget), lru = saved_by(POLICY_LRU, &t, budget);
        uint64_t height = saved_by(POLICY_HEIGHT, &t, budget);
        cr_log_info("%s, budget %.2f of %.2f MB: of %.1f ms costsize saves %.1f, lru %.1f, height %.1f", name,
                    (double)budget / 1e6, (double)whole / 1e6, (double)all / 1e6, (double)costsize / 1e6, (double)lru / 1e6,
                    (double)height / 1e6);
        cr_expect_geq(costsize, lru, "%s, budget %d", name, (int)budget);
        cr_expect(costsize <= all && lru <= all && height <= all);
        better += (double)costsize > (double)lru + margin * (double)all;
    }
    cr_expect(margin < 0 || better >= 2, "%s does not tell the policies apart", name);
    free(t.events);
}

Test(eviction, three_phases)
{
    costsize_is_no_worse("three phases", three_phases(), 0.25);
}

Test(eviction, mini_batches)
{
    costsize_is_no_worse("mini-batches", mini_batches(), 0.5);
}

/* Where the budget holds little beside one of the largest results, each of those, which nobody wants again, would empty the
 * cache. */
Test(eviction, step_lm)
{
    costsize_is_no_worse("stepLM", step_lm(), 0.005);
}

/* Here the best that can be done is what LRU does. */
Test(eviction, turning_to_other_data)
{
    costsize_is_no_worse("turning", turning(40, 50), -1);
    costsize_is_no_worse("turning, large results", turning(4, 200), -1);
}
