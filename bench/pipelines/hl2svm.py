"""HL2SVM: a two-class support-vector machine with squared hinge loss, searched over penalty and intercept (LIMA, figure 9a)."""

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(rows=300, columns=20, penalties=3, iterations=4),
             quick=dict(rows=10_000, columns=400, penalties=8, iterations=10),
             paper=dict(rows=100_000, columns=1_000, penalties=70, iterations=20))


def make_data(rows, columns, seed=5):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns))
    signs = np.where(features @ rng.standard_normal(columns) + rng.standard_normal(rows) > 0, 1.0, -1.0)
    return features, signs


def gradient_at_zero(features, signs):
    return features.T @ signs


def along(features, direction):
    return features @ direction


def line_search(signs, scores, change, weights, direction, penalty):
    """Newton's method in one variable."""
    step, linear, square = 0.0, penalty * (weights @ direction), penalty * (direction @ direction)
    for _ in range(20):
        margin = 1.0 - signs * (scores + step * change)
        active = margin > 0
        slope = linear + step * square - np.sum(margin * active * signs * change)
        curve = square + np.sum(change * active * change)
        step -= slope / curve
        if slope * slope / curve < 1e-24:
            break
    return step


def fit(features, signs, penalty, iterations):
    weights, scores = np.zeros(features.shape[1]), np.zeros(len(features))
    gradient = direction = gradient_at_zero(features, signs)
    for _ in range(iterations):
        change = along(features, direction)
        step = line_search(signs, scores, change, weights, direction, penalty)
        weights = weights + step * direction
        scores = scores + step * change
        margin = np.maximum(0.0, 1.0 - signs * scores)
        before, gradient = gradient, features.T @ (margin * signs) - penalty * weights
        direction = (gradient @ gradient) / (before @ before) * direction + gradient
    return weights, 0.5 * float(margin @ margin) + 0.5 * penalty * float(weights @ weights)


def search(features, signs, penalties, iterations):
    for penalty in penalties:
        weights, objective = fit(features, signs, penalty, iterations)
        yield objective, float(np.mean(np.sign(features @ weights) == signs))


def main():
    size = chosen(**SIZES)
    features, signs = make_data(size.rows, size.columns)
    for intercept in (False, True):
        design = np.column_stack([features, np.ones(len(features))]) if intercept else features
        for values in search(design, signs, np.logspace(-6, 1, size.penalties), size.iterations):
            print(*map(repr, values))


if __name__ == "__main__":
    main()
