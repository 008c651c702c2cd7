/*
 * Children that no fork handler hears of: one of a bare clone, which has a copy of our memory, and one of vfork, which has the
 * memory itself. Each multiplies once, and its parent before, between and after.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
                   const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
                   const int *ldc);

enum { N = 4 };
static double a[N * N], b[N * N], c[N * N];

static double multiply(double first)
{
    static const int n = N;
    static const double one = 1, zero = 0;
    a[0] = first;
    dgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
    return c[0];
}

static int wait_for(long child)
{
    int status = 0;
    if (child < 0 || waitpid((pid_t)child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

int main(void)
{
    for (int i = 0; i < N * N; i++)
        b[i] = 1;
    printf("%g\n", multiply(1));
    fflush(stdout);
    long clone = syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L);
    if (clone == 0)
        syscall(SYS_exit_group, (int)multiply(2));
    printf("%d %g\n", wait_for(clone), multiply(3));
    fflush(stdout);
    volatile double product = 0;
    pid_t child = vfork();
    if (child == 0) {
        product = multiply(4);
        syscall(SYS_exit_group, 7);
    }
    printf("%d %g %g\n", wait_for(child), product, multiply(5));
    return 0;
}
