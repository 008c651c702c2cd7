"""New products in one forked child after the other: forking.py CHILDREN PRODUCTS ORDER"""
import os
import sys

import numpy as np

children, products, order = map(int, sys.argv[1:])
a = np.random.default_rng(1).standard_normal((order, order))
b = a.copy()
for child in range(children):
    if os.fork() == 0:
        for product in range(products):
            a[1:-1:7] = child + product / 1000 + np.arange(order)
            total = (a @ b).sum()
        os._exit(int(not total))
    status = os.wait()[1]
    if status:
        sys.exit(f"child {child} ended with {status}")
