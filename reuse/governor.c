#include "reuse/governor.h"

#include <stdlib.h>

#include "lineage/clock.h"

enum { SAMPLE_COST_NS = 1500, TRIAL_KEPT = 6, TRIAL_EVERY = 32 };
static const float LEARNING_RATE = 0.25f;

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add(_Atomic uint64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

struct governor *governor_new(void)
{
    return calloc(1, sizeof(struct governor));
}

static double regret(const struct governor *g)
{
    return (double)load(&g->spent_ns) - (double)load(&g->saved_ns);
}

/* Inequality (1). `own` is the time the call itself will add to `blas`. */
static bool affordable(const struct governor *g, double cost, double own)
{
    double share = GOVERNOR_SHARE * ((double)load(&g->blas_ns) + own);
    double credit = (double)load(&g->credit_ns);
    credit = credit < GOVERNOR_CREDIT_NS ? credit : GOVERNOR_CREDIT_NS;
    return regret(g) + cost <= (share > GOVERNOR_GRACE_NS ? share : GOVERNOR_GRACE_NS) + credit;
}

bool governor_may_look(const struct governor *g)
{
    return affordable(g, SAMPLE_COST_NS, 0) ||
           (double)load(&g->sample_ns) + SAMPLE_COST_NS <= GOVERNOR_SAMPLES * (double)load(&g->blas_ns);
}

static struct governor_class *class_of(struct governor *g, const struct canon *c, double call_ns, const void *caller)
{
    int size = 0;
    for (uint64_t n = (uint64_t)call_ns; n > 2; n /= 2)
        size++;
    uint64_t h = ((uint64_t)op_index(c->op) << 8 | (uint64_t)size) * 0x9e3779b97f4a7c15u;
    h = (h ^ (uint64_t)(uintptr_t)caller) * 0xff51afd7ed558ccdu;
    return &g->classes[h >> 54 & (GOVERNOR_CLASSES - 1)];
}

static double scaled(double estimate, const _Atomic float *scale)
{
    float s = atomic_load_explicit(scale, memory_order_relaxed);
    return s > 0 ? estimate * (double)s : estimate;
}

static void learn(_Atomic float *scale, double measured, double estimate)
{
    if (estimate <= 0 || measured <= 0)
        return;
    float now = (float)(measured / estimate), old = atomic_load_explicit(scale, memory_order_relaxed);
    atomic_store_explicit(scale, old > 0 ? old + LEARNING_RATE * (now - old) : now, memory_order_relaxed);
}

/* Would keeping a result of this class, never seen before, be worth its price? Unknown classes get a trial. */
static bool keep_at_first_sight(struct governor_class *class, const struct estimate *expected)
{
    uint64_t kept = load(&class->kept), used = load(&class->used), looks = load(&class->looks);
    if (kept < TRIAL_KEPT)
        return true;
    double chance = ((double)used + 0.5) / ((double)kept + 1);
    return chance * expected->call_ns > expected->trace_ns || looks % TRIAL_EVERY == 0;
}

static bool take_loan(struct governor *g, struct governed *d)
{
    uint64_t none = 0;
    if (d->expected.call_ns <= d->expected.trace_ns)
        return false;
    d->loan = atomic_compare_exchange_strong(&g->loan_ns, &none, (uint64_t)d->expected.trace_ns + 1);
    if (d->loan)
        add(&g->loans, 1);
    return d->loan;
}

static bool decide(struct governor *g, struct governed *d)
{
    if (d->expected.call_ns <= d->expected.trace_ns || (d->sight == SIGHT_NEW && !keep_at_first_sight(d->class, &d->expected))) {
        add(&g->refused_gain, 1);
        return false;
    }
    if (affordable(g, d->expected.trace_ns, d->expected.call_ns))
        return true;
    if (d->sight == SIGHT_KEPT && take_loan(g, d))
        return true;
    add(&g->refused_budget, 1);
    return false;
}

bool governor_admit(struct governor *g, struct governed *d, const struct canon *c, const struct use *use, const void *caller)
{
    uint64_t began = clock_ns();
    d->raw = gate_estimate(c, use);
    d->class = class_of(g, c, d->raw.call_ns, caller);
    d->expected.call_ns = scaled(d->raw.call_ns, &d->class->call_scale);
    d->expected.trace_ns = scaled(d->raw.trace_ns, &d->class->trace_scale);
    d->sample = sample_of(c, use);
    d->sight = samples_look(&g->samples, d->sample);
    d->loan = false;
    add(&d->class->looks, 1);
    add(&g->sampled, 1);
    bool admitted = decide(g, d);
    add(&g->looked, admitted);
    uint64_t took = clock_ns() - began;
    add(&g->spent_ns, took);
    add(&g->sample_ns, took);
    return admitted;
}

/* A loan is paid by a hit at once; after a miss it stays open until regret is back within (1). */
static void settle_loan(struct governor *g, const struct governed *d, uint64_t saved_ns)
{
    bool paid = d->loan && saved_ns;
    if (paid || (load(&g->loan_ns) && affordable(g, 0, 0)))
        atomic_store(&g->loan_ns, 0);
}

void governor_traced(struct governor *g, const struct governed *d, uint64_t spent_ns, uint64_t call_ns, uint64_t saved_ns,
                     bool kept)
{
    add(&g->spent_ns, spent_ns);
    add(&g->saved_ns, saved_ns);
    add(&g->blas_ns, call_ns);
    learn(&d->class->call_scale, (double)(call_ns ? call_ns : saved_ns), d->raw.call_ns);
    learn(&d->class->trace_scale, (double)spent_ns, d->raw.trace_ns);
    if (kept) {
        add(&d->class->kept, 1);
        samples_keep(&g->samples, d->sample);
    }
    settle_loan(g, d, saved_ns);
}

uint32_t governor_class_index(const struct governor *g, const struct governed *d)
{
    return (uint32_t)(d->class - g->classes);
}

void governor_used(struct governor *g, uint32_t class_index)
{
    add(&g->classes[class_index % GOVERNOR_CLASSES].used, 1);
}

void governor_passed(struct governor *g, const struct governed *d, uint64_t ns)
{
    add(&g->blas_ns, ns);
    if (d) {
        learn(&d->class->call_scale, (double)ns, d->raw.call_ns);
        if (d->sight != SIGHT_NEW)
            add(&g->credit_ns, ns / 10);
    }
    if (load(&g->loan_ns) && affordable(g, 0, 0))
        atomic_store(&g->loan_ns, 0);
}

struct log_governor governor_books(const struct governor *g)
{
    return (struct log_governor){.spent_ns = load(&g->spent_ns),
                                 .saved_ns = load(&g->saved_ns),
                                 .blas_ns = load(&g->blas_ns),
                                 .sampled = load(&g->sampled),
                                 .looked = load(&g->looked),
                                 .refused_budget = load(&g->refused_budget),
                                 .refused_gain = load(&g->refused_gain),
                                 .loans = load(&g->loans)};
}

void governor_restart(struct governor *g)
{
    _Atomic uint64_t *const sums[] = {&g->sample_ns,      &g->credit_ns,    &g->spent_ns, &g->saved_ns,
                                      &g->blas_ns,        &g->loan_ns,      &g->sampled,  &g->looked,
                                      &g->refused_budget, &g->refused_gain, &g->loans};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        atomic_store(sums[i], 0);
}
