"""hl2svm.py with the first gradient and its image, which no penalty changes, computed once per design."""

import numpy as np

import hl2svm
from once import Kept

gradient_at_zero, along, search = hl2svm.gradient_at_zero, hl2svm.along, hl2svm.search


def search_kept(features, signs, penalties, iterations):
    kept = Kept()

    def along_kept(features, direction):
        if not np.array_equal(direction, kept["gradient"]):
            return along(features, direction)
        return kept.once("image", along, features, direction)

    hl2svm.gradient_at_zero = lambda features, signs: kept.once("gradient", gradient_at_zero, features, signs)
    hl2svm.along = along_kept
    return search(features, signs, penalties, iterations)


hl2svm.search = search_kept
hl2svm.main()
