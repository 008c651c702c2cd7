"""One matrix, many right-hand sides, each solved for by itself, as numpy users do: many.py ORDER CALLS."""

import hashlib
import sys

import numpy

order, calls = map(int, sys.argv[1:])
generator = numpy.random.default_rng(5)
matrix, digest = generator.standard_normal((order, order)), hashlib.sha256()
for _ in range(calls):
    digest.update(numpy.linalg.solve(matrix, generator.standard_normal(order)).tobytes())
print(digest.hexdigest())
