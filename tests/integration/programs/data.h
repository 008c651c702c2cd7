/* Deterministic matrices and a digest of result bytes, shared by the C programs. */
#ifndef DATA_H
#define DATA_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t data_state;

static void seed(uint64_t s)
{
    data_state = s * 0x9e3779b97f4a7c15u + 1;
}

/* xorshift64*: the next value in [-1, 1). */
static double next_value(void)
{
    data_state ^= data_state >> 12;
    data_state ^= data_state << 25;
    data_state ^= data_state >> 27;
    return (double)(int64_t)(data_state * 0x2545f4914f6cdd1du) / 9223372036854775808.0;
}

static double *random_doubles(uint64_t s, size_t count)
{
    double *p = malloc(count * sizeof *p);
    seed(s);
    for (size_t i = 0; i < count; i++)
        p[i] = next_value();
    return p;
}

static inline float *random_floats(uint64_t s, size_t count)
{
    float *p = malloc(count * sizeof *p);
    seed(s);
    for (size_t i = 0; i < count; i++)
        p[i] = (float)next_value();
    return p;
}

/* Symmetric and diagonally dominant, hence positive definite. */
static inline double *random_positive(uint64_t s, size_t n)
{
    double *p = random_doubles(s, n * n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            p[i * n + j] = p[j * n + i];
    for (size_t i = 0; i < n; i++)
        p[i * n + i] += 2.0 * (double)n;
    return p;
}

static inline uint64_t digest_bytes(uint64_t h, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < count; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static inline void show(int pass, const char *name, const void *bytes, size_t count)
{
    printf("%d %s %016llx\n", pass, name, (unsigned long long)digest_bytes(0xcbf29ce484222325u, bytes, count));
}
#endif
