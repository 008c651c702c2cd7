"""What lineage alone costs a call: nanoseconds, bytes of log and bytes of memory, beside LIMA's 63 bytes an item."""

import copy

from common import say, spread

LIMA_BYTES = 63
LOOP_ROUNDS, LOOP_ROUNDS_QUICK = 25, 11
SETTINGS = ("--reuse", "none", "--trace", "all")
CASES = (("dgemm", 4, "same"), ("dgemm", 4, "fresh"), ("dgemm", 32, "fresh"), ("dgemm", 128, "fresh"), ("dgesdd", 32, "fresh"))
# What is looped; how often for the size of its log, and for one of many short rounds, whose times are compared.
LOOPS = (("40 calls, 10,000 times", ("one", 10000), ("one", 750)),
         ("3 calls, 13,333 times", ("nested", 1, 13333), ("nested", 1, 6000)),
         ("3 calls 100 times, with 2 around, 100 times", ("nested", 100, 100), ("nested", 60, 100)),
         ("three branches, 10,000 times", ("branches", 10000), ("branches", 3000)),
         *((f"8 calls, n = {n}: {what} varies", ("sized", turns, n, what), ("sized", short, n, what))
           for n, turns, short in ((8, 5000, 2500), (32, 3000, 1200), (128, 500, 125)) for what in ("leaf", "scalar", "nothing")))


def measure_case(bench, routine, n, pattern, seconds):
    plain, traced, shown = [], [], None
    for _ in range(bench.rounds):
        plain.append(bench.plain("calls", routine, n, pattern, seconds)["median"])
        result, shown = bench.under_blase(SETTINGS, "calls", routine, n, pattern, seconds)
        traced.append(result["median"])
    lineage = shown["lineage"]
    row = {"routine": routine, "n": n, "operands": pattern, "plain_ns": spread(plain), "traced_ns": spread(traced),
           "extra_ns": spread([there - here for there, here in zip(traced, plain)]), "items": lineage["items"],
           "leaves": lineage["leaves"], "log_bytes_per_item": lineage["log_bytes"] / max(1, lineage["items"]),
           "resident_bytes_per_item": result["resident_bytes"] / max(1, result["calls"])}
    say(f"  {routine} n={n} {pattern}: {row['extra_ns']['median']:.0f} ns and {row['log_bytes_per_item']:.1f} log bytes an item")
    return row


def measure_loop(bench, what, arguments, short):
    """The same loop plain, folded and not, in turn: what one round's figures have in common is the machine's doing."""
    plain, took, shown = [], {"on": [], "off": []}, {}
    for dedup in took:
        _, shown[dedup] = bench.under_blase((*SETTINGS, f"--dedup={dedup}"), "loops", *arguments)
    for _ in range(LOOP_ROUNDS_QUICK if bench.quick else LOOP_ROUNDS):
        plain.append(bench.plain("loops", *short)["median"])
        for dedup in took:
            took[dedup].append(bench.traced((*SETTINGS, f"--dedup={dedup}"), "loops", *short)["median"])
    extra = {dedup: spread([there - here for there, here in zip(took[dedup], plain)]) for dedup in took}
    ratio = spread([(on - here) / (off - here) for on, off, here in zip(took["on"], took["off"], plain)])
    row = {"what": what, "calls": shown["on"]["lineage"]["items"], "extra_ns": extra, "ratio": ratio,
           "log_bytes": {dedup: shown[dedup]["lineage"]["log_bytes"] for dedup in took},
           "patches": shown["on"]["lineage"]["patches"]}
    say(f"  loop {what}: {row['log_bytes']['on']} bytes folded, {row['log_bytes']['off']} not; time {ratio['median']:.2f} of unfolded")
    return row


def measure(bench):
    """With one thread of the provider: its idle ones spin, and processor time would count them."""
    bench = copy.copy(bench)
    bench.threads = 1
    seconds = 0.1 if bench.quick else 0.5
    return {"lima_bytes_per_item": LIMA_BYTES, "rows": [measure_case(bench, *case, seconds) for case in CASES],
            "loops": [measure_loop(bench, *loop) for loop in LOOPS]}
