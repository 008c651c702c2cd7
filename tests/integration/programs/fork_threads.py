"""Forks children that compute while threads of the parent are computing too."""
import os
import threading

import numpy as np

a = np.random.default_rng(1).standard_normal((150, 150))
right = a @ a[::-1].copy()
wrong = 0


def work():
    global wrong
    for _ in range(60):
        wrong += not np.array_equal(a.copy() @ a[::-1].copy(), right)


threads = [threading.Thread(target=work) for _ in range(2)]
for t in threads:
    t.start()
statuses = []
for number in range(5):
    pid = os.fork()
    if pid == 0:
        again = a @ a[::-1].copy()
        other = (a * (number + 2)) @ a[::-1].copy()
        os._exit(10 + number if np.array_equal(again, right) and np.isfinite(other).all() else 1)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
for t in threads:
    t.join()
print(wrong, statuses)
