/* Calls that blase passes through or does not keep, each for a reason of its own; with an argument, new products and nothing else. */
#define _GNU_SOURCE
#include "data.h"
#include <cblas.h>
#include <fenv.h>
#include <stdlib.h>
#include <string.h>

enum { N = 64 };

void dgeqrf_(const int *, const int *, double *, const int *, double *, double *, const int *, int *);
void dpotrf_(const char *, const int *, double *, const int *, int *);
void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *);

static void multiply(int m, const double *a, const double *b, double *c)
{
    const int n = N;
    const double one = 1, zero = 0;
    dgemm_("N", "N", &m, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
}

static void queries(int count, double *a)
{
    const int n = N, query = -1;
    double tau[N], work[1];
    int info;
    for (int i = 0; i < count; i++)
        dgeqrf_(&n, &n, a, &n, tau, work, &query, &info);
}

/* Not positive definite. */
static void failures(int count, double *a)
{
    const int n = N;
    int info = 0;
    for (int i = 0; i < count; i++) {
        memset(a, 0, sizeof *a * N * N);
        a[0] = -1 - i;
        dpotrf_("L", &n, a, &n, &info);
    }
    show(1, "info", &info, sizeof info);
}

static void new_products(int count, double *a, double *b, double *c)
{
    for (int i = 0; i < count; i++) {
        a[0] = a[N] = a[N * N - 1] = i;
        multiply(N, a, b, c);
    }
    show(1, "product", c, sizeof *c * N * N);
}

int main(int argc, char **argv)
{
    double *a = random_doubles(1, N * N), *b = random_doubles(2, N * N), *c = random_doubles(3, N * N);
    if (argc > 1) {
        new_products(atoi(argv[1]), a, b, c);
        return 0;
    }
    for (int i = 0; i < 2; i++) /* a miss and a hit */
        multiply(N, a, b, c);
    queries(3, c);
    for (int i = 0; i < 2; i++)
        multiply(-1, a, b, c);
    feenableexcept(FE_DIVBYZERO);
    for (int i = 0; i < 5; i++)
        multiply(N, a, b, c);
    fedisableexcept(FE_DIVBYZERO);
    for (int i = 0; i < 4; i++) {
        double *copy = malloc(sizeof *a * N * N);
        memcpy(copy, a, sizeof *a * N * N);
        multiply(N, copy, b, copy);
        free(copy);
    }
    failures(6, c);
    return 0;
}
