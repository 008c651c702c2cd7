"""Products that come round in a cycle of six, and then of two."""
import numpy as np

rng = np.random.default_rng(1)
pairs = [(rng.standard_normal((300, 300)), rng.standard_normal((300, 300))) for _ in range(6)]
total = 0.0
for step in range(180):
    a, b = pairs[step % 6]
    total += (a @ b)[0, 0]
for step in range(60):
    a, b = pairs[step % 2]
    total += (a @ b)[0, 1]
print(repr(total))
