"""A mini-batch autoencoder, 500 and 2 hidden units: every weight is new in every step, so no call repeats (LIMA, figure 10a)."""

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(rows=256, columns=20, batch=64, epochs=2),
             quick=dict(rows=12_800, columns=200, batch=256, epochs=2),
             paper=dict(rows=100_000, columns=500, batch=256, epochs=10))


def layer_sizes(columns):
    return [columns, 500, 2, 500, columns]


def forward(batch, layers):
    values = [batch]
    for i, (weights, bias) in enumerate(layers):
        total = values[-1] @ weights + bias
        values.append(np.tanh(total) if i + 1 < len(layers) else total)
    return values


def step(batch, layers, rate):
    values = forward(batch, layers)
    error = (values[-1] - batch) / len(batch)
    loss = 0.5 * float(np.sum(error * error)) * len(batch)
    for i in reversed(range(len(layers))):
        weights, bias = layers[i]
        back = error @ weights.T if i else None
        layers[i] = (weights - rate * (values[i].T @ error), bias - rate * error.sum(axis=0))
        if i:
            error = back * (1.0 - values[i] ** 2)
    return loss


def main():
    size = chosen(**SIZES)
    rng = np.random.default_rng(14)
    data = rng.standard_normal((size.rows, 2)) @ rng.standard_normal((2, size.columns)) \
        + 0.1 * rng.standard_normal((size.rows, size.columns))
    widths = layer_sizes(size.columns)
    layers = [(rng.standard_normal((m, n)) / np.sqrt(m), np.zeros(n)) for m, n in zip(widths, widths[1:])]
    for _ in range(size.epochs):
        order = rng.permutation(size.rows)
        print(repr(sum(step(data[order[i:i + size.batch]], layers, 0.01) for i in range(0, size.rows, size.batch))))


if __name__ == "__main__":
    main()
