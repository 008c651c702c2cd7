#!/usr/bin/env python3
"""Compares speed-ups with the committed baseline and fails on a loss of more than a tenth.

Ratios, because seconds belong to a machine. What seems lost is measured again, with more rounds, before it counts: a shared machine has
bad minutes. `--update` makes a run the new baseline.
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


def load(path):
    with open(path, encoding="utf-8") as source:
        return json.load(source)


def ratios(results):
    """{program: {level: plain over blase}}"""
    return {p["source"]: {level: round(figures.steady_speed_up(p, f"blase {level}"), 4) for level in results["levels"]}
            for p in results["programs"]}


def losses(baseline, now):
    """(program, level, ratio then, ratio now) of every loss beyond what is allowed."""
    found = []
    for program, levels in baseline.items():
        for level, then in levels.items():
            value = now.get(program, {}).get(level)
            if value is not None and value < (1.0 - ALLOWED_LOSS) * then:
                found.append((program, level, then, value))
    return found


def measure_again(programs, options, look):
    out = os.path.join(options.build, "bench", f"check-{look}.json")
    subprocess.run([sys.executable, os.path.join(HERE, "run.py"), f"--{options.size}", "--rounds", str(SECOND_ROUNDS), "--levels-only",
                    "--build", options.build, "--out", out, "--only", *sorted(programs)], check=True)
    return ratios(load(out))


def keep_better(now, again):
    """A loss counts only if every look shows it."""
    for program, levels in again.items():
        for level, value in levels.items():
            now[program][level] = max(now[program][level], value)


def update(run):
    results = load(run)
    with open(BASELINE, "w", encoding="utf-8") as out:
        kept = {key: results[key] for key in ("size", "machine", "versions", "commit")}
        json.dump({**kept, "ratios": ratios(results)}, out, indent=1, sort_keys=True)
        out.write("\n")


def check(options):
    baseline, results = load(BASELINE), load(options.run)
    if baseline["size"] != results["size"]:
        sys.exit(f"bench-check: the baseline is of --{baseline['size']}, the run of --{results['size']}")
    options.size = results["size"]
    now = ratios(results)
    missing = sorted(set(baseline["ratios"]) - set(now))
    lost = losses(baseline["ratios"], now)
    for look in range(SECOND_LOOKS):
        if lost:
            print("measuring again: " + ", ".join(sorted({program for program, *_ in lost})), flush=True)
            keep_better(now, measure_again({program for program, *_ in lost}, options, look))
            lost = losses(baseline["ratios"], now)
    for program, levels in sorted(now.items()):
        for level, value in levels.items():
            then = baseline["ratios"].get(program, {}).get(level)
            before = f"baseline {then:6.2f}x  {100 * (value / then - 1):+5.0f} %" if then else "new"
            print(f"{program:16s} {level:6s} {value:6.2f}x  {before}")
    for program in missing:
        print(f"{program}: not in this run")
    if lost or missing:
        for program, level, then, value in lost:
            print(f"LOST: {program} {level}: {value:.2f}x, baseline {then:.2f}x on {baseline['machine']['processor']['model']}")
        sys.exit("bench-check: failed")
    print("bench-check: no loss beyond a tenth")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="JSON of bench/run.py")
    parser.add_argument("--build", default=os.path.join(os.path.dirname(HERE), "build"))
    parser.add_argument("--update", action="store_true", help="make this run the baseline")
    options = parser.parse_args()
    if options.update:
        update(options.run)
    else:
        check(options)


if __name__ == "__main__":
    main()
