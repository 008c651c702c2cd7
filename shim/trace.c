#include "shim/trace.h"

#include <stddef.h>
#include <string.h>

#include "lineage/clock.h"
#include "lineage/finite.h"
#include "reuse/gate.h"
#include "reuse/key.h"
#include "shim/fpenv.h"
#include "shim/halves.h"
#include "shim/verify.h"

enum { CBLAS_ROW_MAJOR = 101 };

/* Some hundred bytes: by the C library, not by the string instruction that compilers put in its place and that starts slowly. */
static __attribute__((noinline)) void clear(void *at, size_t size)
{
    memset(at, 0, size);
}

static void fingerprint_inputs(struct tracing *t, uint64_t began, struct fp *read, bool *reads)
{
    struct traced *r = t->record;
    for (int k = 0; k < t->canon->op->noperands; k++) {
        reads[k] = t->use[k].read.part != PART_NONE;
        if (!reads[k])
            continue;
        struct traced_input *in = &r->inputs[r->ninputs];
        view_put(&in->view, t->canon, k, &t->use[k].read);
        reads[k] = !view_empty(&in->view);
        if (!reads[k])
            continue;
        r->ninputs++;
        in->operand = k; /* what else is read, one by one: all of it together is a cache line or two for each */
        in->foretold = in->recurs = in->beside = in->found.to_come = false;
        in->found.by_region = NULL;
        in->found.how = FOUND_NOTHING;
        in->found.slice = (struct log_slice){0};
    }
    lineage_foretell(t->process->lineage, r);
    bool all_foretold = true;
    for (int i = 0; i < r->ninputs; i++) {
        struct traced_input *in = &r->inputs[i];
        if (!in->foretold)
            in->fp = fingerprint_by(&in->view, &t->process->crew, t->threads);
        all_foretold &= in->foretold;
        read[in->operand] = in->fp;
        r->fingerprint_bytes += view_bytes(&in->view);
    }
    if (!all_foretold) /* else nothing was hashed: comparing is a part of tracing */
        r->fingerprint_ns += clock_ns() - began;
}

/* What a call reads, before it may overwrite it: looked at and stored as --check-finite and --capture ask. */
static void look_before(struct tracing *t)
{
    struct traced *r = t->record;
    struct process *p = t->process;
    uint64_t began = clock_ns();
    for (int i = 0; i < r->ninputs; i++) {
        const struct traced_input *in = &r->inputs[i];
        if (r->checked && view_nonfinite(&in->view))
            r->nonfinite_in |= 1u << in->operand;
        if (p->capture && in->found.how == FOUND_NOTHING && !lineage_knows(p->lineage, in->fp))
            capture_leaf(p->capture, &in->view, in->fp);
    }
    t->asked_ns += clock_ns() - began;
}

/* What it wrote; a call that was refused wrote nothing. */
static void look_after(struct tracing *t)
{
    struct traced *r = t->record;
    uint64_t began = clock_ns();
    for (int k = 0; k < t->canon->op->noperands && r->info >= 0; k++) {
        struct view v = view_of(t->canon, k, t->use[k].write);
        if (view_nonfinite(&v))
            r->nonfinite_out |= 1u << k;
    }
    t->asked_ns += clock_ns() - began;
}

/* Where an array stands that the call writes or may write; empty when it only reads it. */
static void written_view(struct view *v, const struct canon *c, const struct use *use, int k)
{
    if (c->op->operands[k].role >= ROLE_MAYBE) {
        *v = maybe_view(c, use, k);
        if (!view_empty(v))
            return;
    }
    view_put(v, c, k, &use[k].write);
}

static bool may_write(const struct canon *c, const struct use *use, int k)
{
    return use[k].write.part != PART_NONE || c->op->operands[k].role >= ROLE_MAYBE;
}

/* A written operand that shares memory with any other: what the call does then is the provider's secret. */
static bool overlaps(const struct tracing *t)
{
    const struct traced *r = t->record;
    struct view written[OP_MAX_OPERANDS];
    int at[OP_MAX_OPERANDS], nwritten = 0;
    for (int k = 0; k < t->canon->op->noperands; k++)
        if (may_write(t->canon, t->use, k)) {
            at[nwritten] = k;
            written_view(&written[nwritten++], t->canon, t->use, k);
        }
    for (int w = 0; w < nwritten; w++) {
        for (int i = 0; i < r->ninputs; i++)
            if (r->inputs[i].operand != at[w] && view_overlap(&written[w], &r->inputs[i].view))
                return true;
        for (int other = w + 1; other < nwritten; other++)
            if (view_overlap(&written[w], &written[other]))
                return true;
    }
    return false;
}

static enum unkept may_reuse(const struct tracing *t)
{
    const struct op *op = t->canon->op;
    if (op_flops(t->canon) <= 0 || (op->reuse && !op->reuse(t->canon)))
        return UNKEPT_RULE;
    if (overlaps(t))
        return UNKEPT_OVERLAP;
    t->record->kept_bytes = sizeof(struct payload) + payload_packed_bytes(t->canon, t->use);
    if (!t->process->cache || !fpenv_known() || fpenv_traps())
        return UNKEPT_OFF;
    if (!cache_could_keep(t->process->cache, t->record->kept_bytes))
        return UNKEPT_SIZE;
    return KEPT;
}

static struct key_context context_of(const struct tracing *t)
{
    const struct provider *p = t->binding->provider;
    return (struct key_context){.provider = p->identity,
                                .threads = (uint32_t)t->threads,
                                .fp_control = fpenv_control(),
                                .tuning = provider_tuning(p, t->canon->op),
                                .by_place = p->by_place,
                                .nancheck = t->canon->lapacke && p->nancheck ? (uint32_t)p->nancheck() : 0};
}

/* What computing should take: as its class has shown, or else by the gate's rates. */
static uint64_t expected_ns(const struct tracing *t)
{
    return (uint64_t)(t->governed->class ? t->governed->call_ns : gate_estimate(t->canon, t->use).call_ns);
}

struct real_result trace_real(const struct tracing *t)
{
    struct real_result r;
    uint32_t before = fpenv_begin();
    uint64_t began = clock_ns();
    r.returned = t->call->entry->invoke(t->binding->fn, t->call->raw);
    r.ended = clock_ns();
    r.ns = r.ended - began;
    r.raised = fpenv_raised();
    fpenv_raise(before);
    r.info = call_info(t->call, t->canon, r.returned);
    return r;
}

void trace_set_info(struct tracing *t)
{
    const struct op *op = t->canon->op;
    const struct op_arg *last = &op->args[op->nfortran - 1];
    t->returned = 0;
    if (t->call->entry->style == STYLE_FORTRAN && last->kind == ARG_INFO)
        memset(t->canon->a[op->nfortran - 1].p, 0, t->canon->int_bytes);
}

/* True if what the call only reads is still what was fingerprinted: otherwise another thread wrote it meanwhile. */
static bool inputs_unchanged(struct tracing *t)
{
    struct traced *r = t->record;
    uint64_t began = clock_ns();
    bool same = true;
    for (int i = 0; i < r->ninputs && same; i++) {
        if (t->use[r->inputs[i].operand].write.part != PART_NONE)
            continue;
        same = fp_equal(fingerprint_by(&r->inputs[i].view, &t->process->crew, t->threads), r->inputs[i].fp);
        r->fingerprint_bytes += view_bytes(&r->inputs[i].view);
    }
    r->fingerprint_ns += clock_ns() - began;
    return same;
}

static void fingerprint_outputs(struct tracing *t, uint64_t began)
{
    struct traced *r = t->record;
    for (int k = 0; k < t->canon->op->noperands; k++) {
        if (t->use[k].write.part == PART_NONE)
            continue;
        struct view v;
        view_put(&v, t->canon, k, &t->use[k].write);
        if (view_empty(&v))
            continue;
        struct traced_output *out = &r->outputs[r->noutputs++];
        out->operand = k;
        if (r->noutputs > 1 || !lineage_recurs(r, &v, out))
            out->whole = fingerprint_whole(&v, &t->process->crew, t->threads);
        r->fingerprint_bytes += view_bytes(&v);
    }
    t->now = clock_ns();
    r->fingerprint_ns += t->now - began;
}

/* What goes to disk when it is evicted is kept in any case. */
static bool admitted(const struct tracing *t, uint64_t call_ns)
{
    struct process *p = t->process;
    size_t bytes =
        t->halves->found ? sizeof(struct payload) + payload_packed_bytes(t->canon, t->halves->d.rest) : t->record->kept_bytes;
    return (p->spill && spill_wants(p->spill, bytes, call_ns)) || cache_admit(p->cache, t->key, bytes, call_ns);
}

static struct payload *capture(struct tracing *t, const struct snapshot *snapshot, const struct real_result *real)
{
    uint64_t began = clock_ns(), spilled = spill_thread_ns(), flags = fpenv_save();
    struct payload *p = NULL, *factor;
    t->record->unkept = UNKEPT_WORTH;
    if (admitted(t, real->ns)) {
        const uint64_t spent = t->record->fingerprint_ns + t->record->copy_ns,
                       left = t->governed->class ? governor_patience(t->governed, real->ns, spent) : 0,
                       until = t->governed->class ? began + left : 0;
        p = until && !left ? NULL : halves_capture(t, snapshot, real, until);
        t->record->unkept = p ? KEPT : until && clock_ns() >= until ? UNKEPT_SLOW : UNKEPT_MEMORY;
    }
    factor = t->halves->fresh;
    fpenv_restore(flags); /* making room may spill, which computes */
    if (!p) {
        t->record->copy_ns += clock_ns() - began - (spill_thread_ns() - spilled);
        return NULL;
    }
    t->record->kept_bytes = p->bytes + (factor ? factor->bytes : 0);
    p->raised = real->raised;
    p->call_ns = p->rest ? p->call_ns : real->ns;
    p->epoch = t->process->epoch;
    p->keeper = governor_keeper(t->process->governor, t->governed, false);
    if (factor) {
        factor->epoch = p->epoch;
        factor->keeper = governor_keeper(t->process->governor, t->governed, true);
    }
    p->noutputs = t->record->noutputs;
    memcpy(p->outputs, t->record->outputs, sizeof p->outputs);
    t->record->copy_ns += clock_ns() - began - (spill_thread_ns() - spilled);
    return p;
}

/* Computes; returns the payload to publish, or NULL with the reason in the record. */
static struct payload *compute(struct tracing *t, bool keep)
{
    struct traced *r = t->record;
    struct snapshot *snapshot = NULL;
    if (keep && snapshot_bytes(t->canon, t->use)) {
        uint64_t began = clock_ns();
        snapshot = snapshot_take(t->canon, t->use);
        r->copy_ns += clock_ns() - began;
        keep = snapshot != NULL;
        r->unkept = keep ? r->unkept : UNKEPT_MEMORY;
    }
    const bool trying = keep;
    if (keep)
        trial_begin(t);
    struct real_result real = trace_real(t);
    t->returned = real.returned;
    r->call_ns = real.ns;
    r->info = real.info;
    trial_end(t, real.info == 0);
    if (real.info >= 0)
        fingerprint_outputs(t, trying ? clock_ns() : real.ended);
    if (trying)
        t->now = 0;
    struct payload *payload = NULL;
    if (keep && (real.info != 0 || (t->canon->op->keep && !t->canon->op->keep(t->canon))))
        r->unkept = UNKEPT_INFO;
    else if (keep && !inputs_unchanged(t))
        r->unkept = UNKEPT_CHANGED;
    else if (keep)
        payload = capture(t, snapshot, &real);
    snapshot_settle(snapshot, t->canon, t->use);
    snapshot_free(snapshot);
    return payload;
}

/* A hit: every step is a copy, the last one of the call's own payload. */
static void serve(struct tracing *t, const struct plan *plan)
{
    uint64_t began = clock_ns(), saved = 0;
    for (int i = 0; i < plan->nsteps; i++) {
        halves_copy(t, &plan->steps[i], t->canon);
        saved += plan->steps[i].payload->call_ns;
    }
    trace_set_info(t);
    fpenv_raise(plan->steps[plan->nsteps - 1].payload->raised);
    t->record->copy_ns += clock_ns() - began;
    uint64_t flags = fpenv_save();
    t->record->saved_ns = governor_worth(t->governed, saved);
    fpenv_restore(flags);
}

/* After a factor was taken: the solution is kept under the driver's key. */
static struct payload *keep_rest(struct tracing *t, const struct payload *factor, const struct snapshot *snapshot)
{
    struct traced *r = t->record;
    struct real_result real = {.info = r->info, .raised = t->raised, .ns = r->call_ns};
    if (r->info != 0) {
        r->unkept = UNKEPT_INFO;
        return NULL;
    }
    fingerprint_outputs(t, clock_ns());
    t->now = 0;
    struct payload *rest = capture(t, snapshot ? snapshot : snapshot_of_nothing(), &real);
    if (rest)
        rest->unsure = factor->unsure;
    return rest;
}

/* The factor is copied, the solve called. Returns what work arrays held before, NULL where there are none. */
static struct snapshot *finish_with_factor(struct tracing *t, const struct plan *plan)
{
    struct traced *r = t->record;
    struct payload *factor = plan->steps[0].payload;
    uint64_t began = clock_ns();
    struct snapshot *snapshot = snapshot_bytes(t->canon, t->use) ? snapshot_take(t->canon, t->use) : NULL;
    halves_copy(t, &plan->steps[0], t->canon);
    r->copy_ns += clock_ns() - began;
    struct real_result real = halves_solve(t, t->call, t->canon, factor);
    fpenv_raise(factor->raised);
    t->returned = real.returned;
    r->call_ns = real.ns;
    r->info = real.info;
    uint64_t flags = fpenv_save();
    r->saved_ns = governor_worth(t->governed, factor->call_ns);
    fpenv_restore(flags);
    t->raised = real.raised;
    return snapshot;
}

static void take_outputs(struct tracing *t, const struct payload *payload)
{
    t->record->kept_bytes = payload->bytes;
    t->record->noutputs = payload->noutputs;
    memcpy(t->record->outputs, payload->outputs, sizeof payload->outputs);
}

/* Carries the plan out; a computed result worth publishing comes back. */
static struct payload *carry_out(struct tracing *t, const struct plan *plan, struct log_mismatch *mismatch)
{
    const struct plan_step *first = &plan->steps[0], *last = &plan->steps[plan->nsteps - 1];
    t->record->outcome = plan->outcome;
    if (first->kind == STEP_CALL)
        return compute(t, plan->outcome == OUTCOME_MISS);
    if (t->process->governor && !atomic_exchange_explicit(&first->payload->used, true, memory_order_relaxed))
        governor_used(t->process->governor, first->payload->keeper);
    t->record->source = first->payload->epoch == t->process->epoch ? first->payload->item : 0;
    if (last->kind == STEP_COPY)
        take_outputs(t, last->payload);
    struct snapshot *snapshot = NULL;
    if (t->process->settings.verify)
        verify_plan(t, plan, mismatch);
    else if (last->kind == STEP_CALL)
        snapshot = finish_with_factor(t, plan);
    else
        serve(t, plan);
    struct payload *rest = NULL;
    if (last->kind == STEP_CALL && t->record->outcome == plan->outcome)
        rest = keep_rest(t, first->payload, snapshot);
    snapshot_free(snapshot);
    return rest;
}

static void describe(struct traced *r, const struct caller_object *caller, const struct call *call,
                     const struct thread_state *thread)
{
    r->thread = thread ? thread->id : 0;
    r->caller = caller->id;
    r->caller_object = caller->path;
    r->caller_offset =
        caller->object.base ? (uint64_t)((uintptr_t)call->ret - caller->object.base) : (uint64_t)(uintptr_t)call->ret;
}

/*
 * A hit that was verified is booked as what it would have been: verifying is what the user asked for, not the price of reuse.
 * Likewise capturing and checking.
 */
static void tell_governor(const struct tracing *t, uint64_t began, uint64_t saved_ns, bool kept)
{
    const struct traced *r = t->record;
    struct governor *g = t->process->governor;
    bool hit = r->outcome == OUTCOME_HIT || r->outcome == OUTCOME_WAIT || r->outcome == OUTCOME_PARTIAL;
    uint64_t all = clock_ns() - began, others = r->call_ns + t->waited_ns + t->asked_ns + (spill_thread_ns() - t->spill_ns);
    if (t->verified_ns)
        governor_traced(g, t->governed, (uint64_t)t->governed->hit_ns, 0, governor_worth(t->governed, t->verified_ns), hit, kept);
    else
        governor_traced(g, t->governed, all > others ? all - others : 0, r->call_ns, saved_ns, hit, kept);
}

/*
 * The governor's books are of processor time, of which a waiting thread uses none; the log's are of the program's time: what a
 * wait took has not been saved.
 */
static void record(struct tracing *t, struct payload *fresh, struct log_mismatch *mismatch, uint64_t began)
{
    struct process *p = t->process;
    struct traced *r = t->record;
    uint64_t spilling = spill_thread_ns() - t->spill_ns, saved_ns = r->saved_ns;
    uint64_t now = t->now && !r->checked ? t->now : clock_ns(),
             known = r->call_ns + r->fingerprint_ns + r->copy_ns + t->waited_ns + spilling;
    r->saved_ns -= t->waited_ns < saved_ns ? t->waited_ns : saved_ns;
    r->trace_ns = now - began > known ? now - began - known : 0;
    lineage_produced(p->lineage, r);
    uint64_t item = lineage_record(p->lineage, r);
    bool kept = r->outcome == OUTCOME_HIT || r->outcome == OUTCOME_WAIT, kept_factor = false;
    if (t->halves->fresh) {
        t->halves->fresh->item = item;
        t->halves->fresh->height = r->height;
        kept = kept_factor = cache_put(p->cache, t->halves->d.key, t->halves->fresh);
    }
    if (fresh) {
        fresh->item = item;
        fresh->height = r->height;
        kept |= cache_put(p->cache, t->key, fresh);
    }
    t->governed->factor_kept = t->halves->d.halves && (t->halves->found || kept_factor);
    if (t->governed->class)
        tell_governor(t, began, saved_ns, kept);
    else if (t->governed->lineage.class)
        afford_traced(p->afford, &t->governed->lineage, clock_ns() - began - r->call_ns, r->call_ns);
    if (mismatch->item && item) {
        mismatch->item = item - 1;
        lineage_mismatch(p->lineage, mismatch);
    }
    if (lineage_broken(p->lineage) || (p->cache && cache_broken(p->cache)))
        process_passive("a lock was lost (a thread ended or jumped inside it)");
    process_tick(p, now);
}

int64_t trace_call(struct call *call, struct caller_object *caller, const struct binding *binding, struct process *process,
                   struct thread_state *thread, const struct canon *canon, const struct use *use, struct governed *governed)
{
    struct traced r;
    clear(&r, offsetof(struct traced, inputs));
    struct halves halves;
    struct tracing t = {.call = call,
                        .binding = binding,
                        .process = process,
                        .canon = canon,
                        .use = use,
                        .record = &r,
                        .governed = governed,
                        .spill_ns = spill_thread_ns(),
                        .halves = &halves};
    t.threads = binding->provider->threads ? binding->provider->threads() : 0;
    struct fp read[OP_MAX_OPERANDS];
    bool reads[OP_MAX_OPERANDS];
    struct log_mismatch mismatch = {0};
    struct plan plan;
    uint64_t began = clock_ns(), flags = fpenv_save();
    halves.d.halves = NULL;
    halves.trial = NULL;
    halves.fresh = NULL;
    halves.found = false;
    r.canon = canon;
    r.use = use;
    r.cblas_rows = call->entry->style == STYLE_CBLAS && (int32_t)call->raw[0].i == CBLAS_ROW_MAJOR;
    r.provider = provider_described(binding->provider, t.threads);
    r.modes = fpenv_control();
    r.checked = process->settings.check_finite;
    r.start_ns = began - process->start_ns;
    describe(&r, caller, call, thread);
    fingerprint_inputs(&t, began, read, reads);
    lineage_recognise(process->lineage, &r);
    if (r.checked || process->capture)
        look_before(&t);
    r.unkept = may_reuse(&t);
    if (r.unkept == KEPT) {
        struct key_context context = context_of(&t);
        t.key = key_of(canon, read, reads, &context);
        plan_probe(&plan, process->cache, process->spill, t.key, expected_ns(&t));
        t.waited_ns = plan.waited_ns;
        if (canon->op->driver)
            halves_plan(&t, &plan, read, reads, context);
    } else {
        plan_call(&plan);
    }
    fpenv_restore(flags);
    struct payload *fresh = carry_out(&t, &plan, &mismatch);
    flags = fpenv_save();
    if (r.checked)
        look_after(&t);
    record(&t, fresh, &mismatch, began);
    plan_done(&plan);
    fpenv_restore(flags);
    return t.returned;
}
