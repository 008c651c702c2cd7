"""Descriptors are numbered from the lowest free one; a program that closed its standard input gets 0 for the next file."""
import hashlib
import os

import numpy as np


def product(seed):
    m = np.random.default_rng(seed).standard_normal((200, 200))
    return hashlib.sha256((m @ m[::-1].copy()).tobytes()).hexdigest()


print(os.open("/dev/null", os.O_RDONLY))
os.close(0)
print(product(1))
print(os.open("/dev/null", os.O_RDONLY))
print(product(1))
print(os.open("/dev/null", os.O_RDONLY))
