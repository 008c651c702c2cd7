#!/usr/bin/env python3
"""Real run logs for the fuzzer to start from: small programs run under blase in all the ways that leave different records."""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, os.pardir, "integration"))

from harness import PROGRAMS  # noqa: E402
from toolchain import DEBIAN_PYTHON, compiled  # noqa: E402

LARGEST, MAGIC, OP, SIGNATURE = 3000, 9, 3, 14
ROOT = os.path.dirname(os.path.dirname(HERE)).encode()
RUNS = [(["fork_exec"], []), (["same_buffers"], []), (["same_buffers"], ["--verify"]), (["c_linalg"], []), (["drivers", "gesv"], []),
        (["c_linalg"], ["--reuse", "none"]), (["same_calls"], []), (["meeting", "mixed", "7"], []), (["reasons"], []), (["repeated_products"], []), (["working_set"], ["--memory", "1M"]),
        (["numpy_linalg.py"], []), (["two_products.py", "kill"], []), (["loops"], []), (["loops"], ["--memory", "1M"]), (["loops"], ["--verify"])]


LOOPS = '''
import numpy as np
a, b = np.ones((40, 40)), np.eye(40) * 2
for outer in range(25):
    if outer % 7 == 3:
        b = b + 1
    for inner in range(4):
        c = a @ b
    for inner in range(3):
        c = c @ a[:, :20] @ b[:20]
    np.linalg.solve(b, a[:, inner])
'''


def varint(log, at):
    value = shift = 0
    while at < len(log):
        byte = log[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at
    raise EOFError


def lean(log):
    """Without the routines that no signature names: a log explains hundreds, and its loops are what is to be found in few bytes."""
    at, records, called = MAGIC, [], set()
    try:
        while at < len(log):
            kind, payload = varint(log, at)
            length, payload = varint(log, payload)
            number, behind = varint(log, payload)
            if kind == SIGNATURE:
                called.add(varint(log, behind)[0])
            records.append((kind, number, log[at:payload + length]))
            at = payload + length
    except EOFError:
        pass
    return log[:MAGIC] + b"".join(record for kind, number, record in records if kind != OP or number in called)


def anywhere(log):
    """Without where the project lies on this machine: the corpus is kept in the project. As long as before, since lengths are told."""
    return log.replace(ROOT, (b"/path/to/" + b"x" * len(ROOT))[:len(ROOT)])


def program(build, name, *arguments):
    if name == "loops":
        return [DEBIAN_PYTHON, "-c", LOOPS]
    if name.endswith(".py"):
        return [DEBIAN_PYTHON, os.path.join(PROGRAMS, name), *arguments]
    return [compiled(build, name), *arguments]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    build, out = os.path.abspath(options.build), os.path.abspath(options.out)
    directory = os.path.join(out, "run")
    for number, (command, flags) in enumerate(RUNS):
        for trace in ("auto", "all"):
            shutil.rmtree(directory, ignore_errors=True)
            run = [os.path.join(build, "blase"), "run", "--quiet", "--log", directory, "--trace", trace, *flags, "--"]
            subprocess.run([*run, *program(build, *command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
            for log in os.listdir(directory) if os.path.isdir(directory) else []:
                with open(os.path.join(directory, log), "rb") as file, open(os.path.join(out, f"{number}-{trace}-{log}"), "wb") as seed:
                    seed.write(anywhere(lean(file.read()))[:LARGEST])
    shutil.rmtree(directory, ignore_errors=True)
    print(f"{len(os.listdir(out))} logs in {options.out}")


if __name__ == "__main__":
    main()
