#include <stdlib.h>
#include <string.h>

#include "shim/fpenv.h"
#include "shim/halves.h"

/* A verdict is sought at once where solving is this small a part of the driver's work, else when a factor is met again. */
enum { CHEAP_PART = 16 };

/* The right-hand sides as they came, packed. */
struct trial {
    int operand;
    size_t bytes;
    unsigned char *work;  /* the workspace to solve with, if part of the factor stands in it; NULL */
    unsigned char data[]; /* twice `bytes`: to solve for, and to compare with */
};

/* The driver's workspace that part of the factor stands in; -1: none does. */
static int scalars_of(const struct driver *d)
{
    return d->scalars < 0 ? -1 : d->operand[d->scalars];
}

/* The one operand that both halves of the trial speak of; -1 if there are others, or none that can be set aside. */
static int solution_of(const struct tracing *t, const struct driver *d)
{
    int found = -1;
    for (int k = 0; k < t->canon->op->noperands; k++) {
        if (t->canon->op->operands[k].role >= ROLE_MAYBE && k != scalars_of(d))
            return -1;
        if (d->rest[k].write.part == PART_NONE)
            continue;
        if (found >= 0 || d->rest[k].write.part != PART_FULL || d->rest[k].read.part != PART_FULL)
            return -1;
        found = k;
    }
    return found;
}

static bool due(const struct tracing *t)
{
    const struct halves *h = t->halves;
    if (!h->d.halves || (h->verdict != VERDICT_NONE && !h->unproven))
        return false;
    if (!h->found && !h->unproven && (DRIVER_WHOLE - h->d.share) * CHEAP_PART > DRIVER_WHOLE)
        return false;
    const struct governor *g = t->governed->class ? t->process->governor : NULL;
    double solving = g ? t->governed->call_ns * (DRIVER_WHOLE - h->d.share) / DRIVER_WHOLE : 0;
    return !g || governor_affords(g, (uint64_t)(t->governed->miss_ns + solving));
}

void trial_begin(struct tracing *t)
{
    int k = due(t) ? solution_of(t, &t->halves->d) : -1;
    if (k < 0)
        return;
    struct view v = view_of(t->canon, k, t->use[k].read);
    if (view_empty(&v)) /* no right-hand sides: nothing to compare, and no leading dimension to speak of */
        return;
    struct trial *trial = malloc(sizeof *trial + 2 * view_bytes(&v));
    if (!trial)
        return;
    trial->work = NULL;
    trial->operand = k;
    trial->bytes = view_bytes(&v);
    view_pack(&v, trial->data);
    t->halves->trial = trial;
}

static void point(struct call *call, struct canon *canon, int operand, unsigned char *to)
{
    const int arg = canon->op->operands[operand].arg;
    canon->a[arg].p = to;
    call->raw[call_raw_index(call->entry, arg)].p = to;
}

/* The call with packed right-hand sides; *ld serves Fortran at either width. */
static void point_at(const struct tracing *t, struct trial *trial, struct call *call, struct canon *canon, int64_t *ld)
{
    const struct op_operand *o = &t->canon->op->operands[trial->operand];
    struct view v = view_of(t->canon, trial->operand, t->use[trial->operand].read);
    *ld = v.rows;
    *call = *t->call;
    *canon = *t->canon;
    point(call, canon, trial->operand, trial->data);
    canon->a[o->ld_arg].i = *ld;
    if (call->entry->style == STYLE_FORTRAN)
        call->raw[call_raw_index(call->entry, o->ld_arg)].p = ld;
    else
        call->raw[call_raw_index(call->entry, o->ld_arg)].i = *ld;
    if (trial->work)
        point(call, canon, scalars_of(&t->halves->d), trial->work);
}

/* The factor's scalars in a workspace of the trial's own; false: no memory, or what the driver left is not to be understood. */
static bool scalars_restored(const struct tracing *t, struct trial *trial)
{
    const struct driver *d = &t->halves->d;
    const int k = scalars_of(d);
    unsigned char best[16];
    if (k < 0)
        return true;
    struct view work = maybe_view(t->canon, t->use, k);
    struct view scalars = view_of(&d->factor, d->scalars, d->factor_use[d->scalars].write);
    trial->work = malloc(view_bytes(&work) + 1);
    if (!trial->work)
        return false;
    memcpy(trial->work, scalars.base, view_bytes(&scalars));
    halves_workspace(t, best);
    return memcmp(trial->work, best, scalars.element) == 0 && halves_scalar(t, trial->work);
}

/* Is what the factor's routine computed for this matrix what the driver left? */
static enum verdict compare_borrowed(const struct tracing *t, const struct trial *trial)
{
    const struct driver *d = &t->halves->d;
    struct payload *factor = cache_take(t->process->cache, d->borrowed);
    if (!factor)
        return VERDICT_NONE;
    bool equal = true;
    const unsigned char *at = factor->data;
    for (int k = 0; k < d->factor.op->noperands && equal; k++) {
        struct view v = view_of(&d->factor, k, d->factor_use[k].write);
        const size_t bytes = view_bytes(&v);
        unsigned char *left = k == d->scalars ? trial->work : malloc(bytes + 1);
        if (left && left != trial->work)
            view_pack(&v, left);
        equal = left && memcmp(left, at, bytes) == 0;
        if (left != trial->work)
            free(left);
        at += bytes;
    }
    payload_drop(factor);
    return equal ? VERDICT_EQUAL : VERDICT_DIFFERENT;
}

static bool solves_alike(struct tracing *t, struct trial *trial)
{
    struct call call;
    struct canon canon;
    int64_t ld;
    if (!scalars_restored(t, trial))
        return false;
    if (t->halves->unproven)
        t->halves->borrowed = compare_borrowed(t, trial);
    point_at(t, trial, &call, &canon, &ld);
    struct real_result solved = halves_solve_alone(t, &call, &canon);
    struct view v = view_of(t->canon, trial->operand, t->use[trial->operand].write);
    view_pack(&v, trial->data + trial->bytes);
    return solved.info == 0 && memcmp(trial->data, trial->data + trial->bytes, trial->bytes) == 0;
}

void trial_end(struct tracing *t, bool computed)
{
    struct halves *h = t->halves;
    struct trial *trial = h->trial;
    if (!trial)
        return;
    if (computed) {
        uint64_t flags = fpenv_save();
        struct proofs *proofs = &t->process->proofs;
        bool equal = solves_alike(t, trial);
        proofs_note(proofs, h->d.class, equal ? VERDICT_EQUAL : VERDICT_DIFFERENT);
        if (h->unproven && h->borrowed != VERDICT_NONE)
            proofs_note(proofs, h->d.borrowed_class, h->borrowed);
        h->found |= h->unproven && h->borrowed == VERDICT_EQUAL; /* its own factor need not be kept */
        if (!equal)
            h->d.halves = NULL;
        fpenv_restore(flags);
    }
    free(trial->work);
    free(trial);
    h->trial = NULL;
}
