#include "reuse/governor.h"

#include <stdlib.h>

#include "lineage/clock.h"
#include "reuse/driver.h"

enum { LOOK_COST_NS = 800, CANON_COST_NS = 250, TRIAL_FIRST = 32, RETRY = 16, MOST_BELIEF = 8, CLOSE_AFTER = 8 };
enum { LOOK_MOST_NS = 50000 }; /* a few dozen elements, all of them far: what took longer was another program's time */
enum { NEVER_CLOSED_NS = 2000 * LOOK_COST_NS }; /* beside such a call a look costs nothing */
enum { ANEW_FROM = 16, ANEW_RATIO = 8 };
enum { BARREN_FROM = 512, BARREN_RATIO = 50, SUBSET = 16, FORGET_AT = 1024, FORGET_FRESH_AT = 64, CREDIT_PART = 4 };
static const double BELIEF_IN_FRESH = 2, BELIEF_IN_REPEATED = 128,
                    BELIEF_IN_USES = 8; /* results that count as asked for beforehand */
static const double STAKE_ANEW = 0.125;
static const double BELIEF_IN_SIGHTS = 32, SIGHTS_AT_FIRST = 2; /* samples that count as seen before, and again so often */
static const float LEARNING_RATE = 0.25f, LEARNING_DOWN = 0.5f, LEARNING_LEAP = 4;

struct governor *governor_new(struct ledger *ledger)
{
    struct governor *g = calloc(1, sizeof *g);
    if (g && !(g->ledger = ledger ? ledger : ledger_new())) {
        free(g);
        return NULL;
    }
    return g;
}

void governor_free(struct governor *g)
{
    if (g)
        ledger_free(g->ledger);
    free(g);
}

/* Into both books. What was too much is taken back by adding its complement. */
static void spend(struct governor *g, uint64_t ns)
{
    ledger_add(&g->spent_ns, ns);
    ledger_add(&g->ledger->spent_ns, ns);
}

static void compute(struct governor *g, uint64_t ns)
{
    ledger_add(&g->blas_ns, ns);
    ledger_add(&g->ledger->blas_ns, ns);
}

static bool affordable(const struct governor *g, double cost)
{
    return ledger_affords(g->ledger, 1, cost, 0);
}

/* Adds to a share; when it grows old both sides are halved, so that what was long ago counts less. */
static void tally(struct governor_share *share, uint32_t of, uint32_t part, uint32_t old_at)
{
    uint32_t all = atomic_load_explicit(&share->of, memory_order_relaxed) + of;
    uint32_t some = atomic_load_explicit(&share->part, memory_order_relaxed) + part;
    int old = all > old_at || some > old_at;
    atomic_store_explicit(&share->of, all >> old, memory_order_relaxed);
    atomic_store_explicit(&share->part, some >> old, memory_order_relaxed);
}

static double share_of(const struct governor_share *share)
{
    return atomic_load_explicit(&share->of, memory_order_relaxed);
}

static double share_part(const struct governor_share *share)
{
    return atomic_load_explicit(&share->part, memory_order_relaxed);
}

/* Hardly anything of what the program computes has been there before, whatever class it is of. */
static bool goes_on_anew(const struct governor *g)
{
    return share_of(&g->sights) >= ANEW_FROM && share_part(&g->sights) * ANEW_RATIO < share_of(&g->sights);
}

/* What of the earnings may be put at risk. */
static double stake(const struct governor *g, enum sight sight)
{
    return sight == SIGHT_NEW && goes_on_anew(g) ? STAKE_ANEW : 1;
}

/* To the next lower power of two. */
static uint64_t magnitude(double x)
{
    uint64_t size = 0;
    for (uint64_t n = x < 1e18 ? (uint64_t)x : (uint64_t)1e18; n > 2; n /= 2)
        size++;
    return size;
}

struct governor_class *governor_class(struct governor *g, const struct op *op, double flops, const void *caller)
{
    uint64_t h = ((uint64_t)op_index(op) << 8 | magnitude(flops)) * 0x9e3779b97f4a7c15u;
    h = (h ^ (uint64_t)(uintptr_t)caller) * 0xff51afd7ed558ccdu;
    return &g->classes[h >> 54 & (GOVERNOR_CLASSES - 1)];
}

bool governor_may_look(struct governor *g, struct governor_class *class)
{
    if (atomic_load_explicit(&class->closed, memory_order_relaxed)) {
        if ((atomic_fetch_add_explicit(&class->passed, 1, memory_order_relaxed) + 1) % GOVERNOR_REOPEN)
            return false;
    }
    return affordable(g, LOOK_COST_NS) || ledger_gives_alms(g->ledger, LOOK_COST_NS);
}

static double scaled(double estimate, const _Atomic float *scale)
{
    float s = atomic_load_explicit(scale, memory_order_relaxed);
    return s > 0 ? estimate * (double)s : estimate;
}

/* By what its class has shown; as long as it has shown nothing, by what all have, if that is less: a class that seems too dear is
 * never tried, and would never show that it is not. */
static double hoped(double estimate, const _Atomic float *own, const _Atomic float *all)
{
    bool measured = atomic_load_explicit(own, memory_order_relaxed) > 0;
    double hope = scaled(estimate, all);
    return measured ? scaled(estimate, own) : hope < estimate ? hope : estimate;
}

/* Other load and cold caches only ever add time: what took less is believed sooner, and what took far more not at once. */
static void learn(_Atomic float *scale, double measured, double estimate)
{
    if (estimate <= 0 || measured <= 0)
        return;
    float now = (float)(measured / estimate), old = atomic_load_explicit(scale, memory_order_relaxed);
    if (old > 0 && now > LEARNING_LEAP * old)
        now = LEARNING_LEAP * old;
    float rate = old <= 0 ? 1 : now < old ? LEARNING_DOWN : LEARNING_RATE;
    atomic_store_explicit(scale, old + rate * (now - old), memory_order_relaxed);
}

/* The class of those calls of `all`, told apart by arithmetic and caller, whose operands are of one size, too. */
static struct governor_class *narrower(struct governor *g, const struct governor_class *all, const struct estimate *raw)
{
    uint64_t h = ((uint64_t)(all - g->classes) << 8 | magnitude(raw->hit_ns)) * 0x9e3779b97f4a7c15u;
    return &g->classes[h >> 54 & (GOVERNOR_CLASSES - 1)];
}

static void expect(struct governor *g, struct governed *d, const struct canon *c, const struct use *use)
{
    d->raw = gate_estimate(c, use);
    d->class = narrower(g, d->class, &d->raw);
    d->call_ns = scaled(d->raw.call_ns, &d->class->call_scale);
    d->hit_ns = hoped(d->raw.hit_ns, &d->class->hit_scale, &g->hit_scale);
    d->miss_ns = hoped(d->raw.miss_ns, &d->class->miss_scale, &g->miss_scale);
}

static bool barren(const struct governor_class *class)
{
    return share_of(&class->samples) >= BARREN_FROM && share_part(&class->samples) * BARREN_RATIO < share_of(&class->samples);
}

/*
 * A driver's new right-hand sides make its sample new, though its factor may be there: what it factors has a sample of its own,
 * the one that a call of the factor's routine takes.
 */
static enum sight sight_of(struct governor *g, struct governed *d, const struct canon *c, const struct use *use,
                           const struct canon *factor, const struct use *factor_use)
{
    d->sample = sample_of(c, use);
    unsigned times = 0;
    enum sight whole = samples_look(&g->samples, d->sample, &d->times), half = SIGHT_NEW;
    if (c->op->driver) {
        d->factor_sample = sample_of(factor, factor_use);
        half = samples_look(&g->samples, d->factor_sample, &times);
    }
    d->times = times > d->times ? times : d->times;
    return half > whole ? half : whole;
}

/* False: the class is barren and this content, of a driver what it factors, not among those watched. */
static bool take_sample(struct governor *g, struct governed *d, const struct canon *c, const struct use *use)
{
    struct canon factor;
    struct use factor_use[OP_MAX_OPERANDS];
    const bool driver = c->op->driver != NULL;
    d->sight = SIGHT_NEW;
    if (driver) {
        driver_half(&c->op->driver->factor, c, &factor);
        canon_uses(&factor, factor_use);
    }
    if (barren(d->class) && (driver ? sample_hint(&factor, factor_use) : sample_hint(c, use)) % SUBSET)
        return false;
    d->sight = sight_of(g, d, c, use, &factor, factor_use);
    tally(&d->class->samples, 1, d->sight != SIGHT_NEW, FORGET_AT);
    tally(&g->sights, 1, d->sight != SIGHT_NEW, FORGET_AT);
    ledger_add(&g->sampled, 1);
    return true;
}

/* The share of promising samples that kept their promise; hopeful while there are few. */
static double truth(const struct governor_class *class)
{
    return (share_part(&class->promises) + 2) / (share_of(&class->promises) + 2);
}

/* The share of results that get asked for, if `belief` more had been already. */
static double chance(const struct governor_share *results, double belief)
{
    return (share_part(results) + belief) / (share_of(results) + belief + 1);
}

/* How often a result is asked for that is asked for at all. */
static double uses(const struct governor_class *class)
{
    return (share_part(&class->uses) + GOVERNOR_USES * BELIEF_IN_USES) / (share_of(&class->uses) + BELIEF_IN_USES);
}

/* How often a new sample of the class is seen again; once at least, for the record of those kept tells whether it is at all. */
static double sights(const struct governor_class *class, double most)
{
    double again = share_part(&class->samples), anew = share_of(&class->samples) - again;
    double each = (again + SIGHTS_AT_FIRST * BELIEF_IN_SIGHTS) / (anew + BELIEF_IN_SIGHTS);
    return each < 1 ? 1 : each < most ? each : most;
}

/* What keeping a new result should bring. */
static double prospect_of_new(const struct governed *d)
{
    double belief = BELIEF_IN_FRESH * sights(d->class, MOST_BELIEF);
    return chance(&d->class->fresh, belief) * sights(d->class, GOVERNOR_USES) * (d->call_ns - d->hit_ns - LOOK_COST_NS);
}

/* What keeping a result that was seen before should bring, if it is asked for as such results were. */
static double prospect_of_seen(const struct governed *d)
{
    double known = uses(d->class), often = d->times > known ? d->times : known;
    double asked = chance(&d->class->repeated, BELIEF_IN_REPEATED) * often;
    return truth(d->class) * asked * (d->call_ns - d->hit_ns - LOOK_COST_NS);
}

/* Is there more to be gained than lost? See the essay. */
static bool promising(const struct governed *d)
{
    const struct governor_class *class = d->class;
    double gain = d->call_ns - d->hit_ns - LOOK_COST_NS, honest = truth(class);
    uint32_t looks = atomic_load_explicit(&class->looks, memory_order_relaxed);
    if (gain <= 0) /* by measurements that one busy moment of the machine may have spoilt */
        return d->sight == SIGHT_KEPT && honest >= 0.5 && looks % RETRY == 0;
    switch (d->sight) {
    case SIGHT_KEPT:
        return honest * gain > (1 - honest) * d->miss_ns;
    case SIGHT_SEEN:
        return prospect_of_seen(d) > d->miss_ns;
    default:
        return prospect_of_new(d) > d->miss_ns || (looks >= TRIAL_FIRST && (looks & (looks - 1)) == 0);
    }
}

/*
 * On credit is looked at what has been there before: what surely pays, and dear results whose price is small beside what they
 * should bring. Each kind has a loan of its own: the former are how the latter are paid back.
 */
static bool take_loan(struct governor *g, struct governed *d, double cost)
{
    if (d->sight == SIGHT_NEW || (d->sight == SIGHT_SEEN && 2 * cost > prospect_of_seen(d)))
        return false;
    if (!ledger_lend(g->ledger, d->miss_ns, d->sight == SIGHT_SEEN))
        return false;
    d->loan = d->sight == SIGHT_KEPT;
    ledger_add(&g->loans, 1);
    return true;
}

/* What a miss may cost: where the class has not shown it, other classes tell how slow memory is today. */
static double miss_cost(const struct governor *g, const struct governed *d)
{
    float all = atomic_load_explicit(&g->miss_scale, memory_order_relaxed);
    bool measured = atomic_load_explicit(&d->class->miss_scale, memory_order_relaxed) > 0;
    return measured || all < 1 ? d->miss_ns : d->miss_ns * (double)all;
}

static bool decide(struct governor *g, struct governed *d)
{
    if (!promising(d)) {
        ledger_add(&g->refused_gain, 1);
        return false;
    }
    double honest = truth(d->class), miss = miss_cost(g, d);
    double cost = d->sight == SIGHT_KEPT ? honest * d->hit_ns + (1 - honest) * miss : miss;
    if (ledger_affords(g->ledger, stake(g, d->sight), cost, d->call_ns) || take_loan(g, d, cost)) {
        d->charged_ns = (uint64_t)cost; /* at once: other threads have the same money before their eyes */
        spend(g, d->charged_ns);
        return true;
    }
    d->wanted = d->sight != SIGHT_NEW;
    ledger_add(&g->refused_budget, 1);
    return false;
}

/* No hit is to be had, or promises are so seldom kept that even a sample whose result is kept is worth nothing. */
static bool hopeless(const struct governed *d)
{
    double gain = d->call_ns - d->hit_ns - LOOK_COST_NS, honest = truth(d->class);
    bool measured = atomic_load_explicit(&d->class->call_scale, memory_order_relaxed) > 0;
    return measured && d->call_ns < NEVER_CLOSED_NS &&
           (gain <= 0 || (d->sight != SIGHT_NEW && honest * gain <= (1 - honest) * d->miss_ns));
}

/* A class is closed when so many of its calls in a row were hopeless: they may be of several sizes, and one of them worth it. */
static void close_or_open(struct governor_class *all, bool no_hope)
{
    uint32_t row = no_hope ? atomic_load_explicit(&all->hopeless, memory_order_relaxed) + 1 : 0;
    atomic_store_explicit(&all->hopeless, row < CLOSE_AFTER ? row : CLOSE_AFTER, memory_order_relaxed);
    atomic_store_explicit(&all->closed, row >= CLOSE_AFTER, memory_order_relaxed);
}

bool governor_admit(struct governor *g, struct governed *d, const struct canon *c, const struct use *use)
{
    uint64_t began = clock_ns();
    bool admitted = false, poor = !affordable(g, LOOK_COST_NS);
    struct governor_class *all = d->class;
    d->loan = d->wanted = d->factor_kept = false;
    d->charged_ns = 0;
    expect(g, d, c, use);
    atomic_fetch_add_explicit(&d->class->looks, 1, memory_order_relaxed);
    if ((d->call_ns > d->hit_ns || d->call_ns >= NEVER_CLOSED_NS) && take_sample(g, d, c, use))
        admitted = decide(g, d);
    else
        ledger_add(&g->refused_gain, 1);
    close_or_open(all, !admitted && !d->wanted && hopeless(d));
    ledger_add(&g->looked, admitted);
    uint64_t took = clock_ns() - began;
    took = (took < LOOK_MOST_NS ? took : LOOK_MOST_NS) + CANON_COST_NS;
    spend(g, took);
    if (poor)
        ledger_add(&g->ledger->alms_ns, took);
    return admitted;
}

uint64_t governor_patience(const struct governed *d, uint64_t computed_ns, uint64_t spent_ns)
{
    const uint64_t expected = 2 * (uint64_t)d->miss_ns, eighth = computed_ns / 8, most = GOVERNOR_GRACE_NS / 2;
    const uint64_t part = d->sight != SIGHT_NEW ? computed_ns / 2 : eighth < most ? eighth : most;
    const uint64_t all = expected > part ? expected : part;
    return all > spent_ns ? all - spent_ns : 0;
}

uint64_t governor_worth(const struct governed *d, uint64_t computed_ns)
{
    return d->class && d->call_ns < (double)computed_ns ? (uint64_t)d->call_ns : computed_ns;
}

/* Of what we spend the first time is the dearest, into memory never touched: it counts as much as the estimate. */
static void learn_own(_Atomic float *scale, double measured, double estimate)
{
    bool first = atomic_load_explicit(scale, memory_order_relaxed) <= 0;
    learn(scale, first ? (measured + estimate) / 2 : measured, estimate);
}

void governor_traced(struct governor *g, const struct governed *d, uint64_t spent_ns, uint64_t call_ns, uint64_t saved_ns,
                     bool hit, bool kept)
{
    spend(g, spent_ns - d->charged_ns);
    ledger_add(&g->saved_ns, saved_ns);
    ledger_add(&g->ledger->saved_ns, saved_ns);
    ledger_add(&g->ledger->served_ns, hit ? spent_ns : 0);
    compute(g, call_ns);
    if (!hit || !saved_ns) /* of a hit only a driver's solution was computed, if anything */
        learn(&d->class->call_scale, (double)call_ns, d->raw.call_ns);
    double raw_ns = hit ? d->raw.hit_ns : d->raw.miss_ns;
    learn_own(hit ? &d->class->hit_scale : &d->class->miss_scale, (double)spent_ns, raw_ns);
    learn_own(hit ? &g->hit_scale : &g->miss_scale, (double)spent_ns, raw_ns);
    if (!hit) {
        d->sight == SIGHT_NEW ? tally(&d->class->fresh, 1, 0, FORGET_FRESH_AT) : tally(&d->class->repeated, 1, 0, FORGET_AT);
    } else {
        tally(&d->class->uses, 0, 1, FORGET_AT);
    }
    if (d->sight == SIGHT_KEPT)
        tally(&d->class->promises, 1, hit, FORGET_AT);
    if (kept)
        samples_keep(&g->samples, d->sample);
    if (d->factor_kept)
        samples_keep(&g->samples, d->factor_sample);
    if (d->loan && hit)
        atomic_store(&g->ledger->loan_ns, 0); /* repaid at once */
    ledger_settle(g->ledger);
}

struct governor_keeper governor_keeper(const struct governor *g, const struct governed *d, bool factor)
{
    if (!d->class)
        return (struct governor_keeper){0, 0, false, false};
    return (struct governor_keeper){factor ? d->factor_sample : d->sample, (uint16_t)(d->class - g->classes), true,
                                    d->sight != SIGHT_NEW};
}

void governor_forget(struct governor *g, struct governor_keeper keeper)
{
    if (keeper.governed)
        samples_forget(&g->samples, keeper.sample);
}

void governor_used(struct governor *g, struct governor_keeper keeper)
{
    struct governor_class *class = &g->classes[keeper.class_index % GOVERNOR_CLASSES];
    if (!keeper.governed)
        return;
    tally(&class->uses, 1, 0, FORGET_AT);
    keeper.repeated ? tally(&class->repeated, 0, 1, FORGET_AT) : tally(&class->fresh, 0, 1, FORGET_FRESH_AT);
}

void governor_passed(struct governor *g, const struct governed *d, uint64_t ns)
{
    compute(g, ns);
    if (d) {
        spend(g, -d->charged_ns); /* it was let pass after all */
        learn(&d->class->call_scale, (double)ns, d->raw.call_ns);
        if (d->wanted)
            ledger_add(&g->ledger->credit_ns, (uint64_t)((double)ns * truth(d->class) / CREDIT_PART));
    }
    ledger_settle(g->ledger);
}

bool governor_affords(const struct governor *g, uint64_t ns)
{
    return affordable(g, (double)ns);
}

void governor_spent(struct governor *g, uint64_t ns)
{
    spend(g, ns);
}

struct log_governor governor_books(const struct governor *g)
{
    return (struct log_governor){.spent_ns = ledger_sum(&g->spent_ns),
                                 .saved_ns = ledger_sum(&g->saved_ns),
                                 .blas_ns = ledger_sum(&g->blas_ns),
                                 .sampled = ledger_sum(&g->sampled),
                                 .looked = ledger_sum(&g->looked),
                                 .refused_budget = ledger_sum(&g->refused_budget),
                                 .refused_gain = ledger_sum(&g->refused_gain),
                                 .loans = ledger_sum(&g->loans)};
}

void governor_restart(struct governor *g)
{
    _Atomic uint64_t *const sums[] = {&g->spent_ns, &g->saved_ns,       &g->blas_ns,      &g->sampled,
                                      &g->looked,   &g->refused_budget, &g->refused_gain, &g->loans};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        atomic_store(sums[i], 0);
}
