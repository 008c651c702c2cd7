/* One thread writes a matrix while another multiplies it: a race between the program and whoever reads the matrix for it. */
#include <pthread.h>

enum { N = 200, CALLS = 4, WRITES = 40 };
static double a[N * N], b[N * N], c[N * N];

void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *);

static void *write_it(void *unused)
{
    (void)unused;
    for (int i = 0; i < WRITES * N * N; i++)
        a[i % (N * N)] = i;
    return NULL;
}

int main(void)
{
    pthread_t writer;
    const int n = N;
    const double one = 1, zero = 0;
    pthread_create(&writer, NULL, write_it, NULL);
    for (int i = 0; i < CALLS; i++)
        dgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
    pthread_join(writer, NULL);
    return 0;
}
