"""SIGKILL at random moments: whatever was recorded by then is read, to the last record that is whole."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

from counters import consistent
from harness import PROGRAMS, SLOWER, Failed, expect, same, sanitized, test
from toolchain import compiled, debian_python

MAGIC_SIZE, ITEM = 9, 15
# How many calls may be missing at the end. An item reaches the kernel at the latest when the calls behind it took 500 µs in BLAS, one
# in a loop when they took 6.5 ms (lineage/fold.c, lineage/turns.c). Twenty calls of endless.c are 76 million operations, ten of
# endless.py 540 million: 0.7 and 5 ms on the fastest machine.
BEHIND = {("c", "off"): 20, ("c", "on"): 200, ("python", "on"): 20}


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 128:
            return value, at


def whole_records(data):
    """Where each whole record of a log ends, and their kinds: read without the reader under test."""
    ends, kinds, at = [MAGIC_SIZE], [], MAGIC_SIZE
    try:
        while at < len(data):
            kind, at = varint(data, at)
            length, at = varint(data, at)
            if at + length > len(data):
                break
            at += length
            ends.append(at)
            kinds.append(kind)
    except IndexError:
        pass
    return ends, kinds


def killed(place, command, environment, counter, seconds):
    """Kills the program so many seconds after its first line; how many calls were done."""
    runner = subprocess.Popen([place.blase, "run", "--log", place.path("log"), "--trace", "all", "--quiet", "--", *command],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=place.directory,
                              env=place.environment({"OPENBLAS_NUM_THREADS": "1", **environment}))
    try:
        number = int(runner.stdout.readline())
        time.sleep(seconds)
        os.kill(number, signal.SIGKILL)
        _, err = runner.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        raise Failed("still running 20 s after SIGKILL") from None
    finally:
        runner.kill()
    same((runner.returncode, err), (128 + signal.SIGKILL, b""), "exit status, stderr")
    return counter()


def items(place, log):
    listed = place.run([place.blase, "items", place.path(log), "--format", "json", "--expand"])
    same((listed.status, listed.err), (0, b""), "status and stderr of blase items")
    (process,) = json.loads(listed.out)
    return process["items"], process["truncated"]


def cut(place, log, name, end):
    """A copy of the run whose log of the process ends there."""
    shutil.rmtree(place.path("cut"), ignore_errors=True)
    shutil.copytree(place.path(log), place.path("cut"))
    os.truncate(place.path("cut", name), end)


def check_log(place, done, behind, folded):
    """All there is to say about what a killed process left."""
    names = [name for name in os.listdir(place.path("log")) if name != "launch.blog"]
    if not names and done <= behind:
        return 0
    same(len(names), 1, "logs of processes")
    with open(place.path("log", names[0]), "rb") as file:
        data = file.read()
    ends, kinds = whole_records(data)
    found, truncated = items(place, "log")
    if len(data) < MAGIC_SIZE:
        same((found, truncated), ([], True), "items of a log that was just made")
        return 0
    same(truncated, ends[-1] < len(data), "said to be truncated")
    consistent(place.show())
    if not folded:
        same(len(found), kinds.count(ITEM), "items read, and whole records of items")
    expect(done - behind <= len(found) <= done + 1, "%d items of %d calls done" % (len(found), done))
    cut(place, "log", names[0], ends[-1])
    same(items(place, "cut"), (found, False), "items without the record that is not whole")
    return len(ends) - 1


def at_random(place, kind, times, longest, dedup):
    """The same program killed again and again; the moments are random, told when one shows something. Where little was recorded by
    then, on a busy machine or under a sanitizer, the next ones are later."""
    path = place.path("calls")
    if kind == "c":
        command = [compiled(place.build, "endless"), path]
    else:
        command = [debian_python("numpy"), os.path.join(PROGRAMS, "endless.py"), path]

    def counter():
        if kind == "python":
            return os.path.getsize(path)
        with open(path, "rb") as file:
            return int.from_bytes(file.read(8), "little")

    longest *= SLOWER if sanitized else 1
    seed = random.randrange(1 << 32)
    dice, records = random.Random(seed), 0
    for turn in range(times):
        shutil.rmtree(place.path("log"), ignore_errors=True)
        if os.path.exists(path):
            os.remove(path)
        moment = dice.uniform(0, longest)
        try:
            found = check_log(place, killed(place, command, {"BLASE_DEDUP": dedup}, counter, moment), BEHIND[kind, dedup], dedup == "on")
        except Failed as why:
            raise Failed("turn %d of seed %d, killed after %.4f s: %s" % (turn, seed, moment, why)) from None
        records += found
        longest *= 1.2 if found < 15 and longest < 3 else 1
    expect(records > 10 * times, "only %d records in %d logs: nothing was tested" % (records, times))


def register():
    test("killed at random moments, loops folded", at_random, "c", 50, 0.25, "on")
    test("killed at random moments, every item by itself", at_random, "c", 50, 0.25, "off")
    test("killed at random moments, numpy", at_random, "python", 8, 0.4, "on")
