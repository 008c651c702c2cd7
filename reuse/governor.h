/*
 * The governor: reuse must never cost much (DESIGN 7).
 *
 * The ledger (ledger.h) has three sums, over all threads and over a process and those forked from it: `spent`, every nanosecond
 * of ours on samples, fingerprints, copies and bookkeeping; `saved`, what served calls took when they were computed; `blas`, the
 * time in real routines. Regret is what was spent and not yet repaid, spent - saved. A call is looked at only while
 *
 *     regret + what this look may cost  <=  max(GOVERNOR_GRACE + credit, GOVERNOR_SHARE * blas)                    (1)
 *
 * where credit is a quarter of the time of calls that were refused for want of money although their sample had been seen before
 * and samples of their class had told the truth, at most GOVERNOR_CREDIT_NS and GOVERNOR_CREDIT of `blas`: proof that the program
 * repeats itself buys a closer look, once. GOVERNOR_GRACE is twice as much for a call that takes GOVERNOR_DEAR times what the
 * look may cost: what little there is to start with does not all go on results hardly worth it.
 *
 * Where fewer than one in eight of all samples taken was seen before, from the 16th on, no more than an eighth of what was earned
 * (`saved`, less what the hits themselves took) is put at risk on new results: what reuse gains in one part of a program is not
 * lost in another.
 *
 * Why the bound holds: each unit of spending is admitted by (1) with the cost expected of it, which is booked at once, so that no
 * two threads spend the same money, and corrected when it is done. Regret can pass the right-hand side only by what the calls in
 * flight (one a thread) cost more than expected, keeping a new result at most as much again or half of GOVERNOR_GRACE_NS
 * (governor_patience: then it is given up), and by loans, which are given to what has come before and never at first sight: for
 * a look at a call whose sample says that its result was kept (it is almost surely repaid at once by the hit), or for keeping a
 * result that costs less than half of what it should bring, at most half of its call. A loan is taken only while no earlier one
 * of its kind is unpaid. It is paid when regret is back to what it was before: what brings no hits must be worked off by (1)
 * before the next. So that loans are found when nothing else is affordable, samples may always take GOVERNOR_SAMPLES of `blas`
 * more, and GOVERNOR_ALMS_NS. All of it but loans, of a program with 3 s in BLAS: grace, credit, alms and samples, 22 ms or
 * 0.0073 of it, where its calls are dear 34 ms or 0.011; of one with 4 s 0.009, of a long one 0.0075.
 *
 * The estimates behind (1) come from measured times of the same class (routine, arithmetic, size of its operands, caller) as soon
 * as there are any; until then what other classes have shown to cost less than the gate thinks is hoped of this one, too, lest it
 * be never tried. A hit is booked with what such calls take on average, if that is less than what this one took when it was
 * computed (a first call is cold).
 *
 * Beyond the bound it looks for gain, by what the class has shown. With g = time of the call - time of a hit:
 * - g <= 0: nothing to be had. After a few such looks in a row at calls of one routine, arithmetic and caller, whatever their
 *   operands' size, which only a look can tell, they are closed: one call in GOVERNOR_REOPEN is looked at, in case that was a bad
 *   start. Where calls take so long that a look is nothing beside them, samples are still taken, and of those whose result is
 * kept a few are tried again.
 * - the sample belongs to a kept result: looked at if  truth * g > (1 - truth) * time of a miss,  where truth is the share of
 *   such looks that were hits. Programs that change elements between the sampled ones are found out this way.
 * - the sample was seen before: kept if  truth * chance * uses * g > time of a miss,  where chance is the share of
 *   results kept on a second sight that were asked for at all (believed in until many were not), and uses how often those were
 *   (GOVERNOR_USES times to begin with), or how often this sample was seen before, if that is more: what has come so often that
 *   having kept it would have paid by now is kept, as one buys what has been hired for its price.
 * - it is new: kept if  chance * sights * g > time of a miss,  chance being the share of results kept at first sight that were
 *   asked for (four fifths to begin with; the more often samples come again, the longer that is believed), and sights how often a
 *   new sample of the class was seen again, from once to GOVERNOR_USES times (twice to begin with: before a program comes round
 * to where it began nothing can have come again, and what is let pass then is lost); else only the 32nd, 64th, 128th … call. So
 *   dear results are kept at first sight, cheap ones at the second or later.
 * Where samples keep being new, a class is barren: of it only the calls in a 1/16 of all contents, told by a few elements, are
 * sampled. The choice depends on content alone, so what repeats is met again (as in SHARDS, Waldspurger et al., FAST 2015).
 *
 * Lock-free: sums and classes are relaxed atomics; a lost update costs precision, nothing else.
 */
#ifndef BLASE_REUSE_GOVERNOR_H
#define BLASE_REUSE_GOVERNOR_H

#include "lineage/log_format.h"
#include "reuse/afford.h"
#include "reuse/gate.h"
#include "reuse/ledger.h"
#include "reuse/sample.h"

enum {
    GOVERNOR_GRACE_NS = 12000000,
    GOVERNOR_ALMS_NS = 500000,
    GOVERNOR_CREDIT_NS = 5000000,
    GOVERNOR_CLASSES = 1024,
    GOVERNOR_REOPEN = 256,
    GOVERNOR_USES = 3,
    GOVERNOR_DEAR = 8
};
#define GOVERNOR_SAMPLES 0.0015
#define GOVERNOR_CREDIT 0.004
#define GOVERNOR_SHARE 0.006 /* the rest of the promised 1 % pays for samples, loans and what is not measured or foreseen */

/* `part` of `of`; both are halved when they grow old. */
struct governor_share {
    _Atomic uint32_t of, part;
};

/* What is known of one class of calls; scales as moving averages, measured over estimated time, 0 when nothing is measured. */
struct governor_class {
    _Atomic float call_scale, hit_scale, miss_scale;
    atomic_bool closed;
    _Atomic uint32_t hopeless;             /* looks in a row that found no hope */
    _Atomic uint32_t looks, passed;        /* calls looked at; calls left alone while closed */
    struct governor_share samples;         /* not new, of samples taken */
    struct governor_share promises;        /* hits, of looks at samples whose result was kept */
    struct governor_share uses;            /* hits, of results that were asked for at all */
    struct governor_share fresh, repeated; /* asked for, of results kept at first sight, and of those kept at a later one */
};

struct governor {
    struct ledger *ledger;                        /* of this process and those it forks, or was forked from */
    _Atomic uint64_t spent_ns, saved_ns, blas_ns; /* of this process, for its log */
    _Atomic uint64_t sampled, looked, refused_budget, refused_gain, loans;
    _Atomic float hit_scale, miss_scale; /* of all classes: what to expect of one that has shown nothing */
    struct governor_share sights;        /* not new, of the samples of all classes */
    struct samples samples;
    struct governor_class classes[GOVERNOR_CLASSES];
};

/* A call on its way through: what was expected of it. */
struct governed {
    struct governor_class *class;
    struct estimate raw;             /* by the gate's fixed rates */
    double call_ns, hit_ns, miss_ns; /* corrected by what the class has shown */
    uint64_t sample, factor_sample;  /* of the call; of what a driver factors */
    uint64_t charged_ns;             /* booked as spent when it was admitted, until it is known what it took */
    enum sight sight;
    unsigned times;          /* that its sample was seen before */
    struct afforded lineage; /* where no governor is asked: what tracing may cost */
    bool factor_kept;        /* told by whoever traces the call: the driver's factor is in the cache */
    bool loan, wanted;       /* loan: for a look; wanted: there was gain to be had, but no money */
};

/* Takes the ledger over; NULL: makes one. NULL comes back when memory is out. */
struct governor *governor_new(struct ledger *ledger);
void governor_free(struct governor *g);

/* The class of a call by its flop count; `caller` tells call sites apart. */
struct governor_class *governor_class(struct governor *g, const struct op *op, double flops, const void *caller);

/* The cheapest question: is there hope, and money, for a look at a call of this class? */
bool governor_may_look(struct governor *g, struct governor_class *class);

/* Samples the call, d->class set, and decides whether to trace it; d->class becomes that of the operands' size, where what is
 * learnt belongs. */
bool governor_admit(struct governor *g, struct governed *d, const struct canon *c, const struct use *use);

/*
 * How long keeping a result may still take, that took `computed_ns` to compute and `spent_ns` of ours so far; 0: it is given up.
 * Twice what was expected, or, memory never used before being slow, an eighth of the call and half of GOVERNOR_GRACE_NS at most;
 * of what was seen before half of the call.
 */
uint64_t governor_patience(const struct governed *d, uint64_t computed_ns, uint64_t spent_ns);

/* What serving a result saves that took `computed_ns` when it was computed. */
uint64_t governor_worth(const struct governed *d, uint64_t computed_ns);

/* After a traced call: what it cost, what computing took (0 if served), what serving saved (0 if computed). `hit`: its result,
 * or of a driver the factor, was in the cache; `kept`: it is now. */
void governor_traced(struct governor *g, const struct governed *d, uint64_t spent_ns, uint64_t call_ns, uint64_t saved_ns,
                     bool hit, bool kept);

/*
 * Who keeps a result: goes with it, and comes back when it is asked for, the first time, and when it is evicted: then a look at
 * its sample would be in vain. `factor`: it is that of a driver.
 */
struct governor_keeper {
    uint64_t sample;
    uint16_t class_index;
    bool governed, repeated; /* on a later sight than the first */
};
struct governor_keeper governor_keeper(const struct governor *g, const struct governed *d, bool factor);
void governor_used(struct governor *g, struct governor_keeper keeper);
void governor_forget(struct governor *g, struct governor_keeper keeper);

/* Time in a real routine that was passed through; `d` if the call had been looked at and refused, else NULL. */
void governor_passed(struct governor *g, const struct governed *d, uint64_t ns);

/* Other spending of ours (spilling): may it be that much; and what it was. Booked too much, the difference wraps it back. */
bool governor_affords(const struct governor *g, uint64_t ns);
void governor_spent(struct governor *g, uint64_t ns);

/* The books, for the log. */
struct log_governor governor_books(const struct governor *g);

/* In a forked child: its log's sums restart; what was learnt stays, and the ledger. */
void governor_restart(struct governor *g);

#endif
