/* Scores are the published formulas; the cache evicts by them. */
#include "reuse/policy.h"
#include "tests/unit/payloads.h"

Test(policy, scores_are_the_formulas)
{
    for (uint32_t i = 1; i < 200; i++) {
        const struct merit m = {.hits = (float)(i % 7),
                                .misses = (float)(1 + i % 3),
                                .height = i,
                                .cost_ns = 1000u * i,
                                .bytes = 64 + i * i,
                                .used_at = 10 + i};
        uint64_t uses = i % 7 + 1 + i % 3;
        cr_expect_eq(policy_score(POLICY_COSTSIZE, &m), (double)uses * (double)m.cost_ns / (double)m.bytes);
        cr_expect_eq(policy_score(POLICY_LRU, &m), (double)m.used_at);
        cr_expect_eq(policy_score(POLICY_HEIGHT, &m), 1.0 / (double)m.height);
    }
    const struct merit none = {0};
    cr_expect_eq(policy_score(POLICY_COSTSIZE, &none), 0);
    cr_expect_eq(policy_score(POLICY_HEIGHT, &none), 1);
}

Test(policy, counts_are_halved_each_generation)
{
    struct merit m = {.hits = 6, .misses = 2, .generation = 5, .cost_ns = 1000, .bytes = 10};
    policy_fade(&m, 5);
    cr_expect_eq(policy_score(POLICY_COSTSIZE, &m), 8 * 100);
    policy_fade(&m, 8);
    cr_expect_eq(m.hits, 0.75);
    cr_expect_eq(m.misses, 0.25);
    cr_expect_eq(policy_score(POLICY_COSTSIZE, &m), 100);
    policy_fade(&m, UINT32_MAX);
    cr_expect_eq(policy_score(POLICY_COSTSIZE, &m), 0);
    cr_expect_eq(m.generation, UINT32_MAX);
}

/* The heap's order is that of the scores, once all counts are those of one generation. */
Test(policy, order_is_that_of_the_scores_of_one_generation)
{
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        struct merit m[2];
        for (int k = 0; k < 2; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            m[k] = (struct merit){.hits = (float)(random >> 60),
                                  .misses = 1,
                                  .generation = (uint32_t)(random >> 40) % 12,
                                  .cost_ns = 1 + (random >> 20) % 5000,
                                  .bytes = 1 + random % 3};
        }
        bool first = policy_order(POLICY_COSTSIZE, &m[0]) < policy_order(POLICY_COSTSIZE, &m[1]);
        policy_fade(&m[0], 12);
        policy_fade(&m[1], 12);
        double a = policy_score(POLICY_COSTSIZE, &m[0]), b = policy_score(POLICY_COSTSIZE, &m[1]);
        cr_assert_eq(first, a < b, "%g and %g", a, b);
    }
    const struct merit worthless = {.misses = 1, .generation = 100, .bytes = 1};
    const struct merit some = {.misses = 1e-30f, .cost_ns = 1, .bytes = 1};
    cr_expect_lt(policy_order(POLICY_COSTSIZE, &worthless), policy_order(POLICY_COSTSIZE, &some));
}

/* What a test program can see of a victim. */
struct gone {
    struct fp keys[64];
    int count;
};

static void note(void *context, struct fp key, struct payload *payload)
{
    struct gone *gone = context;
    cr_assert_geq(payload->refs, 1);
    gone->keys[gone->count++] = key;
}

enum { DATA = 65536 };

/* A cache with room for so many results of DATA bytes, their entries and tables, and not for one more. */
static struct cache *small_cache(enum cache_policy policy, uint64_t entries, struct gone *gone)
{
    uint64_t one = room_footprint(sizeof(struct payload) + DATA);
    struct cache *cache = cache_new(empty_bytes(entries * one) + entries * one + one / 2, policy);
    gone->count = 0;
    cache_on_evict(cache, note, gone);
    return cache;
}

static struct gone gone;

static void expect_gone(int count, const uint64_t *ids)
{
    cr_assert_geq(gone.count, count, "%d evicted", gone.count);
    for (int i = 0; i < count; i++)
        cr_expect(fp_equal(gone.keys[i], key(ids[i])), "victim %d is not %d", i, (int)ids[i]);
}

static void fill(struct cache *cache, uint64_t from, uint64_t to, const uint64_t *costs)
{
    for (uint64_t i = from; i < to; i++)
        cr_assert(put(cache, i, DATA, (unsigned char)i, costs ? costs[i] : 1000));
}

Test(policy, least_recently_used_goes_first)
{
    struct cache *cache = small_cache(POLICY_LRU, 6, &gone);
    fill(cache, 0, 6, NULL);
    cr_assert_eq(gone.count, 0);
    cr_assert(has(cache, 0));
    cr_assert(has(cache, 2));
    fill(cache, 6, 10, NULL);
    expect_gone(4, (uint64_t[]){1, 3, 4, 5});
    cr_expect(has(cache, 0) && has(cache, 2));
    cache_free(cache);
}

/* Whatever shards they are in, and whatever was used last: uses times cost. */
Test(policy, least_cost_per_byte_goes_first)
{
    static const uint64_t costs[] = {5000, 900, 70000, 3000, 2000, 60000, 100000, 100000, 100000};
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    fill(cache, 0, 6, costs);
    for (int i = 0; i < 4; i++)
        cr_assert(has(cache, 1)); /* 4 hits and a miss: 4500 in all */
    fill(cache, 6, 9, costs);
    expect_gone(3, (uint64_t[]){4, 3, 1});
    cache_free(cache);
}

Test(policy, size_counts)
{
    uint64_t budget = 1 << 20;
    struct cache *cache = cache_new(budget, POLICY_COSTSIZE);
    cache_on_evict(cache, note, &gone);
    gone.count = 0;
    cr_assert(put(cache, 1, 600000, 1, 100000));
    cr_assert(put(cache, 2, 60000, 2, 50000)); /* half the cost, a tenth of the size */
    cr_assert(put(cache, 3, 500000, 3, 100000));
    expect_gone(1, (uint64_t[]){1});
    cr_expect_eq(gone.count, 1);
    cache_free(cache);
}

static bool put_at_height(struct cache *cache, uint64_t id, uint32_t height)
{
    struct payload *p = make_payload(cache, DATA, (unsigned char)id, 1000);
    p->height = height;
    return cache_put(cache, key(id), p);
}

Test(policy, deepest_goes_first)
{
    struct cache *cache = small_cache(POLICY_HEIGHT, 6, &gone);
    static const uint32_t heights[] = {3, 9, 1, 9, 5, 2};
    for (uint64_t i = 0; i < 6; i++)
        cr_assert(put_at_height(cache, i, heights[i]));
    cr_assert(has(cache, 1)); /* of two as deep, the one used longer ago goes */
    for (uint64_t i = 6; i < 10; i++)
        cr_assert(put_at_height(cache, i, 1));
    expect_gone(4, (uint64_t[]){3, 1, 4, 0});
    cache_free(cache);
}

/* What was hot leaves in the end when it is not asked for any more, and not before it has outlived many a newcomer. */
Test(policy, what_was_hot_once_fades)
{
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    cr_assert(put(cache, 1000, DATA, 0, 1000));
    for (int i = 0; i < 31; i++)
        cr_assert(has(cache, 1000));
    uint64_t newcomers = 0;
    for (bool there = true; there && newcomers < 400; newcomers++) {
        gone.count = 0;
        cr_assert(put(cache, newcomers, DATA, 0, 1000));
        for (int i = 0; i < gone.count; i++)
            there = there && !fp_equal(gone.keys[i], key(1000));
    }
    /* 32 uses against 1: 5 generations, of 1.5 budgets of 6 results each */
    cr_expect_geq(newcomers, 30);
    cr_expect_leq(newcomers, 80);
    cache_free(cache);
}

/* What is put if it is let in. */
static bool admit(struct cache *cache, uint64_t id, size_t data, uint64_t cost_ns)
{
    return cache_admit(cache, key(id), sizeof(struct payload) + data, cost_ns) && put(cache, id, data, 0, cost_ns);
}

/* What is worth less than each that would have to go is refused, and evicts nothing that is worth more. */
Test(policy, a_large_cheap_newcomer_is_refused)
{
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    for (uint64_t i = 0; i < 6; i++)
        cr_assert(admit(cache, i, DATA, i ? 10000 : 10));
    cr_assert(has(cache, 0)); /* whatever its uses: two times 10 */
    cr_expect_not(admit(cache, 50, 3 * DATA, 3000), "a tenth of the worth of five, though not of one");
    expect_gone(1, (uint64_t[]){0});
    cr_expect_eq(gone.count, 1);
    for (uint64_t i = 1; i < 6; i++)
        cr_expect(has(cache, i));
    cr_expect(admit(cache, 51, DATA, 3000), "in the place of 0");
    cr_expect(admit(cache, 52, 2 * DATA, 20000), "as dear a byte as the rest");
    cache_free(cache);
}

/* Hot ones do not keep out what costs as much: it had no time to be used. Nor does LRU or height refuse anything. */
Test(policy, uses_are_not_held_against_a_newcomer)
{
    static const enum cache_policy policies[] = {POLICY_COSTSIZE, POLICY_LRU, POLICY_HEIGHT};
    for (int p = 0; p < 3; p++) {
        struct cache *cache = small_cache(policies[p], 6, &gone);
        fill(cache, 0, 6, NULL);
        for (uint64_t i = 0; i < 60; i++)
            cr_assert(has(cache, i % 6));
        cr_expect(admit(cache, 50, DATA, p ? 1 : 1000));
        cr_expect(has(cache, 50));
        cr_expect_eq(gone.count, 1);
        cache_free(cache);
    }
}

/* Asked for and refused again and again it gains weight, and what is not asked for any more loses it. */
Test(policy, what_is_refused_comes_in_in_the_end)
{
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    struct claim claim;
    fill(cache, 0, 6, NULL);
    for (uint64_t i = 0; i < 60; i++)
        cr_assert(has(cache, i % 6));
    int asked = 0;
    for (bool in = false; !in && asked < 100; asked++) {
        cr_assert_null(cache_claim(cache, key(50), 0, &claim));
        in = admit(cache, 50, DATA, 100);
        cache_abandon(&claim);
    }
    cr_expect_geq(asked, 5);
    cr_expect_leq(asked, 12, "%d", asked); /* a tenth of the worth of one use */
    cr_expect(has(cache, 50));
    cache_free(cache);
}

/* What is refused counts as evicted: each asked for once, they come in when one use of what was hot has faded to a tenth. */
Test(policy, what_is_refused_fades_the_others)
{
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    int refused = 0;
    fill(cache, 0, 6, NULL);
    for (uint64_t i = 0; i < 60; i++)
        cr_assert(has(cache, i % 6));
    while (refused < 1000 && !admit(cache, 100 + (uint64_t)refused, DATA, 100))
        refused++;
    cr_expect(refused >= 33 && refused <= 48, "%d", refused); /* 4 generations of 9 */
    cache_free(cache);
}

/* Threads that wait for a call are not to compute it one after the other. */
Test(policy, what_others_wait_for_comes_in)
{
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    struct claim claim;
    fill(cache, 0, 6, NULL);
    cr_assert_null(cache_claim(cache, key(50), 0, &claim));
    cr_assert(claim.owned);
    cr_expect_not(cache_admit(cache, key(50), sizeof(struct payload) + DATA, 1));
    atomic_fetch_add(&claim.at->waiters, 1);
    cr_expect(cache_admit(cache, key(50), sizeof(struct payload) + DATA, 1));
    cr_expect(put(cache, 50, DATA, 0, 1));
    cache_free(cache);
}

/* A key that was evicted and asked for again comes back with the weight of all its misses and hits. */
Test(policy, evicted_keys_keep_their_counts)
{
    struct cache *cache = small_cache(POLICY_COSTSIZE, 6, &gone);
    struct claim claim;
    cr_assert(put(cache, 50, DATA, 0, 100));
    cr_assert(has(cache, 50)); /* (1 + 1) * 100 */
    for (uint64_t i = 0; i < 6; i++)
        cr_assert(put(cache, i, DATA, 0, 10000));
    cr_assert_eq(gone.count, 1);
    for (int i = 0; i < 40; i++) { /* asked for and not kept */
        cr_assert_null(cache_claim(cache, key(50), 0, &claim));
        cache_abandon(&claim);
    }
    cr_assert_null(cache_claim(cache, key(50), 0, &claim));
    gone.count = 0;
    cr_assert(put(cache, 50, DATA, 0, 300)); /* 1 hit, 1 + 41 misses: 43 * 300 */
    cr_assert_eq(gone.count, 1);
    cr_assert(put(cache, 7, DATA, 0, 10000));
    cr_assert(put(cache, 8, DATA, 0, 20000));
    for (int i = 0; i < gone.count; i++)
        cr_expect_not(fp_equal(gone.keys[i], key(50)));
    cr_expect(has(cache, 50));
    cache_free(cache);
}

static void keep_it(void *context, struct fp key, struct payload *payload)
{
    struct payload **kept = context;
    (void)key;
    if (!*kept) {
        payload_hold(payload);
        *kept = payload;
    }
}

/* A victim is whole while it is shown, lives on if held, and stays charged until it is dropped. */
Test(policy, victims_may_be_held)
{
    struct payload *kept = NULL;
    uint64_t budget = 1 << 20;
    struct cache *cache = cache_new(budget, POLICY_LRU);
    cache_on_evict(cache, keep_it, &kept);
    cr_assert(put(cache, 1, 300000, 11, 1));
    cr_assert(put(cache, 2, 300000, 12, 1));
    cr_assert(put(cache, 3, 300000, 13, 1));
    cr_assert(put(cache, 4, 300000, 14, 1)); /* 1 goes but is held, so 2 goes as well */
    cr_assert_not_null(kept);
    cr_expect_eq(mark_of(kept), 11);
    cr_expect(has(cache, 3) && has(cache, 4));
    cr_expect_not(has(cache, 2));
    uint64_t used = cache_totals(cache).used_bytes;
    payload_drop(kept);
    cr_expect(cache_totals(cache).used_bytes <= used);
    cr_expect(put(cache, 5, 100000, 15, 1));
    cr_expect_leq(cache_totals(cache).peak_bytes, budget);
    cache_free(cache);
}
