"""gram, solve, predict; what comes between is the argument's."""
import sys

import numpy as np

what = sys.argv[1]
X = np.sin(np.arange(240.0)).reshape(40, 6)
y = np.cos(np.arange(40.0))


def fit(change):
    G = np.dot(X.T, X.copy())
    c = np.dot(X.T, y)
    if change:
        G[1, 1] += 1
    return np.linalg.solve(G, c)


def predict(w):
    return np.dot(X, w)


if what == "slices":
    G = np.dot(X.T, X.copy())  # rows lie in memory one after the other
    F = np.dot(np.cos(X.T), X.copy()).T  # columns do
    v = np.arange(1.0, 7.0)
    for M in (G, F):
        for part in (M[:, :3], M[1:4], M[:, 2:5].copy(order="K"), M[2:5].copy(order="K")):
            np.dot(part, v[:part.shape[1]])
    G[0, 0] = 7
    np.dot(G[:, :3], v[:3])
    np.dot(G[1:4], v)
else:
    for again in range(2):
        predict(fit(what == "overwritten"))
