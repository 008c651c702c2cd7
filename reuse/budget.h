/*
 * How --memory is divided: the cache gets what the index of spilled results (reuse/spill_index) and the governor's tables
 * leave of it. Those are there from the start and do not grow, so what is reported as used has them too.
 *
 * With less than the cache itself takes there is none: an empty cache would serve nothing, exceed what was asked for, and have
 * every call looked for in vain.
 */
#ifndef BLASE_REUSE_BUDGET_H
#define BLASE_REUSE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lineage/settings.h"

struct budget {
    uint64_t spill_index, governor, cache;
};

struct budget budget_divide(const struct settings *s);

/* True where reuse is wanted and there is too little memory for a cache; `line` then is what to say. */
bool budget_too_small(const struct settings *s, char *line, size_t size);

#endif
