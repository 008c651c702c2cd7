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
    unsigned char data[]; /* twice `bytes`: to solve for, and to compare with */
};

/* The one operand that both halves of the trial speak of; -1 if there are others, or none that can be set aside. */
static int solution_of(const struct tracing *t, const struct driver *d)
{
    int found = -1;
    for (int k = 0; k < t->canon->op->noperands; k++) {
        if (t->canon->op->operands[k].role >= ROLE_MAYBE)
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
    if (!h->d.halves || h->verdict != VERDICT_NONE)
        return false;
    if (!h->found && (DRIVER_WHOLE - h->d.share) * CHEAP_PART > DRIVER_WHOLE)
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
    trial->operand = k;
    trial->bytes = view_bytes(&v);
    view_pack(&v, trial->data);
    t->halves->trial = trial;
}

/* The call with packed right-hand sides; *ld serves Fortran at either width. */
static void point_at(const struct tracing *t, const struct trial *trial, struct call *call, struct canon *canon, int64_t *ld)
{
    const struct op_operand *o = &t->canon->op->operands[trial->operand];
    struct view v = view_of(t->canon, trial->operand, t->use[trial->operand].read);
    *ld = v.rows;
    *call = *t->call;
    *canon = *t->canon;
    canon->a[o->arg].p = (void *)(uintptr_t)trial->data;
    canon->a[o->ld_arg].i = *ld;
    call->raw[call_raw_index(call->entry, o->arg)].p = canon->a[o->arg].p;
    if (call->entry->style == STYLE_FORTRAN)
        call->raw[call_raw_index(call->entry, o->ld_arg)].p = ld;
    else
        call->raw[call_raw_index(call->entry, o->ld_arg)].i = *ld;
}

void trial_end(struct tracing *t, bool computed)
{
    struct trial *trial = t->halves->trial;
    struct call call;
    struct canon canon;
    int64_t ld;
    if (!trial)
        return;
    if (computed) {
        uint64_t flags = fpenv_save();
        point_at(t, trial, &call, &canon, &ld);
        struct real_result solved = halves_solve_alone(t, &call, &canon);
        struct view v = view_of(t->canon, trial->operand, t->use[trial->operand].write);
        view_pack(&v, trial->data + trial->bytes);
        bool equal = solved.info == 0 && memcmp(trial->data, trial->data + trial->bytes, trial->bytes) == 0;
        proofs_note(&t->process->proofs, t->halves->d.class, equal ? VERDICT_EQUAL : VERDICT_DIFFERENT);
        if (!equal)
            t->halves->d.halves = NULL;
        fpenv_restore(flags);
    }
    free(trial);
    t->halves->trial = NULL;
}
