"""k-means of scikit-learn with one start each, every time on points it has not seen: its blocks of distances are products that never
come twice."""

import argparse

import numpy as np
from sklearn.cluster import KMeans


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fits", type=int, default=12)
    parser.add_argument("--points", type=int, default=40_000)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--clusters", type=int, default=64)
    options = parser.parse_args()
    rng = np.random.default_rng(5)
    for fit in range(options.fits):
        centres = 2.0 * rng.standard_normal((options.clusters, options.features))
        points = centres[rng.integers(options.clusters, size=options.points)]
        points += rng.standard_normal(points.shape)
        model = KMeans(options.clusters, n_init=1, max_iter=25, tol=0.0, random_state=fit).fit(points)
        print(fit, model.n_iter_, repr(float(model.inertia_)))


if __name__ == "__main__":
    main()
