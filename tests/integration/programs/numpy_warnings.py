"""numpy's warnings about invalid values and overflow come every time, not only the first."""
import warnings

import numpy as np

warnings.simplefilter("always")


def caught(call):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return sorted({str(w.message) for w in seen})


for attempt in (1, 2):
    a = np.random.default_rng(1).standard_normal((60, 60))
    print(attempt, "clean", caught(lambda: a @ a))
    b = a.copy()
    b[3, 4] = np.inf
    zeros = np.zeros((60, 60))
    print(attempt, "invalid", caught(lambda: b @ zeros))
    large = np.full((60, 60), 1e200)
    print(attempt, "overflow", caught(lambda: large @ large))
    with np.errstate(all="raise"):
        try:
            np.matmul(b, zeros)
        except FloatingPointError as error:
            print(attempt, "raised", error)
