#include "shim/halves.h"

#include <fenv.h>
#include <string.h>

#include "shim/resolve.h"

#ifndef FE_INEXACT
#define FE_INEXACT 0
#endif

static bool is_nan(const char *element, size_t real)
{
    float narrow;
    double wide;
    if (real == 4) {
        memcpy(&narrow, element, sizeof narrow);
        return narrow != narrow;
    }
    memcpy(&wide, element, sizeof wide);
    return wide != wide;
}

static bool has_nan(const struct view *v, size_t real)
{
    for (int64_t j = 0; j < v->cols; j++) {
        const char *column = v->base + j * v->ld * (int64_t)v->element;
        for (size_t at = 0; at < (size_t)v->rows * v->element; at += real)
            if (is_nan(column + at, real))
                return true;
    }
    return false;
}

/* LAPACKE's driver tells of a NaN under other numbers than its solving routine; without one neither says anything. */
static bool nan_would_show(const struct tracing *t, const struct driver *d)
{
    if (!t->canon->lapacke)
        return false;
    for (int k = 0; k < t->canon->op->noperands; k++) {
        struct view v = view_of(t->canon, k, d->rest[k].read);
        if (d->rest[k].write.part != PART_NONE && !view_empty(&v) && has_nan(&v, op_real_bytes(t->canon->op)))
            return true;
    }
    return false;
}

static const struct entry *solve_entry(const struct call *call, const struct driver *d)
{
    return entry_sibling(call->entry, d->halves->solve.op);
}

/* Without its factor a rest is no result. */
static void without_halves(struct tracing *t, struct plan *plan)
{
    t->halves->d.halves = NULL;
    plan_whole(plan);
}

void halves_plan(struct tracing *t, struct plan *plan, const struct fp *read, const bool *reads, struct key_context context)
{
    struct halves *h = t->halves;
    const struct provider *p = t->binding->provider;
    const struct op_place where = {(int)context.threads, p->openblas};
    if (!driver_split(&h->d, t->canon, t->use, &where)) {
        plan_whole(plan);
        return;
    }
    h->solve = binding_sibling(t->binding, solve_entry(t->call, &h->d));
    if (!h->solve || nan_would_show(t, &h->d)) {
        without_halves(t, plan);
        return;
    }
    context.tuning = provider_tuning(p, h->d.factor.op);
    driver_keys(&h->d, t->canon, read, reads, &context);
    h->verdict = h->d.alike ? VERDICT_EQUAL : proofs_find(&t->process->proofs, h->d.class);
    h->found = plan_driver(plan, t->process->cache, t->process->spill, &h->d, h->verdict == VERDICT_EQUAL);
    if (h->verdict == VERDICT_DIFFERENT && plan->nsteps == 1) /* else the driver's own halves are put together */
        h->d.halves = NULL;
}

void halves_copy(const struct tracing *t, const struct plan_step *step, const struct canon *canon)
{
    const struct driver *d = &t->halves->d;
    struct canon factor;
    switch (step->half) {
    case HALF_FACTOR:
        driver_half(&d->halves->factor, canon, &factor);
        payload_restore(step->payload, &factor, d->factor_use);
        break;
    case HALF_REST:
        payload_restore(step->payload, canon, d->rest);
        break;
    default:
        payload_restore(step->payload, canon, t->use);
        break;
    }
}

/* The solving routine's arguments, from those of the driver's call. */
static void derive(const struct call *call, const struct driver *d, struct call *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const struct op_half *half = &d->halves->solve;
    *out = *call;
    out->entry = solve_entry(call, d);
    for (int arg = 0; arg < out->entry->op->nargs; arg++) {
        int to = call_raw_index(out->entry, arg), from = (int)half->args[arg];
        if (to < 0)
            continue;
        if (from >= 0)
            out->raw[to] = call->raw[call_raw_index(call->entry, from)];
        else if (call->entry->style == STYLE_FORTRAN)
            out->raw[to].p = (void *)(uintptr_t)&letters[-from - 'A'];
        else
            out->raw[to].i = -from;
    }
}

struct real_result halves_solve_alone(const struct tracing *t, const struct call *call, const struct canon *canon)
{
    const struct driver *d = &t->halves->d;
    struct tracing half = *t;
    struct call derived;
    struct canon derived_canon;
    derive(call, d, &derived);
    driver_half(&d->halves->solve, canon, &derived_canon);
    half.call = &derived;
    half.canon = &derived_canon;
    half.binding = t->halves->solve;
    return trace_real(&half);
}

struct real_result halves_solve(const struct tracing *t, const struct call *call, const struct canon *canon,
                                const struct payload *factor)
{
    struct real_result real = halves_solve_alone(t, call, canon);
    struct canon factor_canon;
    driver_half(&t->halves->d.halves->factor, canon, &factor_canon);
    payload_restore_runs(factor, &factor_canon); /* the workspace's first elements are the driver's to tell */
    real.raised |= factor->raised;
    return real;
}

/* The factor's outputs are among the driver's; they get its numbers. */
static void factor_outputs(const struct tracing *t, struct payload *factor)
{
    const struct driver *d = &t->halves->d;
    for (int k = 0; k < d->factor.op->noperands; k++)
        for (int i = 0; i < t->record->noutputs; i++)
            if (t->record->outputs[i].operand == d->operand[k]) {
                factor->outputs[factor->noutputs] = t->record->outputs[i];
                factor->outputs[factor->noutputs++].operand = k;
            }
}

/*
 * Flags that the driver raised may come from either half. Only of inexact it does not matter which; after any other the result
 * is kept whole.
 */
struct payload *halves_capture(struct tracing *t, const struct snapshot *snapshot, const struct real_result *real, uint64_t until)
{
    struct halves *h = t->halves;
    if (!h->d.halves || (!h->found && (real->raised & ~(uint32_t)FE_INEXACT)))
        return payload_capture(t->canon, t->use, snapshot, cache_room(t->process->cache), until);
    struct payload *rest = payload_capture(t->canon, h->d.rest, snapshot, cache_room(t->process->cache), until);
    struct payload *factor =
        h->found ? NULL
                 : payload_capture(&h->d.factor, h->d.factor_use, snapshot_of_nothing(), cache_room(t->process->cache), until);
    if (!rest || (!h->found && !factor)) {
        payload_drop(rest);
        payload_drop(factor);
        return NULL;
    }
    rest->rest = true;
    rest->call_ns = real->ns;
    if (factor) {
        factor->call_ns = real->ns / DRIVER_WHOLE * h->d.share;
        rest->call_ns -= factor->call_ns;
        factor->raised = factor->unsure = real->raised;
        factor_outputs(t, factor);
    }
    h->fresh = factor;
    return rest;
}
