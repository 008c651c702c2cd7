"""Conjugate gradients with dense products: one matrix, a new vector in every step."""

import argparse

import numpy as np


def solve(matrix, right, steps):
    x = np.zeros_like(right)
    residual = right.copy()
    direction = residual.copy()
    norm = residual @ residual
    for _ in range(steps):
        image = matrix @ direction
        length = norm / (direction @ image)
        x += length * direction
        residual -= length * image
        norm, before = residual @ residual, norm
        direction = residual + (norm / before) * direction
    return x, float(norm)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--order", type=int, default=2500)
    parser.add_argument("--systems", type=int, default=6)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    rng = np.random.default_rng(6)
    matrix = rng.standard_normal((options.order, options.order))
    matrix = (matrix + matrix.T) / np.sqrt(options.order) + 3.0 * np.eye(options.order)
    for _ in range(options.systems):
        x, norm = solve(matrix, rng.standard_normal(options.order), options.steps)
        print(repr(float(x @ x)), repr(norm))


if __name__ == "__main__":
    main()
