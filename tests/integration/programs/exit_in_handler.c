/* Products for a small cache; then a signal handler leaves by _exit while the program is inside malloc, another thread alive. */
#include <cblas.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { N = 200, DEEP = 8000, CALLS = 24, BLOCKS = 64 };

static void leave(int number)
{
    (void)number;
    _exit(7);
}

static void *idle(void *nothing)
{
    pause();
    return nothing;
}

int main(void)
{
    double *a = calloc((size_t)N * DEEP, sizeof *a), *b = calloc((size_t)N * DEEP, sizeof *b), *c = calloc(N * N, sizeof *c);
    const struct itimerval soon = {{0, 0}, {0, 20000 + getpid() % 97 * 100}};
    void *blocks[BLOCKS] = {NULL};
    pthread_t other;
    pthread_create(&other, NULL, idle, NULL);
    for (int i = 0; i < CALLS; i++) {
        a[5] = i;
        for (int at = 0; at < N * DEEP; at += 17)
            b[at] = at % 7 + i;
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, DEEP, 1, a, N, b, DEEP, 0, c, N);
    }
    signal(SIGALRM, leave);
    setitimer(ITIMER_REAL, &soon, NULL);
    for (unsigned i = 0;; i++) {
        free(blocks[i % BLOCKS]);
        blocks[i % BLOCKS] = malloc(2000 + i % 60000);
    }
}
