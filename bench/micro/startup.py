"""Seconds from start to end of programs that do nothing: what the preloaded object and the command cost a process."""

import os
import shutil
import time

from common import say, spread

PROGRAMS = {"true": [shutil.which("true")], "python3 -c pass": ["/usr/bin/python3", "-c", "pass"]}


def milliseconds(command, env):
    began = time.monotonic()
    child = os.posix_spawn(command[0], command, env)
    status = os.waitpid(child, 0)[1]
    elapsed = time.monotonic() - began
    if status != 0:
        raise SystemExit(f"{command}: status {status}")
    return 1e3 * elapsed


def measure(bench):
    rows, env = [], bench.environment()
    preloaded = {**env, "LD_PRELOAD": bench.library, "BLASE_LOG": "off", "BLASE_QUIET": "1"}
    for name, command in PROGRAMS.items():
        found = {"plain": [], "preload": [], "command": []}
        for _ in range(30 if bench.quick else 200):
            found["plain"].append(milliseconds(command, env))
            found["preload"].append(milliseconds(command, preloaded))
            found["command"].append(milliseconds([bench.blase, "run", "--quiet", "--log", "off", "--", *command], env))
        row = {"program": name, **{way + "_ms": spread(values) for way, values in found.items()}}
        rows.append(row)
        say(f"  {name}: " + ", ".join(f"{way} {row[way + '_ms']['median']:.2f} ms" for way in found))
    return {"rows": rows}
