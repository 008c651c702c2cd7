"""Multinomial logistic regression by L-BFGS over a range of penalties, the sweep made anew for every report (LIMA, figure 7b)."""

import numpy as np
from scipy.optimize import minimize

from sizes import chosen

SIZES = dict(tiny=dict(rows=300, columns=20, classes=3, penalties=3, sweeps=2, iterations=5),
             quick=dict(rows=5_000, columns=400, classes=20, penalties=3, sweeps=10, iterations=4),
             paper=dict(rows=50_000, columns=1_000, classes=6, penalties=40, sweeps=20, iterations=20))


def make_data(rows, columns, classes, seed=8):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=rows)
    centres = 0.1 * rng.standard_normal((classes, columns))
    return rng.standard_normal((rows, columns)) + centres[labels], labels


def scores_of(features, weights):
    return features @ weights


def gradient_of(features, residual):
    return features.T @ residual


def log_sum_exp(scores):
    top = scores.max(axis=1, keepdims=True)
    return top + np.log(np.exp(scores - top).sum(axis=1, keepdims=True))


def fit(features, labels, classes, penalty, iterations):
    truth = (labels[:, None] == np.arange(classes)).astype(float)

    def objective(flat):
        weights = flat.reshape(-1, classes)
        scores = scores_of(features, weights)
        total = log_sum_exp(scores)
        loss = float(np.sum(total[:, 0] - scores[np.arange(len(labels)), labels])) + 0.5 * penalty * float(flat @ flat)
        return loss, (gradient_of(features, np.exp(scores - total) - truth) + penalty * weights).ravel()

    start = np.zeros(features.shape[1] * classes)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return found.x.reshape(-1, classes), float(found.fun)


def sweep(features, labels, classes, penalties, iterations):
    for penalty in penalties:
        weights, loss = fit(features, labels, classes, penalty, iterations)
        yield loss, float(np.mean(scores_of(features, weights).argmax(axis=1) == labels))


def main():
    size = chosen(**SIZES)
    features, labels = make_data(size.rows, size.columns, size.classes)
    for _ in range(size.sweeps):
        for values in sweep(features, labels, size.classes, np.logspace(-3, 3, size.penalties), size.iterations):
            print(*map(repr, values))


if __name__ == "__main__":
    main()
