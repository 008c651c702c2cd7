/* Computes, forks a child that computes, and the child becomes another program (this one, told so) that computes. */
#include "data.h"
#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 230 };

static void compute(const char *who, uint64_t s)
{
    for (int pass = 1; pass <= 2; pass++) {
        double *a = random_doubles(s, N * N), *b = random_doubles(s + 1, N * N), *c = malloc(sizeof *c * N * N);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0, a, N, b, N, 0.0, c, N);
        show(pass, who, c, sizeof *c * N * N);
        free(a), free(b), free(c);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        compute("another program", 30);
        return 5;
    }
    compute("parent", 10);
    pid_t child = fork();
    if (child == 0) {
        compute("child", 20);
        execl(argv[0], argv[0], "second", (char *)0);
        _exit(99);
    }
    int status = 0;
    waitpid(child, &status, 0);
    compute("parent afterwards", 10);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
