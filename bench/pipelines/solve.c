/* Repeated solve(A, b) in C: see solve_common.c. */
#include "solve.h"

int main(int argc, char **argv)
{
    return solve_main(argc, argv, displacement);
}
