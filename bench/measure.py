"""One process, start to end: wall seconds, processor seconds, peak memory, page faults, what it printed."""

import os
import tempfile
import time


class Failed(Exception):
    pass


def run(command):
    """Runs a command with its output in files, so that no reader shares the processors with it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        began = time.perf_counter()
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        printed = [stream.seek(0) or stream.read() for stream in (out, err)]
    if os.waitstatus_to_exitcode(status) != 0:
        raise Failed(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}:\n{printed[1].decode(errors='replace')}")
    figures = {"wall": wall, "user": usage.ru_utime, "system": usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024,
               "minor_faults": usage.ru_minflt, "major_faults": usage.ru_majflt}
    return figures, printed[0]


def difference(expected, printed):
    """None if two outputs are the same bytes; else the largest difference of two numbers relative to the larger one, or inf where they
    differ in something that is no number."""
    if expected == printed:
        return None
    ours, theirs = expected.split(), printed.split()
    if len(ours) != len(theirs):
        return float("inf")
    largest = 0.0
    for a, b in zip(ours, theirs):
        if a == b:
            continue
        try:
            x, y = float(a), float(b)
        except ValueError:
            return float("inf")
        largest = max(largest, abs(x - y) / max(abs(x), abs(y)))
    return largest
