"""What lineage alone costs a call: nanoseconds, bytes of log and bytes of memory, beside LIMA's 63 bytes an item."""

from common import say, spread

LIMA_BYTES = 63
SETTINGS = ("--reuse", "none", "--trace", "all")
CASES = (("dgemm", 4, "same"), ("dgemm", 4, "fresh"), ("dgemm", 32, "fresh"), ("dgemm", 128, "fresh"), ("dgesdd", 32, "fresh"))


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


def measure(bench):
    seconds = 0.1 if bench.quick else 0.5
    return {"lima_bytes_per_item": LIMA_BYTES, "rows": [measure_case(bench, *case, seconds) for case in CASES]}
