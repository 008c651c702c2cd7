"""Tiny products as a program in an interpreter makes them, by default ten million of order 4: tiny.py [CALLS [ORDER]]"""

import sys

import numpy as np


def main():
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    order = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    rng = np.random.default_rng(1)
    a, b, c = rng.standard_normal((order, order)), rng.standard_normal((order, order)), np.empty((order, order))
    dot, total = np.dot, 0.0
    for _ in range(calls // 10):
        for _ in range(10):
            dot(a, b, c)
        total += c[0, 0]
        a[0, 0] = 0.5 * c[1, 1] % 1.0
    print(f"{total:.17g}")


if __name__ == "__main__":
    main()
