"""Makes traced calls until it is killed, in a loop; the first line of output is its process's number. Argument: the file whose size
is the number of calls that are done."""
import os
import sys

import numpy as np

done = open(sys.argv[1], "wb", buffering=0)
a, b = np.arange(90000.0).reshape(300, 300), np.ones((300, 300))
print(os.getpid(), flush=True)
while True:
    for _ in range(10):
        a[0, 0] += 1
        done.write(b"." if (a @ b)[0, 0] else b"?")
