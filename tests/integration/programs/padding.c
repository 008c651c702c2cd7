/* What a routine must leave alone stays as the caller had it: rows beyond n, the other triangle, what follows a vector.
   The second time everything that is not an input differs: leading dimensions, padding, other triangles, addresses. Both leading
   dimensions are multiples of eight, as n is, by which replay goes: OpenBLAS for older processors has dpotrf and dtrtri sum in
   another order when columns are not aligned. */
#include "data.h"
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { N = 200, K = 150, R = 3, MOST = 260 };

extern void dgesv_(const int *, const int *, double *, const int *, int *, double *, const int *, int *);
extern void dpotrf_(const char *, const int *, double *, const int *, int *, size_t);
extern void dsyev_(const char *, const char *, const int *, double *, const int *, double *, double *, const int *, int *, size_t,
                   size_t);
extern void dgetrf_(const int *, const int *, double *, const int *, int *, int *);
extern void dtrtri_(const char *, const char *, const int *, double *, const int *, int *, size_t, size_t);

/* a rows x columns matrix stored with leading dimension ld, everything else holding the filler */
static double *spread(const double *dense, int rows, int columns, int ld, double filler)
{
    double *p = malloc(sizeof *p * MOST * MOST);
    for (size_t i = 0; i < MOST * MOST; i++)
        p[i] = filler;
    for (int j = 0; j < columns && dense; j++)
        memcpy(p + (size_t)j * ld, dense + (size_t)j * rows, sizeof *p * rows);
    return p;
}

static int in_triangle(char part, int i, int j)
{
    return part == 'A' || (part == 'U' ? i <= j : i >= j);
}

/* prints the digest of the part that the routine owns and whether the rest still holds the filler */
static void check(int pass, const char *name, const double *p, int rows, int columns, int ld, char part, double filler)
{
    uint64_t h = 0xcbf29ce484222325u;
    size_t changed = 0;
    for (size_t at = 0; at < MOST * MOST; at++) {
        int i = (int)(at % ld), j = (int)(at / ld);
        if (i < rows && j < columns && in_triangle(part, i, j))
            h = digest_bytes(h, p + at, sizeof *p);
        else
            changed += memcmp(p + at, &filler, sizeof filler) != 0;
    }
    printf("%d %s %016llx %zu changed\n", pass, name, (unsigned long long)h, changed);
}

static void hide(double *p, int n, int ld, char part, double filler)
{
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            if (!in_triangle(part, i, j))
                p[i + (size_t)j * ld] = filler;
}

int main(void)
{
    double *a = random_doubles(1, N * K), *b = random_doubles(2, K * N), *s = random_doubles(3, N * N);
    double *d = random_positive(4, N), *rhs = random_doubles(5, N * R), *y = random_doubles(6, N);
    double *e = random_doubles(7, N * N), *m = random_doubles(8, N * N);
    for (int pass = 1; pass <= 2; pass++) {
        int ld = pass == 1 ? N + 8 : N + 40, n = N, r = R, info = -7;
        double filler = pass == 1 ? NAN : 1.0 / 3.0;

        double *pa = spread(a, N, K, ld, filler), *pb = spread(b, K, N, ld, filler), *pc = spread(0, 0, 0, ld, filler);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, K, 1.0, pa, ld, pb, ld, 0.0, pc, ld);
        check(pass, "dgemm", pc, N, N, ld, 'A', filler);
        check(pass, "dgemm input", pa, N, K, ld, 'A', filler);
        free(pc);

        pc = spread(0, 0, 0, ld, filler);
        cblas_dsyrk(CblasColMajor, CblasUpper, CblasNoTrans, N, K, 1.0, pa, ld, 0.0, pc, ld);
        check(pass, "dsyrk", pc, N, N, ld, 'U', filler);
        free(pc);

        pc = spread(s, N, N, ld, filler);
        hide(pc, N, ld, 'L', filler);
        cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, N, K, 1.0, pb, ld, 2.0, pc, ld);
        check(pass, "dsyrk beta", pc, N, N, ld, 'L', filler);
        free(pc), free(pa), free(pb);

        /* row-major: what is upper here is lower there */
        pa = spread(s, N, N, ld, filler), pc = spread(0, 0, 0, ld, filler);
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, N, N, 1.0, pa, ld, 0.0, pc, ld);
        check(pass, "dsyrk row-major", pc, N, N, ld, 'L', filler);
        free(pa), free(pc);

        /* only the upper triangle of a symmetric operand is read */
        pa = spread(d, N, N, ld, filler), pb = spread(e, N, N, ld, filler), pc = spread(0, 0, 0, ld, filler);
        hide(pa, N, ld, 'U', filler);
        cblas_dsymm(CblasColMajor, CblasLeft, CblasUpper, N, N, 1.0, pa, ld, pb, ld, 0.0, pc, ld);
        check(pass, "dsymm", pc, N, N, ld, 'A', filler);
        cblas_dtrsm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, N, N, 1.0, pa, ld, pb, ld);
        check(pass, "dtrsm", pb, N, N, ld, 'A', filler);
        check(pass, "dtrsm input", pa, N, N, ld, 'U', filler);
        dpotrf_("U", &n, pa, &ld, &info, 1);
        check(pass, "dpotrf", pa, N, N, ld, 'U', filler);
        printf("%d info %d\n", pass, info);
        free(pa), free(pb), free(pc);

        pa = spread(d, N, N, ld, filler), info = -7;
        hide(pa, N, ld, 'L', filler);
        dtrtri_("L", "N", &n, pa, &ld, &info, 1, 1);
        check(pass, "dtrtri", pa, N, N, ld, 'L', filler);
        printf("%d info %d\n", pass, info);
        free(pa);

        /* integers with garbage beside them, and pivots with something behind them */
        struct {
            int n, garbage_n, r, garbage_r, ld, garbage_ld, info, behind;
        } i32 = {N, -1, R, -1, ld, -1, -7, -7};
        int pivots[N + 2];
        memset(pivots, 0x55, sizeof pivots);
        pa = spread(m, N, N, ld, filler), pb = spread(rhs, N, R, ld, filler);
        dgesv_(&i32.n, &i32.r, pa, &i32.ld, pivots, pb, &i32.ld, &i32.info);
        check(pass, "dgesv factor", pa, N, N, ld, 'A', filler);
        check(pass, "dgesv solution", pb, N, R, ld, 'A', filler);
        show(pass, "dgesv pivots", pivots, sizeof pivots);
        printf("%d info %d %d\n", pass, i32.info, i32.behind);
        free(pa), free(pb);

        memset(pivots, 0x55, sizeof pivots);
        pa = spread(a, N, K, ld, filler);
        dgetrf_(&n, &(int){K}, pa, &ld, pivots, &info);
        check(pass, "dgetrf", pa, N, K, ld, 'A', filler);
        show(pass, "dgetrf pivots", pivots, sizeof pivots);
        free(pa);

        /* a strided vector: what lies between its elements is the caller's */
        pa = spread(e, N, N, ld, filler), pb = spread(y, 1, N, 3, filler), pc = spread(y, 1, N, 2, filler);
        cblas_dgemv(CblasColMajor, CblasTrans, N, N, 1.0, pa, ld, pb, 3, 0.0, pc, 2);
        check(pass, "dgemv", pc, 1, N, 2, 'A', filler);
        free(pc), pc = spread(y, 1, N, 2, filler);
        cblas_dgemv(CblasColMajor, CblasNoTrans, N, N, 1.0, pa, ld, pb, 3, 1.0, pc, 2);
        check(pass, "dgemv beta", pc, 1, N, 2, 'A', filler);
        free(pa), free(pb), free(pc);

        /* routines with a workspace may go about it differently with another leading dimension, so it stays here */
        double w[N + 1], work[40 * N];
        w[N] = 7.0, ld = N + 8;
        pa = spread(d, N, N, ld, filler);
        hide(pa, N, ld, 'L', filler);
        dsyev_("N", "L", &n, pa, &ld, w, work, &(int){40 * N}, &info, 1, 1);
        show(pass, "dsyev values", w, sizeof w);
        free(pa);
        (void)r;
    }
    return 0;
}
