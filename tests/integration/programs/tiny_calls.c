/*
 * Tiny calls in every state that the quick way through must know: many threads, threads that come and go, forked children, calls
 * that xerbla jumps out of, exceptions unmasked. Prints what they computed and the floating-point flags they left; the counts are
 * compared by the test. argv: threads, calls a thread, children.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                   const double *, const int *, const double *, double *, const int *);
extern void zgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                   const double *, const int *, const double *, double *, const int *, size_t, size_t);
extern void dtrsm_(const char *, const char *, const char *, const char *, const int *, const int *, const double *,
                   const double *, const int *, double *, const int *, size_t, size_t, size_t, size_t);
extern void cblas_dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
extern void cblas_dtrsm(int, int, int, int, int, int, int, double, const double *, int, double *, int);
extern void cblas_sgemv(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

static const double one[2] = {1, 0}, zero[2] = {0, 0};
static int calls;
static __thread jmp_buf out_of_xerbla;
static __thread int complaints;

void xerbla_(const char *name, const int *info, size_t length)
{
    (void)name, (void)info, (void)length;
    complaints++;
    longjmp(out_of_xerbla, 1);
}

/* Six calls a round; all values are small integers, so nothing is rounded. */
static double rounds(int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        double a[16], b[16], c[16] = {0}, z[32] = {0};
        float af[16], x[4] = {1, 2, 3, 4}, y[4] = {0};
        int n = 1 + i % 4, four = 4, two = 2;
        for (int k = 0; k < 16; k++) {
            a[k] = (k + i) % 7, b[k] = (k * 3 + i) % 5;
            af[k] = (float)a[k];
        }
        dgemm_("N", "T", &n, &n, &n, one, a, &four, b, &four, zero, c, &four);
        sum += c[0] + 2 * c[n - 1];
        cblas_dgemm(101, 111, 111, n, n, n, 1, a, 4, b, 4, 1, c, 4);
        sum += c[0];
        zgemm_("N", "N", &two, &two, &two, one, a, &two, b, &two, zero, z, &two, 1, 1);
        sum += z[0] + z[7];
        for (int k = 0; k < 4; k++)
            a[5 * k] = 1;
        dtrsm_("L", "U", "N", "U", &n, &four, one, a, &four, b, &four, 1, 1, 1, 1);
        sum += b[0];
        cblas_dtrsm(102, 142, 121, 111, 132, 4, n, 1, a, 4, b, 4);
        sum += b[1];
        cblas_sgemv(102, 111, n, n, 1, af, 4, x, 1, 0, y, 1);
        sum += (double)y[0];
    }
    return sum;
}

static void *thread(void *number)
{
    double *sum = malloc(sizeof *sum);
    (void)number;
    *sum = rounds(calls);
    return sum;
}

static void *short_thread(void *number)
{
    return rounds(1) > *(int *)number ? NULL : number;
}

static double in_threads(int count)
{
    pthread_t threads[64];
    double total = 0;
    void *sum;
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, thread, NULL);
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], &sum);
        total += *(double *)sum;
        free(sum);
    }
    for (int i = 0; i < 3 * count; i++) {
        pthread_create(&threads[0], NULL, short_thread, &calls);
        pthread_join(threads[0], &sum);
    }
    return total;
}

static void child(int number)
{
    double sum = rounds(calls);
    pthread_t other;
    pthread_create(&other, NULL, short_thread, &calls);
    pthread_join(other, NULL);
    printf("child %d: %g\n", number, sum);
    fflush(stdout);
    _exit(0);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 4, children = argc > 3 ? atoi(argv[3]) : 3;
    calls = argc > 2 ? atoi(argv[2]) : 1000;
    feclearexcept(FE_ALL_EXCEPT);
    printf("alone: %g\n", rounds(calls));
    printf("flags: %x\n", (unsigned)fetestexcept(FE_ALL_EXCEPT));
    feraiseexcept(FE_UNDERFLOW);
    printf("again: %g\n", rounds(calls));
    printf("flags kept: %x\n", (unsigned)fetestexcept(FE_ALL_EXCEPT));
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_ALL_EXCEPT);
    printf("trapping: %g\n", rounds(calls));
    fedisableexcept(FE_ALL_EXCEPT);
    printf("threads: %g\n", in_threads(threads));
    volatile int minus = 0;
    for (int i = 0; i < calls; i++) {
        minus = -1 - i;
        int n = minus, four = 4;
        double c[16] = {0};
        if (!setjmp(out_of_xerbla))
            dgemm_("N", "N", &n, &four, &four, one, c, &four, c, &four, zero, c, &four);
    }
    printf("complaints: %d\n", complaints);
    fflush(stdout);
    for (int i = 0; i < children; i++) {
        pid_t pid = fork();
        if (pid == 0)
            child(i);
        waitpid(pid, NULL, 0);
    }
    printf("parent: %g\n", rounds(1));
    return 0;
}
