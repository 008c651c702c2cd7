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
 * Counts do not fade, as in LIMA: while the budget cannot hold all that was ever hot, results that are not wanted any more can
 * keep newer ones out until those have been missed as often. LRU is better there, and nowhere else in LIMA's traces
 * (tests/unit/test_eviction.c).
 */
#ifndef BLASE_REUSE_POLICY_H
#define BLASE_REUSE_POLICY_H

#include "lineage/settings.h"

struct merit {
    uint32_t hits, misses, height;
    uint64_t cost_ns, bytes, used_at;
};

double policy_score(enum cache_policy policy, const struct merit *merit);

#endif
