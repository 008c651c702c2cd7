/*
 * chain COUNT KIND AT: COUNT products, each of the one before, and at place AT something that differs by KIND. The matrices are
 * permutations, scaled, so that nothing grows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 6, ROW_MAJOR = 101, COL_MAJOR = 102, NO_TRANS = 111, TRANS = 112 };

void cblas_dgemm(int order, int transa, int transb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                 int ldb, double beta, double *c, int ldc);

static double a[N * N], b[N * N], first[N * N], second[N * N], x[2][N * N];

static void multiply(int trans, int columns, double alpha, const double *left, const double *right, double *out)
{
    cblas_dgemm(COL_MAJOR, trans, NO_TRANS, N, columns, N, alpha, left, N, right, N, 0, out, N);
}

static void start(void)
{
    for (int i = 0; i < N; i++) {
        a[i + (i + 1) % N * N] = 1;
        b[i + (i + 2) % N * N] = 0.5;
        for (int j = 0; j < N; j++)
            x[0][i + j * N] = i + 10 * j + 1;
    }
}

/* Two calls that do not depend on one another, in either order. */
static void pair(int swapped)
{
    for (int i = 0; i < 2; i++)
        if (i == swapped)
            multiply(NO_TRANS, N, 1, a, a, first);
        else
            multiply(NO_TRANS, N, 1, a, b, second);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 100, at = argc > 3 ? atoi(argv[3]) : count / 2;
    const char *kind = argc > 2 ? argv[2] : "none";
    start();
    for (int i = 0; i < count; i++) {
        int here = i == at;
        if (here)
            pair(strcmp(kind, "order") == 0);
        if (here && strcmp(kind, "extra") == 0)
            multiply(NO_TRANS, N, 1, b, b, first);
        if (here && strcmp(kind, "content") == 0)
            a[0] = 0.5;
        multiply(here && strcmp(kind, "option") == 0 ? TRANS : NO_TRANS, here && strcmp(kind, "dimension") == 0 ? N - 1 : N,
                 here && strcmp(kind, "scalar") == 0 ? 2 : 1, here && strcmp(kind, "origin") == 0 ? first : a, x[i % 2],
                 x[(i + 1) % 2]);
        a[0] = 0;
    }
    double sum = 0;
    for (int i = 0; i < N * N; i++)
        sum += x[count % 2][i];
    printf("%.17g\n", sum);
    return 0;
}
