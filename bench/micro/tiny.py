"""Nanoseconds that a tiny call costs more than plain, from loops that alternate within one process (tiny.c)."""

from common import say

STATES = {"default": [], "reuse none": ["--reuse", "none"], "off": ["--trace", "off"]}


def measure(bench):
    repeats = 60 if bench.quick else 300
    result = {"plain": bench.plain("tiny", repeats), "states": {}}
    for state, settings in STATES.items():
        result["states"][state] = bench.under_blase(settings, "tiny", repeats)[0]
        say("  %s: dgemm n=4 %+.1f ns" % (state, result["states"][state]["dgemm 4"]["extra"]))
    return result
