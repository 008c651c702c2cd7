"""For the oracles of programs that decompose inside scikit-learn: only LAPACK's routine is left out, not what SciPy does around it."""

import numpy as np
from scipy.linalg import _decomp_svd


def leave_out(once):
    """`once(gesdd)` is what stands in for the routine."""
    found = _decomp_svd.get_lapack_funcs

    def get_lapack_funcs(names, *arguments, **options):
        routine, workspace = found(names, *arguments, **options)
        instead = once(routine)

        def gesdd(matrix, **settings):
            return instead(np.array(matrix, order="F"), **{**settings, "overwrite_a": True})  # the copy that SciPy makes for the routine

        return gesdd, workspace

    _decomp_svd.get_lapack_funcs = get_lapack_funcs
