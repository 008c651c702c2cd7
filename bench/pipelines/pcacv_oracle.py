"""pcacv.py with the decomposition of each training set computed once: PCA meets the same ones, in the same order, for every K."""

import pcacv
import svd_once
from once import Tape

tape = Tape(lambda routine, matrix, settings: routine(matrix, **settings))
scores_for = pcacv.scores_for


def scores_again(*arguments):
    tape.rewind()
    return scores_for(*arguments)


svd_once.leave_out(lambda routine: lambda matrix, **settings: tape(routine, matrix, settings))
pcacv.scores_for = scores_again
pcacv.main()
