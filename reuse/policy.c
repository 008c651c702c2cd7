#include "reuse/policy.h"

double policy_score(enum cache_policy policy, const struct merit *m)
{
    switch (policy) {
    case POLICY_LRU:
        return (double)m->used_at;
    case POLICY_HEIGHT:
        return 1.0 / (m->height ? m->height : 1);
    default:
        return ((double)m->hits + m->misses) * (double)m->cost_ns / (double)(m->bytes ? m->bytes : 1);
    }
}
