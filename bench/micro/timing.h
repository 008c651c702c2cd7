/* What the micro-benchmarks share: a clock, quantiles of samples, and their JSON. */
#ifndef BLASE_BENCH_TIMING_H
#define BLASE_BENCH_TIMING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_SAMPLES = 1 << 16 };

struct timings {
    int count;
    double values[MAX_SAMPLES];
};

static inline double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline void add_sample(struct timings *s, double value)
{
    if (s->count < MAX_SAMPLES)
        s->values[s->count++] = value;
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value below which a share of the samples lies; sorts them. */
static inline double quantile(struct timings *s, double share)
{
    if (s->count == 0)
        return 0;
    qsort(s->values, (size_t)s->count, sizeof s->values[0], compare_doubles);
    return s->values[(int)(share * (s->count - 1) + 0.5)];
}

static inline void print_samples(struct timings *s)
{
    printf("\"median\": %.4g, \"p25\": %.4g, \"p75\": %.4g, \"least\": %.4g, \"samples\": %d", quantile(s, 0.5),
           quantile(s, 0.25), quantile(s, 0.75), quantile(s, 0), s->count);
}

static inline void *need(size_t size)
{
    void *memory = aligned_alloc(64, (size + 63) & ~(size_t)63);
    if (!memory) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

/* A sequence of well-mixed numbers: splitmix64 of its index. */
static inline uint64_t mixed(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
