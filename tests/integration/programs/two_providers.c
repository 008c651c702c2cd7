/* Loads two plugins, each with a BLAS of its own, and gives both the same work; the third argument may be "deep". */
#define _GNU_SOURCE
#include "data.h"
#include <dlfcn.h>
#include <string.h>

enum { N = 210 };

int main(int argc, char **argv)
{
    int how = RTLD_NOW | RTLD_LOCAL | (argc > 3 && !strcmp(argv[3], "deep") ? RTLD_DEEPBIND : 0);
    void (*multiply[2])(int, const double *, const double *, double *);
    long long (*solve[2])(int, double *, double *);
    for (int i = 0; i < 2; i++) {
        void *plugin = dlopen(argv[1 + i], how);
        if (!plugin)
            return fprintf(stderr, "%s\n", dlerror()), 1;
        *(void **)&multiply[i] = dlsym(plugin, "plugin_multiply");
        *(void **)&solve[i] = dlsym(plugin, "plugin_solve");
    }
    for (int pass = 1; pass <= 2; pass++)
        for (int i = 0; i < 2; i++) {
            double *a = random_doubles(1, N * N), *b = random_doubles(2, N * N), *c = random_doubles(3, N * N);
            multiply[i](N, a, b, c);
            show(pass, i ? "second multiplies" : "first multiplies", c, sizeof *c * N * N);
            long long pivots = solve[i](N, a, b);
            show(pass, i ? "second solves" : "first solves", b, sizeof *b * N);
            printf("%d pivots %lld\n", pass, pivots);
            free(a), free(b), free(c);
        }
    return 0;
}
