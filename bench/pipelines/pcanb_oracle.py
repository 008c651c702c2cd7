"""pcanb.py with the decomposition inside scikit-learn's PCA, the same for every K, computed once."""

import pcanb
import svd_once
from once import Kept

kept = Kept()
svd_once.leave_out(lambda routine: lambda matrix, **settings: kept.once("svd", lambda: routine(matrix, **settings)))
pcanb.main()
