/*
 * Loads plugins one after the other, each where the last one was, and gives all of them the same work. argv: a file for what is
 * not the same in every run (how often a plugin lay at the address of another), then the plugins.
 */
#define _GNU_SOURCE
#include "data.h"
#include <dlfcn.h>
#include <string.h>

enum { N = 210, TINY = 3, ROUNDS = 4, REPEATS = 200 };

static void work(int round, int plugin, void (*multiply)(int, const double *, const double *, double *))
{
    double *a = random_doubles(1, N * N), *b = random_doubles(2, N * N), *c = random_doubles(3, N * N), sum = 0;
    for (int i = 0; i < REPEATS; i++) {
        a[0] = i;
        multiply(TINY, a, b, c);
        sum += c[0];
    }
    printf("%d %d tiny %a\n", round, plugin, sum);
    multiply(N, a, b, c);
    show(round, "large", c, sizeof *c * N * N);
    free(a), free(b), free(c);
}

int main(int argc, char **argv)
{
    void *seen[8] = {NULL};
    int again = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 2; i < argc && i < 10; i++) {
            void *plugin = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
            if (!plugin)
                return fprintf(stderr, "%s\n", dlerror()), 1;
            void (*multiply)(int, const double *, const double *, double *);
            *(void **)&multiply = dlsym(plugin, "plugin_multiply");
            seen[i - 2] = *(void **)&multiply;
            for (int j = 2; j < argc && j < 10; j++)
                again += j != i && seen[j - 2] == seen[i - 2];
            work(round, i - 2, multiply);
            dlclose(plugin);
            printf("%d %d %s\n", round, i - 2, dlopen(argv[i], RTLD_NOW | RTLD_NOLOAD) ? "still there" : "gone");
        }
    FILE *file = fopen(argv[1], "w");
    if (!file)
        return 1;
    fprintf(file, "%d\n", again);
    return fclose(file) != 0;
}
