#!/usr/bin/env python3
"""Runs the testers of BLAS, LAPACK and numpy without and with the shim: they must pass and fail alike.

usage: run_conformance.py [--tier quick|full] [--modes plain,trace,verify] [--providers openblas,ref]
                          [-k PATTERN] [-j JOBS] [--build DIR] [--keep] [--list] [--durations N]
"""

import argparse
import concurrent.futures
import fcntl
import os
import re
import shutil
import sys
import threading
import time

import compare
import helper
import mismatches
import plain
import runner
import testers

COUNTS = ("calls.total", "calls.traced", "reuse.hits_full", "reuse.verified", "reuse.mismatches")


class Report:
    """One line a test, in the order they end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0
        self.totals = {}
        self.spent = []   # (seconds of processor since the test before, name)
        self.before = 0.0

    def test(self, name, seconds, problems):
        with self.lock:
            now = runner.processor_time()
            self.spent.append((now - self.before, name))
            self.before = now
            if problems:
                self.failed += 1
            else:
                self.passed += 1
            print(f"{'FAIL' if problems else 'ok  '} {name} {seconds:.2f}")
            for line in problems:
                print("     " + line.encode("utf-8", "backslashreplace").decode())
            sys.stdout.flush()

    def skip(self, name, reason):
        with self.lock:
            self.skipped += 1
            print(f"skip {name}: {reason}", flush=True)

    def count(self, provider, mode, counts):
        with self.lock:
            total = self.totals.setdefault((provider, mode), dict.fromkeys(COUNTS, 0))
            for k, v in counts.items():
                total[k] += v

    def durations(self, most):
        print(f"{self.before:.1f} s of processor time, the most in:")
        for seconds, name in sorted(self.spent, reverse=True)[:most]:
            print(f"{seconds:8.1f} s {name}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        return 1 if self.failed or not self.passed else 0


class Suite:
    def __init__(self, options):
        self.options = options
        self.root = os.path.join(os.path.abspath(options.build), "tests", "conformance")
        self.blase = os.path.join(os.path.abspath(options.build), "blase")
        self.report = Report()
        os.makedirs(self.root, exist_ok=True)

    def tests(self):
        """(provider, tester, modes), the longest first."""
        pattern = re.compile(self.options.pattern)
        out = []
        for provider in self.options.providers:
            for t in testers.all_testers(os.path.join(self.root, "inputs")):
                modes = [m for m in t.modes(self.options.tier, provider) if m in self.options.modes
                         and pattern.search(f"{provider}/{t.name}/{m}")]
                if modes:
                    out.append((provider, t, modes))
        return sorted(out, key=lambda x: -x[1].seconds() * len(x[2]))

    def check_provider(self, provider):
        """The comparison means little if the loader takes another library than the one named."""
        program = testers.LAPACK + "/xlintstd"
        missing = next((d for d in testers.PROVIDERS[provider] + [program] if not os.path.exists(d)), "")
        if missing:
            self.report.skip(f"{provider}/*", f"{missing} is not installed")
            return False
        start = time.monotonic()
        found = runner.loaded_libraries(program, provider)
        wrong = [f"{lib} is {found.get(lib)}" for lib in ("libblas.so.3", "liblapack.so.3")
                 if os.path.dirname(found.get(lib, "")) not in testers.PROVIDERS[provider]]
        self.report.test(f"{provider}/libraries", time.monotonic() - start, wrong)
        return not wrong

    def task(self, provider, tester, modes):
        name = f"{provider}/{tester.name}"
        missing = tester.missing()
        if missing or (tester.needs_helper(provider) and not self.helper):
            self.report.skip(name, f"{missing} is not installed" if missing else "no C compiler for its helper")
            return
        reference, seconds = plain.get(tester, provider, self.root, self.helper)
        problems = []
        if reference.status != 0:
            problems.append(f"exit status {reference.status} without the shim")
            problems += reference.files["stderr"].splitlines()[-5:]
        if not reference.files["stdout"].strip() and len(reference.files) == 2:
            problems.append("no output without the shim")
        if "plain" in modes or problems:
            self.report.test(f"{name}/plain", seconds, problems)
        if reference.status is None:
            return
        for mode in modes:
            if mode != "plain":
                self.shimmed(provider, tester, mode, reference)

    def shimmed(self, provider, tester, mode, reference):
        directory = os.path.join(self.root, mode, provider, tester.name)
        log = directory + ".log"
        shutil.rmtree(log, ignore_errors=True)
        prefix = [self.blase, "run", "--quiet", "--trace", "all", "--log", log]
        prefix += ["--verify"] if mode == "verify" else []
        result = runner.run(tester, provider, directory, prefix + ["--"], self.helper)
        problems = compare.diff(reference, result)
        try:
            report = runner.show(self.blase, log)
            counts = {k: runner.number(report, k) for k in COUNTS}
        except (ValueError, OSError) as error:
            problems.append(str(error))
        else:
            self.report.count(provider, mode, counts)
            if self.options.counts:
                print(f"     {provider}/{tester.name}/{mode}", counts)
            if tester.covered and counts["calls.traced"] <= 0:
                problems.append("no call was traced")
            if counts["reuse.mismatches"] != 0:
                problems += mismatches.problems(self.blase, log, report)
        self.report.test(f"{provider}/{tester.name}/{mode}", result.seconds, problems)
        if problems:
            print(f"     see {directory} and {log}")
        elif not self.options.keep:
            shutil.rmtree(directory, ignore_errors=True)
            shutil.rmtree(log, ignore_errors=True)

    def totals(self):
        """Testers repeat calls, so there must have been hits, or nothing was tested but tracing."""
        for (provider, mode), total in sorted(self.report.totals.items()):
            problems = [] if total["reuse.hits_full"] > 0 else [f"no hits in {total['calls.traced']} traced calls"]
            if mode == "verify" and total["reuse.verified"] <= 0:
                problems.append("no hit was verified")
            self.report.test(f"{provider}/hits/{mode}", 0, problems)
            print("     " + ", ".join(f"{k} {v}" for k, v in total.items()))

    def run(self):
        tests = self.tests()
        if self.options.list:
            for provider, t, modes in tests:
                print(f"{provider}/{t.name} {' '.join(modes)}")
            return 0
        lock = open(os.path.join(self.root, "lock"), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"another run uses {self.root}", file=sys.stderr)
            return 1
        if set(self.options.modes) != {"plain"} and not os.access(self.blase, os.X_OK):
            print(f"{self.blase} is not there: build it, or use --modes plain", file=sys.stderr)
            return 1
        self.helper = helper.build(self.root)
        good = {p for p in self.options.providers if self.check_provider(p)}
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            running = [pool.submit(self.task, *t) for t in tests if t[0] in good]
            for done in concurrent.futures.as_completed(running):
                done.result()
        if not self.options.pattern:
            self.totals()
        if self.options.durations:
            self.report.durations(self.options.durations)
        return self.report.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tier", choices=("quick", "full"), default="quick")
    parser.add_argument("--modes", default=",".join(testers.MODES), help="of " + ",".join(testers.MODES))
    parser.add_argument("--providers", default=",".join(testers.PROVIDERS), help="of " + ",".join(testers.PROVIDERS))
    parser.add_argument("-k", dest="pattern", default="", help="only tests provider/tester/mode that this matches")
    parser.add_argument("-j", dest="jobs", type=int, default=2)
    parser.add_argument("--build", default="build")
    parser.add_argument("--keep", action="store_true", help="keep the logs and files of what passes")
    parser.add_argument("--counts", action="store_true", help="print calls, hits and mismatches of every test")
    parser.add_argument("--durations", metavar="N", type=int, default=0,
                        help="one tester at a time; list the N that take the most processor time")
    parser.add_argument("--list", action="store_true", help="print the tests and stop")
    options = parser.parse_args()
    if options.durations:
        options.jobs = 1
    options.modes, options.providers = options.modes.split(","), options.providers.split(",")
    if set(options.modes) - set(testers.MODES) or set(options.providers) - set(testers.PROVIDERS):
        parser.error("unknown mode or provider")
    return Suite(options).run()


if __name__ == "__main__":
    sys.exit(main())
