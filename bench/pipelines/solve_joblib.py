"""solve.py with joblib.Memory around a displacement; the cache starts empty."""

import tempfile

import joblib

import solve

with tempfile.TemporaryDirectory() as directory:
    solve.displacement = joblib.Memory(directory, verbose=0).cache(solve.displacement)
    solve.main()
