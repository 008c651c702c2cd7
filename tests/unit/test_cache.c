/* The cache: what it gives back, that its budget holds with everything counted, and that threads may share it. */
#include <pthread.h>
#include <stdlib.h>

#include "reuse/plan.h"
#include "tests/unit/payloads.h"

Test(cache, gives_back_what_was_put)
{
    struct cache *cache = cache_new(1 << 20, POLICY_LRU);
    cr_assert_null(cache_take(cache, key(1)));
    cr_assert(put(cache, 1, 512, 15, 1));
    struct payload *p = cache_take(cache, key(1));
    cr_assert_not_null(p);
    cr_assert_eq(mark_of(p), 15);
    payload_drop(p);
    cr_assert_null(cache_take(cache, key(2)));
    cache_free(cache);
}

Test(cache, first_of_two_equal_keys_stays)
{
    struct cache *cache = cache_new(1 << 20, POLICY_LRU);
    cr_assert(put(cache, 1, 100, 1, 1));
    cr_assert_not(put(cache, 1, 100, 2, 1));
    struct payload *p = cache_take(cache, key(1));
    cr_assert_eq(mark_of(p), 1);
    payload_drop(p);
    cr_assert_eq(cache_totals(cache).entries, 1);
    cache_free(cache);
}

/* Every byte it takes is in used_bytes: with everything evicted, what is left is the empty cache and its tables. */
Test(cache, budget_holds_with_all_metadata)
{
    uint64_t budget = 200000;
    struct cache *cache = cache_new(budget, POLICY_LRU);
    for (uint64_t i = 0; i < 3000; i++) {
        size_t data = i % 3 ? 40 : 9000;
        cr_assert(put(cache, i, data, (unsigned char)i, 1));
        struct cache_totals t = cache_totals(cache);
        uint64_t least = empty_bytes(budget) + t.entries * (sizeof(struct payload) + 40 + 64);
        cr_assert_leq(t.used_bytes, budget);
        cr_assert_geq(t.used_bytes, least, "%d entries in %d bytes", (int)t.entries, (int)t.used_bytes);
        cr_assert(has(cache, i));
    }
    struct cache_totals t = cache_totals(cache);
    cr_assert_eq(t.entries + t.evictions, 3000);
    cr_assert_leq(t.peak_bytes, budget);
    cr_assert_geq(t.peak_bytes, budget - 20000, "the budget is made use of: %d", (int)t.peak_bytes);
    cache_free(cache);
}

Test(cache, entry_larger_than_the_budget_is_refused)
{
    struct cache *cache = cache_new(100000, POLICY_LRU);
    cr_assert(put(cache, 1, 512, 1, 1));
    cr_assert_not(cache_could_keep(cache, 100000));
    cr_assert(cache_could_keep(cache, 20000));
    cr_assert_null(make_payload(cache, 100000, 2, 1));
    cr_assert(has(cache, 1), "a refused entry must not push others out");
    cache_free(cache);
}

Test(cache, nothing_fits_a_budget_for_the_cache_alone)
{
    struct cache *cache = cache_new(cache_least_bytes(), POLICY_COSTSIZE);
    cr_assert_not(cache_could_keep(cache, 1));
    cr_assert_null(make_payload(cache, 1, 1, 1));
    cr_assert_null(cache_take(cache, key(1)));
    cache_free(cache);
}

/* Below what it takes itself there is none; above, an empty one is within its budget, with what it remembers of evicted keys. */
Test(cache, itself_is_within_the_budget)
{
    cr_assert_null(cache_new(0, POLICY_LRU));
    cr_assert_null(cache_new(cache_least_bytes() - 1, POLICY_LRU));
    for (uint64_t budget = cache_least_bytes(); budget < 200 * cache_least_bytes(); budget += 1 + budget / 97) {
        struct cache *cache = cache_new(budget, POLICY_LRU);
        cr_assert_leq(cache_totals(cache).peak_bytes, budget);
        cr_assert_geq(cache_totals(cache).used_bytes, cache_least_bytes());
        cache_free(cache);
    }
}

Test(cache, taken_payload_outlives_its_eviction)
{
    struct cache *cache = cache_new(100000, POLICY_LRU);
    cr_assert(put(cache, 1, 30000, 7, 1));
    struct payload *held = cache_take(cache, key(1));
    for (uint64_t i = 2; i < 30; i++)
        cr_assert(put(cache, i, 30000, 8, 1));
    cr_assert_not(has(cache, 1));
    cr_assert_eq(mark_of(held), 7);
    payload_drop(held);
    cr_assert_leq(cache_totals(cache).peak_bytes, 100000);
    cache_free(cache);
}

struct worker {
    struct cache *cache;
    uint64_t seed, wrong, over;
};

static void *hammer(void *context)
{
    struct worker *w = context;
    uint64_t random = w->seed;
    for (int i = 0; i < 1500; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t id = (random >> 33) % 256;
        size_t data = id % 5 == 0 ? 300000 + 1000 * id : 100 * id; /* large ones are mapped and recycled */
        struct payload *p = cache_take(w->cache, key(id));
        if (p) {
            w->wrong += mark_of(p) != (int)id && data;
            payload_drop(p);
        } else {
            put(w->cache, id, data, (unsigned char)id, 1000 + id);
        }
        struct cache_totals t = cache_totals(w->cache);
        w->over += t.used_bytes > t.budget_bytes;
    }
    return NULL;
}

enum { THREADS = 32 };

static void budget_with_threads(enum cache_policy policy)
{
    uint64_t budget = 8 << 20;
    struct cache *cache = cache_new(budget, policy);
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){cache, (uint64_t)i + 1, 0, 0};
        cr_assert_eq(pthread_create(&threads[i], NULL, hammer, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(workers[i].wrong, 0);
        cr_assert_eq(workers[i].over, 0);
    }
    struct cache_totals t = cache_totals(cache);
    cr_assert_leq(t.peak_bytes, budget);
    cr_assert_gt(t.evictions, 0);
    cr_assert_gt(t.entries, 0);
    cr_assert_not(cache_broken(cache));
    cache_free(cache);
}

Test(cache, threads_share_it_within_the_budget_costsize)
{
    budget_with_threads(POLICY_COSTSIZE);
}

Test(cache, threads_share_it_within_the_budget_lru)
{
    budget_with_threads(POLICY_LRU);
}

Test(cache, threads_share_it_within_the_budget_height)
{
    budget_with_threads(POLICY_HEIGHT);
}

Test(cache, grows_past_its_first_table)
{
    struct cache *cache = cache_new((uint64_t)1 << 30, POLICY_COSTSIZE);
    for (uint64_t i = 0; i < 20000; i++)
        cr_assert(put(cache, i, 2, (unsigned char)i, i));
    for (uint64_t i = 0; i < 20000; i++) {
        struct payload *p = cache_take(cache, key(i));
        cr_assert_not_null(p);
        cr_assert_eq(mark_of(p), (unsigned char)i);
        payload_drop(p);
    }
    cr_assert_eq(cache_totals(cache).entries, 20000);
    cache_free(cache);
}

/* The guards come free again in both processes, and the child has what its parent had. */
Test(cache, fork_keeps_entries)
{
    struct cache *cache = cache_new(1 << 20, POLICY_LRU);
    cr_assert(put(cache, 1, 100, 1, 1));
    bool held = cache_before_fork(cache);
    cr_assert(held);
    cr_assert_null(cache_take(cache, key(1)), "all shards are held");
    cache_after_fork(cache, held, false);
    cr_assert(has(cache, 1));
    held = cache_before_fork(cache);
    cache_after_fork(cache, held, true);
    cr_assert(has(cache, 1));
    cr_assert(put(cache, 2, 100, 1, 1));
    cr_assert_not(cache_broken(cache));
    cache_free(cache);
}

Test(cache, a_child_whose_parent_could_not_take_the_guards)
{
    struct cache *cache = cache_new(1 << 20, POLICY_LRU);
    cache_after_fork(cache, false, true);
    cr_assert(cache_broken(cache));
    cr_assert_not(put(cache, 1, 100, 1, 1));
    cr_assert_not(has(cache, 1));
    cache_free(cache);
}

Test(plan, copies_what_is_there_and_calls_for_the_rest)
{
    struct cache *cache = cache_new(1 << 20, POLICY_LRU);
    struct plan plan;
    plan_probe(&plan, cache, NULL, key(5), 1000);
    cr_assert_eq(plan.steps[0].kind, STEP_CALL);
    cr_assert_eq(plan.outcome, OUTCOME_MISS);
    cr_assert(plan.claim.owned);
    plan_done(&plan);
    put(cache, 5, 50, 5, 1);
    plan_probe(&plan, cache, NULL, key(5), 1000);
    cr_assert_eq(plan.steps[0].kind, STEP_COPY);
    cr_assert_eq(plan.outcome, OUTCOME_HIT);
    cr_assert_eq(mark_of(plan.steps[0].payload), 5);
    plan_done(&plan);
    plan_call(&plan);
    cr_assert_eq(plan.outcome, OUTCOME_UNPROBED);
    plan_done(&plan);
    cache_free(cache);
}
