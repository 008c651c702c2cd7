/* 32 threads make the same 50 products, each with matrices of its own, all at the same time. Prints how many differ. Every tenth
   product takes several time slices of any scheduler, so that others arrive while it is made, however few the processors. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *);

enum { THREADS = 32, CALLS = 50, MOST = 480 };

static int size(int call)
{
    return call % 10 == 9 ? MOST : 160;
}

static double *results[CALLS]; /* of whoever was first */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t together;
static atomic_int different;

static void compare(int call, const double *c)
{
    size_t bytes = sizeof(double) * (size_t)(size(call) * size(call));
    pthread_mutex_lock(&lock);
    if (!results[call]) {
        results[call] = malloc(bytes);
        memcpy(results[call], c, bytes);
    } else if (memcmp(results[call], c, bytes) != 0) {
        atomic_fetch_add(&different, 1);
    }
    pthread_mutex_unlock(&lock);
}

static void *work(void *unused)
{
    const size_t most = sizeof(double) * MOST * MOST;
    double *a = malloc(most), *b = malloc(most), *c = malloc(most);
    const double one = 1, zero = 0;
    for (int call = 0; call < CALLS; call++) {
        const int n = size(call);
        for (int i = 0; i < n * n; i++) {
            a[i] = (double)((i * 37 + call) % 1009) / 1009;
            b[i] = (double)((i * 53 + call * 3) % 997) / 997;
            c[i] = 0;
        }
        pthread_barrier_wait(&together);
        dgemm_("N", "T", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
        compare(call, c);
    }
    free(a);
    free(b);
    free(c);
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d differ\n", atomic_load(&different));
    return 0;
}
