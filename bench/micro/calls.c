/*
 * Nanoseconds a call of dgemm or dgesdd, as the program that makes the call sees them. A plain BLAS program: run it alone, or
 * under `blase run` with whatever settings, and compare. Prints one JSON object.
 *
 *   micro_calls ROUTINE N same|fresh SECONDS    quantiles over batches of calls within about SECONDS
 *   micro_calls ROUTINE N same|fresh grow CALLS the cost as the number of calls made reaches 100, 1000, … CALLS
 *
 * same: every call has the operands of the first, so a cache serves all but the first. fresh: one element of A is new in every
 * call, so nothing is ever served. Both store that element, so that plain runs of the two cost the same.
 */
#include <string.h>
#include <unistd.h>

#include "bench/micro/timing.h"

extern void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
                   const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
                   const int *ldc);
extern void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu,
                    double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info);

static const double BATCH_NS = 20000;
enum { WARM_UP = 3, LEAST_BATCHES = 3, MOST_CALLS = 200000, WINDOW_SAMPLES = 30 };

struct problem {
    int n, fresh, info;
    uint64_t calls;
    double *a, *original, *b, *c, *d, *work;
    int lwork, *iwork;
    void (*call)(struct problem *p);
};

static void call_dgemm(struct problem *p)
{
    static const double one = 1, zero = 0;
    dgemm_("N", "N", &p->n, &p->n, &p->n, &one, p->a, &p->n, p->b, &p->n, &zero, p->c, &p->n);
}

static void call_dgesdd(struct problem *p)
{
    dgesdd_("S", &p->n, &p->n, p->a, &p->n, p->d, p->b, &p->n, p->c, &p->n, p->work, &p->lwork, p->iwork, &p->info);
}

static double *random_matrix(size_t count, uint64_t seed)
{
    double *x = need(count * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = (double)(mixed(seed + i) >> 12) * 0x1p-52 - 0.5;
    return x;
}

static void prepare(struct problem *p, const char *routine)
{
    size_t n = (size_t)p->n;
    p->a = random_matrix(n * n, 1);
    p->b = random_matrix(n * n, 2 * n * n);
    p->c = random_matrix(n * n, 4 * n * n);
    p->call = call_dgemm;
    if (strcmp(routine, "dgesdd") != 0)
        return;
    double best;
    p->call = call_dgesdd;
    p->original = random_matrix(n * n, 1);
    p->d = random_matrix(n, 1);
    p->iwork = need(8 * n * sizeof *p->iwork);
    p->work = &best;
    p->lwork = -1;
    call_dgesdd(p);
    p->lwork = (int)best;
    p->work = random_matrix((size_t)p->lwork, 1);
}

/* The operands of the next call. */
static inline void arrange(struct problem *p)
{
    if (p->original)
        memcpy(p->a, p->original, (size_t)p->n * (size_t)p->n * sizeof *p->a);
    p->a[0] = p->fresh ? (double)p->calls * 0x1p-24 : 0.25;
    p->calls++;
}

/* Nanoseconds a call over a batch; arranging is timed only where it is one store. */
static double batch(struct problem *p, long calls)
{
    double spent = 0, began = now_ns();
    if (!p->original) {
        for (long i = 0; i < calls; i++) {
            arrange(p);
            p->call(p);
        }
        return (now_ns() - began) / (double)calls;
    }
    for (long i = 0; i < calls; i++) {
        arrange(p);
        began = now_ns();
        p->call(p);
        spent += now_ns() - began;
    }
    return spent / (double)calls;
}

static long resident_bytes(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        if (fscanf(file, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident * sysconf(_SC_PAGESIZE);
}

static void measure(struct problem *p, double seconds)
{
    static struct timings s;
    double one = batch(p, WARM_UP), end;
    one = batch(p, 1);
    long resident = resident_bytes();
    uint64_t before = p->calls;
    long calls = one < BATCH_NS ? (long)(BATCH_NS / (one > 10 ? one : 10)) : 1;
    calls = calls ? calls : 1;
    end = now_ns() + seconds * 1e9;
    while (s.count < LEAST_BATCHES || (now_ns() < end && p->calls < MOST_CALLS))
        add_sample(&s, batch(p, calls));
    printf("{\"calls\": %lu, \"resident_bytes\": %ld, ", (unsigned long)(p->calls - before), resident_bytes() - resident);
    print_samples(&s);
    puts("}");
}

/* One window: the calls up to `until`, the last tenth of them sampled in small batches. */
static void window(struct problem *p, uint64_t until, const char *separator)
{
    static struct timings s;
    uint64_t last = until / 10 > WINDOW_SAMPLES ? until / 10 : WINDOW_SAMPLES, first = p->calls;
    s.count = 0;
    double began = now_ns();
    batch(p, (long)(until - last - p->calls));
    for (int i = 0; i < WINDOW_SAMPLES; i++)
        add_sample(&s, batch(p, (long)(last / WINDOW_SAMPLES)));
    double mean = (now_ns() - began) / (double)(p->calls - first);
    printf("%s{\"calls\": %lu, \"resident_bytes\": %ld, \"mean\": %.4g, ", separator, (unsigned long)until, resident_bytes(),
           mean);
    print_samples(&s);
    puts("}");
}

static void grow(struct problem *p, uint64_t most)
{
    puts("[");
    for (uint64_t until = 100; until <= most; until *= 10)
        window(p, until, until > 100 ? ", " : "");
    puts("]");
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s dgemm|dgesdd N same|fresh SECONDS | grow CALLS\n", argv[0]);
        return 2;
    }
    struct problem p = {.n = atoi(argv[2]), .fresh = strcmp(argv[3], "fresh") == 0};
    prepare(&p, argv[1]);
    if (argc == 6)
        grow(&p, strtoull(argv[5], NULL, 10));
    else
        measure(&p, atof(argv[4]));
    return p.info != 0;
}
