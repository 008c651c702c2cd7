"""kalman.py with joblib.Memory around the three steps of the covariance; the cache starts empty."""

import tempfile

import joblib

import kalman

with tempfile.TemporaryDirectory() as directory:
    memory = joblib.Memory(directory, verbose=0)
    for name in ("predict_covariance", "gain_of", "correct_covariance"):
        setattr(kalman, name, memory.cache(getattr(kalman, name)))
    kalman.main()
