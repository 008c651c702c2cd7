"""pcalm.py with joblib.Memory around the covariance and its eigenvectors; the cache starts empty."""

import tempfile

import joblib

import pcalm

with tempfile.TemporaryDirectory() as directory:
    memory = joblib.Memory(directory, verbose=0)
    pcalm.covariance, pcalm.eigenvectors = memory.cache(pcalm.covariance), memory.cache(pcalm.eigenvectors)
    pcalm.main()
