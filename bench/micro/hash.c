/*
 * Gigabytes a second of fingerprints, beside reading and copying the same bytes. Prints one JSON object.
 *
 *   micro_hash KIND BYTES THREADS SECONDS
 *
 * KIND: read, memcpy; contiguous (a long vector); columns (1000 doubles each, 24 apart from the next); short (columns of 50
 * doubles, 14 apart); square, square-columns (three streams a matrix). Every thread works on memory of its own; the sum of
 * their rates counts. memcpy counts the bytes copied once.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "bench/micro/timing.h"
#include "lineage/fingerprint.h"

enum { MAX_THREADS = 64 };

struct kind {
    const char *name;
    int64_t rows, gap; /* rows 0: square; -1: one column */
    int work;          /* 'f' fingerprint, 'r' read, 'c' copy */
};

static const struct kind kinds[] = {{"read", -1, 0, 'r'},          {"memcpy", -1, 0, 'c'}, {"contiguous", -1, 0, 'f'},
                                    {"columns", 1000, 24, 'f'},    {"short", 50, 14, 'f'}, {"square", 0, 0, 'f'},
                                    {"square-columns", 0, 24, 'f'}};

struct worker {
    const struct kind *kind;
    struct view view;
    char *copy;
    size_t bytes; /* of elements */
    double seconds, rate;
    uint64_t sink;
    pthread_t thread;
};

static pthread_barrier_t together;

typedef uint64_t lanes __attribute__((vector_size(32)));

/* Reads every byte: xor into four independent registers. */
#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
static uint64_t
read_all(const char *bytes, size_t size)
{
    const lanes *at = (const lanes *)bytes;
    lanes a = {0}, b = a, c = a, d = a;
    for (size_t i = 0; i + 4 <= size / sizeof(lanes); i += 4) {
        a ^= at[i];
        b ^= at[i + 1];
        c ^= at[i + 2];
        d ^= at[i + 3];
    }
    a ^= b ^ c ^ d;
    return a[0] ^ a[1] ^ a[2] ^ a[3];
}

static void work_once(struct worker *w)
{
    if (w->kind->work == 'r') {
        w->sink += read_all(w->view.base, w->bytes);
    } else if (w->kind->work == 'c') {
        memcpy(w->copy, w->view.base, w->bytes);
        __asm__ volatile("" : : "r"(w->copy) : "memory");
    } else {
        w->sink += fingerprint(&w->view).lo;
    }
}

static void prepare(struct worker *w, size_t bytes)
{
    int64_t elements = (int64_t)(bytes / sizeof(double)), rows = w->kind->rows;
    rows = rows < 0 ? elements : rows ? rows : (int64_t)sqrt((double)elements);
    int64_t cols = elements / rows > 0 ? elements / rows : 1, ld = rows + w->kind->gap;
    w->bytes = (size_t)(rows * cols) * sizeof(double);
    char *base = need((size_t)(ld * cols) * sizeof(double));
    for (int64_t i = 0; i < ld * cols; i++)
        ((uint64_t *)base)[i] = mixed((uint64_t)i);
    w->view = (struct view){
        .base = base, .rows = rows, .cols = cols, .ld = ld, .element = 8, .type = 'd', .part = PART_FULL, .vector = cols == 1};
    if (w->kind->work == 'c')
        memset(w->copy = need(w->bytes), 1, w->bytes);
}

/* Rate over the whole time: what counts with several threads is that all work at once. */
static void *run(void *context)
{
    struct worker *w = context;
    uint64_t rounds = 0, step = 1 + (1 << 20) / (w->bytes + 1);
    work_once(w);
    pthread_barrier_wait(&together);
    double began = now_ns(), now;
    do {
        for (uint64_t i = 0; i < step; i++)
            work_once(w);
        rounds += step;
        now = now_ns();
    } while (now - began < w->seconds * 1e9);
    w->rate = (double)rounds * (double)w->bytes / (now - began);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct worker workers[MAX_THREADS];
    const struct kind *kind = NULL;
    int threads = argc == 5 ? atoi(argv[3]) : 0;
    double rate = 0;
    for (size_t i = 0; argc == 5 && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, argv[1]) == 0)
            kind = &kinds[i];
    if (!kind || threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: %s KIND BYTES THREADS SECONDS\n", argv[0]);
        return 2;
    }
    pthread_barrier_init(&together, NULL, (unsigned)threads);
    for (int t = 0; t < threads; t++) {
        workers[t] = (struct worker){.kind = kind, .seconds = atof(argv[4])};
        prepare(&workers[t], strtoull(argv[2], NULL, 10));
        if (pthread_create(&workers[t].thread, NULL, run, &workers[t]) != 0)
            return 1;
    }
    for (int t = 0; t < threads; t++) {
        pthread_join(workers[t].thread, NULL);
        rate += workers[t].rate;
    }
    printf("{\"bytes\": %zu, \"gb_per_s\": %.4g, \"kernel\": \"%s\"}\n", workers[0].bytes, rate, fingerprint_kernel());
    return 0;
}
