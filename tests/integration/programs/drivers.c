/* Sequences of solves in which one call may take another's factor, and products spelt in several ways. The argument picks one. */
#include "data.h"
#include <cblas.h>
#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

void dgemm_(const char *, const char *, int *, int *, int *, double *, double *, int *, double *, int *, double *, double *, int *);
void dsyrk_(const char *, const char *, int *, int *, double *, double *, int *, double *, double *, int *);
void dtrsm_(const char *, const char *, const char *, const char *, int *, int *, double *, double *, int *, double *, int *);

enum { N = 240, R = 3 };
static double *matrix, *a, *b;
static lapack_int pivots[N];

static void tell(const char *what, int info, const void *left, size_t size)
{
    printf("%s info %d %016llx\n", what, info, (unsigned long long)digest_bytes(0, left, size));
}

static void fresh(uint64_t right)
{
    memcpy(a, matrix, sizeof *a * N * N);
    free(b);
    b = random_doubles(right, N * R);
}

static void gesv(uint64_t right)
{
    int n = N, r = R, info;
    fresh(right);
    dgesv_(&n, &r, a, &n, pivots, b, &n, &info);
    tell("gesv a", info, a, sizeof *a * N * N);
    tell("gesv b", info, b, sizeof *b * N * R);
    tell("gesv p", info, pivots, sizeof pivots);
}

static void getrf(void)
{
    int n = N, info;
    fresh(1);
    dgetrf_(&n, &n, a, &n, pivots, &info);
    tell("getrf a", info, a, sizeof *a * N * N);
    tell("getrf p", info, pivots, sizeof pivots);
}

static void lapacke(int layout, uint64_t right, int nan)
{
    fresh(right);
    if (nan)
        b[7] = NAN;
    int info = LAPACKE_dgesv(layout, N, R, a, N, pivots, b, layout == LAPACK_ROW_MAJOR ? R : N);
    tell("LAPACKE a", info, a, sizeof *a * N * N);
    tell("LAPACKE b", info, b, sizeof *b * N * R);
}

static void posv(uint64_t right)
{
    fresh(right);
    int info = LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', N, R, a, N, b, N);
    tell("posv a", info, a, sizeof *a * N * N);
    tell("posv b", info, b, sizeof *b * N * R);
}

static void sysv(uint64_t right)
{
    int n = N, r = R, query = -1, info;
    double size, *work;
    fresh(right);
    LAPACK_dsysv("U", &n, &r, a, &n, pivots, b, &n, &size, &query, &info);
    query = (int)size;
    work = malloc(sizeof *work * (size_t)query);
    LAPACK_dsysv("U", &n, &r, a, &n, pivots, b, &n, work, &query, &info);
    tell("sysv a", info, a, sizeof *a * N * N);
    tell("sysv b", info, b, sizeof *b * N * R);
    tell("sysv work", info, work, sizeof *work);
    free(work);
}

/* op(x)·op(y) and its like, thrice each: Fortran, CBLAS by columns, CBLAS by rows. */
static void spellings(void)
{
    double one = 1, zero = 0, *x = matrix, *c = calloc(N * N, sizeof *c);
    int n = N;
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            dgemm_("N", "T", &n, &n, &n, &one, x, &n, x, &n, &zero, c, &n);
        else
            cblas_dgemm(i == 1 ? CblasColMajor : CblasRowMajor, i == 1 ? CblasNoTrans : CblasTrans,
                        i == 1 ? CblasTrans : CblasNoTrans, N, N, N, 1, x, N, x, N, 0, c, N);
        tell("gemm", 0, c, sizeof *c * N * N);
    }
    for (int i = 0; i < 4; i++) { /* the last asks for the other triangle */
        memset(c, 0, sizeof *c * N * N);
        if (i == 0)
            dsyrk_("U", "N", &n, &n, &one, x, &n, &zero, c, &n);
        else
            cblas_dsyrk(i == 2 ? CblasRowMajor : CblasColMajor, i == 1 ? CblasUpper : CblasLower,
                        i == 2 ? CblasTrans : CblasNoTrans, N, N, 1, x, N, 0, c, N);
        tell("syrk", 0, c, sizeof *c * N * N);
    }
    for (int i = 0; i < 3; i++) {
        double *y = random_doubles(5, N * N);
        if (i == 0)
            dtrsm_("L", "U", "N", "N", &n, &n, &one, x, &n, y, &n);
        else
            cblas_dtrsm(i == 1 ? CblasColMajor : CblasRowMajor, i == 1 ? CblasLeft : CblasRight, i == 1 ? CblasUpper : CblasLower,
                        CblasNoTrans, CblasNonUnit, N, N, 1, x, N, y, N);
        tell("trsm", 0, y, sizeof *y * N * N);
        free(y);
    }
    free(c);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    matrix = random_positive(9, N);
    a = malloc(sizeof *a * N * N);
    if (strcmp(what, "gesv") == 0) {
        gesv(1), gesv(2), gesv(3), gesv(1), getrf();
    } else if (strcmp(what, "getrf") == 0) {
        getrf(), gesv(1), gesv(1), gesv(2);
    } else if (strcmp(what, "rows") == 0 || strcmp(what, "columns") == 0) {
        int layout = *what == 'r' ? LAPACK_ROW_MAJOR : LAPACK_COL_MAJOR;
        lapacke(layout, 1, 0), lapacke(layout, 2, 0), lapacke(layout, 2, 1), lapacke(layout, 3, 0);
    } else if (strcmp(what, "posv") == 0) {
        posv(1), posv(2), posv(3);
        tell("potrf", LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', N, memcpy(a, matrix, sizeof *a * N * N), N), a, sizeof *a * N * N);
    } else if (strcmp(what, "sysv") == 0) {
        sysv(1), sysv(2), sysv(1);
    } else if (strcmp(what, "singular") == 0) {
        memset(matrix, 0, sizeof *matrix * N);
        gesv(1), gesv(2), getrf(), gesv(1);
    } else if (strcmp(what, "spellings") == 0) {
        spellings();
    }
    return 0;
}
