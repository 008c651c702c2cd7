"""stepLM: linear regression that starts from the columns known to matter and adds, one by one, the column that helps most."""

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(rows=300, base=10, candidates=6, steps=3),
             quick=dict(rows=6_000, base=150, candidates=40, steps=4),
             paper=dict(rows=100_000, base=500, candidates=100, steps=10))


def make_data(rows, columns, seed=7):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns))
    weights = rng.standard_normal(columns) * (rng.random(columns) < 0.6)
    return features, features @ weights + 2.0 * rng.standard_normal(rows)


def criterion(features, target):
    """Akaike's information criterion of the model with these features."""
    rows, columns = features.shape
    gram = features.T @ features + 1e-6 * np.eye(columns)
    residual = target - features @ np.linalg.solve(gram, features.T @ target)
    return rows * float(np.log(residual @ residual / rows)) + 2 * columns


def main():
    size = chosen(**SIZES)
    features, target = make_data(size.rows, size.base + size.candidates)
    taken = features[:, :size.base]
    left = list(range(size.base, size.base + size.candidates))
    best = criterion(taken, target)
    for _ in range(size.steps):
        tried = [criterion(np.column_stack([taken, features[:, column]]), target) for column in left]
        if min(tried) >= best:
            break
        best = min(tried)
        column = left.pop(tried.index(best))
        taken = np.column_stack([taken, features[:, column]])
        print(column, repr(best))


if __name__ == "__main__":
    main()
