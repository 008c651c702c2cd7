/*
 * How a step hangs on those before it, as one number: what the period finder looks for repeats of. Plain values; any thread.
 */
#ifndef BLASE_LINEAGE_RELATION_H
#define BLASE_LINEAGE_RELATION_H

#include "lineage/fold.h"
#include "lineage/step.h"

/* What of an input is the same in every turn of a loop: how far back its content was last touched. */
struct relation {
    uint64_t distance, output;
    struct log_slice slice;
};
static const uint64_t RELATION_NEW = UINT32_MAX, RELATION_FAR = UINT32_MAX - 1;

static inline uint64_t relation_distance(uint64_t id, uint64_t touched)
{
    return id - touched <= FOLD_MOST_STEPS ? id - touched : RELATION_FAR;
}

static inline uint64_t relation_add(uint64_t token, uint64_t word)
{
    return (token ^ word) * UINT64_C(0x9E3779B97F4A7C15) + (token >> 29);
}

/* Equal for steps whose like a loop would bring again. Others are seldom equal: a loop that is none costs time, no more. */
static inline uint64_t relation_token(const struct step *s, const struct relation *relations, int count)
{
    uint64_t token = step_mix(s->signature + 1);
    for (int i = 0; i < count; i++) {
        const struct relation *r = &relations[i];
        token = relation_add(token, r->distance * 64 + r->output);
        if (r->slice.rows)
            token = relation_add(relation_add(relation_add(relation_add(token, (uint64_t)r->slice.row), (uint64_t)r->slice.col),
                                              (uint64_t)r->slice.rows),
                                 (uint64_t)r->slice.cols);
    }
    return step_mix(token);
}

#endif
