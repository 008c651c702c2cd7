#include "shim/halves.h"

#include <fenv.h>
#include <string.h>

#include "reuse/reflector.h"
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

static const struct binding *half_binding(const struct tracing *t, const struct op_half *half)
{
    return binding_sibling(t->binding, entry_sibling(t->call->entry, half->op));
}

/* False: a routine is not in that library. */
static bool bind_halves(struct tracing *t)
{
    struct halves *h = t->halves;
    h->solve = half_binding(t, &h->d.halves->solve);
    h->finish = h->d.halves->finish.args ? half_binding(t, &h->d.halves->finish) : NULL;
    return h->solve && (h->finish || !h->d.halves->finish.args);
}

/* Without its factor a rest is no result. */
static void without_halves(struct tracing *t, struct plan *plan)
{
    t->halves->d.halves = NULL;
    plan_whole(plan);
}

/* The first element of the matrix that is factored. */
static const void *corner(const struct tracing *t)
{
    const struct canon *factor = &t->halves->d.factor;
    return factor->a[factor->op->operands[0].arg].p;
}

bool halves_scalar(const struct tracing *t, void *scalar)
{
    return reflector_scalar(t->canon->op->type, t->halves->corner, corner(t), scalar);
}

static void look_for_factor(struct tracing *t, struct plan *plan)
{
    struct halves *h = t->halves;
    struct proofs *proofs = &t->process->proofs;
    h->verdict = h->d.alike ? VERDICT_EQUAL : proofs_find(proofs, h->d.class);
    h->borrowed = h->d.alike || !h->d.borrows ? h->verdict : proofs_find(proofs, h->d.borrowed_class);
    h->d.borrows = h->d.borrows && h->borrowed != VERDICT_DIFFERENT;
    const bool own = h->verdict == VERDICT_EQUAL, borrowed = own && h->borrowed == VERDICT_EQUAL;
    enum factor_found found =
        plan_driver(plan, t->process->cache, t->process->spill, &h->d, (own ? FOUND_OWN : 0u) | (borrowed ? FOUND_BORROWED : 0u));
    h->found = found == FOUND_OWN || (found == FOUND_BORROWED && borrowed);
    h->unproven = found == FOUND_BORROWED && !borrowed;
    if (h->verdict == VERDICT_DIFFERENT && plan->nsteps == 1) /* else the driver's own halves are put together */
        h->d.halves = NULL;
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
    if (!bind_halves(t) || nan_would_show(t, &h->d)) {
        without_halves(t, plan);
        return;
    }
    context.tuning = provider_tuning(p, h->d.factor.op);
    driver_keys(&h->d, t->canon, read, reads, &context);
    if (h->d.scalars >= 0)
        memcpy(h->corner, corner(t), op_own_bytes(t->canon->op));
    look_for_factor(t, plan);
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

/* A half's call. Moved integers have their place here: read at either width. */
struct derived {
    struct call call;
    struct canon canon;
    int64_t moved[OP_MAX_ARGS];
};

/* A half's argument `arg`, in place `to` of its raw call. */
static void derive_argument(const struct call *call, const struct op_given *g, int arg, int to, struct derived *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const bool fortran = call->entry->style == STYLE_FORTRAN;
    if (g->from < 0 && fortran)
        out->call.raw[to].p = (void *)(uintptr_t)&letters[-g->from - 'A'];
    else if (g->from < 0)
        out->call.raw[to].i = -g->from;
    else if (!g->sign)
        out->call.raw[to] = call->raw[call_raw_index(call->entry, g->from)];
    else if (out->canon.op->args[arg].operand >= 0)
        out->call.raw[to].p = out->canon.a[arg].p;
    else if (fortran)
        out->call.raw[to].p = &out->moved[arg];
    else
        out->call.raw[to].i = out->moved[arg];
}

/* A half's arguments, from those of the driver's call. */
static void derive(const struct call *call, const struct canon *canon, const struct op_half *half, struct derived *out)
{
    out->call = *call;
    out->call.entry = entry_sibling(call->entry, half->op);
    driver_half(half, canon, &out->canon);
    for (int arg = 0; arg < out->canon.op->nargs; arg++) {
        int to = call_raw_index(out->call.entry, arg);
        out->moved[arg] = out->canon.a[arg].i;
        if (to >= 0)
            derive_argument(call, &half->args[arg], arg, to, out);
    }
}

static struct real_result call_half(const struct tracing *t, const struct call *call, const struct canon *canon,
                                    const struct op_half *half, const struct binding *binding)
{
    struct tracing one = *t;
    struct derived derived;
    derive(call, canon, half, &derived);
    one.call = &derived.call;
    one.canon = &derived.canon;
    one.binding = binding;
    return trace_real(&one);
}

struct real_result halves_solve_alone(const struct tracing *t, const struct call *call, const struct canon *canon)
{
    const struct op_driver *halves = t->halves->d.halves;
    struct real_result real = call_half(t, call, canon, &halves->solve, t->halves->solve);
    if (!halves->finish.args || real.info != 0)
        return real;
    struct real_result last = call_half(t, call, canon, &halves->finish, t->halves->finish);
    last.ns += real.ns;
    last.raised |= real.raised;
    return last;
}

void halves_workspace(const struct tracing *t, unsigned char *answer)
{
    const struct op *op = t->canon->op;
    const struct driver *d = &t->halves->d;
    struct call query = *t->call;
    int64_t info, all = -1;
    for (int arg = 0; arg < op->nfortran; arg++) {
        const int to = call_raw_index(query.entry, arg);
        if (op->args[arg].kind == ARG_LWORK && query.entry->style == STYLE_FORTRAN)
            query.raw[to].p = &all;
        else if (op->args[arg].kind == ARG_LWORK)
            query.raw[to].i = all;
        else if (op->args[arg].operand == d->operand[d->scalars])
            query.raw[to].p = answer;
        else if (op->args[arg].kind == ARG_INFO && to >= 0)
            query.raw[to].p = &info;
    }
    query.entry->invoke(t->binding->fn, query.raw);
}

struct real_result halves_solve(const struct tracing *t, const struct call *call, const struct canon *canon,
                                const struct payload *factor)
{
    struct real_result real = halves_solve_alone(t, call, canon);
    struct canon factor_canon;
    const struct driver *d = &t->halves->d;
    if (d->scalars >= 0 && real.info == 0) {
        unsigned char answer[16];
        halves_workspace(t, answer);
        memcpy(canon->a[canon->op->operands[d->operand[d->scalars]].arg].p, answer, op_own_bytes(canon->op));
    } else if (d->scalars < 0) { /* else the matrix is singular, and the driver leaves the scalar that stands there */
        driver_half(&d->halves->factor, canon, &factor_canon);
        payload_restore_runs(factor, &factor_canon); /* the workspace's first elements are the driver's to tell */
    }
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

static struct payload *capture_with(struct tracing *t, const struct snapshot *snapshot, uint64_t until)
{
    const struct driver *d = &t->halves->d;
    return payload_capture(&d->factor, d->factor_use, snapshot, cache_room(t->process->cache), until);
}

/*
 * `scalar`: what the driver has overwritten of the factor, if anything. Then the workspace behind the scalars belongs to it as
 * well: the solve will write as much of it as it did this time, and the rest is left by the factor's routine.
 */
static struct payload *capture_factor(struct tracing *t, const unsigned char *scalar, const struct snapshot *snapshot,
                                      uint64_t until)
{
    const struct driver *d = &t->halves->d;
    if (d->scalars < 0)
        return capture_with(t, snapshot_of_nothing(), until);
    struct view scalars = view_of(&d->factor, d->scalars, d->factor_use[d->scalars].write);
    struct snapshot *beyond = snapshot_beyond(snapshot, view_bytes(&scalars));
    struct payload *factor = beyond ? capture_with(t, beyond, until) : NULL;
    snapshot_free(beyond);
    if (!factor)
        return NULL;
    size_t at = 0;
    for (int k = 0; k < d->scalars; k++) {
        struct view v = view_of(&d->factor, k, d->factor_use[k].write);
        at += view_bytes(&v);
    }
    memcpy(factor->data + at, scalar, op_own_bytes(d->factor.op));
    return factor;
}

/*
 * Flags that the driver raised may come from either half. Only of inexact it does not matter which; after any other the result
 * is kept whole, and so it is where the factor cannot be told in full.
 */
static bool kept_whole(const struct tracing *t, const struct real_result *real, unsigned char *scalar)
{
    const struct halves *h = t->halves;
    if (!h->d.halves)
        return true;
    return !h->found && ((real->raised & ~(uint32_t)FE_INEXACT) || (h->d.scalars >= 0 && !halves_scalar(t, scalar)));
}

struct payload *halves_capture(struct tracing *t, const struct snapshot *snapshot, const struct real_result *real, uint64_t until)
{
    struct halves *h = t->halves;
    unsigned char scalar[16];
    if (kept_whole(t, real, scalar))
        return payload_capture(t->canon, t->use, snapshot, cache_room(t->process->cache), until);
    struct payload *rest = payload_capture(t->canon, h->d.rest, snapshot, cache_room(t->process->cache), until);
    struct payload *factor = h->found ? NULL : capture_factor(t, scalar, snapshot, until);
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
