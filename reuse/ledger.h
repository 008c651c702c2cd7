/*
 * The ledger: what was spent, saved and computed, by a process and by those forked from it, and with that what may still be
 * spent. It lies in memory that they share, so that a program which computes in forked children has one start to spend, not one a
 * child. What the sums mean, and why regret stays bounded, the governor's essay says (governor.h); inequality (1) is there.
 *
 * Lock-free, all threads and processes: relaxed atomics. A process that dies takes with it what it had charged and not settled:
 * that stays spent.
 */
#ifndef BLASE_REUSE_LEDGER_H
#define BLASE_REUSE_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ledger {
    _Atomic uint64_t spent_ns, saved_ns, blas_ns;
    _Atomic uint64_t served_ns;         /* the part of `spent` that hits took */
    _Atomic uint64_t alms_ns;           /* the part of `spent` that went on samples which (1) did not allow */
    _Atomic uint64_t credit_ns;         /* a part of the calls that were refused though seen before */
    _Atomic uint64_t loan_ns, trust_ns; /* open loans, for looks and for results kept on trust: 0 means another may be taken */
    _Atomic int64_t trust_regret_ns;    /* regret before the one on trust */
};

struct ledger *ledger_new(void); /* NULL: no memory. None is used before something is booked. */
void ledger_free(struct ledger *l);

/* Adds to one of the sums; what was too much is taken back by adding its complement. */
static inline void ledger_add(_Atomic uint64_t *sum, uint64_t amount)
{
    atomic_fetch_add_explicit(sum, amount, memory_order_relaxed);
}

static inline uint64_t ledger_sum(const _Atomic uint64_t *sum)
{
    return atomic_load_explicit(sum, memory_order_relaxed);
}

/*
 * Inequality (1), with `part` of the earnings only. `own` is the time the call itself will add to `blas`: where that is
 * GOVERNOR_DEAR times the cost, there is twice GOVERNOR_GRACE to start with.
 */
bool ledger_affords(const struct ledger *l, double part, double cost, double own);

/* May a sample be taken that (1) does not allow? */
bool ledger_gives_alms(const struct ledger *l, double cost);

/* A loan of so much, for a look (`trust` false) or for keeping a result; false: the last of its kind is open. */
bool ledger_lend(struct ledger *l, double cost, bool trust);

/* Loans are paid when regret is back within (1), the one on trust also when hits brought it back to what it was before. */
void ledger_settle(struct ledger *l);

#endif
