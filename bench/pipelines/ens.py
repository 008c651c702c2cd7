"""ENS: an ensemble of three support-vector and three softmax classifiers whose weights are searched at random (LIMA, figure 9d)."""

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(rows=400, columns=30, classes=4, iterations=2, weights=4),
             quick=dict(rows=6_000, columns=500, classes=20, iterations=3, weights=40),
             paper=dict(rows=50_000, columns=1_000, classes=20, iterations=20, weights=1_000))


def make_data(rows, columns, classes, seed=3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=rows)
    centres = 0.2 * rng.standard_normal((classes, columns))
    return rng.standard_normal((rows, columns)) + centres[labels], labels


def train_svm(features, labels, classes, penalty, iterations):
    """Squared hinge loss, one class against the rest, by gradient descent."""
    signs = np.where(labels[:, None] == np.arange(classes), 1.0, -1.0)
    weights = np.zeros((features.shape[1], classes))
    for _ in range(iterations):
        margin = np.maximum(0.0, 1.0 - signs * (features @ weights))
        weights -= 0.1 * (penalty * weights - features.T @ (signs * margin) / len(features))
    return weights


def train_softmax(features, labels, classes, penalty, iterations):
    truth = (labels[:, None] == np.arange(classes)).astype(float)
    weights = np.zeros((features.shape[1], classes))
    for _ in range(iterations):
        scores = features @ weights
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        weights -= penalty * weights + features.T @ (chance - truth) / len(features)
    return weights


def scores_of(features, weights):
    return features @ weights


def accuracy(features, labels, models, shares):
    votes = sum(share * scores_of(features, weights) for share, weights in zip(shares, models))
    return float(np.mean(votes.argmax(axis=1) == labels))


def main():
    size = chosen(**SIZES)
    features, labels = make_data(size.rows, size.columns, size.classes)
    models = [train(features, labels, size.classes, penalty, size.iterations)
              for train in (train_svm, train_softmax) for penalty in (0.001, 0.01, 0.1)]
    rng = np.random.default_rng(4)
    for _ in range(size.weights):
        print(repr(accuracy(features, labels, models, rng.dirichlet(np.ones(len(models))))))


if __name__ == "__main__":
    main()
