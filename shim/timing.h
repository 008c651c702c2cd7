/*
 * Which of the small passed-through calls are timed. Reading the clock twice, and the way through dispatch, take as long as a
 * tiny call itself, so one is timed for many, and stands for those since the last one: the time of all is the sum of took * stood
 * for, whatever the calls are like and however that changes. Where a few take far longer than the others that sum comes out right
 * only on average, so tiny calls and larger ones are timed apart.
 *
 * The distance is such that timing takes about TIMING_SHARE of the time in the calls, from TIMING_LEAST on, growing as there are
 * more samples; at random between half and one and a half of that, lest it beat with a loop of the program's. One owner at a
 * time; `until` may be counted down by the stubs of fast.h.
 */
#ifndef BLASE_SHIM_TIMING_H
#define BLASE_SHIM_TIMING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TIMING_COST_NS = 130, TIMING_SHARE = 500, TIMING_LEAST = 64, TIMING_MOST = 1024, TIMING_GROWTH = 4 };

struct timing {
    _Atomic int32_t until; /* the call that counts this down to 0 is timed; the stubs leave that one to dispatch */
    int32_t distance;      /* what it was counted down from */
    uint32_t taken, dice;
};

/* Not the first call: it is cold. */
static inline void timing_begin(struct timing *t)
{
    atomic_store_explicit(&t->until, 2, memory_order_relaxed);
    t->distance = 2;
}

/* Counts one call. True: time it, and tell timing_done; if it never returns the next one takes its place. */
static inline bool timing_due(struct timing *t)
{
    int32_t left = atomic_load_explicit(&t->until, memory_order_relaxed) - 1;
    atomic_store_explicit(&t->until, left, memory_order_relaxed);
    return left <= 0;
}

/* How many calls may go by until the next is timed, where they take so long. */
static inline uint32_t timing_distance(uint64_t took_ns)
{
    uint64_t distance = (uint64_t)TIMING_COST_NS * TIMING_SHARE / (took_ns + 1);
    return distance < TIMING_LEAST ? TIMING_LEAST : distance > TIMING_MOST ? TIMING_MOST : (uint32_t)distance;
}

/* The call that was due took so long. Returns how many calls it stands for. */
static inline uint32_t timing_done(struct timing *t, uint64_t took_ns)
{
    const uint32_t grown = TIMING_LEAST + TIMING_GROWTH * t->taken, wanted = timing_distance(took_ns);
    const uint32_t mean = wanted < grown ? wanted : grown;
    const uint32_t stands_for = (uint32_t)(t->distance - atomic_load_explicit(&t->until, memory_order_relaxed));
    t->taken += t->taken < TIMING_MOST;
    t->dice = t->dice * 1664525u + 1013904223u;
    t->distance = (int32_t)(mean / 2 + (t->dice >> 16) % (mean + 1));
    atomic_store_explicit(&t->until, t->distance, memory_order_relaxed);
    return stands_for;
}

#endif
