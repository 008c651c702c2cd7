/*
 * The governor: reuse must never cost much (DESIGN 7).
 *
 * It keeps three sums over all threads: `spent`, every nanosecond of ours on samples, fingerprints, copies and bookkeeping;
 * `saved`, what served calls took when they were computed; `blas`, the time in real routines. Regret is what was spent and not
 * yet repaid, spent - saved. A call is looked at only while
 *
 *     regret + what this look may cost  <=  max(GOVERNOR_GRACE, GOVERNOR_SHARE * blas) + credit                    (1)
 *
 * where credit is a tenth of the time that refused calls took although their sample had been seen before, at most
 * GOVERNOR_CREDIT: evidence that the program repeats itself buys a closer look, once.
 *
 * Why the bound holds: each unit of spending is admitted by (1) with the cost expected of it, and is booked when it is done, so
 * regret can pass the right-hand side only by what the calls in flight (one a thread) cost more than expected, and by loans. A
 * loan is a look at a call whose sample says that its result was kept: it is almost surely repaid at once by the hit. It may
 * exceed (1), but only while no earlier loan is unpaid: one that turns out a miss must be worked off by (1) before the next. So
 * that loans are found when nothing else is affordable, samples may always take GOVERNOR_SAMPLES of `blas`. The
 * estimates behind (1) come from measured times of the same class (routine, size, caller) as soon as there are any.
 *
 * Beyond the bound it looks for gain. A result is kept at first sight if results of its class get used, or while nothing is known
 * of the class; otherwise only on a second sight of the same sample. Classes whose kept results are not asked for again are tried
 * ever more seldom.
 *
 * Lock-free: sums and classes are relaxed atomics; a lost update costs precision, nothing else.
 */
#ifndef BLASE_REUSE_GOVERNOR_H
#define BLASE_REUSE_GOVERNOR_H

#include "lineage/log_format.h"
#include "reuse/gate.h"
#include "reuse/sample.h"

enum { GOVERNOR_GRACE_NS = 20000000, GOVERNOR_CREDIT_NS = 100000000, GOVERNOR_CLASSES = 1024 };
#define GOVERNOR_SAMPLES 0.002
#define GOVERNOR_SHARE 0.007 /* the rest of the promised 1 % pays for what is not measured */

/* What is known of one class of calls; rates as moving averages, measured over estimated time. */
struct governor_class {
    _Atomic uint64_t looks, kept, used;    /* used: kept results that were asked for at least once */
    _Atomic float call_scale, trace_scale; /* 0: nothing measured yet */
};

struct governor {
    _Atomic uint64_t spent_ns, saved_ns, blas_ns;
    _Atomic uint64_t sample_ns; /* the part of `spent` that went on samples */
    _Atomic uint64_t credit_ns;
    _Atomic uint64_t loan_ns; /* unpaid part of the last loan: 0 means another may be taken */
    _Atomic uint64_t sampled, looked, refused_budget, refused_gain, loans;
    struct samples samples;
    struct governor_class classes[GOVERNOR_CLASSES];
};

/* A call on its way through: what was expected of it. */
struct governed {
    struct governor_class *class;
    struct estimate raw, expected; /* by the gate's fixed rates, and corrected by what the class has shown */
    uint64_t sample;
    enum sight sight;
    bool loan;
};

struct governor *governor_new(void); /* NULL: out of memory */

/* The cheapest question: is there money for looking at anything at all? */
bool governor_may_look(const struct governor *g);

/* Samples the call and decides whether to trace it. `caller` tells call sites apart. */
bool governor_admit(struct governor *g, struct governed *d, const struct canon *c, const struct use *use, const void *caller);

/* After a traced call: what it cost, what computing took (0 if served), what serving saved (0 if computed). */
void governor_traced(struct governor *g, const struct governed *d, uint64_t spent_ns, uint64_t call_ns, uint64_t saved_ns,
                     bool kept);

/* A kept result was asked for the first time. */
void governor_used(struct governor *g, uint32_t class_index);
uint32_t governor_class_index(const struct governor *g, const struct governed *d);

/* Time in a real routine that was passed through; `d` if the call had been looked at and refused, else NULL. */
void governor_passed(struct governor *g, const struct governed *d, uint64_t ns);

/* The books, for the log. */
struct log_governor governor_books(const struct governor *g);

/* In a forked child: sums restart; what was learnt stays. */
void governor_restart(struct governor *g);

#endif
