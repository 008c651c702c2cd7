/* Sketches of what a loop reads in every turn: as many as there are places for stay, whatever their contents' last bits. */
#include <criterion/criterion.h>

#include "lineage/invariants.h"

static struct sketch *sketch_with(double *element, uint64_t lo)
{
    const struct view v = {.base = (char *)element, .rows = 1, .cols = 1, .ld = 1, .element = 8, .type = 'd', .part = PART_FULL};
    struct sketch *s = sketch_new(&v, (struct fp){lo, 1}, SKETCH_COPY);
    cr_assert_not_null(s);
    return s;
}

static bool want(struct invariants *all, double *element, uint64_t lo)
{
    const struct fp content = {lo, 1};
    if (invariants_find(all, content))
        return true;
    if (invariants_room(all, content))
        invariants_put(all, sketch_with(element, lo));
    return false;
}

Test(invariants, those_of_one_place_stay)
{
    static struct invariants all = {.limit = 1 << 20};
    double element = 1;
    int found = 0;
    for (int turn = 0; turn < 10; turn++)
        for (uint64_t i = 0; i < INVARIANTS_WAYS; i++)
            found += want(&all, &element, 7 + i * INVARIANTS_MOST);
    cr_expect_eq(found, 9 * INVARIANTS_WAYS, "%d", found);
    invariants_clear(&all);
    cr_expect_eq(all.bytes, 0);
}

/* What proved something since stays, though others come for its place: what did not gives way. */
Test(invariants, the_used_stay_and_the_others_go)
{
    static struct invariants all = {.limit = 1 << 20};
    double element = 1;
    for (uint64_t i = 0; i < INVARIANTS_WAYS; i++)
        want(&all, &element, i * INVARIANTS_MOST);
    for (uint64_t turn = 1; turn < 10; turn++) {
        const uint64_t newcomer = (INVARIANTS_WAYS + turn) * INVARIANTS_MOST;
        cr_expect_not_null(invariants_find(&all, (struct fp){0, 1}), "turn %lu", turn);
        want(&all, &element, newcomer);
        cr_expect_eq(all.places[1].sketch->content.lo, newcomer, "turn %lu", turn);
    }
    invariants_clear(&all);
}

/* Where all are in use one is refused, but not twice unless they prove something again. */
Test(invariants, nobody_is_refused_for_ever)
{
    static struct invariants all = {.limit = 1 << 20};
    double element = 1;
    const uint64_t newcomer = INVARIANTS_WAYS * INVARIANTS_MOST;
    for (int round = 0; round < 2; round++)
        for (uint64_t i = 0; i < INVARIANTS_WAYS; i++)
            want(&all, &element, i * INVARIANTS_MOST);
    want(&all, &element, newcomer);
    cr_expect_null(invariants_find(&all, (struct fp){newcomer, 1}));
    want(&all, &element, newcomer);
    cr_expect_not_null(invariants_find(&all, (struct fp){newcomer, 1}));
    invariants_clear(&all);
}

Test(invariants, bytes_are_bounded)
{
    static struct invariants all = {.limit = 8 * 1024};
    double element = 1;
    for (uint64_t i = 0; i < 200; i++) {
        want(&all, &element, i);
        cr_assert_leq(all.bytes, all.limit);
    }
    cr_expect_gt(all.bytes, 0);
    invariants_clear(&all);
}
