"""HCV: linear regression, every setting cross-validated over the same folds (LIMA, figure 9c)."""

import itertools

import numpy as np

from hlm import loss, make_data, predict, products, solve, with_intercept
from sizes import chosen

SIZES = dict(tiny=dict(rows=320, columns=20, folds=4, penalties=3),
             quick=dict(rows=3_200, columns=400, folds=4, penalties=14),
             paper=dict(rows=100_000, columns=100, folds=16, penalties=30))


def cross_validate(folds, targets, penalty, intercept):
    losses = []
    for held_out in range(len(folds)):
        train = with_intercept(np.vstack([fold for i, fold in enumerate(folds) if i != held_out]), intercept)
        target = np.concatenate([part for i, part in enumerate(targets) if i != held_out])
        gram, moments = products(train, target)
        weights = solve(gram, moments, penalty)
        losses.append(loss(targets[held_out], predict(with_intercept(folds[held_out], intercept), weights)))
    return float(np.mean(losses))


def main():
    size = chosen(**SIZES)
    features, target = make_data(size.rows, size.columns)
    folds, targets = np.array_split(features, size.folds), np.array_split(target, size.folds)
    for penalty, intercept in itertools.product(np.logspace(-5, 0, size.penalties), (0, 1)):
        print(repr(cross_validate(folds, targets, penalty, intercept)))


if __name__ == "__main__":
    main()
