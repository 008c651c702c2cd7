/*
 * One call, end to end (DESIGN 3). What is nested, illegal, a workspace query or too small goes straight to the real function;
 * the rest is traced. The tests are ordered by their price, and what they find out about a call site for good is published, so
 * that its next call does not come here at all (shim/fast.h).
 */
#include <stddef.h>
#include <string.h>

#include "lineage/clock.h"
#include "reuse/gate.h"
#include "shim/fpenv.h"
#include "shim/resolve.h"
#include "shim/trace.h"
#include "shim/unload.h"

/* Passed-through calls this large are timed each; of smaller ones some, see timing.h. */
static const double ALWAYS_TIMED_FLOPS = 1e6;

/* A call on its way: what every step below needs. */
struct passage {
    struct call *call;
    uint64_t epoch; /* of what is known about the caller */
    struct caller_object *caller;
    const struct binding *binding;
    struct process *process;
    struct thread_state *thread;  /* NULL: memory is short, nothing is counted */
    struct governor_class *class; /* NULL: no governor is asked */
    struct afforded lineage;      /* class NULL: nor is what lineage may cost */
    bool tiny;                    /* surely cheaper than a look */
    uint64_t flags;               /* the program's floating-point flags, which our own arithmetic must not change */
};

static inline int64_t invoke(const struct passage *p)
{
    fpenv_restore(p->flags);
    return p->call->entry->invoke(p->binding->fn, p->call->raw);
}

/* What a call took that stands for others. Where that was unusually long, not for as many: it may be another program's time. */
static void tell(const struct passage *p, const struct governed *governed, uint64_t took, uint32_t stands_for)
{
    const uint32_t most = timing_distance(took), times = stands_for < most ? stands_for : most;
    if (p->process->governor)
        governor_passed(p->process->governor, governed, took * times);
    else if (p->process->afford)
        afford_passed(p->process->afford, p->lineage.class ? &p->lineage : NULL, took, times);
}

/* `governed`: the governor had looked at the call and is told what it took; NULL otherwise. */
static inline int64_t pass_through(const struct passage *p, double flops, const struct governed *governed)
{
    if (!p->thread)
        return invoke(p);
    struct bypass_count *count = &p->thread->bypass[op_index(p->call->entry->op)];
    count_add(&count->calls, 1);
    struct timing *timing = p->tiny ? &p->thread->tiny : &p->thread->larger;
    bool always = flops >= ALWAYS_TIMED_FLOPS || governed;
    if (!always && !timing_due(timing))
        return invoke(p);
    uint64_t began = clock_ns();
    int64_t returned = invoke(p);
    uint64_t took = clock_ns() - began, flags = fpenv_save();
    took -= took < p->thread->clock_ns ? took : p->thread->clock_ns;
    uint32_t stands_for = always ? 1 : timing_done(timing, took);
    count_add(always ? &count->timed_calls : &count->sampled_calls, stands_for);
    count_add(always ? &count->timed_ns : &count->sampled_ns, took * stands_for);
    tell(p, governed, took, stands_for);
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
    return afford_admit(p->process->afford, &governed->lineage, canon, use);
}

/* Kept out of line so that a tiny call pays for none of its stack. */
static __attribute__((noinline)) int64_t dispatch_large(const struct passage *p)
{
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct governed governed = {.class = p->class, .lineage = p->lineage};
    enum canon_result legal = canon_with_uses(p->call, p->binding->provider->width, &canon, use);
    if (legal != CANON_OK)
        return count_and_pass(p, legal == CANON_QUERY ? PASSED_QUERY : PASSED_ILLEGAL);
    if (!admitted(p, &canon, use, &governed) || !process_same(p->process))
        return pass_through(p, op_flops(&canon), governed.class ? &governed : NULL);
    fpenv_restore(p->flags);
    return trace_call(p->call, p->caller, p->binding, p->process, p->thread, &canon, use, &governed);
}

/* The next calls from here need not come to dispatch. */
static void publish(const struct passage *p, int kind, size_t counter, double least)
{
    if (!binding_holds(p->binding, p->caller))
        return; /* good for one call only */
    const struct fast record = {.ret = p->call->ret,
                                .epoch = p->epoch,
                                .fn = p->binding->fn,
                                .least = (uint64_t)least,
                                .tag = (uint32_t)FAST_TAG_OF(entry_index(p->call->entry), kind),
                                .counter = (uint32_t)counter};
    fast_publish(&record);
}

static int64_t pass_nested(const struct passage *p)
{
    if (p->thread) {
        count_add(&p->thread->nested, 1);
        p->thread->tail_calls += p->caller->shim;
    }
    if (!p->caller->shim)
        publish(p, FAST_NESTED, offsetof(struct thread_state, nested), 0);
    return invoke(p);
}

/* What the stub compares with: operations of the routine's own, or a dimension at which they are surely fewer. */
static double least_for_stub(const struct entry *entry, double least)
{
    double own = least / op_flop_scale(entry->op), edge = 0;
    if (entry->judged == 1)
        return own;
    while (edge < FAST_MOST_DIMENSION && entry->judged * edge * edge * edge < own)
        edge++;
    return edge;
}

static int64_t pass_tiny(struct passage *p, int width, double flops, double least)
{
    p->tiny = true;
    const struct entry *entry = p->call->entry;
    uint32_t tail_calls = p->thread ? p->thread->tail_calls : 0;
    int64_t returned = pass_through(p, flops, NULL);
    if (!entry->judged || !p->thread || p->thread->tail_calls != tail_calls || flops <= 0) /* one without work returns early */
        return returned;
    size_t counter = offsetof(struct thread_state, bypass) + (size_t)op_index(entry->op) * sizeof(struct bypass_count) +
                     offsetof(struct bypass_count, calls);
    uint64_t flags = fpenv_save();
    publish(p, width == 8 ? FAST_WIDE : FAST_NARROW, counter, least_for_stub(entry, least));
    fpenv_restore(flags);
    return returned;
}

/* Not even looked at: the governor has closed its class, or there is no money. */
static int64_t pass_refused(const struct passage *p, double flops)
{
    bool closed = p->class && atomic_load_explicit(&p->class->closed, memory_order_relaxed);
    if (p->thread)
        count_add(&p->thread->passed[closed ? PASSED_GAIN : PASSED_BUDGET], 1);
    return pass_through(p, flops, NULL);
}

/* Nothing is counted: the process is passive, or was told to be. */
static int64_t pass_uncounted(const struct passage *p, bool for_good)
{
    if (for_good)
        publish(p, FAST_OFF, 0, 0);
    return invoke(p);
}

int64_t dispatch(struct call *call)
{
    struct passage p = {.call = call, .flags = fpenv_save(), .epoch = unload_epoch()};
    p.caller = caller_of(call->ret, p.epoch);
    p.binding = binding_of(p.caller, call->entry);
    p.process = process_get();
    if (!p.process || p.process->settings.trace == TRACE_OFF)
        return pass_uncounted(&p, p.process || process_is_passive());
    p.thread = thread_state();
    if (p.caller->nested)
        return pass_nested(&p);
    int width = p.binding->provider ? p.binding->provider->width : 0;
    if (!width || fpenv_traps()) /* where exceptions trap, our own arithmetic could */
        return count_and_pass(&p, width ? PASSED_TRAPS : PASSED_WIDTH);
    if (p.process->settings.trace == TRACE_AUTO) {
        const struct op *op = call->entry->op;
        struct governor *governor = p.process->governor;
        double flops = op->quick(call, width) * op_flop_scale(op), least = gate_least_flops(op, governor != NULL);
        if (flops < least)
            return pass_tiny(&p, width, flops, least);
        p.class = governor ? governor_class(governor, op, flops, call->ret) : NULL;
        if (governor ? !governor_may_look(governor, p.class)
                     : !afford_may_look(p.process->afford, &p.lineage, op, flops, call->ret))
            return pass_refused(&p, flops);
    }
    return dispatch_large(&p);
}
