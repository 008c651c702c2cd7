/*
 * Samples: a cheap hint whether a call was seen before. A few dozen elements of every operand it reads, spread over the whole,
 * with its routine, options, dimensions and scalars, in 64 bits. Two different calls may sample alike; equal calls always do. So
 * a sample never seen rules a hit out for the price of a microsecond, and one seen before is only a reason to look properly.
 *
 * The table of samples is lossy and bounded: two places a bucket, the newer pushes the older out. Lock-free.
 */
#ifndef BLASE_REUSE_SAMPLE_H
#define BLASE_REUSE_SAMPLE_H

#include <stdatomic.h>

#include "lineage/view.h"

enum { SAMPLE_BUCKETS = 1 << 15, SAMPLE_WAYS = 2, SAMPLE_ELEMENTS = 32, HINT_ELEMENTS = 4, SAMPLE_MOST_TIMES = 7 };

enum sight { SIGHT_NEW, SIGHT_SEEN, SIGHT_KEPT };

struct samples {
    /* the sample, in its lowest bits: its result was kept; how often it was seen before */
    _Atomic uint64_t slots[SAMPLE_BUCKETS][SAMPLE_WAYS];
};

uint64_t sample_of(const struct canon *c, const struct use *use);

/* A hash of still fewer elements: picks a fixed part of all contents. */
uint64_t sample_hint(const struct canon *c, const struct use *use);

/* What is known of the sample; a new one is entered. `times`: how often it was seen before, SAMPLE_MOST_TIMES at most. */
enum sight samples_look(struct samples *s, uint64_t sample, unsigned *times);

/* Its result is kept now; it is not any more. */
void samples_keep(struct samples *s, uint64_t sample);
void samples_forget(struct samples *s, uint64_t sample);

#endif
