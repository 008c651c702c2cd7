"""Displacements of a structure under pairs of load cases: solve(A, b) wherever a displacement is needed."""

import itertools

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(order=40, cases=3, designs=2),
             quick=dict(order=900, cases=6, designs=2),
             paper=dict(order=5_000, cases=10, designs=5))


def stiffness(order, design, seed=17):
    rng = np.random.default_rng(seed + design)
    factor = rng.standard_normal((order, order)) / np.sqrt(order)
    return factor + (2.0 + design) * np.eye(order)


def displacement(matrix, load):
    return np.linalg.solve(matrix, load)


def interaction(matrix, loads, first, second):
    """Work of one case's forces along the other case's displacement, in both directions."""
    return (float(loads[second] @ displacement(matrix, loads[first])), float(loads[first] @ displacement(matrix, loads[second])))


def main():
    size = chosen(**SIZES)
    loads = np.random.default_rng(18).standard_normal((size.cases, size.order))
    for design in range(size.designs):
        matrix = stiffness(size.order, design)
        for pair in itertools.combinations(range(size.cases), 2):
            print(design, *pair, *map(repr, interaction(matrix, loads, *pair)))


if __name__ == "__main__":
    main()
