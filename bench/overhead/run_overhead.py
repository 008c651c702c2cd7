#!/usr/bin/env python3
"""Measures what blasé costs programs with nothing to reuse, and what it costs programs written to fool it; writes one JSON.

Plain (A), `blase run` (B) and plain again as a control (C) take turns, A B A C A B A C … A, one process at a time. A round's ratio is B
over the mean of its two neighbours A, so that a machine that grows slower evenly does not count; C over its neighbours, measured alike,
says what such a ratio is where there is nothing to measure. Quick runs of the programs written to fool the cost model leave out C: of
those the books count. A program that prints `seconds S` is measured by that instead of its wall time. What all print must be the same.

Where the BLAS is so fast that a program is over in less than its size is meant to take, it is given more to do.
"""

import argparse
import datetime
import json
import math
import os
import statistics
import subprocess
import sys

from suite import C_PROGRAMS, HERE, SUITE, selected

ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import machine  # noqa: E402
import measure  # noqa: E402
from run import Blase  # noqa: E402

LEAST_SECONDS, LEAST_SECONDS_QUICK, LONGER = 6, 2.5, 2
MOST_REGRET = 0.01


def build_c(build):
    target = os.path.join(build, "bench", "overhead")
    os.makedirs(target, exist_ok=True)
    for name in C_PROGRAMS:
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", os.path.join(target, name), os.path.join(HERE, f"{name}.c"), "-lblas"],
                       check=True)


def split_seconds(printed):
    """The seconds a program says it took, if it does, and the rest of what it printed."""
    lines = printed.split(b"\n")
    said = [line for line in lines if line.startswith(b"seconds ")]
    return float(said[0].split()[1]) if said else None, b"\n".join(line for line in lines if line not in said)


def one(run):
    figures, printed, *shown = run
    said, rest = split_seconds(printed)
    figures["seconds"] = figures["wall"] if said is None else said
    if shown:
        figures["show"] = shown[0]
    return figures, rest


def over_neighbours(middle, outer, key):
    return [m[key] / (0.5 * (before[key] + after[key])) for m, (before, after) in zip(middle, outer)]


class Turns:
    """The runs of one program, in the order in which they were made."""

    def __init__(self, command, blase):
        self.command, self.blase = command, blase
        self.identical, self.printed = True, None
        self.plain, self.runs = [], {"blase": [], "control": []}
        self.outer = {kind: [] for kind in self.runs}
        self.plain.append(self.run(measure.run))

    def run(self, how):
        figures, printed = one(how(self.command))
        figures["processor"] = figures["user"] + figures["system"]
        self.printed = printed if self.printed is None else self.printed
        self.identical = self.identical and printed == self.printed
        return figures

    def take(self, kind):
        """One run of the kind, and the plain one after it."""
        self.runs[kind].append(self.run(self.blase.run if kind == "blase" else measure.run))
        self.plain.append(self.run(measure.run))
        self.outer[kind].append(self.plain[-2:])

    def ratios(self, key):
        return {kind: over_neighbours(runs, self.outer[kind], key) for kind, runs in self.runs.items()}


def command_of(program, options):
    """The program in the size that was asked for, on this machine."""
    least = LEAST_SECONDS_QUICK if options.quick else LEAST_SECONDS
    command = program.command(options.quick, options.build)
    took = one(measure.run(command))[0]["seconds"] if program.grows else least
    steps = math.ceil(math.log(least / took, LONGER)) if took < least else 0  # coarse: two runs should measure the same
    return command if steps == 0 else program.command(options.quick, options.build, LONGER ** steps)


def measure_program(program, options, blase):
    turns = Turns(command_of(program, options), blase)
    for _ in range(options.rounds):
        turns.take("blase")
        if not (options.quick and program.adversarial):
            turns.take("control")
    return {"name": program.name, "title": program.title, "adversarial": program.adversarial, "command": turns.command,
            "identical": turns.identical, "plain": turns.plain + turns.runs["control"], "blase": turns.runs["blase"],
            "ratios": turns.ratios("seconds"), "processor_ratios": turns.ratios("processor")}


def progress(found):
    rounds, control, regret = found["ratios"]["blase"], found["ratios"]["control"], [run["show"]["reuse"]["regret_ratio"] for run in found["blase"]]
    beside = f"  control {statistics.median(control):.4f} {max(control):.4f}" if control else ""
    print(f"{found['name']:16s} {found['plain'][0]['seconds']:6.2f} s  median {statistics.median(rounds):.4f}  worst {max(rounds):.4f}"
          f"{beside}  regret {max(regret):.4f}{'' if found['identical'] else '  DIFFERENT OUTPUT'}", flush=True)


def broken(found):
    """What must hold in every run, however busy the machine is."""
    regret = max(run["show"]["reuse"]["regret_ratio"] for run in found["blase"])
    return ([f"regret_ratio {regret:.4f}"] if regret > MOST_REGRET else []) + ([] if found["identical"] else ["different output"])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some three seconds a program, 2 rounds, some twelve minutes in all")
    parser.add_argument("--rounds", type=int, help="default 7, quick 2")
    parser.add_argument("--threads", type=int, default=1, help="threads of the BLAS provider (default 1: less noise)")
    parser.add_argument("--only", nargs="+", metavar="PROGRAM", help=" ".join(p.name for p in SUITE))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--out", help="JSON to write (BUILD/bench/overhead.json)")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    options.out = options.out or os.path.join(options.build, "bench", "overhead.json")
    options.rounds = options.rounds or (2 if options.quick else 7)
    options.programs = selected(options.only)
    if options.programs is None:
        parser.error("known programs: " + " ".join(p.name for p in SUITE))
    options.programs = [p for p in options.programs if not options.quick or p.quick is not None]
    return options


def main():
    options = arguments()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(options.threads)
    build_c(options.build)
    os.makedirs(os.path.dirname(os.path.abspath(options.out)), exist_ok=True)  # at once: not after minutes of measuring
    blase = Blase(options.build)
    began, load, programs = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0], []
    try:
        for program in options.programs:
            programs.append(measure_program(program, options, blase))
            progress(programs[-1])
    except measure.Failed as failed:
        sys.exit(f"bench-overhead: {failed}")
    results = {"started": began.isoformat(timespec="seconds"), "load_before": load, "quick": options.quick, "rounds": options.rounds,
               "threads": options.threads, **machine.describe(ROOT), "programs": programs}
    results["command"] = " ".join(["bench/overhead/run_overhead.py", *sys.argv[1:]])
    results["seconds"] = (datetime.datetime.now(datetime.timezone.utc) - began).total_seconds()
    with open(options.out, "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    print(f"{options.out}: {results['seconds']:.0f} s")
    failures = [f"{found['name']}: {what}" for found in programs for what in broken(found)]
    if failures:
        sys.exit("bench-overhead: missed: " + "; ".join(failures))


if __name__ == "__main__":
    main()
