"""PCACV: the number of principal components before a linear regression, chosen by cross-validation (LIMA, figure 10c)."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sizes import chosen

SIZES = dict(tiny=dict(rows=200, columns=20, folds=3, settings=3, step=3),
             quick=dict(rows=2_000, columns=250, folds=3, settings=10, step=10),
             paper=dict(rows=20_000, columns=1_000, folds=16, settings=10, step=10))


def make_data(rows, columns, seed=12):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns)) * np.linspace(2.0, 0.5, columns)
    return features, features @ rng.standard_normal(columns) + 0.5 * rng.standard_normal(rows)


def scores_for(components, features, target, folds):
    model = make_pipeline(PCA(n_components=components, svd_solver="full"), LinearRegression())
    return cross_val_score(model, features, target, cv=KFold(folds))


def main():
    size = chosen(**SIZES)
    features, target = make_data(size.rows, size.columns)
    for components in range(size.step, size.step * (size.settings + 1), size.step):
        print(components, *(repr(float(score)) for score in scores_for(components, features, target, size.folds)))


if __name__ == "__main__":
    main()
