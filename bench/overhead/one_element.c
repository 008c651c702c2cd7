/*
 * A loop of 64 by 64 products in which one element changes from call to call, another one each time: a call of a few microseconds
 * whose operands look as before wherever one looks, and never are. one_element [CALLS [ORDER]]
 */
#include "work.h"

int main(int argc, char **argv)
{
    const long calls = count_of(argc, argv, 1, 200000);
    const int n = (int)count_of(argc, argv, 2, 64);
    const size_t size = (size_t)n * (size_t)n;
    double *a = matrix((size_t)n, (size_t)n, 1), *b = matrix((size_t)n, (size_t)n, 2), *c = matrix((size_t)n, (size_t)n, 3);
    double sum = 0;
    for (long i = 0; i < calls; i++) {
        a[mixed((uint64_t)i) % size] = (double)i / (double)calls;
        product(n, n, n, a, b, c);
        sum += c[mixed((uint64_t)i + 7) % size];
    }
    printf("%.17g\n", sum);
    return 0;
}
