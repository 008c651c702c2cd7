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

static double single_use_order(enum cache_policy policy, struct merit m)
{
    if (m.hits + m.misses > 1) {
        m.hits = 0;
        m.misses = 1;
    }
    return policy_order(policy, &m);
}

bool policy_yields(enum cache_policy policy, const struct merit *victim, const struct merit *newcomer)
{
    return policy != POLICY_COSTSIZE || single_use_order(policy, *victim) <= policy_order(policy, newcomer);
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
