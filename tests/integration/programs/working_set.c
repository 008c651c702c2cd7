/*
 * Products, factorisations and solutions over a working set that comes round again and again: some results are asked for all the time, some
 * seldom, some once, and how many of them are still there depends on how much room there is.
 */
#include "data.h"
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

enum { SET = 24, STEPS = 500, LARGEST = 40 + 8 * SET };

void dpotrf_(const char *, const int *, double *, const int *, int *);
void dtrsm_(const char *, const char *, const char *, const char *, const int *, const int *, const double *, const double *,
            const int *, double *, const int *);

static int order_of(int which)
{
    return 40 + 8 * which;
}

/* A Gram matrix, its factor, and a solution with it: each reads what the one before wrote. */
static void chain(const double *a, double *gram, double *right, int n)
{
    const double one = 1;
    int info;
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, n, n, 1, a, n, 0, gram, n);
    for (int i = 0; i < n; i++)
        gram[i * n + i] += n;
    dpotrf_("L", &n, gram, &n, &info);
    dtrsm_("L", "L", "N", "N", &n, &n, &one, gram, &n, right, &n);
}

int main(void)
{
    double *matrix[SET], *gram = malloc(sizeof *gram * LARGEST * LARGEST), *result = malloc(sizeof *result * LARGEST * LARGEST);
    for (int i = 0; i < SET; i++)
        matrix[i] = random_doubles((uint64_t)i + 1, (size_t)order_of(i) * (size_t)order_of(i));
    seed(77);
    for (int step = 0; step < STEPS; step++) {
        /* small indices far more often than large ones */
        const double draw = 0.5 * (next_value() + 1);
        const int which = (int)(draw * draw * SET), n = order_of(which);
        if (step % 25 == 0)
            matrix[which][0] = step; /* never seen again as it was */
        memset(gram, 0, sizeof *gram * LARGEST * LARGEST);
        if (step % 3 == 0) {
            memcpy(result, matrix[which], sizeof *result * (size_t)n * (size_t)n);
            chain(matrix[which], gram, result, n);
        } else {
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, n, n, n, 1, matrix[which], n, matrix[which], n, 0, result, n);
        }
        if (step % 50 == 49)
            show(step, "result", result, sizeof *result * (size_t)n * (size_t)n);
    }
    return 0;
}
