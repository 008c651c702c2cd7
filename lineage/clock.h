/* Monotonic nanoseconds, and wall-clock nanoseconds since 1970. */
#ifndef BLASE_LINEAGE_CLOCK_H
#define BLASE_LINEAGE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_of(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ns(void)
{
    return clock_of(CLOCK_MONOTONIC);
}

static inline uint64_t clock_wall_ns(void)
{
    return clock_of(CLOCK_REALTIME);
}

#endif
