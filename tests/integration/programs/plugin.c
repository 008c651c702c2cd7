/* A plugin that brings its own BLAS: compiled once for each BLAS it is linked with. INTEGER is that library's integer. */
#include <stdint.h>

#ifndef INTEGER
#define INTEGER int
#endif
extern void dgemm_(const char *, const char *, const INTEGER *, const INTEGER *, const INTEGER *, const double *, const double *,
                   const INTEGER *, const double *, const INTEGER *, const double *, double *, const INTEGER *);
extern void dgesv_(const INTEGER *, const INTEGER *, double *, const INTEGER *, INTEGER *, double *, const INTEGER *, INTEGER *);

void plugin_multiply(int n, const double *a, const double *b, double *c)
{
    const INTEGER size = n;
    const double one = 1.0, zero = 0.0;
    dgemm_("N", "N", &size, &size, &size, &one, a, &size, b, &size, &zero, c, &size);
}

/* the sum of the pivots, so that a wrong integer width shows */
long long plugin_solve(int n, double *a, double *b)
{
    static INTEGER pivots[1000];
    const INTEGER size = n, one = 1;
    INTEGER info = -1;
    long long sum = 0;
    dgesv_(&size, &one, a, &size, pivots, b, &size, &info);
    for (int i = 0; i < n; i++)
        sum += (i + 1) * (long long)pivots[i];
    return info ? -1 : sum;
}
