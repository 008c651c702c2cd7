/*
 * One call, end to end (DESIGN 3). What is nested, illegal, a workspace query or too small goes straight to the real function;
 * the rest is traced. The tests are ordered by their price.
 */
#include <string.h>

#include "lineage/clock.h"
#include "reuse/gate.h"
#include "shim/resolve.h"
#include "shim/trace.h"

/* Passed-through calls this large are timed each; of smaller ones one in BYPASS_SAMPLE. */
static const double ALWAYS_TIMED_FLOPS = 1e6;

static inline int64_t pass_through(struct call *call, const struct binding *binding, struct process *process,
                                   struct thread_state *thread, double flops)
{
    if (!thread)
        return call->entry->invoke(binding->fn, call->raw);
    struct bypass_count *count = &thread->bypass[op_index(call->entry->op)];
    count_add(&count->calls, 1);
    if (flops < ALWAYS_TIMED_FLOPS && thread->clock++ % BYPASS_SAMPLE)
        return call->entry->invoke(binding->fn, call->raw);
    uint64_t began = clock_ns();
    int64_t returned = call->entry->invoke(binding->fn, call->raw);
    uint64_t took = clock_ns() - began;
    count_add(&count->timed_calls, 1);
    count_add(&count->timed_ns, took);
    if (process->governor)
        governor_passed(process->governor, flops < ALWAYS_TIMED_FLOPS ? took * BYPASS_SAMPLE : took);
    return returned;
}

/* Illegal calls and queries may longjmp out of xerbla, so everything is counted before they are made. */
static int64_t count_and_pass(struct call *call, const struct binding *binding, struct thread_state *thread)
{
    if (thread)
        count_add(&thread->bypass[op_index(call->entry->op)].calls, 1);
    return call->entry->invoke(binding->fn, call->raw);
}

/* Is this legal call to be traced? `governed` is filled where the governor was asked. */
static bool admitted(struct process *process, const struct call *call, const struct canon *canon, const struct use *use,
                     struct governed *governed)
{
    if (process->settings.trace == TRACE_ALL)
        return true;
    struct estimate estimate = gate_estimate(canon, use);
    if (!gate_open(&estimate, process->governor != NULL))
        return false;
    return !process->governor || governor_admit(process->governor, governed, canon, use, call->ret);
}

/* Kept out of line so that a tiny call pays for none of its stack. */
static __attribute__((noinline)) int64_t dispatch_large(struct call *call, struct caller_object *caller,
                                                        const struct binding *binding, struct process *process,
                                                        struct thread_state *thread)
{
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct governed governed = {.class = NULL};
    if (canon_from_call(call, binding->provider->width, &canon) != CANON_OK)
        return count_and_pass(call, binding, thread);
    canon_uses(&canon, use);
    if (!admitted(process, call, &canon, use, &governed) || !process_same(process))
        return pass_through(call, binding, process, thread, op_flops(&canon));
    return trace_call(call, caller, binding, process, thread, &canon, use, &governed);
}

/* Cheap reasons to leave a call alone, from the raw arguments; *flops is their count. */
static inline bool not_worth_a_look(const struct process *process, const struct call *call, int width, double *flops)
{
    const struct op *op = call->entry->op;
    *flops = op->quick(call, width) * op_flop_scale(op);
    return *flops < gate_least_flops(op, process->governor != NULL) ||
           (process->governor && !governor_may_look(process->governor));
}

int64_t dispatch(struct call *call)
{
    struct caller_object *caller = caller_of(call->ret);
    const struct binding *binding = binding_of(caller, call->entry);
    struct process *process = process_get();
    if (!process)
        return call->entry->invoke(binding->fn, call->raw);
    struct thread_state *thread = thread_state();
    if (caller->nested) {
        if (thread)
            count_add(&thread->nested, 1);
        return call->entry->invoke(binding->fn, call->raw);
    }
    int width = binding->provider ? binding->provider->width : 0;
    double flops;
    if (!width)
        return count_and_pass(call, binding, thread);
    if (process->settings.trace == TRACE_AUTO && not_worth_a_look(process, call, width, &flops))
        return pass_through(call, binding, process, thread, flops);
    return dispatch_large(call, caller, binding, process, thread);
}
