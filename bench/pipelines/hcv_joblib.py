"""hcv.py with joblib.Memory around the products of a training set; the cache starts empty."""

import tempfile

import joblib

import hcv

with tempfile.TemporaryDirectory() as directory:
    hcv.products = joblib.Memory(directory, verbose=0).cache(hcv.products)
    hcv.main()
