"""GridSearchCV over the penalty of scikit-learn's Ridge."""

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from sizes import chosen

SIZES = dict(tiny=dict(rows=200, columns=20, penalties=4, folds=3),
             quick=dict(rows=2_400, columns=400, penalties=16, folds=3),
             paper=dict(rows=100_000, columns=1_000, penalties=20, folds=10))


def make_data(rows, columns, seed=13):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((rows, columns))
    return features, features @ rng.standard_normal(columns) + 2.0 * rng.standard_normal(rows)


def main():
    size = chosen(**SIZES)
    features, target = make_data(size.rows, size.columns)
    search = GridSearchCV(Ridge(), {"alpha": np.logspace(-3, 4, size.penalties)}, cv=size.folds).fit(features, target)
    for alpha, score in zip(search.cv_results_["param_alpha"], search.cv_results_["mean_test_score"]):
        print(repr(float(alpha)), repr(float(score)))
    print(repr(search.best_params_["alpha"]), repr(float(np.linalg.norm(search.best_estimator_.coef_))))


if __name__ == "__main__":
    main()
