#include "tools/tally.h"

void tally_items(struct tally *t, const struct log_item *item, uint64_t count)
{
    t->outcomes[item->outcome < OUTCOMES ? item->outcome : OUTCOME_UNPROBED] += count;
    t->call_ns += item->call_ns;
    t->saved_ns += item->saved_ns;
}

uint64_t tally_probes(const struct tally *t)
{
    return tally_served(t) + t->outcomes[OUTCOME_MISS];
}

uint64_t tally_served(const struct tally *t)
{
    return t->outcomes[OUTCOME_HIT] + t->outcomes[OUTCOME_PARTIAL] + t->outcomes[OUTCOME_WAIT];
}

uint64_t tally_traced(const struct tally *t)
{
    return tally_probes(t) + t->outcomes[OUTCOME_UNPROBED];
}

uint64_t tally_calls(const struct tally *t)
{
    return t->bypassed + tally_traced(t);
}

double tally_ns(const struct tally *t)
{
    return (double)t->call_ns + (double)t->bypassed_ns;
}
