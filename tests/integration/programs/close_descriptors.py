"""A child closes every descriptor it did not open, as daemons do, and fills files; no foreign byte may appear in them."""
import hashlib
import os
import subprocess
import sys
import tempfile

import numpy as np


def product(seed):
    m = np.random.default_rng(seed).standard_normal((200, 200))
    return hashlib.sha256((m @ m[::-1].copy()).tobytes()).hexdigest()


def child(directory):
    print(product(1))
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    descriptors = [os.open(os.path.join(directory, str(i)), os.O_RDWR | os.O_CREAT) for i in range(10)]
    for seed in list(range(2, 12)) * 2:
        for d in descriptors:
            os.write(d, product(seed).encode() + b"\n")


if len(sys.argv) > 1:
    child(sys.argv[1])
else:
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, __file__, directory], check=True)
        for i in range(10):
            with open(os.path.join(directory, str(i)), "rb") as f:
                data = f.read()
            print(i, len(data), hashlib.sha256(data).hexdigest())
