#!/usr/bin/env python3
"""Runs real, unmodified programs plain and under blase. See -h."""
import argparse
import os
import signal
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "conformance")]

import diff_tests  # noqa: E402
import docs_tests  # noqa: E402
import driver_tests  # noqa: E402
import estimate_tests  # noqa: E402
import harness  # noqa: E402
import identity_tests  # noqa: E402
import items_tests  # noqa: E402
import kill_tests  # noqa: E402
import memory_tests  # noqa: E402
import passing_tests  # noqa: E402
import process_tests  # noqa: E402
import program_tests  # noqa: E402
import provider_tests  # noqa: E402
import replay_tests  # noqa: E402
import show_tests  # noqa: E402
import spill_tests  # noqa: E402
import thread_tests  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PATTERN", default="", help="only tests whose name holds this (or matches it)")
    parser.add_argument("-j", metavar="JOBS", type=int, default=1, help="tests at a time (default 1)")
    parser.add_argument("--build", metavar="DIR", default="build", help="where blase and libblase.so are")
    parser.add_argument("--durations", metavar="N", type=int, default=0, help="one test at a time; list the N that take the most processor time")
    parser.add_argument("--thread-sanitizer", action="store_true", help="blase and libblase.so are built with ThreadSanitizer: so are the tests")
    options = parser.parse_args()
    if options.thread_sanitizer:
        harness.under_thread_sanitizer()
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        signal.signal(number, handler)  # a shell's background job and nohup ignore them, and so would what is run here
    build = os.path.abspath(options.build)
    os.makedirs(os.path.join(build, "tests"), exist_ok=True)
    program_tests.register()
    process_tests.register()
    provider_tests.register()
    passing_tests.register()
    show_tests.register()
    replay_tests.register()
    estimate_tests.register()
    thread_tests.register()
    spill_tests.register()
    driver_tests.register()
    identity_tests.register()
    items_tests.register()
    diff_tests.register()
    docs_tests.register()
    kill_tests.register()
    memory_tests.register()
    return harness.run_all(build, options.k, options.j, options.durations)


if __name__ == "__main__":
    sys.exit(main())
