/* The work every pair of load cases does along each other's displacements: dgesv wherever a displacement is needed. */
#include <cblas.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "solve.h"

void dgesv_(const int *n, const int *nrhs, double *a, const int *lda, int *pivots, double *b, const int *ldb, int *info);

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0 - 0.5;
}

void displacement(const struct problem *p, int load, double *moved)
{
    size_t n = (size_t)p->order;
    int one = 1, info = 0, *pivots = malloc(n * sizeof *pivots);
    double *factors = malloc(n * n * sizeof *factors);
    if (!pivots || !factors)
        exit(1);
    memcpy(factors, p->matrix, n * n * sizeof *factors); /* dgesv overwrites it */
    memcpy(moved, p->loads + n * (size_t)load, n * sizeof *moved);
    dgesv_(&p->order, &one, factors, &p->order, pivots, moved, &p->order, &info);
    free(factors);
    free(pivots);
    if (info)
        exit(1);
}

static void print_pairs(const struct problem *p, displacement_fn *displace)
{
    size_t n = (size_t)p->order;
    double *moved[2] = {malloc(n * sizeof(double)), malloc(n * sizeof(double))};
    for (int i = 0; i < p->cases && moved[0] && moved[1]; i++)
        for (int j = i + 1; j < p->cases; j++) {
            displace(p, i, moved[0]);
            displace(p, j, moved[1]);
            printf("%d %d %.17g %.17g\n", i, j, cblas_ddot(p->order, p->loads + n * (size_t)j, 1, moved[0], 1),
                   cblas_ddot(p->order, p->loads + n * (size_t)i, 1, moved[1], 1));
        }
    free(moved[0]);
    free(moved[1]);
}

int solve_main(int argc, char **argv, displacement_fn *displace)
{
    const char *size = argc > 1 ? argv[1] : "--size=quick";
    struct problem p = {900, 6, NULL, NULL};
    if (!strcmp(size, "--size=tiny"))
        p.order = 40, p.cases = 3;
    else if (!strcmp(size, "--size=paper"))
        p.order = 5000, p.cases = 10;
    size_t n = (size_t)p.order;
    p.matrix = malloc(n * n * sizeof *p.matrix);
    p.loads = malloc(n * (size_t)p.cases * sizeof *p.loads);
    if (!p.matrix || !p.loads)
        return 1;
    uint64_t state = 19;
    for (size_t i = 0; i < n * n; i++)
        p.matrix[i] = uniform(&state) + (i % (n + 1) ? 0.0 : (double)n / 8);
    for (size_t i = 0; i < n * (size_t)p.cases; i++)
        p.loads[i] = uniform(&state);
    print_pairs(&p, displace);
    free(p.matrix);
    free(p.loads);
    return 0;
}
