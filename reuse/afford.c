#include "reuse/afford.h"

#include <stdlib.h>

static const float LEARNING_RATE = 0.25f;

/* Signed: while a stretch is halved a correction may come late. */
static double load(const _Atomic uint64_t *sum)
{
    return (double)(int64_t)atomic_load_explicit(sum, memory_order_relaxed);
}

static void add(_Atomic uint64_t *sum, double amount)
{
    atomic_fetch_add_explicit(sum, (uint64_t)(int64_t)amount, memory_order_relaxed);
}

static double value(const _Atomic float *average)
{
    return (double)atomic_load_explicit(average, memory_order_relaxed);
}

static void learn(_Atomic float *average, double now)
{
    float old = atomic_load_explicit(average, memory_order_relaxed);
    if (now > 0)
        atomic_store_explicit(average, old > 0 ? old + LEARNING_RATE * ((float)now - old) : (float)now, memory_order_relaxed);
}

struct afford *afford_new(void)
{
    return calloc(1, sizeof(struct afford));
}

void afford_free(struct afford *a)
{
    free(a);
}

static struct afford_class *class_of(struct afford *a, const struct op *op, double flops, const void *caller)
{
    int size = 0;
    for (uint64_t n = flops < 1e18 ? (uint64_t)flops : (uint64_t)1e18; n > 2; n /= 2)
        size++;
    uint64_t h = ((uint64_t)op_index(op) << 8 | (uint64_t)size) * 0x9e3779b97f4a7c15u;
    h = (h ^ (uint64_t)(uintptr_t)caller) * 0xff51afd7ed558ccdu;
    return &a->classes[h >> 54 & (AFFORD_CLASSES - 1)];
}

/* Inequality (1). `own` is the time the call itself will add to `blas`. */
static bool affordable(const struct afford *a, double cost, double own)
{
    return load(&a->spent_ns) + cost <= AFFORD_GRACE_NS + AFFORD_SHARE * (load(&a->blas_ns) + own);
}

static int rank_of(const struct afforded *d)
{
    int rank = 0;
    for (double share = AFFORD_SHARE; rank < AFFORD_RANKS - 1 && d->cost_ns > share * d->call_ns; share *= 2)
        rank++;
    return rank;
}

/* Inequality (2). */
static bool in_turn(const struct afford *a, int rank)
{
    double before = load(&a->recent.spent_ns[rank]);
    for (int k = 0; k < rank; k++)
        before += load(&a->recent.wanted_ns[k]);
    return before <= AFFORD_GRACE_NS + AFFORD_SHARE * load(&a->recent.blas_ns);
}

static void wish(struct afford *a, struct afforded *d)
{
    d->rank = rank_of(d);
    if (!d->wanted)
        add(&a->recent.wanted_ns[d->rank], d->cost_ns);
    d->wanted = true;
}

static bool decide(struct afford *a, struct afforded *d)
{
    wish(a, d);
    return affordable(a, d->cost_ns, d->call_ns) && in_turn(a, d->rank);
}

bool afford_may_look(struct afford *a, struct afforded *d, const struct op *op, double flops, const void *caller)
{
    *d = (struct afforded){.class = class_of(a, op, flops, caller), .flops = flops};
    double call_rate = value(&d->class->call_rate), cost_rate = value(&d->class->cost_rate);
    if (cost_rate > 0) {
        d->call_ns = flops * call_rate;
        d->cost_ns = flops * cost_rate;
        if (decide(a, d))
            return true;
        if ((atomic_fetch_add_explicit(&d->class->refused, 1, memory_order_relaxed) + 1) % AFFORD_REVIEW)
            return false;
    }
    return affordable(a, AFFORD_LOOK_NS, 0);
}

/* Now that the operands are known: their bytes, at the rates that held so far. */
static void expect(const struct afford *a, struct afforded *d, const struct canon *c, const struct use *use)
{
    struct estimate raw = gate_estimate(c, use);
    double scale = value(&d->class->cost_scale), call_rate = value(&d->class->call_rate);
    if (scale <= 0)
        scale = value(&a->cost_scale);
    d->raw_cost_ns = raw.trace_ns;
    d->cost_ns = AFFORD_LOOK_NS + raw.trace_ns * (scale > 0 ? scale : 1);
    d->call_ns = call_rate > 0 ? d->flops * call_rate : raw.call_ns;
}

bool afford_admit(struct afford *a, struct afforded *d, const struct canon *c, const struct use *use)
{
    expect(a, d, c, use);
    add(&a->spent_ns, AFFORD_LOOK_NS);
    learn(&d->class->cost_rate, d->cost_ns / d->flops);
    if (value(&d->class->call_rate) <= 0)
        learn(&d->class->call_rate, d->call_ns / d->flops);
    if (!decide(a, d)) {
        atomic_fetch_add_explicit(&a->refused, 1, memory_order_relaxed);
        return false;
    }
    add(&a->spent_ns, d->cost_ns);
    add(&a->recent.spent_ns[d->rank], d->cost_ns);
    return true;
}

/* Of several threads that find the stretch full, the first halves it. */
static void worked(struct afford *a, double ns)
{
    add(&a->blas_ns, ns);
    add(&a->recent.blas_ns, ns);
    uint64_t now = atomic_load_explicit(&a->recent.blas_ns, memory_order_relaxed);
    if (now < AFFORD_STRETCH_NS || !atomic_compare_exchange_strong(&a->recent.blas_ns, &now, now / 2))
        return;
    for (int k = 0; k < AFFORD_RANKS; k++) {
        add(&a->recent.wanted_ns[k], -load(&a->recent.wanted_ns[k]) / 2);
        add(&a->recent.spent_ns[k], -load(&a->recent.spent_ns[k]) / 2);
    }
}

void afford_traced(struct afford *a, const struct afforded *d, uint64_t spent_ns, uint64_t call_ns)
{
    double beyond = (double)spent_ns - d->cost_ns;
    add(&a->spent_ns, beyond);
    add(&a->recent.spent_ns[d->rank], beyond);
    atomic_fetch_add_explicit(&a->traced, 1, memory_order_relaxed);
    learn(&a->cost_scale, (double)spent_ns / d->raw_cost_ns);
    learn(&d->class->cost_scale, (double)spent_ns / d->raw_cost_ns);
    learn(&d->class->cost_rate, (double)spent_ns / d->flops);
    learn(&d->class->call_rate, (double)call_ns / d->flops);
    worked(a, (double)call_ns);
}

void afford_passed(struct afford *a, const struct afforded *d, uint64_t ns, unsigned times)
{
    if (d)
        learn(&d->class->call_rate, (double)ns / d->flops);
    worked(a, (double)ns * times);
}

struct log_governor afford_books(const struct afford *a)
{
    return (struct log_governor){.spent_ns = (uint64_t)load(&a->spent_ns),
                                 .blas_ns = (uint64_t)load(&a->blas_ns),
                                 .looked = (uint64_t)load(&a->traced),
                                 .refused_budget = (uint64_t)load(&a->refused)};
}

void afford_restart(struct afford *a)
{
    _Atomic uint64_t *const sums[] = {&a->spent_ns, &a->blas_ns, &a->traced, &a->refused, &a->recent.blas_ns};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        atomic_store(sums[i], 0);
    for (int k = 0; k < AFFORD_RANKS; k++) {
        atomic_store(&a->recent.wanted_ns[k], 0);
        atomic_store(&a->recent.spent_ns[k], 0);
    }
}
