"""gridridge.py with both products of a training set, inside scikit-learn's Ridge, computed once: the grid meets the same sets in
the same order for every penalty. Ridge adds the penalty in place, hence the copies."""

from sklearn.linear_model import _ridge

import gridridge
from once import Kept
from sizes import chosen

kept = Kept()
calls = {"all": 0}
plain = _ridge.safe_sparse_dot
size = chosen(**gridridge.SIZES)


def product(left, right, **options):
    at, calls["all"] = calls["all"], calls["all"] + 1
    fits = size.penalties * size.folds
    label = (at // 2 % size.folds if at // 2 < fits else "best", at % 2)  # two products a fit
    return kept.once(label, lambda: plain(left, right, **options)).copy()


_ridge.safe_sparse_dot = product
gridridge.main()
