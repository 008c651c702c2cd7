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

static inline int64_t pass_through(struct call *call, const struct binding *binding, struct thread_state *thread, double flops)
{
    if (!thread)
        return call->entry->invoke(binding->fn, call->raw);
    struct bypass_count *count = &thread->bypass[op_index(call->entry->op)];
    count_add(&count->calls, 1);
    if (flops < ALWAYS_TIMED_FLOPS && thread->clock++ % BYPASS_SAMPLE)
        return call->entry->invoke(binding->fn, call->raw);
    uint64_t began = clock_ns();
    int64_t returned = call->entry->invoke(binding->fn, call->raw);
    count_add(&count->timed_calls, 1);
    count_add(&count->timed_ns, clock_ns() - began);
    return returned;
}

/* Illegal calls and queries may longjmp out of xerbla, so everything is counted before they are made. */
static int64_t count_and_pass(struct call *call, const struct binding *binding, struct thread_state *thread)
{
    if (thread)
        count_add(&thread->bypass[op_index(call->entry->op)].calls, 1);
    return call->entry->invoke(binding->fn, call->raw);
}

/* Kept out of line so that a tiny call pays for none of its stack. */
static __attribute__((noinline)) int64_t dispatch_large(struct call *call, struct caller_object *caller,
                                                        const struct binding *binding, struct process *process,
                                                        struct thread_state *thread)
{
    struct canon canon;
    if (canon_from_call(call, binding->provider->width, &canon) != CANON_OK)
        return count_and_pass(call, binding, thread);
    bool all = process->settings.trace == TRACE_ALL;
    double flops = op_flops(&canon);
    if (!all && flops < gate_least_flops(canon.op))
        return pass_through(call, binding, thread, flops);
    struct use use[OP_MAX_OPERANDS];
    canon_uses(&canon, use);
    struct estimate estimate = gate_estimate(&canon, use);
    if ((!all && !gate_open(&estimate)) || !process_same(process))
        return pass_through(call, binding, thread, flops);
    return trace_call(call, caller, binding, process, thread, &canon, use);
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
    if (!width)
        return count_and_pass(call, binding, thread);
    bool all = process->settings.trace == TRACE_ALL;
    if (!all && call->entry->op->quick) {
        double flops = call->entry->op->quick(call, width) * op_flop_scale(call->entry->op);
        if (flops < gate_least_flops(call->entry->op))
            return pass_through(call, binding, thread, flops);
    }
    return dispatch_large(call, caller, binding, process, thread);
}
