"""Ridge regression on 24,000 x 600 data: five-fold cross-validation over a grid of penalties and feature sets, plain numpy."""

import numpy as np


def make_data(rows=24_000, columns=600, seed=7):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns))
    weights = rng.standard_normal(columns) * (rng.random(columns) < 0.2)
    target = features @ weights + 0.5 * rng.standard_normal(rows)
    return features, target


def fit_ridge(features, target, penalty):
    gram = features.T @ features
    return np.linalg.solve(gram + penalty * np.eye(gram.shape[0]), features.T @ target)


def mean_squared_error(features, target, weights):
    residual = target - features @ weights
    return float(residual @ residual) / len(target)


def cross_validate(features, target, penalty, folds=5):
    errors = []
    for held_out in np.array_split(np.arange(len(target)), folds):
        train = np.ones(len(target), dtype=bool)
        train[held_out] = False
        weights = fit_ridge(features[train], target[train], penalty)
        errors.append(mean_squared_error(features[held_out], target[held_out], weights))
    return float(np.mean(errors))


def main():
    features, target = make_data()
    best = None
    for penalty in np.logspace(-3, 3, 12):
        error = cross_validate(features, target, penalty)
        print(f"penalty {penalty:12.5f}  mean squared error {error:.12f}")
        if best is None or error < best[0]:
            best = (error, penalty)
    weights = fit_ridge(features, target, best[1])
    print(f"best penalty {best[1]:.5f}, norm of the weights {np.linalg.norm(weights):.15f}")


if __name__ == "__main__":
    main()
