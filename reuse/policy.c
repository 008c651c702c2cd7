#include "reuse/policy.h"

#include <math.h>

static float faded(float count, uint32_t generations)
{
    enum { FADED_AWAY = 200 };
    return ldexpf(count, -(int)(generations < FADED_AWAY ? generations : FADED_AWAY));
}

void policy_fade(struct merit *m, uint32_t generation)
{
    m->hits = faded(m->hits, generation - m->generation);
    m->misses = faded(m->misses, generation - m->generation);
    m->generation = generation;
}

double policy_score(enum cache_policy policy, const struct merit *m)
{
    switch (policy) {
    case POLICY_LRU:
        return (double)m->used_at;
    case POLICY_HEIGHT:
        return 1.0 / (m->height ? m->height : 1);
    default:
        return ((double)m->hits + (double)m->misses) * (double)m->cost_ns / (double)(m->bytes ? m->bytes : 1);
    }
}

double policy_order(enum cache_policy policy, const struct merit *m)
{
    int exponent;
    double score = policy_score(policy, m);
    if (policy != POLICY_COSTSIZE)
        return score;
    if (score <= 0)
        return -INFINITY;
    return 2 * frexp(score, &exponent) + exponent + m->generation;
}
