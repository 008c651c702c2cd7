/*
 * Spill: a cheap entry is deleted, a dear one comes back bit for bit; limits hold; a file that is not what was written is a miss;
 * threads share it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "reuse/plan.h"
#include "tests/unit/spilling.h"

TestSuite(spill, .init = scratch_make, .fini = scratch_remove);

/* --- what comes back */

Test(spill, cheap_is_deleted_dear_comes_back)
{
    struct spill *s = new_spill();
    cr_expect_not(offer(s, 1, 1 << 20, CHEAP_NS));
    cr_expect_eq(directories(), 0, "nothing is made before there is something to write");
    cr_expect(offer(s, 2, 1 << 20, DEAR_NS));
    cr_expect_null(spill_take(s, key(1), NULL));
    cr_expect(comes_back(s, 2, 1 << 20, DEAR_NS));
    cr_expect(comes_back(s, 2, 1 << 20, DEAR_NS), "and once more");
    struct spill_totals t = spill_totals(s);
    cr_expect(t.spills == 1 && t.restores == 2 && t.lost == 0);
    cr_expect(t.written_bytes >= 1 << 20 && t.read_bytes >= 2 << 20 && t.write_ns && t.read_ns);
    cr_expect(t.used_bytes >= 1 << 20 && t.used_bytes == t.peak_bytes && t.limit_bytes == PLENTY.bytes);
    cr_expect(offer(s, 2, 1 << 20, DEAR_NS), "evicted again it is there");
    cr_expect_eq(spill_totals(s).spills, 1, "and was not written again");
    spill_free(s);
    cr_expect_eq(directories(), 0, "nothing stays behind");
}

Test(spill, sizes)
{
    static const size_t sizes[] = {0, 1, 7, 4096, 262144 - 8, 5000001};
    struct spill *s = new_spill();
    for (uint64_t i = 0; i < 6; i++)
        cr_expect(offer(s, i, sizes[i], DEAR_NS), "%zu bytes", sizes[i]);
    for (uint64_t i = 0; i < 6; i++)
        cr_expect(comes_back(s, i, sizes[i], DEAR_NS), "%zu bytes", sizes[i]);
    spill_free(s);
}

Test(spill, asked_for_is_remembered)
{
    struct spill *s = new_spill();
    struct payload *p = make_payload(1000, 1, DEAR_NS);
    spill_offer(s, key(1), p);
    payload_drop(p);
    p = spill_take(s, key(1), NULL);
    cr_expect_not(atomic_load(&p->used), "first time");
    payload_drop(p);
    p = spill_take(s, key(1), NULL);
    cr_expect(atomic_load(&p->used), "second time");
    payload_drop(p);
    spill_free(s);
}

/* The whole way: evicted by the cache, probed by a plan, back in the cache. */
static void evicted(void *spill, struct fp k, struct payload *p)
{
    spill_offer(spill, k, p);
}

Test(spill, between_cache_and_plan)
{
    enum { BYTES = 100000, COUNT = 12 };
    struct spill *s = new_spill();
    const uint64_t own = 200000; /* the cache's tables */
    struct cache *cache = cache_new(own + 3 * BYTES + BYTES / 2, POLICY_LRU);
    cache_on_evict(cache, evicted, s);
    for (uint64_t i = 0; i < COUNT; i++)
        cr_assert(cache_put(cache, key(i), make_payload_in(cache_room(cache), BYTES, i, i % 2 ? DEAR_NS : CHEAP_NS)));
    int served = 0;
    for (uint64_t i = 0; i < COUNT - 3; i++) {
        struct plan plan;
        plan_probe(&plan, cache, s, key(i), 1000);
        bool dear = i % 2;
        cr_expect_eq(plan.outcome, dear ? OUTCOME_HIT : OUTCOME_MISS, "entry %d", (int)i);
        if (dear) {
            struct payload *want = make_payload(BYTES, i, DEAR_NS);
            cr_expect(same_image(plan.steps[0].payload, want));
            payload_drop(want);
            struct payload *cached = cache_take(cache, key(i));
            cr_expect_eq(cached, plan.steps[0].payload, "it is in the cache again");
            payload_drop(cached);
            served++;
        }
        plan_done(&plan);
        struct cache_totals t = cache_totals(cache);
        cr_expect_leq(t.used_bytes, t.budget_bytes);
    }
    cr_expect_eq(served, 4);
    cr_expect_eq(spill_totals(s).restores, 4);
    cache_free(cache);
    spill_free(s);
}

/* --- what it may cost */

/* 1 ms of BLAS a MiB is below, 1 s above what any disk's page cache needs; the rates learnt decide between. */
Test(spill, by_measured_bandwidth)
{
    struct spill *s = new_spill();
    for (uint64_t i = 0; i < 8; i++)
        cr_expect(offer(s, i, 1 << 20, DEAR_NS));
    for (uint64_t i = 0; i < 8; i++)
        cr_expect(comes_back(s, i, 1 << 20, DEAR_NS));
    struct spill_totals t = spill_totals(s);
    uint64_t per_mib = (t.write_ns + t.read_ns) / 8;
    cr_expect_not(offer(s, 20, 1 << 20, per_mib / 50), "%lu ns for what takes %lu", (unsigned long)per_mib / 50,
                  (unsigned long)per_mib);
    cr_expect(offer(s, 21, 1 << 20, per_mib * 50 + 10000000));
    spill_free(s);
}

Test(spill, governor_pays)
{
    struct governor *g = governor_new(NULL);
    struct spill *s = spill_new(directory, PLENTY, INDEX_BYTES, g);
    uint64_t before = governor_books(g).spent_ns, thread = spill_thread_ns();
    cr_expect(offer(s, 1, 1 << 20, DEAR_NS), "there is money at the start");
    uint64_t spent = governor_books(g).spent_ns - before, here = spill_thread_ns() - thread;
    cr_expect(spent >= here && spent <= here + (1 << 20) / 8, "booked is what it took and what removing it will");
    cr_expect_geq(spent, spill_totals(s).write_ns);
    governor_spent(g, 1000000000);
    cr_expect_not(offer(s, 2, 1 << 20, DEAR_NS), "none is left");
    cr_expect_null(spill_take(s, key(2), NULL));
    before = governor_books(g).spent_ns;
    cr_expect(comes_back(s, 1, 1 << 20, DEAR_NS), "a hit repays its reading");
    cr_expect_geq(governor_books(g).spent_ns - before, spill_totals(s).read_ns);
    governor_passed(g, NULL, 1000000000000);
    cr_expect(offer(s, 2, 1 << 20, DEAR_NS), "a long time in BLAS pays for it");
    spill_free(s);
    free(g);
}

/* --- limits */

Test(spill, limit_holds)
{
    enum { BYTES = 100000 };
    struct share limit = {10 * 106496, -1};
    struct spill *s = spill_new(directory, limit, INDEX_BYTES, NULL);
    int kept = 0;
    for (uint64_t i = 0; i < 100; i++) {
        offer(s, i, BYTES, DEAR_NS + i * 1000000);
        struct spill_totals t = spill_totals(s);
        cr_assert_leq(t.used_bytes, limit.bytes);
        cr_assert_leq(each_file(NULL), 10);
    }
    for (uint64_t i = 0; i < 100; i++)
        kept += comes_back(s, i, BYTES, DEAR_NS + i * 1000000);
    cr_expect_eq(kept, 10);
    cr_expect_eq(each_file(NULL), 10);
    cr_expect_not(offer(s, 1000, limit.bytes + 1, UINT64_C(1) << 50), "larger than the limit");
    cr_expect_eq(each_file(NULL), 10, "and nothing went for it");
    spill_free(s);
}

Test(spill, limit_as_a_percentage)
{
    struct share none = {0, 0}, half = {0, 50};
    struct spill *s = spill_new(directory, none, INDEX_BYTES, NULL);
    cr_expect_not(offer(s, 1, 1000, DEAR_NS));
    spill_free(s);
    s = spill_new(directory, half, INDEX_BYTES, NULL);
    uint64_t free_bytes = free_at(directory);
    cr_expect(offer(s, 1, 1000, DEAR_NS));
    uint64_t limit = spill_totals(s).limit_bytes;
    cr_expect(limit > free_bytes / 4 && limit < free_bytes, "%lu of %lu", (unsigned long)limit, (unsigned long)free_bytes);
    spill_free(s);
}

/* The cheapest a byte goes first; a loop over twice what fits finds something each round. */
Test(spill, what_goes)
{
    enum { BYTES = 100000, FIT = 10 };
    struct share limit = {FIT * 106496, -1};
    struct spill *s = spill_new(directory, limit, INDEX_BYTES, NULL);
    for (uint64_t i = 0; i < FIT; i++)
        offer(s, i, BYTES, i == 3 ? DEAR_NS / 4 : DEAR_NS);
    cr_expect_not(offer(s, 50, BYTES, DEAR_NS / 8), "worth less than all that is there");
    cr_expect(offer(s, 51, BYTES, DEAR_NS / 2));
    cr_expect_null(spill_take(s, key(3), NULL), "the cheapest went");
    cr_expect(comes_back(s, 0, BYTES, DEAR_NS), "the oldest did not");
    spill_free(s);

    s = spill_new(directory, limit, INDEX_BYTES, NULL);
    int found = 0;
    for (int round = 0; round < 6; round++)
        for (uint64_t i = 0; i < 2 * FIT; i++)
            if (comes_back(s, i, BYTES, DEAR_NS))
                found++;
            else
                offer(s, i, BYTES, DEAR_NS);
    cr_expect_geq(found, 5 * FIT / 2, "%d found", found);

    int news = 0;
    for (int round = 0; round < 20; round++)
        for (uint64_t i = 100; i < 100 + FIT; i++)
            if (comes_back(s, i, BYTES, DEAR_NS))
                news += round == 19;
            else
                offer(s, i, BYTES, DEAR_NS);
    cr_expect_geq(news, FIT - 2, "what is asked for no more must go in the end: %d of %d new ones", news, FIT);
    spill_free(s);
}

Test(spill, small_index)
{
    struct spill *s = spill_new(directory, PLENTY, 0, NULL);
    for (uint64_t i = 0; i < 100; i++)
        cr_expect(offer(s, i, 1000, DEAR_NS + i * 1000000));
    cr_expect_leq(each_file(NULL), 16);
    cr_expect(comes_back(s, 99, 1000, DEAR_NS + 99 * 1000000));
    spill_free(s);
}

/* --- bad files */

static void flip(const char *path)
{
    unsigned char byte;
    int fd = open(path, O_RDWR);
    cr_assert_eq(pread(fd, &byte, 1, 777), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, 777), 1);
    close(fd);
}

static void shorten(const char *path)
{
    cr_assert_eq(truncate(path, 500), 0);
}

static void lengthen(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND);
    cr_assert_eq(write(fd, "x", 1), 1);
    close(fd);
}

static void empty(const char *path)
{
    cr_assert_eq(truncate(path, 0), 0);
}

static void away(const char *path)
{
    cr_assert_eq(unlink(path), 0);
}

Test(spill, bad_files_are_misses)
{
    static void (*const harms[])(const char *) = {flip, shorten, lengthen, empty, away};
    struct spill *s = new_spill();
    for (uint64_t i = 0; i < sizeof harms / sizeof harms[0]; i++) {
        cr_assert(offer(s, 1, 300000, DEAR_NS));
        cr_assert_eq(each_file(harms[i]), 1);
        cr_expect_null(spill_take(s, key(1), NULL), "harm %d", (int)i);
        cr_expect_null(spill_take(s, key(1), NULL));
        cr_expect_eq(each_file(NULL), 0, "what is bad is removed");
        struct spill_totals t = spill_totals(s);
        cr_expect(t.lost == i + 1 && t.restores == i && t.used_bytes == 0);
        cr_expect(offer(s, 1, 300000, DEAR_NS), "it can be written anew");
        cr_expect(comes_back(s, 1, 300000, DEAR_NS));
        each_file(away);
        cr_expect(offer(s, 1, 300000, DEAR_NS), "nobody noticed yet");
        spill_free(s);
        s = new_spill();
        for (uint64_t k = 0; k <= i; k++) { /* as many lost and restored as rounds */
            offer(s, 2, 1000, DEAR_NS);
            cr_expect(comes_back(s, 2, 1000, DEAR_NS));
            each_file(away);
            spill_take(s, key(2), NULL);
        }
    }
    spill_free(s);
}

/* --- threads */

enum { THREADS = 8, KEYS = 40, ROUNDS = 400 };
struct worker {
    struct spill *s;
    uint64_t random, wrong, found;
};

static size_t size_for(uint64_t id)
{
    return 1000 + id * 500;
}

static void *work(void *context)
{
    struct worker *w = context;
    for (int i = 0; i < ROUNDS; i++) {
        w->random = w->random * 6364136223846793005u + 1442695040888963407u;
        uint64_t id = (w->random >> 33) % KEYS;
        struct payload *p = spill_take(w->s, key(id), NULL), *want = make_payload(size_for(id), id, DEAR_NS + id);
        w->found += p != NULL;
        w->wrong += p && !same_image(p, want);
        if (!p)
            spill_offer(w->s, key(id), want);
        payload_drop(p);
        payload_drop(want);
    }
    return NULL;
}

/* With room for half of it, so that files go while others read them. */
Test(spill, threads_share_it)
{
    struct share limit = {KEYS / 2 * 12288, -1};
    struct spill *s = spill_new(directory, limit, INDEX_BYTES, NULL);
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    uint64_t found = 0;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){s, (uint64_t)i + 1, 0, 0};
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(workers[i].wrong, 0);
        found += workers[i].found;
    }
    struct spill_totals t = spill_totals(s);
    cr_expect_leq(t.peak_bytes, limit.bytes);
    cr_expect(t.restores == found && found > THREADS * ROUNDS / 10, "%lu found", (unsigned long)found);
    spill_free(s);
    cr_expect_eq(directories(), 0);
}

static void *stop_soon(void *context)
{
    usleep(20000);
    spill_end(context);
    return NULL;
}

/* The process ends while threads go on. */
Test(spill, end_with_threads_inside)
{
    struct spill *s = new_spill();
    struct worker workers[THREADS];
    pthread_t threads[THREADS], ender;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){s, (uint64_t)i + 1, 0, 0};
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    pthread_create(&ender, NULL, stop_soon, s);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(workers[i].wrong, 0);
    }
    pthread_join(ender, NULL);
    cr_expect_eq(each_file(NULL), 0);
    spill_free(s);
    spill_reap(directory);
    cr_expect_leq(directories(), 1); /* one whose last file was written after it was emptied waits for the next run */
}
