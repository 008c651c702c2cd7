/*
 * What a tiny call costs more than plain: under `blase run`, loops through the intercepted name and through the library's own
 * function alternate within one process, so that both meet the same machine. Prints one JSON object, nanoseconds a call.
 *
 *   micro_tiny [REPEATS]    without blase in between, the differences are the measurement's own error
 */
#include <dlfcn.h>
#include <string.h>

#include "bench/micro/tiny.h"

typedef void cblas_gemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
typedef void potrf(const char *, const int *, double *, const int *, int *);
typedef void gesv(const int *, const int *, double *, const int *, int *, double *, const int *, int *);
extern gemm dgemm_;
extern cblas_gemm cblas_dgemm;
extern potrf dpotrf_;
extern gesv dgesv_;

static double a[MOST * MOST], b[MOST * MOST], c[MOST * MOST];

static double time_cblas(cblas_gemm *f, int n)
{
    double began = now_ns();
    for (int i = 0; i < CALLS; i++)
        f(102, 111, 111, n, n, n, 1, a, n, b, n, 0, c, n);
    return (now_ns() - began) / CALLS;
}

static void easy(double *x, int n)
{
    memset(x, 0, (size_t)n * (size_t)n * sizeof *x);
    for (int i = 0; i < n; i++)
        x[i * n + i] = 2;
}

static double time_potrf(potrf *f, int n)
{
    int info;
    double began = now_ns();
    for (int i = 0; i < CALLS; i++) {
        easy(a, n);
        f("L", &n, a, &n, &info);
    }
    return (now_ns() - began) / CALLS;
}

static double time_gesv(gesv *f, int n)
{
    int info, pivots[MOST];
    double began = now_ns();
    for (int i = 0; i < CALLS; i++) {
        easy(a, n);
        f(&n, &(int){1}, a, &n, pivots, b, &n, &info);
    }
    return (now_ns() - began) / CALLS;
}

static void *own(const char *name)
{
    void *library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD), *found = library ? dlsym(library, name) : NULL;
    if (!found) {
        fprintf(stderr, "libopenblas.so.0 has no %s\n", name);
        exit(1);
    }
    return found;
}

/* One line of the result: `time` loops through either function in turn. */
#define COMPARE(title, name, type, time, n, last)                                                                              \
    do {                                                                                                                       \
        static struct timings plain, extra;                                                                                    \
        type *real, *volatile seen = name;                                                                                     \
        void *found = own(#name);                                                                                              \
        memcpy(&real, &found, sizeof real);                                                                                    \
        plain.count = extra.count = 0;                                                                                         \
        for (int i = 0; i < repeats; i++) {                                                                                    \
            double without = time(real, n), with = time(seen, n);                                                              \
            add_sample(&plain, without);                                                                                       \
            add_sample(&extra, with - without);                                                                                \
        }                                                                                                                      \
        printf(" \"" title " %d\": {\"plain\": %.4g, \"extra\": %.3g, \"p25\": %.3g, \"p75\": %.3g}%s\n", n,                   \
               quantile(&plain, 0.5), quantile(&extra, 0.5), quantile(&extra, 0.25), quantile(&extra, 0.75), last ? "" : ","); \
    } while (0)

int main(int argc, char **argv)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 400;
    for (int i = 0; i < MOST * MOST; i++)
        a[i] = b[i] = (double)(mixed((uint64_t)i) >> 12) * 0x1p-52 - 0.5;
    puts("{");
    COMPARE("dgemm", dgemm_, gemm, loop_gemm, 4, 0);
    COMPARE("dgemm", dgemm_, gemm, loop_gemm, 8, 0);
    COMPARE("dgemm", dgemm_, gemm, loop_gemm, 16, 0);
    COMPARE("cblas_dgemm", cblas_dgemm, cblas_gemm, time_cblas, 4, 0);
    COMPARE("cblas_dgemm", cblas_dgemm, cblas_gemm, time_cblas, 16, 0);
    COMPARE("nested dgemm", dgemm_, gemm, nested_gemm, 4, 0);
    COMPARE("dgemm", dgemm_, gemm, loop_gemm, 64, 0);
    COMPARE("dpotrf", dpotrf_, potrf, time_potrf, 4, 0);
    COMPARE("dgesv", dgesv_, gesv, time_gesv, 2, 0);
    COMPARE("dgesv", dgesv_, gesv, time_gesv, 4, 1);
    puts("}");
    return 0;
}
