"""steplm.py with no inner product computed twice: all of them come from the Gram matrix of everything, computed once."""

import numpy as np

import steplm
from sizes import chosen


def main():
    size = chosen(**steplm.SIZES)
    features, target = steplm.make_data(size.rows, size.base + size.candidates)
    gram, moments = features.T @ features, features.T @ target

    def criterion(taken, columns):
        own = gram[np.ix_(columns, columns)] + 1e-6 * np.eye(len(columns))
        residual = target - taken @ np.linalg.solve(own, moments[columns])
        return size.rows * float(np.log(residual @ residual / size.rows)) + 2 * len(columns)

    columns, left = list(range(size.base)), list(range(size.base, size.base + size.candidates))
    taken = features[:, :size.base]
    best = criterion(taken, columns)
    for _ in range(size.steps):
        tried = [criterion(np.column_stack([taken, features[:, column]]), [*columns, column]) for column in left]
        if min(tried) >= best:
            break
        best = min(tried)
        columns.append(left.pop(tried.index(best)))
        taken = np.column_stack([taken, features[:, columns[-1]]])
        print(columns[-1], repr(best))


main()
