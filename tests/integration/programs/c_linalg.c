/* CBLAS and LAPACKE in both layouts, each step done twice on fresh copies of the same data. */
#include "data.h"
#include <cblas.h>
#include <complex.h>
#include <lapacke.h>

#ifndef ORDER
#define ORDER 240
#endif
enum { N = ORDER, K = ORDER * 5 / 6, R = 4 };

static void products(int pass)
{
    const enum CBLAS_ORDER layouts[] = {CblasRowMajor, CblasColMajor};
    for (int l = 0; l < 2; l++) {
        uint64_t s = 100 * (uint64_t)(l + 1);
        double *a = random_doubles(s + 1, N * K), *b = random_doubles(s + 2, K * N);
        double *c = random_doubles(s + 3, N * N);
        cblas_dgemm(layouts[l], CblasNoTrans, CblasNoTrans, N, N, K, 1.0, a, l ? N : K, b, l ? K : N, 0.0, c, N);
        show(pass, "dgemm", c, sizeof *c * N * N);
        cblas_dgemm(layouts[l], CblasTrans, CblasTrans, N, N, K, -0.5, b, l ? K : N, a, l ? N : K, 0.25, c, N);
        show(pass, "dgemm tt", c, sizeof *c * N * N);
        free(c);
        c = random_doubles(s + 4, N * N);
        cblas_dsyrk(layouts[l], CblasUpper, CblasNoTrans, N, K, 1.5, a, l ? N : K, 0.5, c, N);
        show(pass, "dsyrk", c, sizeof *c * N * N);
        free(c);
        c = random_doubles(s + 5, N * N);
        double *d = random_doubles(s + 12, N * K), *e = random_doubles(s + 13, N * N);
        cblas_dsymm(layouts[l], CblasLeft, CblasLower, N, K, 1.0, e, N, a, l ? N : K, 0.0, d, l ? N : K);
        show(pass, "dsymm", d, sizeof *d * N * K);
        double *t = random_positive(s + 6, N);
        cblas_dtrsm(layouts[l], CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, N, N, 1.0, t, N, c, N);
        show(pass, "dtrsm", c, sizeof *c * N * N);
        cblas_dtrmm(layouts[l], CblasLeft, CblasLower, CblasTrans, CblasUnit, N, N, 2.0, t, N, c, N);
        show(pass, "dtrmm", c, sizeof *c * N * N);
        double *x = random_doubles(s + 7, N), *y = random_doubles(s + 8, 2 * N);
        cblas_dgemv(layouts[l], CblasTrans, N, N, 1.0, t, N, x, 1, 0.5, y, 2);
        show(pass, "dgemv", y, sizeof *y * 2 * N);
        float *f = random_floats(s + 9, N * N), *g = random_floats(s + 10, N * N);
        float *h = malloc(sizeof *h * N * N);
        cblas_sgemm(layouts[l], CblasTrans, CblasNoTrans, N, N, N, 1.0f, f, N, g, N, 0.0f, h, N);
        show(pass, "sgemm", h, sizeof *h * N * N);
        double complex one = 1.0, zero = 0.0, *z = (double complex *)random_doubles(s + 11, 2 * N * K);
        double complex *p = malloc(sizeof *p * N * N);
        cblas_zgemm(layouts[l], CblasNoTrans, CblasConjTrans, N, N, K, &one, z, l ? N : K, z, l ? N : K, &zero, p, N);
        show(pass, "zgemm", p, sizeof *p * N * N);
        cblas_zherk(layouts[l], CblasLower, CblasNoTrans, N, K, 2.0, z, l ? N : K, 0.5, p, N);
        show(pass, "zherk", p, sizeof *p * N * N);
        free(a), free(b), free(c), free(d), free(e), free(t), free(x), free(y), free(f), free(g), free(h), free(z), free(p);
    }
}

static void solves(int pass)
{
    const int layouts[] = {LAPACK_ROW_MAJOR, LAPACK_COL_MAJOR};
    lapack_int *pivots = malloc(sizeof *pivots * N);
    for (int l = 0; l < 2; l++) {
        uint64_t s = 1000 * (uint64_t)(l + 1);
        lapack_int ldb = l ? N : R;
        double *a = random_doubles(s + 1, N * N), *b = random_doubles(s + 2, N * R);
        LAPACKE_dgesv(layouts[l], N, R, a, N, pivots, b, ldb);
        show(pass, "dgesv", b, sizeof *b * N * R);
        free(a), free(b);
        a = random_doubles(s + 3, N * N), b = random_doubles(s + 4, N * R);
        LAPACKE_dgesv_work(layouts[l], N, R, a, N, pivots, b, ldb);
        show(pass, "dgesv_work", a, sizeof *a * N * N);
        free(a), free(b);
        a = random_doubles(s + 5, N * N), b = random_doubles(s + 6, N * R);
        LAPACKE_dgetrf(layouts[l], N, N, a, N, pivots);
        LAPACKE_dgetrs(layouts[l], 'N', N, R, a, N, pivots, b, ldb);
        show(pass, "dgetrs", b, sizeof *b * N * R);
        free(a), free(b);
        a = random_positive(s + 7, N), b = random_doubles(s + 8, N * R);
        LAPACKE_dpotrf(layouts[l], 'L', N, a, N);
        show(pass, "dpotrf", a, sizeof *a * N * N);
        LAPACKE_dpotrs(layouts[l], 'L', N, R, a, N, b, ldb);
        show(pass, "dpotrs", b, sizeof *b * N * R);
        free(a), free(b);
        a = random_positive(s + 9, N);
        double *w = malloc(sizeof *w * N), *u = malloc(sizeof *u * N * N), *v = malloc(sizeof *v * N * N);
        LAPACKE_dsyevd(layouts[l], 'V', 'U', N, a, N, w);
        show(pass, "dsyevd w", w, sizeof *w * N);
        show(pass, "dsyevd v", a, sizeof *a * N * N);
        free(a);
        a = random_doubles(s + 10, N * N);
        LAPACKE_dgesdd(layouts[l], 'A', N, N, a, N, w, u, N, v, N);
        show(pass, "dgesdd u", u, sizeof *u * N * N);
        show(pass, "dgesdd v", v, sizeof *v * N * N);
        free(a);
        a = random_doubles(s + 11, N * K);
        LAPACKE_dgeqrf(layouts[l], N, K, a, l ? N : K, w);
        show(pass, "dgeqrf", a, sizeof *a * N * K);
        LAPACKE_dorgqr(layouts[l], N, K, K, a, l ? N : K, w);
        show(pass, "dorgqr", a, sizeof *a * N * K);
        free(a);
        a = random_doubles(s + 12, N * K), b = random_doubles(s + 13, N * R);
        LAPACKE_dgels(layouts[l], 'N', N, K, R, a, l ? N : K, b, ldb);
        show(pass, "dgels", b, sizeof *b * N * R);
        free(a), free(b), free(w), free(u), free(v);
        float *f = random_floats(s + 14, N * N), *g = random_floats(s + 15, N * R);
        LAPACKE_sgesv(layouts[l], N, R, f, N, pivots, g, ldb);
        show(pass, "sgesv", g, sizeof *g * N * R);
        free(f), free(g);
    }
    free(pivots);
}

int main(void)
{
    for (int pass = 1; pass <= 2; pass++) {
        products(pass);
        solves(pass);
    }
    return 0;
}
