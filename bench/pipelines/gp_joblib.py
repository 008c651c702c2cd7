"""gp.py with joblib.Memory around the inner products and the factorisations; the cache starts empty."""

import tempfile

import joblib

import gp

with tempfile.TemporaryDirectory() as directory:
    memory = joblib.Memory(directory, verbose=0)
    gp.inner_products, gp.factor = memory.cache(gp.inner_products), memory.cache(gp.factor)
    gp.main()
