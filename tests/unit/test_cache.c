/* The cache: what it gives back, that its budget holds, that the least recently used goes first, and that threads may share it.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "reuse/plan.h"
#include "tests/unit/calls.h"

/* A payload of a potrf-like call: an n x n matrix filled with `mark`. */
static struct payload *make_payload(int64_t n, double mark)
{
    struct built b;
    double *a = malloc((size_t)(n * n) * sizeof *a);
    int32_t *ipiv = calloc((size_t)n, sizeof *ipiv), info = 0;
    for (int64_t i = 0; i < n * n; i++)
        a[i] = mark;
    build(&b, "dgetrf", STYLE_FORTRAN, 4, "iipipp", (int)n, (int)n, a, (int)n, ipiv, &info);
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    canon_uses(&c, use);
    struct payload *p = payload_capture(&c, use, NULL);
    cr_assert_not_null(p);
    free(ipiv);
    free(a);
    return p;
}

static double mark_of(const struct payload *p)
{
    double mark;
    memcpy(&mark, p->data, sizeof mark);
    return mark;
}

static struct fp key(uint64_t i)
{
    return fingerprint_bytes(&i, sizeof i);
}

Test(cache, gives_back_what_was_put)
{
    struct cache *cache = cache_new(1 << 20);
    cr_assert_null(cache_take(cache, key(1)));
    cr_assert(cache_put(cache, key(1), make_payload(8, 1.5)));
    struct payload *p = cache_take(cache, key(1));
    cr_assert_not_null(p);
    cr_assert_eq(mark_of(p), 1.5);
    payload_drop(p);
    cr_assert_null(cache_take(cache, key(2)));
    cache_free(cache);
}

Test(cache, first_of_two_equal_keys_stays)
{
    struct cache *cache = cache_new(1 << 20);
    cr_assert(cache_put(cache, key(1), make_payload(4, 1)));
    cr_assert_not(cache_put(cache, key(1), make_payload(4, 2)));
    struct payload *p = cache_take(cache, key(1));
    cr_assert_eq(mark_of(p), 1);
    payload_drop(p);
    cr_assert_eq(cache_totals(cache).entries, 1);
    cache_free(cache);
}

Test(cache, budget_holds_and_oldest_goes_first)
{
    struct payload *sample = make_payload(16, 0);
    size_t one = sample->bytes + 512; /* room for the entry itself */
    payload_drop(sample);
    struct cache *cache = cache_new(4 * one);
    for (uint64_t i = 0; i < 100; i++) {
        cr_assert(cache_put(cache, key(i), make_payload(16, (double)i)));
        struct cache_totals t = cache_totals(cache);
        cr_assert_leq(t.used_bytes, t.budget_bytes);
        cr_assert_leq(t.peak_bytes, t.budget_bytes);
        struct payload *zero = cache_take(cache, key(0)); /* asked for each time: must survive */
        cr_assert_not_null(zero, "entry 0 evicted after %d", (int)i);
        payload_drop(zero);
    }
    struct cache_totals t = cache_totals(cache);
    cr_assert_eq(t.entries + t.evictions, 100);
    cr_assert_geq(t.entries, 4);
    struct payload *last = cache_take(cache, key(99));
    cr_assert_not_null(last);
    payload_drop(last);
    cr_assert_null(cache_take(cache, key(1)));
    cache_free(cache);
}

Test(cache, entry_larger_than_the_budget_is_refused)
{
    struct cache *cache = cache_new(10000);
    cr_assert(cache_put(cache, key(1), make_payload(8, 1)));
    cr_assert_not(cache_put(cache, key(2), make_payload(64, 2)));
    struct payload *p = cache_take(cache, key(1));
    cr_assert_not_null(p, "a refused entry must not push others out");
    payload_drop(p);
    cache_free(cache);
}

Test(cache, taken_payload_outlives_its_eviction)
{
    struct payload *sample = make_payload(16, 0);
    size_t one = sample->bytes + 512;
    payload_drop(sample);
    struct cache *cache = cache_new(one);
    cache_put(cache, key(1), make_payload(16, 7));
    struct payload *held = cache_take(cache, key(1));
    cache_put(cache, key(2), make_payload(16, 8));
    cr_assert_null(cache_take(cache, key(1)));
    cr_assert_eq(mark_of(held), 7);
    payload_drop(held);
    cache_free(cache);
}

static void note_evicted(void *context, struct fp k, struct payload *p)
{
    double *sum = context;
    cr_expect(fp_equal(k, key((uint64_t)mark_of(p))), "the key is not the payload's");
    *sum += mark_of(p);
}

Test(cache, tells_what_it_evicts)
{
    struct payload *sample = make_payload(16, 0);
    size_t one = sample->bytes + 512;
    double sum = 0;
    payload_drop(sample);
    struct cache *cache = cache_new(2 * one);
    cache_on_evict(cache, note_evicted, &sum);
    for (uint64_t i = 1; i <= 5; i++)
        cache_put(cache, key(i), make_payload(16, (double)i));
    cr_expect_eq(sum, 1 + 2 + 3);
    cache_free(cache);
    cr_expect_eq(sum, 1 + 2 + 3, "the end is no eviction");
}

struct worker {
    struct cache *cache;
    uint64_t seed, wrong;
};

static void *hammer(void *context)
{
    struct worker *w = context;
    uint64_t random = w->seed;
    for (int i = 0; i < 3000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t id = (random >> 33) % 64;
        struct payload *p = cache_take(w->cache, key(id));
        if (p) {
            w->wrong += mark_of(p) != (double)id;
            payload_drop(p);
        } else {
            cache_put(w->cache, key(id), make_payload(8, (double)id));
        }
    }
    return NULL;
}

Test(cache, threads_share_it_within_the_budget)
{
    struct cache *cache = cache_new(20000);
    struct worker workers[8];
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        workers[i] = (struct worker){cache, (uint64_t)i + 1, 0};
        pthread_create(&threads[i], NULL, hammer, &workers[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(workers[i].wrong, 0);
    }
    struct cache_totals t = cache_totals(cache);
    cr_assert_leq(t.peak_bytes, t.budget_bytes);
    cr_assert_gt(t.evictions, 0);
    cache_free(cache);
}

Test(cache, grows_past_its_first_table)
{
    struct cache *cache = cache_new((uint64_t)1 << 30);
    for (uint64_t i = 0; i < 2000; i++)
        cr_assert(cache_put(cache, key(i), make_payload(2, (double)i)));
    for (uint64_t i = 0; i < 2000; i++) {
        struct payload *p = cache_take(cache, key(i));
        cr_assert_eq(mark_of(p), (double)i);
        payload_drop(p);
    }
    cache_free(cache);
}

Test(plan, copies_what_is_there_and_calls_for_the_rest)
{
    struct cache *cache = cache_new(1 << 20);
    struct plan plan;
    plan_probe(&plan, cache, NULL, key(5));
    cr_assert_eq(plan.steps[0].kind, STEP_CALL);
    cr_assert_eq(plan.outcome, OUTCOME_MISS);
    plan_done(&plan);
    cache_put(cache, key(5), make_payload(3, 5));
    plan_probe(&plan, cache, NULL, key(5));
    cr_assert_eq(plan.steps[0].kind, STEP_COPY);
    cr_assert_eq(plan.outcome, OUTCOME_HIT);
    cr_assert_eq(mark_of(plan.steps[0].payload), 5);
    plan_done(&plan);
    plan_call(&plan);
    cr_assert_eq(plan.outcome, OUTCOME_UNPROBED);
    plan_done(&plan);
    cache_free(cache);
}
