"""mlogreg.py with the scores and the gradient at a point computed once, whichever sweep or penalty meets it.

The few small factorisations inside L-BFGS-B, 10 x 10 at most, are left as they are.
"""

import mlogreg
from once import Kept

kept = Kept()
scores_of, gradient_of = mlogreg.scores_of, mlogreg.gradient_of
at = {}


def scores_once(features, weights):
    at["point"] = weights.tobytes()
    return kept.once(("scores", at["point"]), scores_of, features, weights)


mlogreg.scores_of = scores_once
mlogreg.gradient_of = lambda features, residual: kept.once(("gradient", at["point"]), gradient_of, features, residual)
mlogreg.main()
