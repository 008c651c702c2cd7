"""The plain results, kept in the build directory until the tester, its input or the provider's libraries change."""

import hashlib
import json
import os
import pickle
import time

import runner
import testers

# numpy's results also depend on these
PYTHON_FILES = [testers.NUMPY + "/version.py", testers.NUMPY + "/linalg/tests/test_linalg.py"]


def key(tester, provider, directory):
    paths = [tester.argv[0], tester.stdin, os.path.abspath(runner.__file__)]
    paths += [os.path.join(d, lib) for d in testers.PROVIDERS[provider] for lib in ("libblas.so.3", "liblapack.so.3")]
    if tester.argv[0] == testers.PYTHON:
        paths += PYTHON_FILES
    parts = [tester.argv, os.path.abspath(directory)]   # pytest prints paths relative to where it runs
    for path in paths:
        if path and os.path.exists(path):
            s = os.stat(path)
            parts.append([os.path.realpath(path), s.st_size, s.st_mtime_ns])
    with open("/proc/cpuinfo") as f:   # OpenBLAS chooses its kernels by processor
        parts.append(next((line for line in f if line.startswith("model name")), ""))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def get(tester, provider, root, helper):
    """(result, seconds spent now)."""
    directory = os.path.join(root, "plain", provider, tester.name)
    wanted, kept = key(tester, provider, directory), directory + ".result"
    start = time.monotonic()
    try:
        with open(kept, "rb") as f:
            have, result = pickle.load(f)
        if have == wanted:
            return result, time.monotonic() - start
    except (OSError, pickle.PickleError, EOFError, AttributeError, ValueError):
        pass
    result = runner.run(tester, provider, directory, helper=helper)
    with open(kept + ".new", "wb") as f:
        pickle.dump((wanted, result), f)
    os.replace(kept + ".new", kept)
    return result, time.monotonic() - start
