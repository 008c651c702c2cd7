"""Gaussian processes for several outputs of one experiment: length scale and noise searched by marginal likelihood, each output alone."""

import itertools

import numpy as np
from scipy.linalg import cho_solve, cholesky

from sizes import chosen

SIZES = dict(tiny=dict(rows=60, columns=4, outputs=2, scales=2, noises=2),
             quick=dict(rows=1_000, columns=20, outputs=12, scales=2, noises=2),
             paper=dict(rows=5_000, columns=20, outputs=10, scales=4, noises=4))


def make_data(rows, columns, outputs, seed=15):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((rows, columns))
    waves = np.sin(inputs @ rng.standard_normal((columns, outputs)) / np.sqrt(columns))
    return inputs, waves + 0.1 * rng.standard_normal((rows, outputs))


def inner_products(inputs):
    return inputs @ inputs.T


def squared_distances(inputs):
    squares = np.sum(inputs ** 2, axis=1)
    return np.maximum(squares[:, None] + squares - 2.0 * inner_products(inputs), 0.0)


def factor(covariance):
    return cholesky(covariance, lower=True)


def log_likelihood(inputs, output, scale, noise):
    covariance = np.exp(-0.5 / scale ** 2 * squared_distances(inputs)) + noise * np.eye(len(inputs))
    lower = factor(covariance)
    fit = output @ cho_solve((lower, True), output)
    return -0.5 * float(fit) - float(np.log(np.diag(lower)).sum()) - 0.5 * len(output) * float(np.log(2.0 * np.pi))


def search(inputs, output, scales, noises):
    for scale, noise in itertools.product(scales, noises):
        yield log_likelihood(inputs, output, scale, noise)


def main():
    size = chosen(**SIZES)
    inputs, outputs = make_data(size.rows, size.columns, size.outputs)
    scales, noises = np.logspace(0.3, 1, size.scales), np.logspace(-3, -1, size.noises)
    for output in outputs.T:
        for value in search(inputs, np.ascontiguousarray(output), scales, noises):
            print(repr(value))


if __name__ == "__main__":
    main()
