"""LU factorisations of growing matrices, each new: nothing repeats, and no two calls have the same size."""

import argparse

import numpy as np
from scipy.linalg import lu_factor


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=100)
    parser.add_argument("--step", type=int, default=20)
    parser.add_argument("--last", type=int, default=2000)
    options = parser.parse_args()
    rng = np.random.default_rng(4)
    for n in range(options.first, options.last + 1, options.step):
        factors, pivots = lu_factor(rng.standard_normal((n, n)), overwrite_a=True, check_finite=False)
        if n % 500 == 0:
            print(n, repr(float(np.log(np.abs(np.diag(factors))).sum())), int(np.count_nonzero(pivots != np.arange(n))))


if __name__ == "__main__":
    main()
