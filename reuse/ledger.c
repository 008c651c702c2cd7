#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "reuse/ledger.h"

#include <stddef.h>
#include <sys/mman.h>

#include "reuse/governor.h"

struct ledger *ledger_new(void)
{
    const int kinds[] = {MAP_SHARED, MAP_PRIVATE}; /* where nothing may be shared each process has its own */
    for (int i = 0; i < 2; i++) {
        void *memory = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE, kinds[i] | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED)
            return memory;
    }
    return NULL;
}

void ledger_free(struct ledger *l)
{
    if (l)
        munmap(l, sizeof *l);
}

static double regret(const struct ledger *l)
{
    return (double)ledger_sum(&l->spent_ns) - (double)ledger_sum(&l->saved_ns);
}

/* What was earned, as far as it may be spent. */
static double credit(const struct ledger *l, double blas)
{
    double earned = (double)ledger_sum(&l->credit_ns), most = GOVERNOR_CREDIT * blas;
    most = most < GOVERNOR_CREDIT_NS ? most : GOVERNOR_CREDIT_NS;
    return earned < most ? earned : most;
}

bool ledger_affords(const struct ledger *l, double part, double cost, double own)
{
    const double blas = (double)ledger_sum(&l->blas_ns) + own, share = GOVERNOR_SHARE * blas;
    const double grace = own > GOVERNOR_DEAR * cost ? 2.0 * GOVERNOR_GRACE_NS : GOVERNOR_GRACE_NS,
                 start = grace + credit(l, blas);
    const double earned = (double)ledger_sum(&l->saved_ns) - (double)ledger_sum(&l->served_ns);
    const double rest = earned > 0 ? (1 - part) * earned : 0;
    return regret(l) + rest + cost <= (share > start ? share : start);
}

bool ledger_gives_alms(const struct ledger *l, double cost)
{
    return (double)ledger_sum(&l->alms_ns) + cost <= GOVERNOR_ALMS_NS + GOVERNOR_SAMPLES * (double)ledger_sum(&l->blas_ns);
}

bool ledger_lend(struct ledger *l, double cost, bool trust)
{
    uint64_t none = 0;
    if (!atomic_compare_exchange_strong(trust ? &l->trust_ns : &l->loan_ns, &none, (uint64_t)cost + 1))
        return false;
    if (trust)
        atomic_store(&l->trust_regret_ns, (int64_t)regret(l));
    return true;
}

void ledger_settle(struct ledger *l)
{
    if (ledger_sum(&l->trust_ns) && regret(l) <= (double)atomic_load_explicit(&l->trust_regret_ns, memory_order_relaxed))
        atomic_store(&l->trust_ns, 0);
    if ((ledger_sum(&l->loan_ns) || ledger_sum(&l->trust_ns)) && ledger_affords(l, 1, 0, 0)) {
        atomic_store(&l->loan_ns, 0);
        atomic_store(&l->trust_ns, 0);
    }
}
