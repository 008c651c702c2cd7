"""pcacv.py with joblib.Memory around the decomposition inside scikit-learn's PCA; the cache starts empty."""

import tempfile
from types import SimpleNamespace

import joblib
from scipy import linalg
from sklearn.decomposition import _pca

import pcacv

with tempfile.TemporaryDirectory() as directory:
    _pca.linalg = SimpleNamespace(svd=joblib.Memory(directory, verbose=0).cache(linalg.svd))
    pcacv.main()
