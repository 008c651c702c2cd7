"""hlm.py with joblib.Memory around its products, solutions and predictions; the cache starts empty."""

import tempfile

import joblib

import hlm

with tempfile.TemporaryDirectory() as directory:
    memory = joblib.Memory(directory, verbose=0)
    hlm.products, hlm.solve, hlm.predict = map(memory.cache, (hlm.products, hlm.solve, hlm.predict))
    hlm.main()
