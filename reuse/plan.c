#include "reuse/plan.h"

static void one_step(struct plan *plan, enum outcome outcome, struct plan_step step)
{
    plan->outcome = outcome;
    plan->nsteps = 1;
    plan->steps[0] = step;
}

void plan_call(struct plan *plan)
{
    plan->claim = (struct claim){.at = NULL};
    plan->waited_ns = 0;
    one_step(plan, OUTCOME_UNPROBED, (struct plan_step){STEP_CALL, NULL});
}

void plan_probe(struct plan *plan, struct cache *cache, struct fp key, uint64_t expected_ns)
{
    struct payload *payload = cache_claim(cache, key, expected_ns, &plan->claim);
    enum outcome found = OUTCOME_HIT;
    plan->waited_ns = 0;
    if (!payload && plan->claim.at && !plan->claim.owned) {
        payload = cache_wait(cache, key, expected_ns, &plan->claim, &plan->waited_ns);
        found = OUTCOME_WAIT;
    }
    if (payload)
        one_step(plan, found, (struct plan_step){STEP_COPY, payload});
    else
        one_step(plan, OUTCOME_MISS, (struct plan_step){STEP_CALL, NULL});
}

void plan_done(struct plan *plan)
{
    for (int i = 0; i < plan->nsteps; i++)
        payload_drop(plan->steps[i].payload);
    plan->nsteps = 0;
    cache_abandon(&plan->claim);
}
