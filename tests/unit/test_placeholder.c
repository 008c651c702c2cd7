/* Placeholders: one computes, others wait and are served; whatever becomes of the owner, nobody hangs. */
#include <pthread.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "reuse/plan.h"
#include "reuse/shard.h"
#include "tests/unit/payloads.h"

static const uint64_t MS = 1000000;

static void sleep_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* One thread that owns key 1 and then does as it is told. */
struct owner {
    struct cache *cache;
    unsigned computes_ms;
    enum { PUBLISHES, ABANDONS, EXITS, JUMPS } end;
    atomic_int started, stopped;
    uint64_t expected_ns;
    pthread_t thread;
};

static struct payload *result(struct cache *cache)
{
    return make_payload(cache, 1000, 42, 30 * MS);
}

static void compute(struct owner *o, struct plan *plan, jmp_buf *back)
{
    plan_probe(plan, o->cache, NULL, key(1), o->expected_ns);
    cr_expect_eq(plan->outcome, OUTCOME_MISS);
    atomic_store(&o->started, 1);
    sleep_ms(o->computes_ms);
    if (o->end == PUBLISHES)
        cr_expect(cache_put(o->cache, key(1), result(o->cache)));
    if (o->end == EXITS)
        pthread_exit(NULL);
    if (o->end == JUMPS)
        longjmp(*back, 1);
    plan_done(plan);
}

static void *own(void *context)
{
    struct owner *o = context;
    jmp_buf back;
    struct plan plan;
    if (setjmp(back) == 0)
        compute(o, &plan, &back);
    else
        while (!atomic_load(&o->stopped))
            sleep_ms(1); /* alive, and never back in the cache */
    return NULL;
}

static void start_owner(struct owner *o)
{
    cr_assert_eq(pthread_create(&o->thread, NULL, own, o), 0);
    while (!atomic_load(&o->started))
        sleep_ms(1);
}

struct meeting {
    struct cache *cache;
    uint64_t expected_ns, took_ns;
    struct plan plan;
};

static void meet(struct meeting *m)
{
    uint64_t began = clock_ns();
    plan_probe(&m->plan, m->cache, NULL, key(1), m->expected_ns);
    m->took_ns = clock_ns() - began;
}

static struct cache *new_cache(void)
{
    return cache_new(8 << 20, POLICY_COSTSIZE);
}

Test(placeholder, waiter_is_served)
{
    struct owner o = {.cache = new_cache(), .computes_ms = 50, .end = PUBLISHES};
    start_owner(&o);
    struct meeting m = {.cache = o.cache};
    meet(&m);
    cr_expect_eq(m.plan.outcome, OUTCOME_WAIT);
    cr_assert_eq(m.plan.steps[0].kind, STEP_COPY);
    cr_expect_eq(mark_of(m.plan.steps[0].payload), 42);
    cr_expect(m.plan.waited_ns > 20 * MS && m.plan.waited_ns <= m.took_ns);
    cr_expect_not(m.plan.claim.owned);
    plan_done(&m.plan);
    pthread_join(o.thread, NULL);
    meet(&m);
    cr_expect_eq(m.plan.outcome, OUTCOME_HIT);
    cr_expect_eq(m.plan.waited_ns, 0);
    plan_done(&m.plan);
    cache_free(o.cache);
}

/* How a wait ends that leads to nothing: the waiter computes, as the new owner, after no longer than `most`. */
static void in_vain(struct owner *o, uint64_t most_ns)
{
    o->cache = new_cache();
    start_owner(o);
    struct meeting m = {.cache = o->cache};
    meet(&m);
    cr_expect_eq(m.plan.outcome, OUTCOME_MISS);
    cr_expect_eq(m.plan.steps[0].kind, STEP_CALL);
    cr_expect(m.plan.claim.owned, "the placeholder was not taken over");
    cr_expect_lt(m.took_ns, most_ns, "waited %d ms", (int)(m.took_ns / MS));
    cr_expect_leq(m.plan.waited_ns, m.took_ns);
    cr_expect(cache_put(o->cache, key(1), result(o->cache)));
    plan_done(&m.plan);
    atomic_store(&o->stopped, 1);
    pthread_join(o->thread, NULL);
    cr_expect(has(o->cache, 1), "what the new owner published is there");
    cache_free(o->cache);
}

Test(placeholder, owner_gives_up)
{
    struct owner o = {.computes_ms = 20, .end = ABANDONS, .expected_ns = 10000 * MS};
    in_vain(&o, 5000 * MS);
}

/* Found out long before the deadline, which is 30 s away. */
Test(placeholder, owner_thread_ends)
{
    struct owner o = {.computes_ms = 20, .end = EXITS, .expected_ns = 100000 * MS};
    in_vain(&o, 5000 * MS);
}

Test(placeholder, owner_jumps_away_and_never_comes_back)
{
    struct owner o = {.end = JUMPS, .expected_ns = 50 * MS};
    in_vain(&o, 3000 * MS);
}

Test(placeholder, owner_takes_longer_than_expected)
{
    struct owner o = {.computes_ms = 1500, .end = ABANDONS, .expected_ns = 0};
    in_vain(&o, 1200 * MS);
}

/* A slow owner whose placeholder was taken over meanwhile publishes all the same, or finds it done; nobody is disturbed. */
Test(placeholder, late_owner_is_harmless)
{
    struct owner o = {.cache = new_cache(), .computes_ms = 1800, .end = PUBLISHES};
    start_owner(&o);
    struct meeting m = {.cache = o.cache};
    meet(&m);
    cr_assert(m.plan.claim.owned);
    pthread_join(o.thread, NULL); /* its put ends the claim of ours */
    cr_expect(has(o.cache, 1));
    plan_done(&m.plan);
    struct claim claim;
    cr_assert_null(cache_claim(o.cache, key(2), 0, &claim));
    struct claim stale = claim;
    cache_abandon(&claim);
    cr_assert_null(cache_claim(o.cache, key(2), 0, &claim));
    cache_abandon(&stale);
    cr_expect(placeholder_current(&claim), "a stale claim ended another's placeholder");
    cache_abandon(&claim);
    cache_free(o.cache);
}

static bool probe_is_miss(struct cache *cache, uint64_t id)
{
    struct plan plan;
    plan_probe(&plan, cache, NULL, key(id), 1000000 * MS);
    bool miss = plan.outcome == OUTCOME_MISS && plan.waited_ns == 0;
    plan_done(&plan);
    return miss;
}

static __attribute__((noinline)) bool deeper(bool (*f)(struct cache *, uint64_t), struct cache *cache, uint64_t id)
{
    volatile char stack[4096];
    stack[0] = 1;
    return f(cache, id) && stack[0];
}

/* As a signal handler or a callback inside the real call would: the same key, and one that another thread computes. */
Test(placeholder, an_owner_never_waits)
{
    struct owner o = {.cache = new_cache(), .computes_ms = 300, .end = PUBLISHES, .expected_ns = 100000 * MS};
    struct claim mine;
    start_owner(&o);
    cr_assert_null(cache_claim(o.cache, key(2), 100000 * MS, &mine));
    cr_assert(mine.owned);
    cr_expect(deeper(probe_is_miss, o.cache, 2), "waited for itself");
    cr_expect(deeper(probe_is_miss, o.cache, 1), "waited while others may wait for it");
    cr_expect(placeholder_current(&mine), "the inner call ended the outer one's placeholder");
    cache_abandon(&mine);
    pthread_join(o.thread, NULL);
    cache_free(o.cache);
}

static jmp_buf away;

static __attribute__((noinline)) void claim_and_jump(struct cache *cache)
{
    struct claim claim;
    cache_claim(cache, key(1), 100000 * MS, &claim);
    longjmp(away, 1);
}

static void *wait_for_it(void *context)
{
    meet(context);
    return NULL;
}

/* An owner that jumped away and calls again: its waiters are set free at once. */
Test(placeholder, jump_is_found_out_at_the_next_call)
{
    struct cache *cache = new_cache();
    struct meeting m = {.cache = cache, .expected_ns = 0};
    struct claim next;
    pthread_t waiter;
    if (setjmp(away) == 0)
        claim_and_jump(cache);
    cr_assert_eq(pthread_create(&waiter, NULL, wait_for_it, &m), 0);
    sleep_ms(50);
    uint64_t began = clock_ns();
    cr_expect_null(cache_claim(cache, key(3), 0, &next));
    cr_expect(next.owned);
    cache_abandon(&next);
    pthread_join(waiter, NULL);
    cr_expect_lt(clock_ns() - began, 5000 * MS);
    cr_expect_eq(m.plan.outcome, OUTCOME_MISS);
    cr_expect(m.plan.claim.owned);
    cache_free(cache);
}

Test(placeholder, a_forked_child_has_none)
{
    struct owner o = {.cache = new_cache(), .computes_ms = 400, .end = PUBLISHES, .expected_ns = 100000 * MS};
    start_owner(&o);
    bool held = cache_before_fork(o.cache);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    cache_after_fork(o.cache, held, child == 0);
    if (child == 0) {
        struct meeting m = {.cache = o.cache};
        meet(&m);
        bool good = m.plan.outcome == OUTCOME_MISS && m.plan.waited_ns == 0 && m.plan.claim.owned;
        good = good && cache_put(o.cache, key(1), result(o.cache)) && has(o.cache, 1);
        _exit(good ? 0 : 1);
    }
    struct meeting m = {.cache = o.cache};
    meet(&m);
    cr_expect_eq(m.plan.outcome, OUTCOME_WAIT, "the parent's stay");
    plan_done(&m.plan);
    int status = -1;
    cr_expect_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    pthread_join(o.thread, NULL);
    cache_free(o.cache);
}

/* Waiting that leads to nothing, time and again, is given up: the program's loss has a bound. */
Test(placeholder, waits_in_vain_are_bounded)
{
    struct cache *cache = new_cache();
    uint64_t waited = 0, most = 0;
    for (int i = 0; i < 40; i++) {
        struct owner o = {.cache = cache, .computes_ms = 30, .end = ABANDONS, .expected_ns = 10000 * MS};
        struct meeting m = {.cache = cache};
        start_owner(&o);
        meet(&m);
        cr_expect_eq(m.plan.outcome, OUTCOME_MISS);
        plan_done(&m.plan);
        waited += m.plan.waited_ns;
        most = m.plan.waited_ns > most ? m.plan.waited_ns : most;
        pthread_join(o.thread, NULL);
    }
    cr_expect_gt(waited, 0);
    cr_expect_leq(waited, CACHE_WAIT_GRACE_NS + most, "%d ms in all", (int)(waited / MS));
    cache_free(cache);
}

struct holder {
    struct cache *cache;
    uint64_t id;
    bool owned;
};
static pthread_barrier_t all_claimed;

static void *hold_a_claim(void *context)
{
    struct holder *h = context;
    struct claim claim;
    cache_claim(h->cache, key(h->id), 1000 * MS, &claim);
    h->owned = claim.owned;
    pthread_barrier_wait(&all_claimed);
    if (cache_put(h->cache, key(h->id), result(h->cache)))
        cache_abandon(&claim);
    return NULL;
}

/* More calls in flight in one shard than it has slots: the rest compute, unseen by others, and publish. */
Test(placeholder, slots_run_out_harmlessly)
{
    enum { HOLDERS = 20 };
    struct cache *cache = new_cache();
    struct holder holders[HOLDERS];
    pthread_t threads[HOLDERS];
    int made = 0, owned = 0;
    pthread_barrier_init(&all_claimed, NULL, HOLDERS);
    for (uint64_t id = 0; made < HOLDERS; id++)
        if (key(id).hi % CACHE_SHARDS == 0) {
            holders[made] = (struct holder){cache, id, false};
            cr_assert_eq(pthread_create(&threads[made], NULL, hold_a_claim, &holders[made]), 0);
            made++;
        }
    for (int i = 0; i < HOLDERS; i++) {
        pthread_join(threads[i], NULL);
        owned += holders[i].owned;
        cr_expect(has(cache, holders[i].id));
    }
    cr_expect_eq(owned, SHARD_PLACEHOLDERS);
    cache_free(cache);
}

enum { THREADS = 32, CALLS = 50 };
struct caller {
    struct cache *cache;
    atomic_int *computed;
    int waits, hits, wrong;
};
static pthread_barrier_t together;

static void *call_all(void *context)
{
    struct caller *c = context;
    pthread_barrier_wait(&together);
    for (uint64_t id = 0; id < CALLS; id++) {
        struct plan plan;
        plan_probe(&plan, c->cache, NULL, key(id), 1000 * MS);
        if (plan.steps[0].kind == STEP_CALL) {
            atomic_fetch_add(&c->computed[id], 1);
            sleep_ms(1);
            cache_put(c->cache, key(id), make_payload(c->cache, 500, (unsigned char)id, 1 * MS));
        } else {
            c->wrong += mark_of(plan.steps[0].payload) != (int)id;
        }
        c->waits += plan.outcome == OUTCOME_WAIT;
        c->hits += plan.outcome == OUTCOME_HIT;
        plan_done(&plan);
    }
    return NULL;
}

Test(placeholder, thirty_two_threads_compute_each_call_once)
{
    struct cache *cache = new_cache();
    static atomic_int computed[CALLS];
    struct caller callers[THREADS];
    pthread_t threads[THREADS];
    int served = 0;
    pthread_barrier_init(&together, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){cache, computed, 0, 0, 0};
        cr_assert_eq(pthread_create(&threads[i], NULL, call_all, &callers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(callers[i].wrong, 0);
        served += callers[i].waits + callers[i].hits;
    }
    for (int id = 0; id < CALLS; id++)
        cr_expect_eq(computed[id], 1, "call %d was computed %d times", id, computed[id]);
    cr_expect_eq(served, (THREADS - 1) * CALLS);
    cache_free(cache);
}
