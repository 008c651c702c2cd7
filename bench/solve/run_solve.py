#!/usr/bin/env python3
"""numpy.linalg.solve(A, b) for many different b: how often is A factored, and how much time is spent in LAPACK, without reuse and with?

The program is many.py. Exit status 1 when A was factored more than once, by default or where every call is looked at (--trace all);
when the time in LAPACK is not so many times less as --least says; or when a printed byte differs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def traced(options, name, *settings):
    """What many.py prints under blase, and what `blase show` then tells."""
    blase, log = os.path.join(options.build, "blase"), os.path.join(options.build, "bench", "solve", name)
    shutil.rmtree(log, ignore_errors=True)
    program = [options.python, os.path.join(HERE, "many.py"), str(options.order), str(options.calls)]
    done = subprocess.run([blase, "run", "--quiet", "--log", log, *settings, "--", *program], stdout=subprocess.PIPE, check=True)
    return done.stdout, json.loads(subprocess.run([blase, "show", log, "--json"], stdout=subprocess.PIPE, check=True).stdout)


def figures(shown):
    """Factorisations, calls that took a factor, and seconds in LAPACK, of gesv: nothing else is called."""
    row = next(r for r in shown["routines"] if r["op"] == "dgesv")
    return row["calls"] - row["hits_full"] - row["hits_partial"], row["hits_partial"], shown["calls"]["seconds"]


def count(number):
    return f"{number} factorisation{'' if number == 1 else 's'}"


def compared(options, plain, name, *settings):
    """A line about a run with reuse; whether it keeps what is promised."""
    expected, seconds_without = plain
    printed, shown = traced(options, name, *settings)
    factored, taken, seconds = figures(shown)
    times, same = seconds_without / seconds, printed == expected
    print(f"   {name:7}  {count(factored)}, {taken} partial hits, {seconds:.3g} s in LAPACK: {times:.0f}x less; "
          f"{shown['reuse']['overhead_seconds']:.3g} s for reuse; results {'identical' if same else 'DIFFERENT'}", flush=True)
    return same and factored == 1 and times >= options.least


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--python", default=sys.executable, help="one with numpy (default: this one)")
    parser.add_argument("--order", type=int, default=2000)
    parser.add_argument("--calls", type=int, default=100, help="right-hand sides")
    parser.add_argument("--least", type=float, default=20, metavar="TIMES", help="less time in LAPACK (default 20)")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    expected, shown = traced(options, "none", "--reuse", "none", "--trace", "all")
    factored, _, seconds = figures(shown)
    provider = " ".join(shown["provider"]["version"].split()[:2])
    print(f"numpy.linalg.solve(A, b), n = {options.order}, {options.calls} different b; {provider}, threads: {shown['provider']['threads']}\n"
          f"   none     {count(factored)}, {seconds:.3g} s in LAPACK", flush=True)
    kept = [compared(options, (expected, seconds), "all", "--trace", "all"), compared(options, (expected, seconds), "default")]
    if not all(kept):
        sys.exit(f"bench-solve: promised: 1 factorisation, {options.least:g}x less time in LAPACK, identical results")


if __name__ == "__main__":
    main()
