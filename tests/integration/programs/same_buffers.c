/* Reuses its output arrays: a result may be computed over the very bits that it consists of, and asked for again elsewhere. */
#include "data.h"
#include <lapacke.h>
#include <string.h>

enum { N = 120 };

static void eigen(int step, uint64_t s, lapack_int *support, double *values, double *vectors)
{
    double *a = random_positive(s, N);
    lapack_int found = 0;
    LAPACKE_dsyevr(LAPACK_COL_MAJOR, 'V', 'A', 'L', N, a, N, 0, 0, 0, 0, 0, &found, values, vectors, N, support);
    show(step, "dsyevr support", support, sizeof *support * 2 * N);
    show(step, "dsyevr values", values, sizeof *values * N);
    show(step, "dsyevr vectors", vectors, sizeof *vectors * N * N);
    free(a);
}

static void singular(int step, uint64_t s, double *values, double *superdiagonal)
{
    double *a = random_doubles(s, N * N), *u = malloc(sizeof *u * N * N), *v = malloc(sizeof *v * N * N);
    LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'S', 'S', N, N, a, N, values, u, N, v, N, superdiagonal);
    /* its last element is not set here */
    show(step, "dgesvd superdiagonal", superdiagonal, sizeof *superdiagonal * (N - 2));
    show(step, "dgesvd values", values, sizeof *values * N);
    free(a), free(u), free(v);
}

static void *filled(size_t bytes, int with)
{
    void *p = malloc(bytes);
    memset(p, with, bytes);
    return p;
}

int main(void)
{
    /* step: matrices 1 and 2 into the same arrays, then 2 and 1 into arrays that hold something else */
    const uint64_t matrix[] = {1, 2, 2, 1};
    const int with[] = {0, 0, 0x77, 0x33};
    lapack_int *support = 0;
    double *values = 0, *vectors = 0, *more = 0;
    for (int step = 0; step < 4; step++) {
        if (step != 1) {
            free(support), free(values), free(vectors), free(more);
            support = filled(sizeof *support * 2 * N, with[step]);
            values = filled(sizeof *values * N, with[step]);
            vectors = filled(sizeof *vectors * N * N, with[step]);
            more = filled(sizeof *more * N, with[step]);
        }
        eigen(step, matrix[step], support, values, vectors);
        singular(step, matrix[step] + 10, values, more);
    }
    free(support), free(values), free(vectors), free(more);
    return 0;
}
