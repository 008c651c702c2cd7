#!/usr/bin/env python3
"""Compares speed-ups with the committed baseline and fails on a loss of more than a tenth.

Ratios, because seconds belong to a machine; of the least times, which other load disturbs least. A loss counts only if it shows in the
wall time and in the processor time, and in every look: what seems lost is measured again, with more rounds. A shared machine has bad
minutes. `--update` makes a run the new baseline.
"""

import argparse
import json
import os
import subprocess
import sys

import figures

HERE = os.path.dirname(os.path.abspath(__file__))
BASELINE = os.path.join(HERE, "baseline.json")
ALLOWED_LOSS = 0.1
SECOND_LOOKS, SECOND_ROUNDS = 2, 5
CLOCKS = {"wall": lambda run: run["wall"], "processor": lambda run: run["user"] + run["system"]}


def load(path):
    with open(path, encoding="utf-8") as source:
        return json.load(source)


def ratios(results):
    """{program: {level: {clock: plain over blase}}}"""
    return {p["source"]: {level: {clock: round(figures.steady_speed_up(p, f"blase {level}", of), 4) for clock, of in CLOCKS.items()}
                          for level in results["levels"]}
            for p in results["programs"]}


def losses(baseline, now):
    """(program, level) of every loss beyond what is allowed."""
    return [(program, level) for program, levels in baseline.items() for level, then in levels.items()
            if level in now.get(program, {})
            and all(now[program][level][clock] < (1.0 - ALLOWED_LOSS) * then[clock] for clock in CLOCKS)]


def measure_again(programs, options, look):
    out = os.path.join(options.build, "bench", f"check-{look}.json")
    subprocess.run([sys.executable, os.path.join(HERE, "run.py"), f"--{options.size}", "--rounds", str(SECOND_ROUNDS), "--levels-only",
                    "--build", options.build, "--out", out, "--only", *sorted(programs)], check=True)
    return ratios(load(out))


def keep_better(now, again):
    """A loss counts only if every look shows it."""
    for program, levels in again.items():
        for level, value in levels.items():
            for clock in CLOCKS:
                now[program][level][clock] = max(now[program][level][clock], value[clock])


def update(run, baseline):
    results = load(run)
    with open(baseline, "w", encoding="utf-8") as out:
        kept = {key: results[key] for key in ("size", "machine", "versions", "commit")}
        json.dump({**kept, "ratios": ratios(results)}, out, indent=1, sort_keys=True)
        out.write("\n")


def compared(value, then):
    return "  ".join(f"{clock} {value[clock]:5.2f}x" + (f" ({100 * (value[clock] / then[clock] - 1):+4.0f} %)" if then else "")
                     for clock in CLOCKS)


def check(options):
    baseline, results = load(options.baseline), load(options.run)
    if baseline["size"] != results["size"]:
        sys.exit(f"bench-check: the baseline is of --{baseline['size']}, the run of --{results['size']}")
    if not all(isinstance(value, dict) for levels in baseline["ratios"].values() for value in levels.values()):
        sys.exit("bench-check: the baseline has no processor time; make bench, then make bench-baseline")
    options.size = results["size"]
    now = ratios(results)
    missing = sorted(set(baseline["ratios"]) - set(now))
    lost = losses(baseline["ratios"], now)
    for look in range(SECOND_LOOKS):
        if lost:
            print("measuring again: " + ", ".join(sorted({program for program, _ in lost})), flush=True)
            keep_better(now, measure_again({program for program, _ in lost}, options, look))
            lost = losses(baseline["ratios"], now)
    for program, levels in sorted(now.items()):
        for level, value in levels.items():
            then = baseline["ratios"].get(program, {}).get(level)
            print(f"{program:16s} {level:6s} {compared(value, then)}{'' if then else '  new'}{'  LOST' if (program, level) in lost else ''}")
    for program in missing:
        print(f"{program}: not in this run")
    if lost or missing:
        sys.exit(f"bench-check: failed; the baseline is of {baseline['machine']['processor']['model']}, commit {baseline['commit']['id']}")
    print("bench-check: no loss beyond a tenth")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="JSON of bench/run.py")
    parser.add_argument("--baseline", default=BASELINE)
    parser.add_argument("--build", default=os.path.join(os.path.dirname(HERE), "build"))
    parser.add_argument("--update", action="store_true", help="make this run the baseline")
    options = parser.parse_args()
    if options.update:
        update(options.run, options.baseline)
    else:
        check(options)


if __name__ == "__main__":
    main()
