/* The floating-point exception flags that a routine raises are part of what it does. */
#include "data.h"
#include <cblas.h>
#include <fenv.h>
#include <string.h>

enum { N = 64 };

static void flags(int pass, const char *name)
{
    int f = fetestexcept(FE_ALL_EXCEPT);
    printf("%d %s%s%s%s%s\n", pass, name, f & FE_INVALID ? " invalid" : "", f & FE_DIVBYZERO ? " divbyzero" : "",
           f & FE_OVERFLOW ? " overflow" : "", f & FE_UNDERFLOW ? " underflow" : "");
    feclearexcept(FE_ALL_EXCEPT);
}

static void multiply(const double *a, const double *b, double *c)
{
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0, a, N, b, N, 0.0, c, N);
}

int main(void)
{
    static double c[N * N];
    for (int pass = 1; pass <= 3; pass++) {
        double *a = random_doubles(1, N * N), *b = random_doubles(2, N * N);
        feclearexcept(FE_ALL_EXCEPT);
        /* flags that stood before stay, and are not taken for the routine's own later */
        if (pass == 1)
            feraiseexcept(FE_DIVBYZERO | FE_INVALID);
        multiply(a, b, c);
        flags(pass, "plain");
        show(pass, "plain", c, sizeof c);
        a[5] = 1e300, b[0] = 1e300;
        for (int i = 0; i < N; i++)
            b[i] = 1e300;
        multiply(a, b, c);
        flags(pass, "overflowing");
        a[5] = 1.0 / 0.0;
        for (int i = 0; i < N; i++)
            b[i] = 0.0;
        feclearexcept(FE_ALL_EXCEPT);
        multiply(a, b, c);
        flags(pass, "invalid");
        for (int i = 0; i < N * N; i++)
            a[i] = 1e-200, b[i] = 1e-200;
        multiply(a, b, c);
        flags(pass, "underflowing");
        free(a), free(b);
    }
    return 0;
}
