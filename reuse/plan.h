/*
 * Plans: what `reuse/` answers and `shim/` carries out, step by step: COPY a payload, or CALL a routine. A step speaks of the
 * call itself, or of one half of a driver: then its operands and arguments are derived from the call's (reuse/driver). reuse/
 * itself never calls BLAS, so partial reuse needs no upward call. The plans there are:
 *
 *     CALL                         not seen, or not to be served
 *     COPY                         a hit
 *     COPY factor, COPY rest       a hit of a driver
 *     COPY factor, CALL solve      a driver that missed takes its factor: OUTCOME_PARTIAL
 */
#ifndef BLASE_REUSE_PLAN_H
#define BLASE_REUSE_PLAN_H

#include "reuse/cache.h"
#include "reuse/driver.h"
#include "reuse/spill.h"

enum plan_step_kind { STEP_CALL, STEP_COPY };
enum plan_half { HALF_NONE, HALF_FACTOR, HALF_REST, HALF_SOLVE };

struct plan_step {
    enum plan_step_kind kind;
    enum plan_half half;
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
 * The plan for a call that may be served: probes the cache, and waits where the same call is in flight; then what was spilled
 * (NULL: nothing is), which comes back into the cache. `expected_ns` is what computing it should take. A thread has one such plan
 * at a time: probing jumps over an older one that was not done.
 */
void plan_probe(struct plan *plan, struct cache *cache, struct spill *spill, struct fp key, uint64_t expected_ns);

/* Whose result a factor is: the driver's own, or, where it borrows, that of the factor's routine. */
enum factor_found { FOUND_NONE, FOUND_OWN, FOUND_BORROWED };

/*
 * After plan_probe, for a driver: a rest is joined by its factor or becomes a miss; a miss takes the factor if there is one that
 * is `trusted` (FOUND_OWN | FOUND_BORROWED: its bits are known to be the driver's). What is there is returned, taken or not.
 */
enum factor_found plan_driver(struct plan *plan, struct cache *cache, struct spill *spill, const struct driver *d,
                              unsigned trusted);

/* After plan_probe, for a call that is not to be put together from halves: a rest that was found becomes a miss. */
void plan_whole(struct plan *plan);

/* The plan for a call that may not be served. */
void plan_call(struct plan *plan);

/* Drops what the plan holds; others stop waiting if nothing was published. */
void plan_done(struct plan *plan);

#endif
