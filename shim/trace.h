/*
 * A traced call: fingerprints, key, plan, the real call or the copy, and its item.
 */
#ifndef BLASE_SHIM_TRACE_H
#define BLASE_SHIM_TRACE_H

#include "reuse/plan.h"
#include "shim/caller.h"
#include "shim/process.h"
#include "shim/threads.h"

/* What the steps of one traced call share. */
struct tracing {
    struct call *call;
    const struct binding *binding;
    struct process *process;
    const struct canon *canon;
    const struct use *use;
    struct traced *record;
    struct governed *governed; /* its class is NULL when the governor was not asked */
    int64_t returned;
    int threads;           /* the provider's, now; 0 unknown */
    uint64_t now;          /* the results were fingerprinted, and nothing was done since; 0: something was */
    uint64_t waited_ns;    /* for the same call in another thread */
    uint64_t spill_ns;     /* what the thread had spent on spilling before: that is booked apart from the call */
    uint64_t asked_ns;     /* for --check-finite and --capture: what the user asked for, not the price of reuse */
    uint64_t verified_ns;  /* what serving would have saved that was recomputed instead */
    uint32_t raised;       /* by a plan that called a half */
    struct halves *halves; /* of a driver */
    struct fp key;         /* what a result is filed under */
};

/* Makes the call by whatever the plan says, records its item; returns LAPACKE's info, else 0. */
int64_t trace_call(struct call *call, struct caller_object *caller, const struct binding *binding, struct process *process,
                   struct thread_state *thread, const struct canon *canon, const struct use *use, struct governed *governed);

/* The real routine with the call's own arguments, timed, its flags told apart from older ones. */
struct real_result {
    int64_t returned, info;
    uint32_t raised;
    uint64_t ns, ended; /* ended: by the clock */
};
struct real_result trace_real(const struct tracing *t);

/* Writes a successful status where the routine would have. */
void trace_set_info(struct tracing *t);

#endif
