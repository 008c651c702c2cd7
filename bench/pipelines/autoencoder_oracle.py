"""autoencoder.py as it is: no two of its calls have equal inputs, so there is nothing to keep."""

import autoencoder

autoencoder.main()
