/* What the overhead programs share: numbers, matrices, products, and a checksum so that a wrong result shows. */
#ifndef BLASE_BENCH_OVERHEAD_WORK_H
#define BLASE_BENCH_OVERHEAD_WORK_H

#include <cblas.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A sequence of well-mixed numbers: splitmix64 of its index. */
static inline uint64_t mixed(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline double number(uint64_t i)
{
    return (double)(mixed(i) >> 11) / 9007199254740992.0 - 0.5;
}

static inline double *matrix(size_t rows, size_t cols, uint64_t seed)
{
    double *m = aligned_alloc(64, (rows * cols * sizeof *m + 63) & ~(size_t)63);
    if (!m) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < rows * cols; i++)
        m[i] = number(seed << 32 | i);
    return m;
}

/* C = A B, column-major, C new. */
static inline void product(int m, int n, int k, const double *a, const double *b, double *c)
{
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, m, b, k, 0, c, m);
}

static inline long count_of(int argc, char **argv, int at, long otherwise)
{
    return argc > at ? strtol(argv[at], NULL, 10) : otherwise;
}

#endif
