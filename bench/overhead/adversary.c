/*
 * Programs written to fool the cost model. adversary MODE [CALLS [MORE]]
 *
 *   stops        the same ten products over and over, 1000 calls; from then on nothing is ever seen again
 *   cheap        dear products that are always new between cheap ones that always repeat: what is gained is next to nothing
 *   alternating  new products of alternating shapes that take the same arithmetic but a hundred times the memory
 *   even         every MOREth product repeats one of the last eight: with the right MORE looking costs what hits bring
 *   alike        operands equal in every element that is sampled, and different in one that is not
 *   late         like `alike`, but one call in MORE does repeat: samples always promise a hit, and seldom keep it
 *
 * Sampling is deterministic (reuse/sample.c); `alike` and `late` do not lean on which elements it picks, but change a single one
 * of 2 * ORDER * ORDER, which a sample of a few dozen all but never meets.
 */
#include <string.h>

#include "work.h"

enum { ORDER = 192, LARGE = 448, SMALL = 56, POOL = 10, RECENT = 8 };

/* New in every call: the first column holds numbers never used before, so that samples differ as well. */
static void renew(double *m, int rows, uint64_t call)
{
    for (int i = 0; i < rows; i++)
        m[i] = number(call << 20 | (uint64_t)i);
}

static double stops(long calls, long more)
{
    double *a[POOL], *b = matrix(ORDER, ORDER, 99), *c = matrix(ORDER, ORDER, 98), sum = 0;
    (void)more;
    for (int i = 0; i < POOL; i++)
        a[i] = matrix(ORDER, ORDER, (uint64_t)i);
    for (long i = 0; i < calls; i++) {
        if (i >= 1000)
            renew(a[i % POOL], ORDER, (uint64_t)i);
        product(ORDER, ORDER, ORDER, a[i % POOL], b, c);
        sum += c[(size_t)i % (ORDER * ORDER)];
    }
    return sum;
}

static double cheap(long calls, long more)
{
    double *a = matrix(LARGE, LARGE, 1), *b = matrix(LARGE, LARGE, 2), *c = matrix(LARGE, LARGE, 3), sum = 0;
    double *small = matrix(SMALL, SMALL, 4), *result = matrix(SMALL, SMALL, 5);
    (void)more;
    for (long i = 0; i < calls; i++) {
        if (i % 16 == 0) {
            renew(a, LARGE, (uint64_t)i);
            product(LARGE, LARGE, LARGE, a, b, c);
            sum += c[(size_t)i % (LARGE * LARGE)];
        }
        product(SMALL, SMALL, SMALL, small, small, result);
        sum += result[(size_t)i % (SMALL * SMALL)];
    }
    return sum;
}

static double alternating(long calls, long more)
{
    enum { CUBE = 256, WIDE = 1448, THIN = 8 }; /* both about 33 million operations */
    double *a = matrix(CUBE, CUBE, 1), *b = matrix(CUBE, CUBE, 2), *c = matrix(WIDE, WIDE, 3), sum = 0;
    double *left = matrix(WIDE, THIN, 4), *right = matrix(THIN, WIDE, 5);
    (void)more;
    for (long i = 0; i < calls; i++) {
        const bool cube = i % 2 == 0;
        const int n = cube ? CUBE : WIDE, k = cube ? CUBE : THIN;
        double *const l = cube ? a : left;
        renew(l, n, (uint64_t)i);
        product(n, n, k, l, cube ? b : right, c);
        sum += c[(size_t)i % (CUBE * CUBE)];
    }
    return sum;
}

static double even(long calls, long more)
{
    double *a[RECENT], *b = matrix(ORDER, ORDER, 99), *c = matrix(ORDER, ORDER, 98), sum = 0;
    for (int i = 0; i < RECENT; i++)
        a[i] = matrix(ORDER, ORDER, (uint64_t)i);
    for (long i = 0; i < calls; i++) {
        const uint64_t draw = mixed((uint64_t)i);
        double *const operand = a[draw % RECENT];
        if ((draw >> 32) % (uint64_t)more != 0)
            renew(operand, ORDER, (uint64_t)i);
        product(ORDER, ORDER, ORDER, operand, b, c);
        sum += c[(size_t)i % (ORDER * ORDER)];
    }
    return sum;
}

/* One element changes, another one in every call. */
static double alike_but(long calls, long more)
{
    double *a = matrix(ORDER, ORDER, 1), *b = matrix(ORDER, ORDER, 2), *c = matrix(ORDER, ORDER, 3), sum = 0;
    for (long i = 0; i < calls; i++) {
        const uint64_t at = mixed((uint64_t)i) % (2 * ORDER * ORDER);
        if (!more || i % more != 0)
            (at < ORDER * ORDER ? a : b)[at % (ORDER * ORDER)] = number((uint64_t)i << 20);
        product(ORDER, ORDER, ORDER, a, b, c);
        sum += c[(size_t)i % (ORDER * ORDER)];
    }
    return sum;
}

static double alike(long calls, long more)
{
    (void)more;
    return alike_but(calls, 0);
}

static const struct {
    const char *name;
    double (*run)(long calls, long more);
    long more;
} modes[] = {{"stops", stops, 0}, {"cheap", cheap, 0}, {"alternating", alternating, 0},
             {"even", even, 4},   {"alike", alike, 0}, {"late", alike_but, 50}};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (argc > 1 && strcmp(argv[1], modes[i].name) == 0) {
            printf("%.17g\n", modes[i].run(count_of(argc, argv, 2, 10000), count_of(argc, argv, 3, modes[i].more)));
            return 0;
        }
    fputs("usage: adversary stops|cheap|alternating|even|alike|late [CALLS [MORE]]\n", stderr);
    return 2;
}
