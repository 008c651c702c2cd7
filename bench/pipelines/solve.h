/* Displacements of a structure under pairs of load cases, the parts that solve.c and solve_oracle.c share. */
#ifndef BENCH_SOLVE_H
#define BENCH_SOLVE_H

struct problem {
    int order, cases;
    double *matrix, *loads; /* columns one after the other */
};

/* The displacement under one load case goes to `moved`. */
typedef void displacement_fn(const struct problem *p, int load, double *moved);

/* Solves matrix * moved = load; the matrix is kept. */
void displacement(const struct problem *p, int load, double *moved);

/* Prints the work of every pair of load cases, for every design. */
int solve_main(int argc, char **argv, displacement_fn *displace);

#endif
