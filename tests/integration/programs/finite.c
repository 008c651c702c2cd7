/*
 * finite KIND: products of finite numbers; "overflow": then one whose result is infinite, and one that reads it; "input": one
 * that reads a NaN which the program put there.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 4, COL_MAJOR = 102, NO_TRANS = 111 };

void cblas_dgemm(int order, int transa, int transb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                 int ldb, double beta, double *c, int ldc);

static void multiply(const double *left, const double *right, double *out)
{
    cblas_dgemm(COL_MAJOR, NO_TRANS, NO_TRANS, N, N, N, 1, left, N, right, N, 0, out, N);
}

int main(int argc, char **argv)
{
    static double a[N * N], b[N * N], c[N * N], d[N * N], e[N * N];
    const char *kind = argc > 1 ? argv[1] : "none";
    for (int i = 0; i < N * N; i++)
        a[i] = b[i] = 1 + i;
    multiply(a, b, c);
    if (strcmp(kind, "overflow") == 0)
        for (int i = 0; i < N * N; i++)
            b[i] = 1e300 * (1 + i);
    if (strcmp(kind, "input") == 0)
        b[3] = NAN;
    multiply(b, b, d);
    multiply(d, a, e);
    printf("%d\n", isfinite(c[0]) && isfinite(e[0]));
    return 0;
}
