/*
 * The content index against a list that forgets nothing: whatever the way a content is told (at once, with many others, at the
 * place where it stands already), the latest who had it is found. The squares share triangles with one another, of which the
 * latest square counts as well.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "lineage/content.h"

enum { ORDER = 3, PIECES = 3, SQUARES = PIECES * PIECES * PIECES, PARTS = 5, SEEDS = 200, STEPS = 400 };

struct square {
    double elements[ORDER * ORDER];
    struct fp_whole whole;
    uint32_t place;
};

struct known {
    struct fp content;
    uint64_t ref;
};

static struct square squares[SQUARES];
static struct known list[SQUARES * PARTS];
static int nlist;
static uint64_t drawn;

static unsigned draw(unsigned below)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(drawn >> 33) % below;
}

/* Above the diagonal stands one of three contents, on it and below it likewise. */
static void make_squares(void)
{
    for (int s = 0; s < SQUARES; s++) {
        struct square *sq = &squares[s];
        for (int j = 0; j < ORDER; j++)
            for (int i = 0; i < ORDER; i++) {
                int piece = i < j ? s % PIECES : i == j ? s / PIECES % PIECES : s / (PIECES * PIECES);
                sq->elements[j * ORDER + i] = 10 * piece + i + 3 * j;
            }
        const struct view v = {.base = (char *)sq->elements,
                               .rows = ORDER,
                               .cols = ORDER,
                               .ld = ORDER,
                               .element = 8,
                               .type = 'd',
                               .part = PART_FULL};
        sq->whole = fingerprint_whole(&v, NULL, 1);
        sq->place = 0;
        cr_assert(sq->whole.square);
    }
}

static void note(struct fp content, uint64_t ref)
{
    int at = 0;
    while (at < nlist && !fp_equal(list[at].content, content))
        at++;
    nlist += at == nlist;
    list[at] = (struct known){content, ref};
}

static struct fp part_of(const struct square *sq, int part)
{
    return part == PART_FULL ? sq->whole.fp : fingerprint_part(&sq->whole, part);
}

/* One content more; a triangle by itself now and then. */
static void put_one(struct content *index, uint64_t ref)
{
    struct square *sq = &squares[draw(SQUARES)];
    struct origin origin = {.content = sq->whole.fp, .ref = ref, .is_item = 1, .part = PART_FULL, .age = content_age(index)};
    const unsigned way = draw(16);
    if (way == 0) {
        origin.part = (uint8_t)(PART_UPPER + (int)draw(4));
        origin.content = part_of(sq, origin.part);
        static uint32_t place;
        if (draw(3) == 0)
            cr_assert(content_put(index, &origin, NULL));
        else if (draw(2))
            content_put_later(index, &origin, NULL);
        else
            cr_assert(content_put_again(index, &origin, NULL, &place));
        note(origin.content, ref);
        return;
    }
    if (way < 4)
        cr_assert(content_put(index, &origin, &sq->whole));
    else if (way < 10)
        content_put_later(index, &origin, &sq->whole);
    else
        cr_assert(content_put_again(index, &origin, &sq->whole, &sq->place));
    for (int part = PART_FULL; part <= PART_STRICT_LOWER; part++)
        note(part_of(sq, part), ref);
}

static void ask_one(struct content *index, unsigned seed, int step)
{
    const int part = draw(3) ? PART_FULL : PART_UPPER + (int)draw(4);
    const struct fp content = part_of(&squares[draw(SQUARES)], part);
    const struct origin *found = content_find(index, content, part != PART_FULL);
    int at = 0;
    while (at < nlist && !fp_equal(list[at].content, content))
        at++;
    cr_assert_eq(found != NULL, at < nlist, "seed %u, step %d, part %d: known or not", seed, step, part);
    if (found)
        cr_assert_eq(found->ref, list[at].ref, "seed %u, step %d, part %d: of %lu, not %lu", seed, step, part, found->ref,
                     list[at].ref);
}

Test(content, latest_is_found_however_it_was_told)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct content *index = content_new(1 << 20);
        cr_assert(index);
        drawn = seed;
        nlist = 0;
        make_squares();
        const unsigned asks = 1 + draw(40); /* seldom or often */
        for (int step = 0; step < STEPS; step++)
            if (draw(asks) == 0)
                ask_one(index, seed, step);
            else
                put_one(index, 1000 + (uint64_t)step);
        for (int i = 0; i < SQUARES * PARTS; i++)
            ask_one(index, seed, STEPS + i);
        content_free(index);
    }
}

/* When the older generation goes, a place that was good names another content or none. */
Test(content, places_do_not_outlive_their_generation)
{
    struct content *index = content_new(1);
    cr_assert(index);
    make_squares();
    uint64_t ref = 0;
    const uint8_t age = content_age(index);
    while (content_age(index) < age + 4) {
        const struct origin other = {.content = {++ref * 0x9E3779B97F4A7C15u, ref}, .ref = ref, .part = PART_FULL};
        cr_assert(content_put(index, &other, NULL));
        if (ref % 50)
            continue;
        struct square *sq = &squares[draw(SQUARES)];
        const struct origin origin = {.content = sq->whole.fp, .ref = ++ref, .is_item = 1, .part = PART_FULL};
        cr_assert(content_put_again(index, &origin, &sq->whole, &sq->place));
        const struct origin *found = content_find(index, sq->whole.fp, false);
        cr_assert(found && found->ref == ref);
        cr_assert(fp_equal(content_find(index, other.content, false)->content, other.content));
    }
    content_free(index);
}
