/* Aligning two sequences: what a person would say corresponds, and never too long a search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include "tests/unit/processor.h"
#include "tools/align.h"

enum { MOST = 64 };

struct aligned {
    uint32_t na, nb, to_b[MOST], to_a[MOST];
};

/* Counterparts are mutual and in order. */
static void consistent(const uint32_t *to_b, uint32_t na, const uint32_t *to_a, uint32_t nb)
{
    int64_t last = -1;
    for (uint32_t i = 0; i < na; i++) {
        if (to_b[i] == ALIGN_NONE)
            continue;
        cr_assert(to_b[i] < nb && to_a[to_b[i]] == i, "%u goes to %u, which does not come back", i, to_b[i]);
        cr_assert((int64_t)to_b[i] > last, "%u crosses another", i);
        last = to_b[i];
    }
    for (uint32_t j = 0; j < nb; j++)
        cr_assert(to_a[j] == ALIGN_NONE || (to_a[j] < na && to_b[to_a[j]] == j), "%u of b is alone in its belief", j);
}

static void keys_of(const char *text, bool same, unsigned salt, struct align_key *key)
{
    for (uint32_t i = 0; text[i]; i++) { /* a letter is a kind of call, its case an option of it */
        key[i].level[0] = same ? (uint64_t)text[i] : (uint64_t)i * 1000 + salt;
        key[i].level[1] = (uint64_t)text[i];
        key[i].level[2] = (uint64_t)(text[i] | 0x20);
    }
}

/* `same`: equal letters are the same call, and not only of a kind. */
static struct aligned align_texts(const char *a, const char *b, bool same)
{
    struct align_key x[MOST], y[MOST];
    struct aligned out = {.na = (uint32_t)strlen(a), .nb = (uint32_t)strlen(b)};
    keys_of(a, same, 1, x);
    keys_of(b, same, 2, y);
    align(x, out.na, y, out.nb, out.to_b, out.to_a);
    consistent(out.to_b, out.na, out.to_a, out.nb);
    return out;
}

/* The counterparts of a's elements, a character each; "." for none. */
static const char *picture(const struct aligned *al)
{
    static char text[MOST + 1];
    for (uint32_t i = 0; i < al->na; i++)
        text[i] = al->to_b[i] == ALIGN_NONE ? '.' : (char)('0' + al->to_b[i]);
    text[al->na] = 0;
    return text;
}

static void expect_picture(const char *a, const char *b, bool same, const char *wanted)
{
    struct aligned al = align_texts(a, b, same);
    cr_expect_str_eq(picture(&al), wanted, "%s and %s: %s, not %s", a, b, picture(&al), wanted);
}

Test(align, simple)
{
    expect_picture("", "", true, "");
    expect_picture("abc", "", true, "...");
    expect_picture("", "abc", true, "");
    for (int same = 0; same < 2; same++) {
        expect_picture("abcabc", "abcabc", same, "012345");
        expect_picture("abcd", "abxcd", same, "0134");
        expect_picture("abxcd", "abcd", same, "01.23");
        expect_picture("abcd", "aBcd", same, "0123");   /* an option changed */
        expect_picture("abcd", "axcd", same, "0123");   /* another routine in its place */
        expect_picture("abcd", "axyzcd", same, "0.45"); /* nothing says which of the three */
    }
}

/* Calls of one kind that are told apart by what they are. */
Test(align, same_before_alike)
{
    struct align_key a[5], b[6];
    uint32_t to_b[5], to_a[6];
    for (uint64_t i = 0; i < 5; i++)
        a[i] = (struct align_key){{100 + i, 7, 7}};
    for (uint64_t i = 0; i < 6; i++)
        b[i] = (struct align_key){{i < 2 ? 100 + i : i == 2 ? 999 : 99 + i, 7, 7}};
    align(a, 5, b, 6, to_b, to_a);
    consistent(to_b, 5, to_a, 6);
    cr_expect(to_a[2] == ALIGN_NONE, "the one that is new has counterpart %u", to_a[2]);
}

/* A change of place keeps all but one. */
Test(align, swapped)
{
    struct aligned al = align_texts("abcd", "acbd", true);
    int kept = 0;
    for (uint32_t i = 0; i < 4; i++)
        kept += al.to_b[i] != ALIGN_NONE;
    cr_expect(kept == 3, "%d kept: %s", kept, picture(&al));
}

/* In a long row of one kind whose contents all differ from a place on, each call belongs to the one at its place. */
Test(align, changed_option_in_a_row_of_one_kind)
{
    expect_picture("aaaaaaaa", "aaaAaaaa", false, "01234567");
    expect_picture("aaaaaaaa", "Aaaaaaaa", false, "01234567");
    expect_picture("aaaaaaaa", "aaaaaaaA", false, "01234567");
}

static uint32_t common(const char *a, const char *b)
{
    static uint32_t best[MOST + 1][MOST + 1];
    size_t n = strlen(a), m = strlen(b);
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++)
            best[i][j] = !i || !j                          ? 0
                         : a[i - 1] == b[j - 1]            ? best[i - 1][j - 1] + 1
                         : best[i - 1][j] > best[i][j - 1] ? best[i - 1][j]
                                                           : best[i][j - 1];
    return best[n][m];
}

/* Against the textbook's table: no common subsequence is longer. */
Test(align, longest)
{
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char a[MOST] = "", b[MOST] = "";
        int letters = 1 + rand() % 4, n = rand() % 30, m = rand() % 30;
        for (int i = 0; i < n; i++)
            a[i] = (char)('a' + rand() % letters);
        for (int i = 0; i < m; i++)
            b[i] = (char)('a' + rand() % letters);
        struct aligned al = align_texts(a, b, false);
        uint32_t equal = 0;
        for (uint32_t i = 0; i < al.na; i++)
            equal += al.to_b[i] != ALIGN_NONE && a[i] == b[al.to_b[i]];
        cr_assert(equal == common(a, b), "%s and %s: %u of %u (%s)", a, b, equal, common(a, b), picture(&al));
    }
}

/* Two long sequences with nothing in common but noise: the search stays bounded, and the answer makes sense. */
Test(align, nothing_in_common)
{
    enum { LONG = 200000 };
    struct align_key *a = calloc(LONG, sizeof *a), *b = calloc(LONG, sizeof *b);
    uint32_t *to_b = calloc(LONG, sizeof *to_b), *to_a = calloc(LONG, sizeof *to_a);
    srand(3);
    for (uint64_t i = 0; i < LONG; i++) {
        a[i] = (struct align_key){{i, 2 * i, (uint64_t)rand() % 1000}};
        b[i] = (struct align_key){{i + LONG, 2 * i + 1, (uint64_t)rand() % 1000}};
    }
    double began = processor_seconds();
    align(a, LONG, b, LONG, to_b, to_a);
    double seconds = processor_seconds() - began;
    consistent(to_b, LONG, to_a, LONG);
    cr_expect(seconds < 60, "%.1f s", seconds);
    free(a);
    free(b);
    free(to_a);
    free(to_b);
}

/* A difference in each thousand of a million. */
Test(align, a_million)
{
    enum { LONG = 1000000 };
    struct align_key *a = calloc(LONG, sizeof *a), *b = calloc(LONG, sizeof *b);
    uint32_t *to_b = calloc(LONG, sizeof *to_b), *to_a = calloc(LONG, sizeof *to_a), same = 0;
    for (uint64_t i = 0; i < LONG; i++) {
        a[i] = (struct align_key){{i, i % 40, i % 7}};
        b[i] = (struct align_key){{i % 1000 ? i : i + LONG, i % 40, i % 7}};
    }
    align(a, LONG, b, LONG, to_b, to_a);
    for (uint32_t i = 0; i < LONG; i++)
        same += to_b[i] == i;
    cr_expect(same == LONG, "%u of %d", same, LONG);
    free(a);
    free(b);
    free(to_a);
    free(to_b);
}
