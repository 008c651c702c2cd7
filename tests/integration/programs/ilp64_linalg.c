/* A program built for 64-bit BLAS integers: plain Fortran names, every integer an int64_t. */
#include "data.h"
#include <string.h>

typedef int64_t integer;
extern void dgemm_(const char *, const char *, const integer *, const integer *, const integer *, const double *, const double *,
                   const integer *, const double *, const integer *, const double *, double *, const integer *, size_t, size_t);
extern void dgesv_(const integer *, const integer *, double *, const integer *, integer *, double *, const integer *, integer *);
extern void dpotrf_(const char *, const integer *, double *, const integer *, integer *, size_t);
extern void dsyrk_(const char *, const char *, const integer *, const integer *, const double *, const double *, const integer *,
                   const double *, double *, const integer *, size_t, size_t);
extern void dsyevd_(const char *, const char *, const integer *, double *, const integer *, double *, double *, const integer *,
                    integer *, const integer *, integer *, size_t, size_t);
extern void cblas_dgemm(int, int, int, integer, integer, integer, double, const double *, integer, const double *, integer,
                        double, double *, integer);

enum { N = 210, R = 3 };

int main(void)
{
    const integer n = N, r = R, query = -1;
    const double one = 1.0, zero = 0.0;
    for (int pass = 1; pass <= 2; pass++) {
        double *a = random_doubles(1, N * N), *b = random_doubles(2, N * N), *c = random_doubles(3, N * N);
        dgemm_("N", "T", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n, 1, 1);
        show(pass, "dgemm", c, sizeof *c * N * N);
        dsyrk_("L", "N", &n, &n, &one, b, &n, &zero, c, &n, 1, 1);
        show(pass, "dsyrk", c, sizeof *c * N * N);
        cblas_dgemm(102, 111, 111, N, N, N, 2.0, a, N, a, N, 0.0, c, N);
        show(pass, "cblas_dgemm", c, sizeof *c * N * N);
        /* every bit of the integers that come back counts */
        integer pivots[N], info = query;
        memset(pivots, 0xff, sizeof pivots);
        dgesv_(&n, &r, a, &n, pivots, b, &n, &info);
        show(pass, "dgesv", b, sizeof *b * N * R);
        show(pass, "pivots", pivots, sizeof pivots);
        printf("%d info %lld\n", pass, (long long)info);
        double *p = random_positive(4, N);
        info = query;
        dpotrf_("U", &n, p, &n, &info, 1);
        show(pass, "dpotrf", p, sizeof *p * N * N);
        printf("%d info %lld\n", pass, (long long)info);
        free(p);
        p = random_positive(5, N);
        double w[N], best;
        integer best_integers;
        dsyevd_("V", "L", &n, p, &n, w, &best, &query, &best_integers, &query, &info, 1, 1);
        integer lwork = (integer)best, liwork = best_integers;
        double *work = malloc(sizeof *work * (size_t)lwork);
        integer *iwork = malloc(sizeof *iwork * (size_t)liwork);
        dsyevd_("V", "L", &n, p, &n, w, work, &lwork, iwork, &liwork, &info, 1, 1);
        show(pass, "dsyevd", p, sizeof *p * N * N);
        show(pass, "values", w, sizeof w);
        free(a), free(b), free(c), free(p), free(work), free(iwork);
    }
    return 0;
}
