/* A BLAS that computes nothing: it notes how it was called. Compiled as a library (FAKE_LIBRARY), as the program that asks it, and as
 * one that calls it from many places in turn (MANY_SITES). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    long calls, direct, wrong; /* direct: the return address lies in the program; wrong: arguments that did not arrive */
};

extern struct seen fake_gemm, fake_cblas, fake_gemv;
void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *, size_t, size_t);
void cblas_dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
void dsyrk_(const char *, const char *, const int *, const int *, const double *, const double *, const int *, const double *,
            double *, const int *, size_t, size_t);
void dgemv_(const char *, const int *, const int *, const double *, const double *, const int *, const double *, const int *,
            const double *, double *, const int *, size_t);

#ifdef FAKE_LIBRARY
struct seen fake_gemm, fake_cblas, fake_gemv;

static void note(struct seen *seen, const void *ret, int right)
{
    Dl_info info;
    seen->calls++;
    seen->direct += dladdr(ret, &info) && !strstr(info.dli_fname, "libblase");
    seen->wrong += !right;
}

/* Only asked for its integer width. */
double ddot_(const int *n, const double *x, const int *incx, const double *y, const int *incy)
{
    double sum = 0;
    for (int i = 0; i < *n; i++)
        sum += x[i * *incx] * y[i * *incy];
    return sum;
}

void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
            const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc,
            size_t la, size_t lb)
{
    int right = *transa == 'N' && *transb == 'T' && *m == 2 && *n == 3 && *k == 4 && *alpha == 5 && *a == 6 && *lda == 7 &&
                *b == 8 && *ldb == 9 && *beta == 10 && *c == 11 && *ldc == 12;
    /* blasé itself passes 1 where it packs the arguments; what jumps here leaves them */
    note(&fake_gemm, __builtin_return_address(0), right && ((la == 13 && lb == 14) || (la == 1 && lb == 1)));
}

void cblas_dgemm(int layout, int transa, int transb, int m, int n, int k, double alpha, const double *a, int lda,
                 const double *b, int ldb, double beta, double *c, int ldc)
{
    int right = layout == 102 && transa == 111 && transb == 112 && m == 2 && n == 3 && k == 4 && alpha == 5 && *a == 6 &&
                lda == 7 && *b == 8 && ldb == 9 && beta == 10 && *c == 11 && ldc == 12;
    note(&fake_cblas, __builtin_return_address(0), right);
}

void dgemv_(const char *trans, const int *m, const int *n, const double *alpha, const double *a, const int *lda,
            const double *x, const int *incx, const double *beta, double *y, const int *incy, size_t l)
{
    (void)alpha, (void)a, (void)lda, (void)x, (void)incx, (void)beta, (void)y, (void)incy, (void)l;
    note(&fake_gemv, __builtin_return_address(0), *trans == 'N' && *m == 2 && *n == 2);
}

/* Ends in a jump to another exported routine. */
void dsyrk_(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha, const double *a,
            const int *lda, const double *beta, double *c, const int *ldc, size_t lu, size_t lt)
{
    (void)uplo, (void)k, (void)lu;
    dgemv_(trans, n, n, alpha, a, lda, a, ldc, beta, c, ldc, lt);
}

#elif defined(MANY_SITES)

#define CALL dgemm_("N", "T", &two, &three, &four, &alpha, &a, &seven, &b, &nine, &beta, c, &twelve, 13, 14);
#define CALL8 CALL CALL CALL CALL CALL CALL CALL CALL
#define CALL64 CALL8 CALL8 CALL8 CALL8 CALL8 CALL8 CALL8 CALL8

int main(void)
{
    const double alpha = 5, a = 6, b = 8, beta = 10;
    double c[144] = {11};
    int two = 2, three = 3, four = 4, seven = 7, nine = 9, twelve = 12;
    for (int round = 0; round < 100; round++) {
        CALL64 CALL64 CALL64 CALL64 CALL64 CALL64 CALL64 CALL64
    }
    printf("%ld calls, %ld wrong\n", fake_gemm.calls, fake_gemm.wrong);
    fprintf(stderr, "%.4f\n", (double)fake_gemm.direct / (double)fake_gemm.calls);
    return 0;
}

#else

enum { CALLS = 10000 };

static void tell(const char *name, const struct seen *seen)
{
    printf("%s: %ld calls, %ld wrong\n", name, seen->calls, seen->wrong);
    fprintf(stderr, "%s: %s\n", name, 10 * seen->direct > 9 * seen->calls ? "direct" : "by way of dispatch");
}

int main(void)
{
    const double alpha = 5, a = 6, b = 8, beta = 10;
    double c[144] = {11};
    int two = 2, three = 3, four = 4, seven = 7, nine = 9, twelve = 12;
    for (int i = 0; i < CALLS; i++) {
        dgemm_("N", "T", &two, &three, &four, &alpha, &a, &seven, &b, &nine, &beta, c, &twelve, 13, 14);
        cblas_dgemm(102, 111, 112, 2, 3, 4, 5, &a, 7, &b, 9, 10, c, 12);
        dsyrk_("U", "N", &two, &two, &alpha, c, &two, &beta, c, &two, 1, 1);
    }
    tell("dgemm_", &fake_gemm);
    tell("cblas_dgemm", &fake_cblas);
    tell("dgemv_ at the end of dsyrk_", &fake_gemv);
    return 0;
}
#endif
