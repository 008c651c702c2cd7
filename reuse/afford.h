/*
 * What lineage may cost where nothing is reused (`--reuse=none`, trace=auto): no hit will ever repay it, so each call is
 * traced only if that can be afforded, and counted otherwise.
 *
 * Two sums over all threads: `spent`, every nanosecond of ours on looks, fingerprints and the log; `blas`, the time in real
 * routines. A call that should take t and cost c to trace is traced only if
 *
 *     spent + c  <=  AFFORD_GRACE + AFFORD_SHARE * (blas + t)                                                        (1)
 *
 * The expected cost is charged at once and put right when the call is done, so spending can pass (1) by no more than calls cost
 * beyond expectation, whatever the number of threads; a call that never comes back (longjmp) has paid. Costs and times are
 * learnt by class (routine, size, caller) from what was measured, so expectations are wrong once, not for ever.
 *
 * Which calls? As many seconds of the program as the money buys: cheapest first, by c/t, the price of tracing as a share of the
 * call (an online fractional knapsack). c/t falls into ranks, one for each power of two above AFFORD_SHARE; the lowest pay for
 * themselves. Over a recent stretch of BLAS time it is known what tracing all calls of a rank would have cost (`wanted`) and what
 * was spent on them. A call of rank k is traced only if also
 *
 *     sum of wanted over ranks below k  +  spent on rank k  <=  AFFORD_GRACE + AFFORD_SHARE * blas                   (2)
 *
 * over that stretch: the wishes of cheaper calls are set aside first, even while their money is still being saved up (one dear
 * call's cost may be seconds of income), and dearer calls get what is left. So where large gemms and gemvs alternate gemms are
 * traced; where there are only gemvs, as many of them as (1) allows. The stretch is halved when it reaches AFFORD_STRETCH: what
 * is not called any more is soon forgotten.
 *
 * A call of a class that is not known yet is looked at closely (its canonical form, the bytes of its operands), and one in
 * AFFORD_REVIEW of those refused by their class; looks are booked as spent, and are made only while (1) holds.
 *
 * Lock-free: sums and classes are relaxed atomics; a lost update costs precision, nothing else.
 */
#ifndef BLASE_REUSE_AFFORD_H
#define BLASE_REUSE_AFFORD_H

#include <stdatomic.h>

#include "lineage/log_format.h"
#include "reuse/gate.h"

enum {
    AFFORD_GRACE_NS = 1500000,
    AFFORD_STRETCH_NS = 2000000000,
    AFFORD_LOOK_NS = 400, /* canonical form, estimate, decision */
    AFFORD_CLASSES = 1024,
    AFFORD_RANKS = 8,
    AFFORD_REVIEW = 64
};
#define AFFORD_SHARE 0.008 /* the rest of the promised 2 % pays for starting and for what is not measured */

/* Moving averages, 0 where nothing is known: nanoseconds an operation; measured over estimated cost. */
struct afford_class {
    _Atomic float call_rate, cost_rate, cost_scale;
    _Atomic uint32_t refused;
};

struct afford {
    _Atomic uint64_t spent_ns, blas_ns, traced, refused;
    _Atomic float cost_scale; /* of all classes, for those without one */
    struct {
        _Atomic uint64_t blas_ns, wanted_ns[AFFORD_RANKS], spent_ns[AFFORD_RANKS];
    } recent;
    struct afford_class classes[AFFORD_CLASSES];
};

/* A call on its way through: what is expected of it. */
struct afforded {
    struct afford_class *class;
    double flops, call_ns, cost_ns;
    double raw_cost_ns; /* by the gate's fixed rates */
    bool wanted;        /* counted among the wishes of its rank */
    int rank;
};

struct afford *afford_new(void); /* NULL: out of memory */
void afford_free(struct afford *a);

/* The cheap question, before the call is looked at; fills *d. */
bool afford_may_look(struct afford *a, struct afforded *d, const struct op *op, double flops, const void *caller);

/* Whether to trace the call; then its cost is charged. */
bool afford_admit(struct afford *a, struct afforded *d, const struct canon *c, const struct use *use);

/* After a traced call: what tracing cost, and what the real routine took. */
void afford_traced(struct afford *a, const struct afforded *d, uint64_t spent_ns, uint64_t call_ns);

/* A call that was passed through took `ns`, and stands for `times` such calls. `d`: NULL if nothing was asked about it. */
void afford_passed(struct afford *a, const struct afforded *d, uint64_t ns, unsigned times);

/* The books, for the log: refused for want of money. */
struct log_governor afford_books(const struct afford *a);

/* In a forked child: sums restart; what was learnt stays. */
void afford_restart(struct afford *a);

#endif
