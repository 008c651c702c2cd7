"""ens.py with joblib.Memory around the scores of a model; the cache starts empty."""

import tempfile

import joblib

import ens

with tempfile.TemporaryDirectory() as directory:
    ens.scores_of = joblib.Memory(directory, verbose=0).cache(ens.scores_of)
    ens.main()
