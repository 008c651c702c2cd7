"""PCANB: principal components by full SVD, then naive Bayes on the first K of them, for several K (LIMA, figures 10b and 10d)."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.naive_bayes import GaussianNB

from sizes import chosen

SIZES = dict(tiny=dict(rows=300, columns=30, classes=3, settings=3, step=4),
             quick=dict(rows=4_000, columns=300, classes=4, settings=7, step=10),
             paper=dict(rows=50_000, columns=1_000, classes=4, settings=10, step=10))


def make_data(rows, columns, classes, seed=11):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=rows)
    centres = 0.15 * rng.standard_normal((classes, columns))
    return rng.standard_normal((rows, columns)) + centres[labels], labels


def main():
    size = chosen(**SIZES)
    features, labels = make_data(size.rows, size.columns, size.classes)
    for components in range(size.step, size.step * (size.settings + 1), size.step):
        reduced = PCA(n_components=components, svd_solver="full").fit_transform(features)
        print(components, repr(float(GaussianNB().fit(reduced, labels).score(reduced, labels))), repr(float(np.abs(reduced).sum())))


if __name__ == "__main__":
    main()
