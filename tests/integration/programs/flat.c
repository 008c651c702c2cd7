/*
 * A loop whose 40 small products are never the same twice: a fresh mini-batch and another scalar every time. Prints, a hundred
 * times, how many calls were made and the resident kilobytes then. flat CALLS
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
                   const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
                   const int *ldc);

enum { MATRICES = 8, ROOM = 12 * 12, BODY = 40, SAMPLES = 100 };
static double matrix[MATRICES][ROOM];

static long resident_kilobytes(void)
{
    static char line[256];
    long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || !fgets(line, sizeof line, statm) || sscanf(line, "%ld %ld", &size, &resident) != 2)
        abort();
    fclose(statm);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Numbers below 1 / (2 n): the products stay bounded. */
static void refill(int m)
{
    static unsigned long long state = 1;
    for (int i = 0; i < ROOM; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        matrix[m][i] = ((double)(state >> 12) * 0x1p-52 - 0.5) / 24;
    }
}

static void turn(long number)
{
    static const double one = 1, zero = 0;
    refill(0);
    for (int k = 0; k < BODY; k++) {
        int n = 4 + k % 6;
        double alpha = k == 5 ? 1.0 / (double)(number + 1) : one;
        dgemm_("N", "N", &n, &n, &n, &alpha, matrix[k % 3 ? 2 : 0], &n, matrix[k % 4 ? 1 : 3], &n, &zero, matrix[4 + k % 3], &n);
    }
}

int main(int argc, char **argv)
{
    long turns = argc > 1 ? atol(argv[1]) / BODY : 0;
    if (turns < SAMPLES)
        return 2;
    for (int m = 0; m < MATRICES; m++)
        refill(m);
    for (long i = 0, sample = 1; i < turns; i++) {
        turn(i);
        for (; i + 1 >= sample * turns / SAMPLES; sample++)
            printf("%ld %ld\n", (i + 1) * BODY, resident_kilobytes());
    }
    return 0;
}
