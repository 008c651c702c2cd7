#!/usr/bin/env python3
"""Runs two unmodified programs plain and under `blase run`, compares what they print, and shows both times.

Exit status 1 when a printed byte differs. Times are whole-process seconds, taken one after the other on this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = (("ridge.py", "ridge regression, grid of 12 penalties x 5 folds, numpy"),
            ("pca.py", "full-SVD PCA + naive Bayes, 10 settings, scikit-learn"))


def timed(command):
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return time.monotonic() - began, done


def show_program(build, name, title):
    program = os.path.join(HERE, name)
    run = os.path.join(build, "demo", name.removesuffix(".py"))
    shutil.rmtree(run, ignore_errors=True)
    plain = [sys.executable, program]
    blase = [os.path.join(build, "blase"), "run", "--log", run, "--", *plain]
    print(f"== {title}\n   plain: python3 {os.path.relpath(program)}", flush=True)
    plain_seconds, plain_done = timed(plain)
    print(f"   {plain_seconds:8.2f} s\n   blase: blase run --log {os.path.relpath(run)} -- python3 {os.path.relpath(program)}", flush=True)
    blase_seconds, blase_done = timed(blase)
    print(f"   {blase_seconds:8.2f} s   {plain_seconds / blase_seconds:.2f}x faster")
    same = (plain_done.stdout, plain_done.returncode) == (blase_done.stdout, blase_done.returncode)
    print(f"   printed results: {'identical' if same else 'DIFFERENT'} ({len(plain_done.stdout)} bytes), "
          f"exit status {blase_done.returncode}")
    if plain_done.returncode != 0:
        print(plain_done.stderr.decode(errors="replace"))
    print(f"   the run's summary:\n{blase_done.stderr.decode(errors='replace')}"
          f"   its lineage: {os.path.relpath(run)}/\n"
          f"     {os.path.relpath(build)}/blase show {os.path.relpath(run)}\n"
          f"     {os.path.relpath(build)}/blase items {os.path.relpath(run)} --format dot | dot -Tsvg > lineage.svg\n", flush=True)
    return same and plain_done.returncode == 0, plain_seconds / blase_seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    build = os.path.abspath(parser.parse_args().build)
    outcomes = [show_program(build, name, title) for name, title in PROGRAMS]
    if not all(same for same, _ in outcomes):
        sys.exit("demo: a program printed something else under blase")
    print("   " + ", ".join(f"{name}: {ratio:.2f}x" for (name, _), (_, ratio) in zip(PROGRAMS, outcomes)))


if __name__ == "__main__":
    main()
