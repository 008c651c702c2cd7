#include "tools/align.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/idmap.h"
#include "tools/memory.h"

static const int32_t UNREACHED = INT32_MIN / 4;

struct span {
    uint32_t a, a_end, b, b_end; /* half open */
};

struct aligner {
    const struct align_key *a, *b;
    uint32_t *to_b, *to_a;
    int32_t *trace; /* what Myers' search had reached after each edit */
};

static void match(struct aligner *al, uint32_t a, uint32_t b)
{
    al->to_b[a] = b;
    al->to_a[b] = a;
}

/* The key of the n-th occurrence of a value, the same on both sides. */
static uint64_t occurrence(struct idmap *count, uint64_t value)
{
    uint64_t n = 0;
    idmap_get(count, value, &n);
    idmap_put(count, value, n + 1);
    return value ^ (n * 0x9e3779b97f4a7c15u);
}

/* For each element of a the place of the same occurrence in b, or ALIGN_NONE. */
static void find_same(struct aligner *al, uint32_t na, uint32_t nb, uint32_t *place)
{
    struct idmap seen_a = {0}, seen_b = {0}, at = {0};
    uint64_t found;
    for (uint32_t j = 0; j < nb; j++)
        idmap_put(&at, occurrence(&seen_b, al->b[j].level[0]), j);
    for (uint32_t i = 0; i < na; i++) {
        bool there = idmap_get(&at, occurrence(&seen_a, al->a[i].level[0]), &found);
        place[i] = there && al->b[found].level[0] == al->a[i].level[0] ? (uint32_t)found : ALIGN_NONE;
    }
    idmap_free(&seen_a);
    idmap_free(&seen_b);
    idmap_free(&at);
}

/* Matches the longest subsequence of place[] that increases. */
static void match_chain(struct aligner *al, const uint32_t *place, uint32_t na)
{
    uint32_t *tail = must_alloc(na, sizeof *tail), *before = must_alloc(na, sizeof *before), length = 0;
    for (uint32_t i = 0; i < na; i++) {
        uint32_t low = 0, high = length;
        if (place[i] == ALIGN_NONE)
            continue;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (place[tail[middle]] < place[i])
                low = middle + 1;
            else
                high = middle;
        }
        before[i] = low ? tail[low - 1] : ALIGN_NONE;
        tail[low] = i;
        length += low == length;
    }
    for (uint32_t i = length ? tail[length - 1] : ALIGN_NONE; i != ALIGN_NONE; i = before[i])
        match(al, i, place[i]);
    free(tail);
    free(before);
}

static bool alike(const struct aligner *al, int level, uint32_t a, uint32_t b)
{
    return al->a[a].level[level] == al->b[b].level[level];
}

/* Row `edits` of the trace: how far diagonals -edits … edits got, in steps of a. */
static int32_t *row(const struct aligner *al, int edits)
{
    return al->trace + (size_t)edits * (size_t)edits + edits; /* rows of 1, 3, 5, … */
}

static int32_t slide(const struct aligner *al, int level, const struct span *s, int32_t x, int32_t k)
{
    while (x < (int32_t)(s->a_end - s->a) && x - k < (int32_t)(s->b_end - s->b) &&
           alike(al, level, s->a + (uint32_t)x, s->b + (uint32_t)(x - k)))
        x++;
    return x;
}

/*
 * Where the next edit enters diagonal k: from the one above (an element of b alone) or below (of a alone), whichever gets
 * farther and stays inside; UNREACHED if neither.
 */
static int32_t enter(const struct span *s, const int32_t *last, int edits, int k, bool *above)
{
    const int32_t n = (int32_t)(s->a_end - s->a), m = (int32_t)(s->b_end - s->b);
    int32_t down = k + 1 < edits ? last[k + 1] : UNREACHED, right = k - 1 > -edits ? last[k - 1] + 1 : UNREACHED;
    if (down < 0 || down - k > m)
        down = UNREACHED;
    if (right < 1 || right > n)
        right = UNREACHED;
    *above = down >= right;
    return *above ? down : right;
}

/* Follows the trace back from diagonal k and matches what lay on its diagonals. */
static void match_back(struct aligner *al, const struct span *s, int edits, int k)
{
    int32_t x = row(al, edits)[k];
    for (; edits >= 0; edits--) {
        bool above = false;
        int32_t start = edits ? enter(s, row(al, edits - 1), edits, k, &above) : 0;
        for (; x > start; x--)
            match(al, s->a + (uint32_t)x - 1, s->b + (uint32_t)(x - 1 - k));
        if (!edits)
            break;
        k += above ? 1 : -1;
        x = row(al, edits - 1)[k];
    }
}

/* As far as ALIGN_EDITS edits lead; moves the span's beginning there. */
static void search(struct aligner *al, int level, struct span *s)
{
    const int32_t n = (int32_t)(s->a_end - s->a), m = (int32_t)(s->b_end - s->b);
    int best = 0;
    for (int edits = 0; edits <= ALIGN_EDITS; edits++) {
        int32_t *now = row(al, edits);
        bool above;
        best = -edits;
        for (int k = -edits; k <= edits; k += 2) {
            int32_t x = edits ? enter(s, row(al, edits - 1), edits, k, &above) : 0;
            now[k] = x < 0 ? UNREACHED : slide(al, level, s, x, k);
            if (2 * now[k] - k > 2 * now[best] - best)
                best = k;
            if (now[k] == n && now[k] - k == m) {
                match_back(al, s, edits, k);
                s->a = s->a_end;
                s->b = s->b_end;
                return;
            }
        }
    }
    match_back(al, s, ALIGN_EDITS, best);
    int32_t x = row(al, ALIGN_EDITS)[best];
    s->a += (uint32_t)x;
    s->b += (uint32_t)(x - best);
}

/*
 * Of equally short scripts the one is meant that changes something in its place, and not inserts it here and removes another far
 * behind: so what agrees at the end of a gap belongs together. Not what agrees at its beginning: it begins where the two part.
 */
static void align_gap(struct aligner *al, int level, struct span s)
{
    while (s.a < s.a_end && s.b < s.b_end && alike(al, level, s.a_end - 1, s.b_end - 1))
        match(al, --s.a_end, --s.b_end);
    while (s.a < s.a_end && s.b < s.b_end)
        search(al, level, &s);
}

/* What is left when every level has been tried. */
static void match_by_place(struct aligner *al, struct span s)
{
    for (uint32_t i = 0; s.a_end - s.a == s.b_end - s.b && i < s.a_end - s.a; i++)
        match(al, s.a + i, s.b + i);
}

/* Calls for every gap between matches; those that are found meanwhile lie inside of it. */
static void for_gaps(struct aligner *al, uint32_t na, uint32_t nb, int level)
{
    uint32_t i = 0, j = 0;
    while (i < na || j < nb) {
        struct span s = {i, i, j, j};
        while (s.a_end < na && al->to_b[s.a_end] == ALIGN_NONE)
            s.a_end++;
        while (s.b_end < nb && al->to_a[s.b_end] == ALIGN_NONE)
            s.b_end++;
        if (level < ALIGN_LEVELS)
            align_gap(al, level, s);
        else
            match_by_place(al, s);
        i = s.a_end + 1; /* the match that ends the gap, or the end */
        j = s.b_end + 1;
    }
}

void align(const struct align_key *a, uint32_t na, const struct align_key *b, uint32_t nb, uint32_t *to_b, uint32_t *to_a)
{
    struct aligner al = {.a = a, .b = b, .to_b = to_b, .to_a = to_a};
    for (uint32_t i = 0; i < na; i++)
        to_b[i] = ALIGN_NONE;
    for (uint32_t j = 0; j < nb; j++)
        to_a[j] = ALIGN_NONE;
    uint32_t *place = must_alloc(na, sizeof *place);
    find_same(&al, na, nb, place);
    match_chain(&al, place, na);
    free(place);
    al.trace = must_alloc((size_t)(ALIGN_EDITS + 1) * (ALIGN_EDITS + 1), sizeof *al.trace);
    for (int level = 1; level <= ALIGN_LEVELS; level++)
        for_gaps(&al, na, nb, level);
    free(al.trace);
}
