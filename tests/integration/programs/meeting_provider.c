/*
 * A BLAS of three routines, written out plainly, that calls back into the program in the middle of dgemm and dpotrf: what happens
 * to a thread there happens to it inside a real call.
 */
void (*meeting_hook)(void);

double ddot_(const int *n, const double *x, const int *incx, const double *y, const int *incy)
{
    double sum = 0;
    for (int i = 0; i < *n; i++)
        sum += x[i * *incx] * y[i * *incy];
    return sum;
}

void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
            const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc)
{
    (void)transa, (void)transb;
    for (int j = 0; j < *n; j++)
        for (int i = 0; i < *m; i++) {
            double sum = 0;
            for (int l = 0; l < *k; l++)
                sum += a[i + l * *lda] * b[l + j * *ldb];
            c[i + j * *ldc] = *alpha * sum + (*beta == 0 ? 0 : *beta * c[i + j * *ldc]);
        }
    if (meeting_hook)
        meeting_hook();
}

/* Fails, as for a matrix that is not positive definite. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info)
{
    (void)uplo, (void)n, (void)lda;
    if (meeting_hook)
        meeting_hook();
    a[0] = -a[0];
    *info = 1;
}
