#!/usr/bin/env python3
"""Measures what a call, a fingerprint, an item and a start cost, and writes all of it as one JSON file.

Whole processes are run in turn, plain and under blasé, so that what the machine does besides falls on all alike; the numbers to
trust are the ratios and differences of one round, of which median and quartiles are kept.
"""

import argparse
import json
import os
import platform
import subprocess
import time

import growth
import hashing
import lineage_cost
import per_call
import startup
import tiny
from common import Bench, say

SECTIONS = {"per_call": per_call, "tiny": tiny, "hashing": hashing, "lineage": lineage_cost, "growth": growth, "startup": startup}


def text_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip()


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())


def machine(bench):
    _, shown = bench.under_blase([], "calls", "dgemm", 256, "same", 0.02)
    return {"processor": processor(), "cores": os.cpu_count(), "threads": bench.threads, "load_before": os.getloadavg()[0],
            "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "kernel": platform.release(),
            "provider": shown["provider"], "blase": text_of([bench.blase, "--version"]),
            "commit": text_of(["git", "-C", os.path.dirname(__file__), "describe", "--always", "--dirty"]),
            "date": time.strftime("%Y-%m-%d"), "quick": bench.quick}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--out", required=True)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no sizes that take long")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of the BLAS provider")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section only (repeatable)")
    options = parser.parse_args()
    bench = Bench(options.build, options.quick, options.threads)
    try:
        result = {"schema": "blase-micro-1", "machine": machine(bench)}
        for name, section in SECTIONS.items():
            if options.only and name not in options.only:
                continue
            say(f"{name}:")
            began = time.monotonic()
            result[name] = {**section.measure(bench), "seconds": time.monotonic() - began}
    finally:
        bench.done()
    result["machine"]["load_after"] = os.getloadavg()[0]
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
