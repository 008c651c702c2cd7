#include "reuse/budget.h"

#include <stdio.h>
#include <string.h>

#include "reuse/cache.h"
#include "reuse/governor.h"
#include "reuse/ledger.h"

static const uint64_t INDEX_SHARE = 128, INDEX_MOST = 16 << 20;

static bool spills(const struct settings *s)
{
    return strcmp(s->spill, "off") != 0;
}

static struct budget beside_the_cache(const struct settings *s)
{
    const uint64_t share = s->memory / INDEX_SHARE, index = share < INDEX_MOST ? share : INDEX_MOST;
    const bool governed = s->trace == TRACE_AUTO;
    return (struct budget){.spill_index = spills(s) ? index : 0,
                           .governor = governed ? sizeof(struct governor) + sizeof(struct ledger) : 0};
}

struct budget budget_divide(const struct settings *s)
{
    struct budget b = beside_the_cache(s);
    const uint64_t others = b.spill_index + b.governor;
    b.cache = s->memory > others ? s->memory - others : 0;
    return b;
}

/* The smallest setting that leaves the cache what it itself takes. */
static uint64_t least_memory(const struct settings *s)
{
    const uint64_t fixed = cache_least_bytes() + beside_the_cache(s).governor;
    return spills(s) ? fixed + fixed / (INDEX_SHARE - 1) + 1 : fixed;
}

bool budget_too_small(const struct settings *s, char *line, size_t size)
{
    if (s->reuse == REUSE_NONE || s->trace == TRACE_OFF || budget_divide(s).cache >= cache_least_bytes())
        return false;
    snprintf(line, size,
             "blase: --memory: %llu bytes are less than the %llu that the cache needs for itself; nothing is reused\n",
             (unsigned long long)s->memory, (unsigned long long)least_memory(s));
    return true;
}
