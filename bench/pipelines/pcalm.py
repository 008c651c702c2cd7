"""PCALM: principal components, then linear regression on the first K of them, for ten K (LIMA, figure 9e)."""

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(rows=300, columns=40, first=11, last=14),
             quick=dict(rows=8_000, columns=500, first=101, last=110),
             paper=dict(rows=50_000, columns=1_000, first=101, last=110))


def make_data(rows, columns, seed=6):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns)) * np.linspace(2.0, 0.5, columns)
    target = features @ rng.standard_normal(columns) + 0.5 * rng.standard_normal(rows)
    return features, target


def covariance(centred):
    return centred.T @ centred / (len(centred) - 1)


def eigenvectors(symmetric):
    values, vectors = np.linalg.eigh(symmetric)
    return vectors[:, np.argsort(values)[::-1]]


def principal_components(features, components):
    centred = features - features.mean(axis=0)
    vectors = eigenvectors(covariance(centred))
    return centred @ vectors[:, :components]


def fit(features, target, penalty=1e-4):
    gram = features.T @ features + penalty * np.eye(features.shape[1])
    return np.linalg.solve(gram, features.T @ target)


def adjusted_r2(features, target, weights):
    rows, columns = features.shape
    residual = target - features @ weights
    unexplained = float(residual @ residual) / float(np.sum((target - target.mean()) ** 2))
    return 1.0 - unexplained * (rows - 1) / (rows - columns - 1)


def main():
    size = chosen(**SIZES)
    features, target = make_data(size.rows, size.columns)
    for components in range(size.first, size.last + 1):
        reduced = principal_components(features, components)
        print(components, repr(adjusted_r2(reduced, target, fit(reduced, target))))


if __name__ == "__main__":
    main()
