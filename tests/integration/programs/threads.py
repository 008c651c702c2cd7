"""Four threads that ask for the same products and factorisations at the same time."""
import hashlib
import threading

import numpy as np

answers = [[] for _ in range(4)]
start = threading.Barrier(4)


def work(mine):
    for repeat in range(3):
        for seed in range(6):
            rng = np.random.default_rng(seed)
            a, b = rng.standard_normal((200, 200)), rng.standard_normal((200, 200))
            start.wait()
            mine.append(hashlib.sha256((a @ b).tobytes()).hexdigest())
            mine.append(hashlib.sha256(np.linalg.solve(a, b).tobytes()).hexdigest())


threads = [threading.Thread(target=work, args=(mine,)) for mine in answers]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(all(mine == answers[0] for mine in answers))
print(*answers[0], sep="\n")
