/* The table of samples: new, seen, kept, and how often. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "reuse/sample.h"

enum { SLOT_BITS = 4 }; /* the lowest bits of a sample are the table's own */

static uint64_t numbered(uint64_t i)
{
    return (i * 0x9e3779b97f4a7c15u) >> SLOT_BITS << SLOT_BITS;
}

Test(sample, is_new_once_and_counted_from_then_on)
{
    struct samples *s = calloc(1, sizeof *s);
    unsigned times = 99;
    cr_assert_not_null(s);
    cr_expect_eq(samples_look(s, numbered(7), &times), SIGHT_NEW);
    cr_expect_eq(times, 0);
    for (unsigned i = 1; i < 20; i++) {
        cr_expect_eq(samples_look(s, numbered(7), &times), SIGHT_SEEN);
        cr_expect_eq(times, i < SAMPLE_MOST_TIMES ? i : SAMPLE_MOST_TIMES);
    }
    cr_expect_eq(samples_look(s, numbered(8), &times), SIGHT_NEW);
    free(s);
}

Test(sample, is_kept_until_it_is_evicted)
{
    struct samples *s = calloc(1, sizeof *s);
    unsigned times;
    cr_assert_not_null(s);
    samples_keep(s, numbered(1)); /* not in the table: nothing happens */
    cr_expect_eq(samples_look(s, numbered(1), &times), SIGHT_NEW);
    cr_expect_eq(samples_look(s, numbered(2), &times), SIGHT_NEW);
    samples_keep(s, numbered(1));
    for (unsigned i = 1; i < 20; i++)
        cr_expect_eq(samples_look(s, numbered(1), &times), SIGHT_KEPT);
    cr_expect_eq(times, SAMPLE_MOST_TIMES);
    cr_expect_eq(samples_look(s, numbered(2), &times), SIGHT_SEEN);
    samples_forget(s, numbered(3)); /* nor now */
    samples_forget(s, numbered(1));
    cr_expect_eq(samples_look(s, numbered(1), &times), SIGHT_SEEN);
    cr_expect_eq(times, SAMPLE_MOST_TIMES);
    free(s);
}

/* A bucket has two places; the older sample goes first. */
Test(sample, forgets_the_older)
{
    struct samples *s = calloc(1, sizeof *s);
    unsigned times;
    cr_assert_not_null(s);
    const uint64_t stride = (uint64_t)SAMPLE_BUCKETS << SLOT_BITS;
    for (uint64_t i = 1; i <= SAMPLE_WAYS + 1; i++)
        cr_expect_eq(samples_look(s, i * stride, &times), SIGHT_NEW);
    cr_expect_eq(samples_look(s, 3 * stride, &times), SIGHT_SEEN);
    cr_expect_eq(samples_look(s, 2 * stride, &times), SIGHT_SEEN);
    cr_expect_eq(samples_look(s, stride, &times), SIGHT_NEW);
    free(s);
}
