"""pcalm.py with the covariance and its eigenvectors computed once; the projections differ in K."""

import pcalm
from once import Kept

kept = Kept()
covariance, eigenvectors = pcalm.covariance, pcalm.eigenvectors
pcalm.covariance = lambda centred: kept.once("covariance", covariance, centred)
pcalm.eigenvectors = lambda symmetric: kept.once("eigenvectors", eigenvectors, symmetric)
pcalm.main()
