/*
 * Plans: what `reuse/` answers and `shim/` carries out, step by step. Full reuse has two: COPY a payload, or CALL the routine.
 * reuse/ itself never calls BLAS, so partial reuse (steps that compute a part and add) needs no upward call.
 */
#ifndef BLASE_REUSE_PLAN_H
#define BLASE_REUSE_PLAN_H

#include "reuse/cache.h"

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
    struct claim claim; /* owned while others may wait for what the call leads to */
    uint64_t waited_ns; /* for the same call in another thread */
};

/*
 * The plan for a call that may be served: probes the cache, and waits where the same call is in flight. `expected_ns` is what
 * computing it should take. A thread has one such plan at a time: probing jumps over an older one that was not done.
 */
void plan_probe(struct plan *plan, struct cache *cache, struct fp key, uint64_t expected_ns);

/* The plan for a call that may not be served. */
void plan_call(struct plan *plan);

/* Drops what the plan holds; others stop waiting if nothing was published. */
void plan_done(struct plan *plan);

#endif
