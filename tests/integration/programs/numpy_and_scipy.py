"""numpy's product and SciPy's dgemm of the same matrices, numpy's solve and SciPy's dgesv of the same system."""
import hashlib

import numpy as np
from scipy.linalg import blas, lapack


def digest(m):
    return hashlib.sha256(np.ascontiguousarray(m).tobytes()).hexdigest()[:32]


for attempt in (1, 2):
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((250, 250)), rng.standard_normal((250, 250))
    print(attempt, "numpy product", digest(a @ b))
    print(attempt, "scipy product", digest(blas.dgemm(1.0, b.T, a.T).T))
    print(attempt, "numpy solve", digest(np.linalg.solve(a, b)))
    print(attempt, "scipy solve", digest(lapack.dgesv(a, b)[2]))
