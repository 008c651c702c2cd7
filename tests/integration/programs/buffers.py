"""gram, solve, predict; what comes between is the argument's."""
import sys

import numpy as np

what = sys.argv[1]
X = (np.arange(240.0) ** 2 % 101 / 7 - 5).reshape(40, 6)
y = np.arange(40.0) * 7 % 23 / 3
V = np.arange(12.0).reshape(6, 2)


def fit(change):
    G = np.dot(X.T, X.copy())
    c = np.dot(X.T, y)
    if change:
        G[1, 1] += 1
        np.dot(G, V)
    return np.linalg.solve(G, c)


def predict(w):
    return np.dot(X, w)


if what == "slices":
    G = np.dot(X.T, X.copy())  # rows lie in memory one after the other
    F = np.dot(np.cos(X.T), X.copy()).T  # columns do
    for M in (G, F):
        for part in (M[:, :3], M[1:4], M[:, 2:5].copy(order="K"), M[2:5].copy(order="K")):
            part @ V[:part.shape[1]]
    G[0, 0] = 7
    G[:, :3] @ V[:3]
    G[1:4] @ V
elif what == "mirrored":  # numpy calls syrk for a matrix with its own transpose, and fills in the other triangle
    predict(np.linalg.solve(X.T @ X, np.dot(X.T, y)))
else:
    for again in range(2):
        predict(fit(what == "overwritten"))
