/* What micro_tiny and its library share. */
#ifndef BLASE_BENCH_TINY_H
#define BLASE_BENCH_TINY_H

#include "bench/micro/timing.h"

typedef void gemm(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                  const double *, const int *, const double *, double *, const int *);

enum { CALLS = 2000, MOST = 96 };

/* Nanoseconds a call of `f`, square matrices of order n. */
static inline double loop_gemm(gemm *f, int n)
{
    static double a[MOST * MOST], b[MOST * MOST], c[MOST * MOST];
    static const double one = 1, zero = 0;
    double began = now_ns();
    for (int i = 0; i < CALLS; i++)
        f("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
    return (now_ns() - began) / CALLS;
}

/* The same from within a library that blasé takes for a BLAS. */
double nested_gemm(gemm *f, int n);

#endif
