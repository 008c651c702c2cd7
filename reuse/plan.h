/*
 * Plans: what `reuse/` answers and `shim/` carries out, step by step. Full reuse has two: COPY a payload, or CALL the routine.
 * reuse/ itself never calls BLAS, so partial reuse (steps that compute a part and add) needs no upward call.
 */
#ifndef BLASE_REUSE_PLAN_H
#define BLASE_REUSE_PLAN_H

#include "reuse/cache.h"
#include "reuse/spill.h"

enum plan_step_kind { STEP_CALL, STEP_COPY };

struct plan_step {
    enum plan_step_kind kind;
    struct payload *payload; /* STEP_COPY: a reference that plan_done drops */
};

enum { PLAN_MAX_STEPS = 4 };
struct plan {
    enum outcome outcome;
    int nsteps;
    struct plan_step steps[PLAN_MAX_STEPS];
};

/* The plan for a call that may be served: probes the cache, then what was spilled (NULL: nothing is), which comes back into it.
 */
void plan_probe(struct plan *plan, struct cache *cache, struct spill *spill, struct fp key);

/* The plan for a call that may not be served. */
void plan_call(struct plan *plan);

void plan_done(struct plan *plan);

#endif
