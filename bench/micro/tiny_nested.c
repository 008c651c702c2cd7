/* A library that defines a BLAS name, so that its calls are nested ones. */
#include "bench/micro/tiny.h"

void scipy_dgesv_64_(void);
void scipy_dgesv_64_(void)
{
}

double nested_gemm(gemm *f, int n)
{
    return loop_gemm(f, n);
}
