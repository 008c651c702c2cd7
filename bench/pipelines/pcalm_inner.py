"""pcalm.py with no inner product computed twice: one projection on the most components, one Gram matrix of it, and slices of both."""

import numpy as np

import pcalm
from sizes import chosen


def main():
    size = chosen(**pcalm.SIZES)
    features, target = pcalm.make_data(size.rows, size.columns)
    for components in range(size.first, size.last + 1):
        centred = features - features.mean(axis=0)
        if components == size.first:
            vectors = pcalm.eigenvectors(pcalm.covariance(centred))
            projected = centred @ vectors[:, :size.last]
            gram, moments = projected.T @ projected, projected.T @ target
        reduced = projected[:, :components].copy()
        weights = np.linalg.solve(gram[:components, :components] + 1e-4 * np.eye(components), moments[:components])
        print(components, repr(pcalm.adjusted_r2(reduced, target, weights)))


main()
