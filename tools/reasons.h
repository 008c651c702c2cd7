/*
 * Why calls were passed through or their results not kept: counts by reason, each with a name for programs and a
 * line for people. Bypassed calls of which no log says why were too small.
 */
#ifndef BLASE_TOOLS_REASONS_H
#define BLASE_TOOLS_REASONS_H

#include "tools/summary.h"

struct reason {
    const char *name, *text;
    uint64_t calls;
};

enum { BYPASS_REASONS = PASSED_REASONS + 1, UNKEPT_REASONS = UNKEPT_SLOW };

/* They add up to the bypassed calls (in a log that was cut off while calls went on, as nearly as it tells). */
void reasons_bypassed(const struct summary *s, struct reason out[BYPASS_REASONS]);

/* Why a result was not kept, as a clause; `unkept` as in the log, not KEPT. */
const char *reasons_unkept_text(uint64_t unkept);

/* Of traced calls: they were computed and their results not kept. */
void reasons_unkept(const struct summary *s, struct reason out[UNKEPT_REASONS]);

#endif
