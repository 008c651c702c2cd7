"""steplm.py as it is: no two of its calls have equal inputs, so there is nothing to keep. steplm_inner.py is what slices allow."""

import steplm

steplm.main()
