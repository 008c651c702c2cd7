"""Everyday dense linear algebra with numpy, done twice on fresh copies of the same data."""
import hashlib

import numpy as np

N = 240


def matrix(seed, rows, columns, kind="float64"):
    rng = np.random.default_rng(seed)
    m = rng.standard_normal((rows, columns))
    if kind.startswith("complex"):
        m = m + 1j * rng.standard_normal((rows, columns))
    return m.astype(kind)


def positive(seed, n):
    g = matrix(seed, n, n)
    return np.eye(n) * (4.0 * n) + (g + g.T)


def products():
    for seed, kind in enumerate(["float32", "float64", "complex64", "complex128"]):
        a, b = matrix(10 * seed, N, N, kind), matrix(10 * seed + 1, N, N + 20, kind)
        c = matrix(10 * seed + 2, N + 30, N, kind)
        yield "dot " + kind, a.dot(b)
        yield "matmul-tn " + kind, c.T @ c[:, ::-1].copy()
        yield "gram " + kind, np.dot(b.T, b)
        yield "gram-outer " + kind, a @ a.T
    m, v = matrix(90, 400, 300), matrix(91, 300, 1)[:, 0]
    yield "matvec", m @ v
    yield "vecmat", np.dot(matrix(92, 1, 400)[0], m)


def factorisations():
    yield "solve", np.linalg.solve(matrix(100, N, N), matrix(101, N, 3))
    yield "solve32", np.linalg.solve(matrix(102, N, N, "float32"), matrix(103, N, 3, "float32"))
    yield "solvez", np.linalg.solve(matrix(104, N, N, "complex128"), matrix(105, N, 3, "complex128"))
    yield "inv", np.linalg.inv(matrix(106, N, N))
    yield "det", np.linalg.slogdet(matrix(107, N, N))
    yield "cholesky", np.linalg.cholesky(positive(108, N))
    q, r = np.linalg.qr(matrix(109, N + 60, N))
    yield "qr-q", q
    yield "qr-r", r
    symmetric = positive(110, N)
    yield "eigh", np.linalg.eigh(symmetric)
    yield "eigvalsh", np.linalg.eigvalsh(positive(111, N))
    h = matrix(112, N, N, "complex128")
    yield "eighz", np.linalg.eigh(h + h.conj().T)
    yield "svd", np.linalg.svd(matrix(113, N + 40, N), full_matrices=False)
    yield "svdvals", np.linalg.svd(matrix(114, N, N - 10), compute_uv=False)
    yield "eig", np.linalg.eig(matrix(115, N // 2, N // 2))
    yield "lstsq", np.linalg.lstsq(matrix(116, N + 50, N // 2), matrix(117, N + 50, 2), rcond=None)[0]


def digest(value):
    parts = value if isinstance(value, tuple) else (value,)
    h = hashlib.sha256()
    for part in parts:
        part = np.ascontiguousarray(part)
        h.update(repr((part.shape, part.dtype.str)).encode())
        h.update(part.tobytes())
    return h.hexdigest()[:32]


for attempt in (1, 2):
    for steps in (products, factorisations):
        for name, value in steps():
            print(attempt, name, digest(value))
