"""hlm.py with every product, solution and prediction of a subset computed once."""

import itertools

import hlm
from once import Kept


def search(features, target, penalties, tolerances):
    kept = Kept()
    for penalty, intercept, _ in itertools.product(penalties, (0, 1, 2), tolerances):
        design = hlm.with_intercept(features, intercept)
        gram, moments = kept.once(("products", intercept), hlm.products, design, target)
        weights = kept.once(("weights", intercept, penalty), hlm.solve, gram, moments, penalty)
        predicted = kept.once(("predicted", intercept, penalty), hlm.predict, design, weights)
        yield hlm.loss(target, predicted)


hlm.search = search
hlm.main()
