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

/* What is used stays while others knock; what is not gives way in the end. */
Test(invariants, the_used_stay_and_the_others_go)
{
    static struct invariants all = {.limit = 1 << 20};
    double element = 1;
    for (uint64_t i = 0; i < INVARIANTS_WAYS; i++)
        want(&all, &element, i * INVARIANTS_MOST);
    for (int turn = 0; turn < 10; turn++) {
        cr_expect(turn == 0 || want(&all, &element, 0), "turn %d", turn);
        for (uint64_t i = 1; i <= INVARIANTS_WAYS + 2; i++)
            want(&all, &element, i * INVARIANTS_MOST);
        want(&all, &element, 0);
    }
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
