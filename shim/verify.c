/*
 * Every array that the call writes or may write gets two scratch twins with guard zones, laid out alike and at the same offset
 * from a 64-byte line. Both start as a pattern with the caller's own elements in the parts that are read or may be kept. The real
 * routine runs on the first, the payload is restored to the second, and then they must be equal everywhere, padding, other
 * triangle and guards included; of work arrays, only what the table says is surely written. The caller's memory beyond its own
 * elements is neither read nor written.
 */
#include "shim/verify.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/clock.h"
#include "shim/halves.h"

enum { GUARD_BYTES = 256, LINE = 64, PATTERN = 0xA5 };

struct twin {
    unsigned char *blocks[2]; /* as allocated */
    char *first[2];           /* where the operand's span starts */
    const char *lo;           /* the caller's span */
    size_t span, size;
};

static struct view whole_view(const struct tracing *t, int k)
{
    struct view v = maybe_view(t->canon, t->use, k);
    if (!view_empty(&v))
        return v;
    struct region r = {PART_FULL, t->use[k].rows, t->use[k].cols};
    return view_of(t->canon, k, r);
}

static bool is_written(const struct tracing *t, int k)
{
    struct view written = view_of(t->canon, k, t->use[k].write), maybe = maybe_view(t->canon, t->use, k);
    return !view_empty(&written) || !view_empty(&maybe);
}

static bool make_twin(const struct tracing *t, int k, struct twin *twin)
{
    struct view v = whole_view(t, k);
    const char *hi;
    view_span(&v, &twin->lo, &hi);
    twin->span = (size_t)(hi - twin->lo);
    twin->size = twin->span + 2 * GUARD_BYTES + 2 * LINE;
    for (int i = 0; i < 2; i++) {
        twin->blocks[i] = malloc(twin->size);
        if (!twin->blocks[i])
            return false;
        memset(twin->blocks[i], PATTERN, twin->size);
        uintptr_t start = ((uintptr_t)twin->blocks[i] + GUARD_BYTES + LINE - 1) & ~(uintptr_t)(LINE - 1);
        twin->first[i] = (char *)(start + ((uintptr_t)twin->lo & (LINE - 1)));
    }
    return true;
}

static void copy_elements(const struct view *v, const char *from, char *to)
{
    void *packed = malloc(view_bytes(v) + 1);
    if (!packed)
        return;
    struct view target = view_moved(v, from, to);
    view_pack(v, packed);
    view_unpack(&target, packed);
    free(packed);
}

static void fill_twin(const struct tracing *t, int k, struct twin *twin)
{
    struct view read = view_of(t->canon, k, t->use[k].read), maybe = maybe_view(t->canon, t->use, k);
    for (int i = 0; i < 2; i++) {
        if (!view_empty(&read))
            copy_elements(&read, twin->lo, twin->first[i]);
        if (!view_empty(&maybe))
            copy_elements(&maybe, twin->lo, twin->first[i]);
    }
}

/* The operand's pointer moved to a twin, as an argument. */
static void *moved_pointer(const struct tracing *t, int k, const struct twin *twin, int i)
{
    char *p = t->canon->a[t->canon->op->operands[k].arg].p;
    return twin->first[i] + (p - twin->lo);
}

static bool make_twins(struct tracing *t, struct twin *twins)
{
    bool good = true;
    for (int k = 0; k < t->canon->op->noperands; k++)
        if (is_written(t, k)) {
            good = good && make_twin(t, k, &twins[k]);
            if (good)
                fill_twin(t, k, &twins[k]);
        }
    return good;
}

static void free_twins(struct twin *twins, int count)
{
    for (int k = 0; k < count; k++) {
        free(twins[k].blocks[0]);
        free(twins[k].blocks[1]);
    }
}

/* Row-major CBLAS swaps operands: the raw place of an operand is where its pointer came in. */
static int raw_place(const struct tracing *t, int k)
{
    const struct call *call = t->call;
    const struct op *op = t->canon->op;
    void *p = t->canon->a[op->operands[k].arg].p;
    int place = call_raw_index(call->entry, op->operands[k].arg);
    if (place >= 0 && call->raw[place].p == p)
        return place;
    for (int other = 0; other < op->noperands; other++) {
        place = call_raw_index(call->entry, op->operands[other].arg);
        if (place >= 0 && call->raw[place].p == p)
            return place;
    }
    return -1;
}

/* LAPACK gives scratch no meaning beyond its first elements: only those are compared. */
static size_t compared_bytes(const struct tracing *t, int k, const struct twin *w, size_t *skip)
{
    *skip = 0;
    if (t->canon->op->operands[k].role != ROLE_WORK)
        return w->span + 2 * GUARD_BYTES;
    *skip = GUARD_BYTES;
    return (size_t)t->use[k].first * op_element_bytes(t->canon, k);
}

static void place_of_difference(const struct tracing *t, const struct twin *twins, struct log_mismatch *m)
{
    for (int k = 0; k < t->canon->op->noperands; k++) {
        const struct twin *w = &twins[k];
        if (!w->blocks[0])
            continue;
        size_t skip, size = compared_bytes(t, k, w, &skip), before = GUARD_BYTES - skip;
        const char *a = w->first[0] - before, *b = w->first[1] - before;
        if (memcmp(a, b, size) == 0)
            continue;
        size_t at = 0;
        while (a[at] == b[at])
            at++;
        *m = (struct log_mismatch){1, (uint64_t)k, at - before};
        return;
    }
}

static void give_result(const struct tracing *t, const struct twin *twins)
{
    for (int k = 0; k < t->canon->op->noperands; k++) {
        if (!twins[k].blocks[0])
            continue;
        struct view written = view_of(t->canon, k, t->use[k].write), maybe = maybe_view(t->canon, t->use, k);
        struct view *v = view_empty(&maybe) ? &written : &maybe;
        if (view_empty(v))
            continue;
        struct view from = view_moved(v, twins[k].lo, twins[k].first[0]);
        copy_elements(&from, twins[k].first[0], v->base - (from.base - twins[k].first[0]));
    }
}

/* The routine on the first twins. */
static struct real_result recompute(struct tracing *t, const struct twin *twins)
{
    struct call moved = *t->call;
    struct tracing real = *t;
    real.call = &moved;
    for (int k = 0; k < t->canon->op->noperands; k++)
        if (twins[k].blocks[0])
            moved.raw[raw_place(t, k)].p = moved_pointer(t, k, &twins[k], 0);
    return trace_real(&real);
}

/* The plan on the second twins; what it tells in place of the real call. */
static struct real_result carry_out(const struct tracing *t, const struct plan *plan, const struct twin *twins)
{
    const struct payload *last = plan->steps[plan->nsteps - 1].payload;
    struct real_result served = {.raised = last ? last->raised : 0};
    struct canon canon = *t->canon;
    struct call call = *t->call;
    for (int k = 0; k < t->canon->op->noperands; k++)
        if (twins[k].blocks[1]) {
            canon.a[canon.op->operands[k].arg].p = moved_pointer(t, k, &twins[k], 1);
            call.raw[raw_place(t, k)].p = moved_pointer(t, k, &twins[k], 1);
        }
    for (int i = 0; i < plan->nsteps; i++)
        if (plan->steps[i].kind == STEP_COPY)
            halves_copy(t, &plan->steps[i], &canon);
        else
            served = halves_solve(t, &call, &canon, plan->steps[0].payload);
    return served;
}

static uint32_t unsure_flags(const struct provider *provider, const struct plan *plan)
{
    uint32_t flags = provider->half_loads ? UINT32_MAX : 0;
    for (int i = 0; i < plan->nsteps; i++)
        flags |= plan->steps[i].payload ? plan->steps[i].payload->unsure : 0;
    return flags;
}

void verify_plan(struct tracing *t, const struct plan *plan, struct log_mismatch *mismatch)
{
    struct twin twins[OP_MAX_OPERANDS] = {{{NULL, NULL}, {NULL, NULL}, NULL, 0, 0}};
    if (!make_twins(t, twins)) { /* no memory to verify with: the honest answer is the real call */
        free_twins(twins, OP_MAX_OPERANDS);
        struct real_result real = trace_real(t);
        t->returned = real.returned;
        t->record->call_ns = real.ns;
        t->record->outcome = OUTCOME_MISS;
        return;
    }
    struct real_result real = recompute(t, twins);
    uint64_t began = clock_ns();
    struct real_result served = carry_out(t, plan, twins);
    place_of_difference(t, twins, mismatch);
    if (!mismatch->item &&
        (real.info != served.info || ((real.raised ^ served.raised) & ~unsure_flags(t->binding->provider, plan))))
        *mismatch = (struct log_mismatch){1, UINT64_MAX, 0};
    give_result(t, twins);
    free_twins(twins, OP_MAX_OPERANDS);
    if (served.ns && real.info == 0) /* a half was called, and told the program of a status */
        trace_set_info(t);
    t->returned = real.returned;
    t->raised = real.raised;
    t->record->call_ns = real.ns;
    t->record->info = real.info;
    t->record->copy_ns += clock_ns() - began;
    for (int i = 0; i < plan->nsteps; i++)
        t->verified_ns += plan->steps[i].payload ? plan->steps[i].payload->call_ns : 0;
    atomic_fetch_add(&t->process->verified, 1);
    if (mismatch->item)
        atomic_fetch_add(&t->process->mismatches, 1);
}
