/* Tiny calls, by default ten million dgemm of order 4: all that they may cost is the way through the shim. tiny [CALLS [ORDER]]
 */
#include "work.h"

int main(int argc, char **argv)
{
    const long calls = count_of(argc, argv, 1, 10000000);
    const int n = (int)count_of(argc, argv, 2, 4);
    double *a = matrix((size_t)n, (size_t)n, 1), *b = matrix((size_t)n, (size_t)n, 2), *c = matrix((size_t)n, (size_t)n, 3);
    double sum = 0;
    for (long i = 0; i < calls; i++) {
        a[0] = (double)i;
        product(n, n, n, a, b, c);
        sum += c[0];
    }
    printf("%.17g\n", sum);
    return 0;
}
