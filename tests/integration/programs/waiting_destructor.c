/*
 * A library (WAITING_LIBRARY) whose destructor waits, inside dlclose, for threads that call BLAS; and the program that unloads it,
 * again and again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef WAITING_LIBRARY
static void (*wait_for_them)(void);

void call_at_end(void (*function)(void))
{
    wait_for_them = function;
}

__attribute__((destructor)) static void at_end(void)
{
    wait_for_them();
}
#else
extern void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                   const double *, const int *, const double *, double *, const int *);

enum { THREADS = 4, ROUNDS = 20, LEAST = 200 };
static atomic_long made[THREADS];
static atomic_int stop;

static void multiply(double *c)
{
    static const double one = 1, zero = 0, a[4] = {1, 2, 3, 4};
    static const int n = 2;
    dgemm_("N", "N", &n, &n, &n, &one, a, &n, a, &n, &zero, c, &n);
}

static void *worker(void *mine)
{
    double c[4];
    while (!atomic_load(&stop)) {
        multiply(c);
        if (c[0] != 7)
            abort();
        atomic_fetch_add((atomic_long *)mine, 1);
    }
    return NULL;
}

static void wait_for_workers(void)
{
    for (int i = 0; i < THREADS; i++) {
        long before = atomic_load(&made[i]);
        while (atomic_load(&made[i]) < before + LEAST)
            usleep(50);
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    long total = 0;
    alarm(600); /* on a busy machine each round waits for four threads to get their turn; the test has its own limit */
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, &made[i]);
    wait_for_workers();
    for (int i = 0; i < ROUNDS; i++) {
        void *library = dlopen(argv[argc - 1], RTLD_NOW);
        if (!library)
            return fprintf(stderr, "%s\n", dlerror()), 1;
        void (*call_at_end)(void (*)(void));
        *(void **)&call_at_end = dlsym(library, "call_at_end");
        call_at_end(wait_for_workers);
        dlclose(library);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        total += atomic_load(&made[i]);
    }
    fprintf(stderr, "%ld\n", total);
    puts("done");
    return 0;
}
#endif
