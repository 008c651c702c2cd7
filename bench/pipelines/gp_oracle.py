"""gp.py with the inner products computed once and every covariance factored once: the outputs share them. What SciPy's cholesky does
around potrf stays: the check for NaN and the copy by columns."""

import numpy as np
from scipy.linalg.lapack import dpotrf

import gp
from once import Kept, Tape

kept, factors = Kept(), Tape(lambda columns: dpotrf(columns, lower=True, overwrite_a=True, clean=True)[0])
inner_products, search = gp.inner_products, gp.search


def factor(covariance):
    return factors(np.array(np.asarray_chkfinite(covariance), order="F"))


def search_again(*arguments):
    factors.rewind()
    return search(*arguments)


gp.inner_products = lambda inputs: kept.once("products", inner_products, inputs)
gp.factor, gp.search = factor, search_again
gp.main()
