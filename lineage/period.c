#include "lineage/period.h"

#include <string.h>

enum { CANDIDATES = 12 };
static const uint64_t BASE = UINT64_C(0x9e3779b97f4a7c15);

void period_init(struct period *p)
{
    memset(p, 0, sizeof *p);
    p->powers[0] = 1;
    for (int i = 1; i <= PERIOD_MOST; i++)
        p->powers[i] = p->powers[i - 1] * BASE;
}

void period_forget(struct period *p)
{
    if (p->count)
        memset(p->slots, 0, sizeof p->slots);
    p->count = 0;
}

static uint64_t prefix_at(const struct period *p, uint32_t count)
{
    return count ? p->window[(count - 1) % PERIOD_WINDOW].prefix : 0;
}

/* Hash of the `length` tokens that end before `end`. */
static uint64_t stretch(const struct period *p, uint32_t end, uint32_t length)
{
    return prefix_at(p, end) - prefix_at(p, end - length) * p->powers[length];
}

uint32_t period_tag(const struct period *p, uint32_t back)
{
    return p->window[(p->count - 1 - back) % PERIOD_WINDOW].tag;
}

bool period_holds(const struct period *p, uint32_t length)
{
    return length <= PERIOD_MOST && 2 * length <= p->count && 2 * length < PERIOD_WINDOW &&
           stretch(p, p->count, length) == stretch(p, p->count - length, length);
}

uint32_t period_known(const struct period *p)
{
    return p->count < PERIOD_WINDOW ? p->count : PERIOD_WINDOW;
}

static uint32_t shortest(const struct period *p, uint64_t token, uint32_t least)
{
    const uint32_t last = p->count - 1;
    uint32_t at = p->window[last % PERIOD_WINDOW].earlier;
    for (int tries = 0; at && tries < CANDIDATES; tries++) {
        uint32_t where = at - 1, distance = last - where;
        if (where >= last || distance > PERIOD_MOST)
            break;
        const struct period_token *earlier = &p->window[where % PERIOD_WINDOW];
        if (distance >= least && earlier->token == token && period_holds(p, distance))
            return distance;
        at = earlier->earlier;
    }
    return 0;
}

uint32_t period_add(struct period *p, uint64_t token, uint32_t tag, uint32_t least)
{
    if (p->count == UINT32_MAX)
        period_forget(p);
    uint32_t *slot = &p->slots[token % PERIOD_SLOTS];
    struct period_token *t = &p->window[p->count % PERIOD_WINDOW];
    uint64_t before = prefix_at(p, p->count);
    *t = (struct period_token){token, before * BASE + token, *slot, tag};
    *slot = ++p->count;
    return shortest(p, token, least);
}
