/* splitmix64: small, and the same everywhere. */
#include "tests/property/property.h"

uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t rng_below(struct rng *r, int64_t n)
{
    return (int64_t)(rng_next(r) % (uint64_t)n);
}

bool rng_chance(struct rng *r, int one_in)
{
    return rng_below(r, one_in) == 0;
}

double rng_unit(struct rng *r)
{
    return (double)(int64_t)rng_next(r) * 0x1p-63;
}

struct rng rng_of(uint64_t seed, uint64_t a, uint64_t b)
{
    struct rng r = {seed};
    r.state = rng_next(&r) ^ a;
    r.state = rng_next(&r) ^ b;
    return r;
}
