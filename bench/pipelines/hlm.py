"""HLM: linear regression, searched over feature subsets, penalties, kinds of intercept and tolerances (LIMA, figure 9b)."""

import itertools

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(rows=400, columns=60, subsets=2, penalties=3, tolerances=2),
             quick=dict(rows=4_000, columns=2_000, subsets=1, penalties=6, tolerances=4),
             paper=dict(rows=100_000, columns=100, subsets=10, penalties=6, tolerances=5))

DIRECT_LIMIT = 1024  # wider data go to conjugate gradients, and only those look at the tolerance


def make_data(rows, columns, seed=1):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns))
    target = features @ rng.standard_normal(columns) + 0.5 * rng.standard_normal(rows)
    return features, target


def with_intercept(features, intercept):
    """0: as it is; 1: a column of ones; 2: also scaled and shifted."""
    if intercept == 0:
        return features
    if intercept == 2:
        features = (features - features.mean(axis=0)) / features.std(axis=0)
    return np.column_stack([features, np.ones(len(features))])


def conjugate_gradient(design, target, penalty, tolerance):
    weights = np.zeros(design.shape[1])
    residual = design.T @ target
    direction, norm = residual, residual @ residual
    least = norm * tolerance ** 2
    for _ in range(design.shape[1]):
        if norm <= least:
            break
        image = design.T @ (design @ direction) + penalty * direction
        step = norm / (direction @ image)
        weights = weights + step * direction
        residual = residual - step * image
        norm, before = residual @ residual, norm
        direction = residual + (norm / before) * direction
    return weights


def products(design, target):
    return design.T @ design, design.T @ target


def solve(gram, moments, penalty):
    return np.linalg.solve(gram + penalty * np.eye(len(gram)), moments)


def fit(design, target, penalty, tolerance):
    if design.shape[1] > DIRECT_LIMIT:
        return conjugate_gradient(design, target, penalty, tolerance)
    gram, moments = products(design, target)
    return solve(gram, moments, penalty)


def predict(design, weights):
    return design @ weights


def loss(target, predicted):
    return float(np.mean((target - predicted) ** 2))


def search(features, target, penalties, tolerances):
    for penalty, intercept, tolerance in itertools.product(penalties, (0, 1, 2), tolerances):
        design = with_intercept(features, intercept)
        weights = fit(design, target, penalty, tolerance)
        yield loss(target, predict(design, weights))


def main():
    size = chosen(**SIZES)
    features, target = make_data(size.rows, size.columns)
    rng = np.random.default_rng(2)
    for _ in range(size.subsets):
        subset = rng.choice(size.columns, size=size.columns * 15 // 100, replace=False)
        for value in search(features[:, subset], target, np.logspace(-5, 0, size.penalties), np.logspace(-12, -8, size.tolerances)):
            print(repr(value))


if __name__ == "__main__":
    main()
