"""Dense linear algebra with scipy.linalg and its BLAS wrappers, done twice on fresh copies."""
import hashlib

import numpy as np
import scipy.linalg as sl
from scipy.linalg import blas, lapack

N = 220


def matrix(seed, rows, columns, order="C"):
    return np.array(np.random.default_rng(seed).standard_normal((rows, columns)), order=order)


def positive(seed, n):
    g = matrix(seed, n, n)
    return np.eye(n) * (4.0 * n) + (g + g.T)


def work():
    yield "solve", sl.solve(matrix(1, N, N), matrix(2, N, 4))
    yield "solve-pos", sl.solve(positive(3, N), matrix(4, N, 4), assume_a="pos")
    yield "solve-sym", sl.solve(positive(5, N) - 9 * np.eye(N), matrix(6, N, 4), assume_a="sym")
    yield "inv", sl.inv(matrix(7, N, N))
    yield "eigh", sl.eigh(positive(8, N))
    yield "eigh-evd", sl.eigh(positive(9, N), driver="evd")
    yield "eigh-ev", sl.eigh(positive(10, N), driver="ev")
    yield "eigvalsh", (sl.eigvalsh(positive(11, N)),)
    yield "eig", sl.eig(matrix(12, N // 2, N // 2))
    yield "svd", sl.svd(matrix(13, N + 40, N), full_matrices=False)
    yield "svd-gesvd", sl.svd(matrix(14, N // 2, N // 2), lapack_driver="gesvd")
    lu, piv = sl.lu_factor(matrix(15, N, N))
    yield "lu", (lu, piv)
    yield "lu_solve", sl.lu_solve((lu, piv), matrix(16, N, 5))
    factor = sl.cho_factor(positive(17, N), lower=True)
    yield "cho_solve", sl.cho_solve(factor, matrix(18, N, 5))
    yield "cholesky", sl.cholesky(positive(19, N))
    yield "qr", sl.qr(matrix(20, N + 30, N), mode="economic")
    yield "qr-pivoting", sl.qr(matrix(21, N + 30, N), mode="economic", pivoting=True)
    yield "qr_multiply", sl.qr_multiply(matrix(22, N, N), matrix(23, N, N))
    yield "lstsq", sl.lstsq(matrix(24, N + 50, N // 2), matrix(25, N + 50, 2))[0]
    yield "lstsq-gelsy", sl.lstsq(matrix(26, N + 50, N // 2), matrix(27, N + 50, 2), lapack_driver="gelsy")[0]
    yield "lstsq-gelss", sl.lstsq(matrix(28, N + 50, N // 2), matrix(29, N + 50, 2), lapack_driver="gelss")[0]
    yield "triangular", sl.solve_triangular(np.tril(positive(30, N)), matrix(31, N, 3), lower=True)
    yield "ldl", sl.ldl(positive(32, N) - 7 * np.eye(N))
    a, b = matrix(33, N, N, "F"), matrix(34, N, N, "F")
    yield "dgemm", blas.dgemm(0.5, a, b, trans_b=1, beta=-1.5, c=matrix(35, N, N, "F"))
    yield "dsymm", blas.dsymm(1.0, positive(36, N), b, side=1)
    yield "dsyrk", blas.dsyrk(1.0, matrix(37, N, 50, "F"), trans=0, lower=1)
    yield "dsyr2k", blas.dsyr2k(2.0, matrix(38, N, 50, "F"), matrix(39, N, 50, "F"))
    yield "dtrmm", blas.dtrmm(1.0, matrix(40, N, N, "F"), b, lower=1)
    yield "dtrsm", blas.dtrsm(1.0, np.asfortranarray(positive(41, N)), b, lower=1)
    z = matrix(42, N, 60, "F") + 1j * matrix(43, N, 60, "F")
    yield "zherk", blas.zherk(1.0, z)
    yield "zgemm", blas.zgemm(1.0 + 2.0j, z, z, trans_a=2)
    yield "sgemv", blas.sgemv(1.0, matrix(44, 300, 300, "F").astype("f4"), matrix(45, 300, 1)[:, 0].astype("f4"))
    yield "dpotri", lapack.dpotri(matrix(46, N, N, "F") + 50 * np.eye(N))
    yield "dtrtri", lapack.dtrtri(np.asfortranarray(positive(47, N)))
    yield "dgels", lapack.dgels(matrix(48, N + 50, 80, "F"), matrix(49, N + 50, 3, "F"))[1]


def digest(value):
    parts = value if isinstance(value, tuple) else (value,)
    h = hashlib.sha256()
    for part in parts:
        part = np.ascontiguousarray(part)
        h.update(repr((part.shape, part.dtype.str)).encode())
        h.update(part.tobytes())
    return h.hexdigest()[:32]


for attempt in (1, 2):
    for name, value in work():
        print(attempt, name, digest(value))
