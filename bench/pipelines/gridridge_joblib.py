"""gridridge.py with joblib.Memory around the products inside scikit-learn's Ridge; the cache starts empty."""

import tempfile

import joblib
from sklearn.linear_model import _ridge

import gridridge

with tempfile.TemporaryDirectory() as directory:
    _ridge.safe_sparse_dot = joblib.Memory(directory, verbose=0).cache(_ridge.safe_sparse_dot)
    gridridge.main()
