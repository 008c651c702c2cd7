/* 300 exact products of twenty contents; tells after how many of them a floating-point flag was up that was down before. */
#include <cblas.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 400, CALLS = 300, CONTENTS = 20 };

int main(void)
{
    double *a = malloc(sizeof *a * N * N), *b = malloc(sizeof *b * N * N), *c = malloc(sizeof *c * N * N), sum = 0;
    int raised = 0;
    for (int i = 0; i < N * N; i++) {
        a[i] = i % 7;
        b[i] = i % 5;
    }
    for (int i = 0; i < CALLS; i++) {
        a[0] = i % CONTENTS;
        feclearexcept(FE_ALL_EXCEPT);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b, N, 0, c, N);
        raised += fetestexcept(FE_ALL_EXCEPT) != 0;
        sum += c[i];
    }
    printf("%g, flags after %d calls\n", sum, raised);
    return 0;
}
