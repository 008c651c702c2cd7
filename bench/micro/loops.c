/*
 * Loops of small products, for what tracing them costs with and without deduplication (after LIMA's figure 6: 40 operations a
 * mini-batch). Prints one JSON object with the median nanoseconds a call over batches of 200.
 *
 *   micro_loops one      ITERATIONS          40 calls an iteration; a fresh mini-batch and one scalar vary
 *   micro_loops nested   OUTER INNER         two loops, 3 calls within, 2 around
 *   micro_loops branches ITERATIONS          three data-dependent branches in the body
 *   micro_loops sized    ITERATIONS ORDER WHAT   8 calls on matrices of this order; from turn to turn varies WHAT: "leaf", an
 * input that the program writes; "scalar"; or "nothing"
 *
 * Times are processor time: what other programs do meanwhile is no part of it.
 */
#include <string.h>
#include <unistd.h>

#include "bench/micro/timing.h"

extern void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
                   const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
                   const int *ldc);

enum { MATRICES = 8, SMALL = 12 * 12, LARGEST = 512, BATCH = 200 };
static int room = SMALL;
static double *matrix[MATRICES];
static struct timings timings;
static double batch_began;
static uint64_t calls;

static double processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The matrices stay bounded: products of numbers below 1 / (2 n). */
static void multiply(int n, double alpha, int a, int b, int c)
{
    static const double zero = 0;
    if (calls % BATCH == 0) {
        double now = processor_ns();
        if (calls)
            add_sample(&timings, (now - batch_began) / BATCH);
        batch_began = now;
    }
    calls++;
    dgemm_("N", "N", &n, &n, &n, &alpha, matrix[a], &n, matrix[b], &n, &zero, matrix[c], &n);
}

static void refill(int m)
{
    static uint64_t drawn;
    const double scale = room == SMALL ? 6 : LARGEST;
    for (int i = 0; i < room; i++)
        matrix[m][i] = ((double)(mixed(drawn++) >> 12) * 0x1p-52 - 0.5) / scale;
}

static void one(int iterations)
{
    for (int i = 0; i < iterations; i++) {
        refill(0);
        for (int k = 0; k < 40; k++)
            multiply(4 + k % 6, k == 5 ? 1.0 / (i + 1) : 1, k % 3 ? 2 : 0, k % 4 ? 1 : 3, 4 + k % 3);
    }
}

static void nested(int outer, int inner)
{
    for (int i = 0; i < outer; i++) {
        if (outer > 1)
            multiply(9, 1, 4, 5, 6);
        for (int k = 0; k < inner; k++) {
            refill(0);
            multiply(4, 1, 0, 1, 2);
            multiply(5, 1, 2, 3, 4);
            multiply(6, 1, 4, 1, 3);
        }
        if (outer > 1)
            multiply(10, 1, 3, 6, 5);
    }
}

static void branches(int iterations)
{
    for (int i = 0; i < iterations; i++) {
        refill(0);
        multiply(4, 1, 0, 1, 2);
        for (int b = 0; b < 3; b++) {
            const int from = b % 2 ? 6 : 2, to = b % 2 ? 2 : 6;
            multiply(matrix[0][b] > 0 ? 5 + 2 * b : 6 + 2 * b, 1, from, 3 + b, to);
            multiply(12, 1, to, 1, 3 + b);
        }
    }
}

/* A chain through the body, two inputs that stay; what varies reaches every result. */
static void sized(int iterations, int n, char what)
{
    for (int i = 0; i < iterations; i++) {
        if (what == 'l')
            refill(0);
        for (int k = 0; k < 8; k++)
            multiply(n, k == 0 && what == 's' ? 1.0 / (i + 1) : 1, k == 0 ? 0 : 3 + (k - 1) % 4, 1 + k % 2, 3 + k % 4);
    }
}

static long resident_bytes(void)
{
    long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm && fscanf(statm, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (statm)
        fclose(statm);
    return resident * sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    const int order = strcmp(what, "sized") == 0 && argc > 4 ? atoi(argv[3]) : 0;
    if (order > 0 && order <= LARGEST)
        room = order * order;
    for (int m = 0; m < MATRICES; m++) {
        matrix[m] = need((size_t)room * sizeof *matrix[m]);
        refill(m);
    }
    long before = resident_bytes();
    if (strcmp(what, "one") == 0)
        one(atoi(argv[2]));
    else if (strcmp(what, "nested") == 0 && argc > 3)
        nested(atoi(argv[2]), atoi(argv[3]));
    else if (strcmp(what, "branches") == 0)
        branches(atoi(argv[2]));
    else if (order > 0 && order <= LARGEST)
        sized(atoi(argv[2]), order, argv[4][0]);
    else {
        fprintf(stderr, "usage: micro_loops one ITERATIONS | nested OUTER INNER | branches ITERATIONS | sized ITERATIONS ORDER "
                        "leaf|scalar|nothing\n");
        return 2;
    }
    printf("{\"calls\": %llu, \"resident_bytes\": %ld, ", (unsigned long long)calls, resident_bytes() - before);
    print_samples(&timings);
    printf("}\n");
    return 0;
}
