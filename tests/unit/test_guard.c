/* The guard: excludes, and never wedges. */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "lineage/guard.h"

#include <criterion/criterion.h>

Test(guard, enters_and_leaves)
{
    struct guard g = {0};
    for (int i = 0; i < 3; i++) {
        cr_assert(guard_enter(&g));
        cr_expect_not(guard_broken(&g));
        guard_leave(&g);
    }
}

/* A signal handler that interrupted the holder must not wait for it. */
Test(guard, refuses_its_own_thread_at_once)
{
    struct guard g = {0};
    cr_assert(guard_enter(&g));
    uint64_t began = clock_ns();
    cr_expect_not(guard_enter(&g));
    cr_expect(clock_ns() - began < 500000000u, "it waited");
    cr_expect_not(guard_broken(&g));
    guard_leave(&g);
    cr_expect(guard_enter(&g), "and the guard still works");
    guard_leave(&g);
}

Test(guard, two_guards_are_two)
{
    struct guard a = {0}, b = {0};
    cr_assert(guard_enter(&a));
    cr_expect(guard_enter(&b));
    guard_leave(&b);
    guard_leave(&a);
}

enum { THREADS = 4, TURNS = 20000 };
static struct guard shared;
static volatile long counter; /* volatile: each turn reads and writes memory, unlocked */
static volatile int inside;
static int collisions, refusals;

static void *take_turns(void *unused)
{
    for (int i = 0; i < TURNS; i++) {
        if (!guard_enter(&shared)) {
            __atomic_add_fetch(&refusals, 1, __ATOMIC_RELAXED);
            continue;
        }
        if (inside++)
            __atomic_add_fetch(&collisions, 1, __ATOMIC_RELAXED);
        counter = counter + 1;
        if (i % 64 == 0)
            sched_yield();
        inside--;
        guard_leave(&shared);
    }
    return unused;
}

Test(guard, excludes_other_threads)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, take_turns, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(collisions, 0);
    cr_expect_eq(refusals, 0, "%d refused though nobody held it for long", refusals);
    cr_expect_eq(counter, (long)THREADS * TURNS);
}

static atomic_int stage;

static void *hold_until_told(void *guard)
{
    if (!guard_enter(guard))
        return NULL;
    stage = 1;
    while (stage == 1)
        usleep(1000);
    guard_leave(guard);
    return guard;
}

static pthread_t start_holder(struct guard *g)
{
    pthread_t holder;
    stage = 0;
    cr_assert_eq(pthread_create(&holder, NULL, hold_until_told, g), 0);
    while (stage == 0)
        usleep(1000);
    return holder;
}

static void *release_soon(void *unused)
{
    usleep(50000);
    stage = 2;
    return unused;
}

Test(guard, waits_for_a_short_holder)
{
    struct guard g = {0};
    pthread_t holder = start_holder(&g), timer;
    pthread_create(&timer, NULL, release_soon, NULL);
    cr_expect(guard_enter(&g));
    cr_expect_eq(stage, 2, "entered while another thread was inside");
    cr_expect_not(guard_broken(&g));
    guard_leave(&g);
    pthread_join(holder, NULL);
    pthread_join(timer, NULL);
}

/* A holder that never comes back: patience, then broken for good, whatever the holder does later. */
Test(guard, breaks_when_the_holder_is_lost)
{
    struct guard g = {0};
    pthread_t holder = start_holder(&g);
    uint64_t began = clock_ns();
    cr_expect_not(guard_enter(&g));
    uint64_t took = clock_ns() - began;
    cr_expect(took > 1500000000u && took < 10000000000u, "gave up after %lu ms", (unsigned long)(took / 1000000));
    cr_expect(guard_broken(&g));
    began = clock_ns();
    cr_expect_not(guard_enter(&g));
    cr_expect(clock_ns() - began < 500000000u, "waited for a broken guard");
    stage = 2;
    pthread_join(holder, NULL);
    cr_expect_not(guard_enter(&g), "a broken guard stays broken");
    cr_expect(guard_broken(&g));
}

Test(guard, after_fork)
{
    struct guard g = {0};
    cr_assert(guard_enter(&g));
    guard_after_fork(&g, true);
    cr_expect_not(guard_broken(&g));
    cr_expect(guard_enter(&g), "the child goes on");
    guard_after_fork(&g, false);
    cr_expect(guard_broken(&g));
    cr_expect_not(guard_enter(&g));
}
