/* Counts and times of calls: of one routine, of one caller, or of all. */
#ifndef BLASE_TOOLS_TALLY_H
#define BLASE_TOOLS_TALLY_H

#include "lineage/log_format.h"

enum { OUTCOMES = OUTCOME_UNPROBED + 1 };

struct tally {
    uint64_t bypassed, outcomes[OUTCOMES]; /* by enum outcome */
    uint64_t call_ns, bypassed_ns;         /* in the real routine */
    uint64_t saved_ns;
};

/* `count` items alike, whose times are summed up in the one. */
void tally_items(struct tally *tally, const struct log_item *item, uint64_t count);

uint64_t tally_traced(const struct tally *tally);
uint64_t tally_calls(const struct tally *tally);
uint64_t tally_probes(const struct tally *tally);
uint64_t tally_served(const struct tally *tally); /* without computing all of it: hits, partial hits, waits */
double tally_ns(const struct tally *tally);       /* in the real routine */

#endif
