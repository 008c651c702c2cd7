#include "reuse/plan.h"

#include <fenv.h>

#ifndef FE_INEXACT
#define FE_INEXACT 0
#endif

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
    one_step(plan, OUTCOME_UNPROBED, (struct plan_step){STEP_CALL, HALF_NONE, NULL});
}

/* Back from disk into the cache; the caller's own reference serves the call also where the cache refuses it. */
static struct payload *restore(struct cache *cache, struct spill *spill, struct fp key)
{
    struct payload *payload = spill ? spill_take(spill, key, cache_room(cache)) : NULL;
    if (payload) {
        payload_hold(payload);
        cache_put(cache, key, payload);
    }
    return payload;
}

void plan_probe(struct plan *plan, struct cache *cache, struct spill *spill, struct fp key, uint64_t expected_ns)
{
    struct payload *payload = cache_claim(cache, key, expected_ns, &plan->claim);
    enum outcome found = OUTCOME_HIT;
    plan->waited_ns = 0;
    if (!payload && plan->claim.at && !plan->claim.owned) {
        payload = cache_wait(cache, key, expected_ns, &plan->claim, &plan->waited_ns);
        found = payload ? OUTCOME_WAIT : OUTCOME_HIT;
    }
    if (!payload)
        payload = restore(cache, spill, key);
    if (payload)
        one_step(plan, found, (struct plan_step){STEP_COPY, HALF_NONE, payload});
    else
        one_step(plan, OUTCOME_MISS, (struct plan_step){STEP_CALL, HALF_NONE, NULL});
}

static void two_steps(struct plan *plan, enum outcome outcome, struct payload *factor, struct plan_step second)
{
    plan->outcome = outcome;
    plan->nsteps = 2;
    plan->steps[0] = (struct plan_step){STEP_COPY, HALF_FACTOR, factor};
    plan->steps[1] = second;
}

static struct payload *take(struct cache *cache, struct spill *spill, struct fp key)
{
    struct payload *factor = cache_take(cache, key);
    return factor ? factor : restore(cache, spill, key);
}

/*
 * Around its halves a driver may compute something that is inexact (gels of LAPACK before 3.12 takes a logarithm), so a factor
 * that raised no such flag, as those of a row or two may, says too little of the driver's flags to be borrowed.
 */
static struct payload *take_factor(struct cache *cache, struct spill *spill, const struct driver *d, enum factor_found *found)
{
    struct payload *factor = take(cache, spill, d->key);
    *found = factor ? FOUND_OWN : FOUND_NONE;
    if (factor || !d->borrows)
        return factor;
    factor = take(cache, spill, d->borrowed);
    if (factor && (factor->raised & FE_INEXACT) != FE_INEXACT) {
        payload_drop(factor);
        factor = NULL;
    }
    *found = factor ? FOUND_BORROWED : FOUND_NONE;
    return factor;
}

void plan_whole(struct plan *plan)
{
    struct payload *found = plan->steps[0].kind == STEP_COPY ? plan->steps[0].payload : NULL;
    if (!found || !found->rest)
        return;
    payload_drop(found);
    one_step(plan, OUTCOME_MISS, (struct plan_step){STEP_CALL, HALF_NONE, NULL});
}

enum factor_found plan_driver(struct plan *plan, struct cache *cache, struct spill *spill, const struct driver *d,
                              unsigned trusted)
{
    struct payload *rest = plan->steps[0].kind == STEP_COPY ? plan->steps[0].payload : NULL;
    if (rest && !rest->rest)
        return FOUND_NONE; /* kept whole */
    enum factor_found found;
    struct payload *factor = take_factor(cache, spill, d, &found);
    const bool proven = (found & trusted) != 0;
    if (rest && (found == FOUND_OWN || proven)) {
        two_steps(plan, plan->outcome, factor, (struct plan_step){STEP_COPY, HALF_REST, rest});
        return found;
    }
    payload_drop(rest);
    if (proven) {
        two_steps(plan, OUTCOME_PARTIAL, factor, (struct plan_step){STEP_CALL, HALF_SOLVE, NULL});
        return found;
    }
    payload_drop(factor);
    one_step(plan, OUTCOME_MISS, (struct plan_step){STEP_CALL, HALF_NONE, NULL});
    return found;
}

void plan_done(struct plan *plan)
{
    for (int i = 0; i < plan->nsteps; i++)
        payload_drop(plan->steps[i].payload);
    plan->nsteps = 0;
    cache_abandon(&plan->claim);
}
