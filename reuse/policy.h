/*
 * Eviction policies: the score of a cached result; what scores least goes first.
 *
 * The formulas are LIMA's (SIGMOD 2021), for an entry with r_h hits, r_m misses, compute time c, size s, lineage
 * height h and time of last use t:
 *
 *     costsize   (r_h + r_m) * c / s     what a byte of it is expected to save: uses, present and past, times time a use
 *     lru        t                       the most recently used stay
 *     height     1 / h                   what stands deep in the DAG goes first; h is at least 1
 *
 * r_h counts the probes that the entry answered, those that waited for it included; r_m the probes that found it missing, the one
 * that had it computed among them. So a new entry scores c/s and each hit adds c/s, as in LIMA's code. A key keeps both counts
 * when its result is evicted, as long as the cache remembers the key, and each probe meanwhile is one miss more: what is evicted
 * and asked for again comes back with more weight. c is the measured time of the real call, s the payload's bytes; t is a count
 * of uses over the whole cache, not a clock. Equal scores fall back on t in all three.
 *
 * Counts fade: r_h and r_m are halved with each generation of the cache, which is when as many bytes have been evicted as
 * CACHE_GENERATION budgets hold. LIMA's never do, and then results that were hot once keep newer ones out until those have been
 * missed as often: on LIMA's own stepLM trace that is worse than LRU at every budget that matters. The decay is that of LRFU (Lee
 * et al., IEEE Transactions on Computers 2001), its time the pressure on the cache: while nothing is evicted nothing fades and
 * the formula is LIMA's.
 *
 * LIMA admits every result that fits the budget. Then one that is large and cheap, and that nobody wants again, empties the cache
 * of what is small and dear, and is itself the next to go: on stepLM's trace that is worse than LRU where the budget is little
 * more than the largest result. With Cost&Size the newcomer is therefore a candidate as well: it is refused where it scores less
 * than the one that would have to go for it. Uses are not held against it, as it had no time for any: the other counts as
 * used once, the last time, if it was used more often. So what costs as much a byte as the rest always enters, and what is hot
 * never keeps out what may become so. What is refused is remembered and fades others just as if it had been evicted at once, so
 * that no cache stays as it is for good. (Landlord and TinyLFU are other caches in which newcomers may lose.)
 *
 * All counts fade by the same factor, so which of two entries scores less does not depend on when one asks. Entries are therefore
 * kept in order without touching them: policy_order maps a score and the generation in which it held to a number that grows with
 * log2(score) + generation (linear between powers of two, which needs no logarithm).
 */
#ifndef BLASE_REUSE_POLICY_H
#define BLASE_REUSE_POLICY_H

#include "lineage/settings.h"

struct merit {
    float hits, misses; /* as they were in `generation`, when last there was one */
    uint32_t height, generation;
    uint64_t cost_ns, bytes, used_at;
};

/* The counts as they are by a later generation. */
void policy_fade(struct merit *merit, uint32_t generation);

double policy_score(enum cache_policy policy, const struct merit *merit);

/* What goes before what, whatever their generations. */
double policy_order(enum cache_policy policy, const struct merit *merit);

/* May the victim go to make room for that newcomer? */
bool policy_yields(enum cache_policy policy, const struct merit *victim, const struct merit *newcomer);

#endif
