/*
 * endless COUNTER: makes traced calls until it is killed: inner loops of products of two shapes, a factorisation now and then, so
 * that the sequence of calls has loops, and paths through them. COUNTER, a file, is mapped and holds the number of calls that are done: it
 * tells after the program's sudden end. The first line of output is the process's number, just before the first call.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { N = 160 };

void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *);
void dpotrf_(const char *, const int *, double *, const int *, int *);

static double a[N * N], b[N * N], c[N * N], s[N * N];
static _Atomic unsigned long *done;

static void multiply(int n, double alpha)
{
    const double zero = 0;
    const int ld = N;
    dgemm_("N", "N", &n, &n, &n, &alpha, a, &ld, b, &ld, &zero, c, &ld);
    atomic_fetch_add(done, 1);
}

static void factor(void)
{
    const int n = N / 2, ld = N;
    int info;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            s[i + j * N] = i == j ? N : 1.0 / (1 + i + j);
    dpotrf_("L", &n, s, &ld, &info);
    atomic_fetch_add(done, 1);
}

int main(int argc, char **argv)
{
    int file = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
    if (file < 0 || ftruncate(file, sizeof *done) != 0)
        return 1;
    done = mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (done == MAP_FAILED)
        return 1;
    for (int i = 0; i < N * N; i++) {
        a[i] = i % 97;
        b[i] = i % 89;
    }
    printf("%ld\n", (long)getpid());
    fflush(stdout);
    for (unsigned long round = 0;; round++) {
        a[round % (N * N)] += 1;
        for (int i = 0; i < 20; i++)
            multiply(i % 3 ? N / 2 : N, 1 + i);
        if (round % 5 == 4)
            factor();
    }
}
