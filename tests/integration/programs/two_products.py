"""Two products, each twice; then leaves in the way that the argument says."""
import os
import signal
import sys

import numpy as np

m = np.random.default_rng(3).standard_normal((220, 220))
n = m[::-1].copy()
for _ in range(2):
    print(repr(float((m.copy() @ n).sum())), repr(float((n.copy() @ m).sum())), flush=True)
how = sys.argv[1] if len(sys.argv) > 1 else ""
if how == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif how == "_exit":
    os._exit(9)
elif how == "abort":
    os.abort()
elif how == "exit":
    sys.exit(4)
