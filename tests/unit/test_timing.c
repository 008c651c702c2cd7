/* Which small calls are timed: the sums must come out right whatever the calls are like, and timing must cost next to nothing. */
#include <criterion/criterion.h>

#include "shim/timing.h"

struct sums {
    double calls, ns, timed;
};

/* So many calls that take so long, counted by dispatch. */
static void run(struct timing *t, struct sums *s, int calls, uint64_t ns)
{
    for (int i = 0; i < calls; i++)
        if (timing_due(t)) {
            uint32_t stands_for = timing_done(t, ns);
            s->calls += stands_for;
            s->ns += (double)stands_for * (double)ns;
            s->timed++;
        }
}

static void expect_near(double got, double wanted, double error)
{
    cr_expect(got > wanted * (1 - error) && got < wanted * (1 + error), "%g for %g", got, wanted);
}

Test(timing, adds_up_to_all_calls_and_their_time)
{
    struct timing t = {0};
    struct sums s = {0};
    timing_begin(&t);
    run(&t, &s, 100000, 5000);
    run(&t, &s, 1000000, 80);
    run(&t, &s, 100000, 3000);
    expect_near(s.calls, 1200000, 0.002);
    expect_near(s.ns, 1e5 * 5000 + 1e6 * 80 + 1e5 * 3000, 0.01);
}

Test(timing, of_tiny_calls_costs_a_small_share_of_them)
{
    struct timing t = {0};
    struct sums s = {0};
    timing_begin(&t);
    run(&t, &s, 1000000, 60);
    cr_expect_lt(s.timed * TIMING_COST_NS, 0.004 * 1000000 * 60);
    cr_expect_gt(s.timed, 500); /* and is still precise */
}

Test(timing, of_few_calls_takes_as_many_as_ever)
{
    struct timing t = {0};
    struct sums s = {0};
    timing_begin(&t);
    run(&t, &s, 2000, 60);
    cr_expect_gt(s.timed, 15);
}

/* A timed call that leaves by longjmp: the next one is timed in its place, and stands for it, too. */
Test(timing, a_call_that_never_returns_is_made_up_for)
{
    struct timing t = {0};
    timing_begin(&t);
    cr_assert(!timing_due(&t));
    cr_assert(timing_due(&t));
    cr_assert(timing_due(&t));
    cr_expect_eq(timing_done(&t, 100), 3);
    cr_expect(!timing_due(&t));
}

Test(timing, one_long_call_does_not_stand_for_as_many)
{
    cr_expect_eq(timing_distance(0), TIMING_MOST);
    cr_expect_eq(timing_distance(1000000), TIMING_LEAST);
    cr_expect_leq(timing_distance(200), 400);
}
