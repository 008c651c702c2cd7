"""A pool of two processes that each multiply the same matrices twice. The argument is the start method."""
import hashlib
import multiprocessing
import sys

import numpy as np


def work(task):
    meeting.wait(30)  # so that each process takes one task
    rng = np.random.default_rng(task)
    a = rng.standard_normal((250, 250))
    b = rng.standard_normal((250, 250))
    first, second = a @ b, a.copy() @ b.copy()
    return task, hashlib.sha256(first.tobytes()).hexdigest(), hashlib.sha256(second.tobytes()).hexdigest()


def prepare(barrier):
    global meeting
    meeting = barrier


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    mine = np.random.default_rng(99).standard_normal((260, 260))
    print(hashlib.sha256((mine @ mine).tobytes()).hexdigest())
    with context.Pool(2, prepare, (context.Barrier(2),)) as pool:
        for line in pool.map(work, [1, 2], chunksize=1):
            print(*line)
    print(hashlib.sha256((mine.copy() @ mine).tobytes()).hexdigest())
