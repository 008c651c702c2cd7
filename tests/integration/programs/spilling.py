"""Singular values of six matrices, round after round: more than a small cache holds. Arguments: what happens after the first
round or in the end, the order of the matrices, how many rounds."""
import os
import signal
import subprocess
import sys
import time

import numpy as np

what, order, rounds = (sys.argv[1:] + ["nothing", "260", "3"][len(sys.argv) - 1:])
matrices = [np.random.default_rng(seed).standard_normal((int(order), int(order))) for seed in range(6)]


def one_round():
    for m in matrices:
        u, s, vt = np.linalg.svd(m)
        print(repr(float(u.sum())), repr(float(s.sum())), repr(float(vt.sum())), flush=True)


def between(name):
    if name == "close":
        os.closerange(3, 1024)
    elif name == "missing":  # vfork: the child leaves by _exit, in its parent's memory
        try:
            subprocess.Popen(["/no/such/program"])
        except FileNotFoundError:
            print("missing")
    elif name == "fork":
        pid = os.fork()
        if pid == 0:
            one_round()
            one_round()
            os._exit(0)
        print(os.waitpid(pid, 0)[1])
    elif name == "files":  # no file may grow from here on
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


one_round()
between(what)
for _ in range(int(rounds) - 1):
    one_round()
if what == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif what == "_exit":
    os._exit(9)
elif what == "exec":  # nobody is told: what is known then was written with a call some time after the one before
    time.sleep(0.6)
    one_round()
    os.execvp("true", ["true"])
