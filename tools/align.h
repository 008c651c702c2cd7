/*
 * Which elements of two sequences correspond, in order, as a person would see it.
 *
 * Elements are alike by degrees: the same (level 0), or only of the same kind (level 1, 2). First the same ones are matched: the
 * n-th occurrence here with the n-th there, and of these the longest chain that is in order in both (patience; n log n). That
 * chain cuts the sequences into gaps. A gap is aligned by the next level's keys with Myers' O(ND) search for the shortest edit
 * script; where a script grows too long, what was found up to there is kept and the search starts anew behind it, so time is
 * O(N * ALIGN_EDITS) and memory O(ALIGN_EDITS^2), whatever the input. What is left over in gaps of equal length corresponds by
 * place; the rest has no counterpart.
 */
#ifndef BLASE_TOOLS_ALIGN_H
#define BLASE_TOOLS_ALIGN_H

#include <stddef.h>
#include <stdint.h>

enum { ALIGN_LEVELS = 3, ALIGN_EDITS = 512 };
static const uint32_t ALIGN_NONE = UINT32_MAX;

struct align_key {
    uint64_t level[ALIGN_LEVELS];
};

/* Fills in to_b[na], to_a[nb]: the counterpart's index or ALIGN_NONE. */
void align(const struct align_key *a, uint32_t na, const struct align_key *b, uint32_t nb, uint32_t *to_b, uint32_t *to_a);

#endif
