#!/usr/bin/env python3
"""Measures every pipeline in interleaved rounds: plain, blase at each level and with every call looked up, oracle, joblib.Memory, and
the calls that the oracle still makes; writes one JSON.

Every figure is of a whole process, from its start to its end. A round runs each variant once, so that a slow minute of the machine
falls on all of them alike. Nothing about memory allocation is changed: page faults are the program's own, and are recorded.
"""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys

import machine
import measure
from figures import ALWAYS, NONE, ORACLE_CALLS, net_seconds, serving_levels
from profiles import save_profile
from programs import PROGRAMS, selected

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEVELS = ["full", "none"]  # later: sliced, hybrid
ONCE = ["joblib", NONE, ALWAYS, ORACLE_CALLS]  # of the first round only: the first takes very long, of the others counters are asked
SMALL_GAIN = 1.2           # below it a program's own profile is saved, to show where its time goes


def build_c(build):
    """The C programs, linked to the system's BLAS by its standard names."""
    target = os.path.join(build, "bench", "c")
    os.makedirs(target, exist_ok=True)
    sources = os.path.join(ROOT, "bench", "pipelines")
    for program in PROGRAMS:
        if program.language == "C":
            stem = os.path.splitext(program.source)[0]
            for kind in program.variants():
                path = program.path(kind)
                subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", os.path.join(target, os.path.splitext(os.path.basename(path))[0]),
                                path, os.path.join(sources, f"{stem}_common.c"), "-lblas", "-llapack"], check=True)


class Blase:
    def __init__(self, build):
        self.tool = os.path.join(build, "blase")
        self.log = os.path.join(build, "bench", "log")

    def run(self, command, *options):
        """Runs a command under blase; its figures, what it printed, and what `blase show --json` says of the run."""
        shutil.rmtree(self.log, ignore_errors=True)
        figures, printed = measure.run([self.tool, "run", "--quiet", "--log", self.log, *options, "--", *command])
        shown = subprocess.run([self.tool, "show", self.log, "--json"], stdout=subprocess.PIPE, check=True)
        shutil.rmtree(self.log, ignore_errors=True)
        return figures, printed, json.loads(shown.stdout)


def variants_of(program, options):
    """Names of what a round runs, in order."""
    levels = ["plain", *(f"blase {level}" for level in options.levels)]
    return levels if options.levels_only else [*levels, ALWAYS, *(kind for kind in program.variants() if kind != "plain"), ORACLE_CALLS]


def run_variant(program, variant, size, build, blase):
    level = variant.removeprefix("blase ")
    if variant == ALWAYS:
        return blase.run(program.command("plain", size, build), "--trace", "all")
    if variant == ORACLE_CALLS:
        return blase.run(program.command("oracle", size, build), "--reuse", "none")
    if level == variant:
        return *measure.run(program.command(variant, size, build)), None
    return blase.run(program.command("plain", size, build), "--reuse", level)


def warm_up(program, build, blase):
    """Plain program and oracle once in the smallest size: files come into memory, and the oracle is put to the test. With every call
    traced it must have no hit (`repeats` counts those it has), and make the distinct calls of the plain program."""
    counts, printed = {}, {}
    for kind in ("plain", "oracle"):
        _, printed[kind], shown = blase.run(program.command(kind, "tiny", build), "--trace", "all")
        counts[kind] = shown["reuse"]
    return {"repeats": counts["oracle"]["hits_full"], "distinct": counts["oracle"]["misses"],
            "plain_repeats": counts["plain"]["hits_full"], "plain_distinct": counts["plain"]["misses"],
            "identical": printed["plain"] == printed["oracle"]}


def loses(found, levels):
    """By the rounds so far, has the governor saved less than looking up every call? One run of either is too few to tell by how much."""
    program = {"variants": {name: entry for name, entry in found.items() if entry["runs"]}}
    always = net_seconds(program, ALWAYS)
    return always is not None and any(net_seconds(program, level) < always for level in serving_levels({"levels": levels}))


def measure_program(program, options, blase, repeats):
    """`repeats`: any call of the program does. Of one without, nobody asks which calls its oracle still makes."""
    found = {variant: {"runs": [], "difference": None} for variant in variants_of(program, options) if repeats or variant != ORACLE_CALLS}
    expected = None
    for turn in range(options.rounds):
        once = [variant for variant in ONCE if variant != ALWAYS or not loses(found, options.levels)] if turn and not options.levels_only else []
        for variant, entry in found.items():
            if variant in once:
                continue
            figures, printed, shown = run_variant(program, variant, options.size, options.build, blase)
            if expected is None:
                expected = printed
            other = measure.difference(expected, printed)
            if other is not None:
                entry["difference"] = max(other, entry["difference"] or 0.0)
            if shown:
                figures["show"] = shown
            entry["runs"].append(figures)
    return found


def median(values):
    ordered = sorted(values)
    return 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])


def progress(program, found):
    seconds = "  ".join(f"{name} {median([run['wall'] for run in entry['runs']]):.2f}" for name, entry in found.items())
    print(f"{program.name:16s} {seconds}", flush=True)


def gain(found, level):
    walls = {name: median([run["wall"] for run in entry["runs"]]) for name, entry in found.items()}
    return walls["plain"] / walls[f"blase {level}"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="the whole suite in minutes (default)")
    size.add_argument("--paper", dest="size", action="store_const", const="paper", help="LIMA's sizes, scaled to memory: hours")
    size.add_argument("--tiny", dest="size", action="store_const", const="tiny", help="does everything run?")
    parser.add_argument("--rounds", type=int, help="default: 2 of the quick sizes, 3 of the others")
    parser.add_argument("--levels", type=lambda text: text.split(","), default=LEVELS)
    parser.add_argument("--levels-only", action="store_true", help="no oracle, no joblib, not every call looked up: what bench-check needs")
    parser.add_argument("--only", nargs="+", metavar="PROGRAM", help="hlm.py, kalman.R, ...")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--out", help="JSON to write (BUILD/bench/run.json)")
    parser.set_defaults(size="quick")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.size == "quick" else 3)
    options.build = os.path.abspath(options.build)
    options.out = options.out or os.path.join(options.build, "bench", "run.json")
    options.programs = selected(options.only)
    if options.programs is None:
        parser.error("known programs: " + " ".join(p.source for p in PROGRAMS))
    return options


def measure_all(options):
    build_c(options.build)
    blase = Blase(options.build)
    began, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()
    results = []
    for program in options.programs:
        checked = warm_up(program, options.build, blase)
        found = measure_program(program, options, blase, checked["plain_repeats"] > 0)
        progress(program, found)
        profile = None
        if program.language == "Python" and options.size != "tiny" and gain(found, options.levels[0]) < SMALL_GAIN:
            profile = save_profile(program, options.size, os.path.join(os.path.dirname(options.out), "profiles"))
        results.append({"source": program.source, "name": program.name, "title": program.title, "language": program.language,
                        "need": program.need, "further": program.further, "oracle": checked, "variants": found,
                        "profile": profile})
    seconds = (datetime.datetime.now(datetime.timezone.utc) - began).total_seconds()
    return {"started": began.isoformat(timespec="seconds"), "seconds": seconds, "load_before": load[0], "size": options.size,
            "rounds": options.rounds, "levels": options.levels, **machine.describe(ROOT), "programs": results}


def main():
    options = arguments()
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    try:
        results = measure_all(options)
    except measure.Failed as failed:
        sys.exit(f"bench: {failed}")
    with open(options.out, "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    print(f"{options.out}: {results['seconds']:.0f} s")


if __name__ == "__main__":
    main()
