/*
 * One call, end to end (DESIGN 3). What is nested, illegal, a workspace query or too small goes straight to the real function;
 * the rest is traced. The tests are ordered by their price.
 */
#include <string.h>

#include "lineage/clock.h"
#include "reuse/gate.h"
#include "shim/fpenv.h"
#include "shim/resolve.h"
#include "shim/trace.h"

/* Passed-through calls this large are timed each; of smaller ones one in BYPASS_SAMPLE. */
static const double ALWAYS_TIMED_FLOPS = 1e6;

/* A call on its way: what every step below needs. */
struct passage {
    struct call *call;
    struct caller_object *caller;
    const struct binding *binding;
    struct process *process;
    struct thread_state *thread;  /* NULL: memory is short, nothing is counted */
    struct governor_class *class; /* NULL: no governor is asked */
    uint64_t flags;               /* the program's floating-point flags, which our own arithmetic must not change */
};

static inline int64_t invoke(const struct passage *p)
{
    fpenv_restore(p->flags);
    return p->call->entry->invoke(p->binding->fn, p->call->raw);
}

/* `governed`: the governor had looked at the call and is told what it took; NULL otherwise. */
static inline int64_t pass_through(const struct passage *p, double flops, const struct governed *governed)
{
    if (!p->thread)
        return invoke(p);
    struct bypass_count *count = &p->thread->bypass[op_index(p->call->entry->op)];
    count_add(&count->calls, 1);
    bool always = flops >= ALWAYS_TIMED_FLOPS || governed;
    if (!always && p->thread->clock++ % BYPASS_SAMPLE != 1) /* not the first: it is cold */
        return invoke(p);
    uint64_t began = clock_ns();
    int64_t returned = invoke(p);
    uint64_t took = clock_ns() - began, flags = fpenv_save();
    count_add(&count->timed_calls, 1);
    count_add(&count->timed_ns, took);
    if (p->process->governor)
        governor_passed(p->process->governor, governed, always ? took : took * BYPASS_SAMPLE);
    fpenv_restore(flags);
    return returned;
}

/* Illegal calls and queries may longjmp out of xerbla, so they are counted before they are made. */
static int64_t count_and_pass(const struct passage *p, enum passed why)
{
    if (p->thread) {
        struct bypass_count *count = &p->thread->bypass[op_index(p->call->entry->op)];
        count_add(&count->calls, 1);
        count_add(&count->idle, 1);
        count_add(&p->thread->passed[why], 1);
    }
    return invoke(p);
}

/* Is this legal call to be traced? `governed` is filled where the governor was asked. */
static bool admitted(const struct passage *p, const struct canon *canon, const struct use *use, struct governed *governed)
{
    if (p->process->settings.trace == TRACE_ALL)
        return true;
    if (p->process->governor)
        return governor_admit(p->process->governor, governed, canon, use);
    struct estimate estimate = gate_estimate(canon, use);
    return gate_open(&estimate);
}

/* Kept out of line so that a tiny call pays for none of its stack. */
static __attribute__((noinline)) int64_t dispatch_large(const struct passage *p)
{
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct governed governed = {.class = p->class};
    enum canon_result legal = canon_from_call(p->call, p->binding->provider->width, &canon);
    if (legal != CANON_OK)
        return count_and_pass(p, legal == CANON_QUERY ? PASSED_QUERY : PASSED_ILLEGAL);
    canon_uses(&canon, use);
    if (!admitted(p, &canon, use, &governed) || !process_same(p->process))
        return pass_through(p, op_flops(&canon), governed.class ? &governed : NULL);
    fpenv_restore(p->flags);
    return trace_call(p->call, p->caller, p->binding, p->process, p->thread, &canon, use, &governed);
}

/* Cheap reasons to leave a call alone, from the raw arguments; *flops is their count. */
static inline bool not_worth_a_look(struct passage *p, int width, double *flops)
{
    const struct op *op = p->call->entry->op;
    struct governor *governor = p->process->governor;
    *flops = op->quick(p->call, width) * op_flop_scale(op);
    if (*flops < gate_least_flops(op, governor != NULL))
        return true;
    if (!governor)
        return false;
    p->class = governor_class(governor, op, *flops, p->call->ret);
    if (governor_may_look(governor, p->class))
        return false;
    if (p->thread)
        count_add(&p->thread->passed[atomic_load_explicit(&p->class->closed, memory_order_relaxed) ? PASSED_GAIN : PASSED_BUDGET],
                  1);
    return true;
}

int64_t dispatch(struct call *call)
{
    struct passage p = {.call = call, .flags = fpenv_save(), .caller = caller_of(call->ret)};
    p.binding = binding_of(p.caller, call->entry);
    p.process = process_get();
    if (!p.process)
        return invoke(&p);
    p.thread = thread_state();
    if (p.caller->nested) {
        if (p.thread)
            count_add(&p.thread->nested, 1);
        return invoke(&p);
    }
    int width = p.binding->provider ? p.binding->provider->width : 0;
    double flops;
    if (!width || fpenv_traps()) /* where exceptions trap, our own arithmetic could */
        return count_and_pass(&p, width ? PASSED_TRAPS : PASSED_WIDTH);
    if (p.process->settings.trace == TRACE_AUTO && not_worth_a_look(&p, width, &flops))
        return pass_through(&p, flops, NULL);
    return dispatch_large(&p);
}
