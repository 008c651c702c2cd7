"""Nanoseconds a call, plain and under blasé in each state a call can be in; and from which size serving pays."""

import math

from common import say, spread

GEMM_SIZES = (4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
GESDD_SIZES = (8, 16, 32, 64, 96, 128, 256, 384, 512)
QUICK_LARGEST = {"dgemm": 1024, "dgesdd": 256}
SLOW_NS = 1e8  # calls that take longer are repeated in fewer processes


def states():
    """Name → settings and whether the operands are fresh. `default` is what `blase run` does when nothing is said."""
    return {"disabled": (["--trace", "off"], "fresh"), "default": ([], "fresh"), "traced": (["--trace", "all"], "fresh"),
            "hit": (["--trace", "all"], "same")}


def what_happened(shown):
    """How many calls were bypassed, traced and served, from the run's own counters."""
    calls, hits = shown["calls"], shown["reuse"]["hits_full"]
    return {"bypassed": calls["bypassed"], "traced": calls["traced"] - hits, "hit": hits}


def one_round(bench, routine, size, seconds, found):
    """One process of each kind, one after the other, so that all meet the same neighbours."""
    found.setdefault("plain", []).append(bench.plain("calls", routine, size, "fresh", seconds)["median"])
    for state, (settings, pattern) in states().items():
        result, shown = bench.under_blase(settings, "calls", routine, size, pattern, seconds)
        found.setdefault(state, []).append(result["median"])
        found.setdefault("happened", {})[state] = what_happened(shown)


def measure_size(bench, routine, size, seconds):
    found, rounds = {}, 0
    while rounds < bench.rounds and (rounds < 3 or found["plain"][0] < SLOW_NS):
        one_round(bench, routine, size, seconds, found)
        rounds += 1
    happened, plain = found.pop("happened"), found["plain"]
    row = {"routine": routine, "n": size, "plain": spread(plain)}
    for state in happened:
        row[state] = {"ns": spread(found[state]), "calls": happened[state],
                      "ratio": spread([there / here for there, here in zip(found[state], plain)]),
                      "extra_ns": spread([there - here for there, here in zip(found[state], plain)])}
    row["share"] = break_even_share(row)
    say(f"  {routine} n={size}: plain {row['plain']['median']:.4g} ns, " +
        ", ".join(f"{state} {row[state]['ratio']['median']:.3f}x" for state in happened))
    return row


def break_even_share(row):
    """Hits among a hundred traced calls at which tracing has paid for itself; None where a hit costs more than the call."""
    plain, traced, hit = row["plain"]["median"], row["traced"]["ns"]["median"], row["hit"]["ns"]["median"]
    if hit >= plain:
        return None
    return max(0.0, min(1.0, (traced - plain) / (traced - hit)))


def crossing(rows, state):
    """The size at which a state's cost falls below plain, interpolated on logarithms; None if it never does for good."""
    points = [(row["n"], math.log(row[state]["ratio"]["median"])) for row in rows]
    last = max((i for i, (_, y) in enumerate(points) if y > 0), default=-1)
    if last == len(points) - 1:
        return None
    if last < 0:
        return points[0][0]
    (n0, y0), (n1, y1) = points[last], points[last + 1]
    return math.exp(math.log(n0) + (math.log(n1) - math.log(n0)) * y0 / (y0 - y1))


def measure(bench):
    seconds = 0.1 if bench.quick else 0.3
    result = {"rows": [], "break_even": {}, "settings": {state: " ".join(how) for state, (how, _) in states().items()}}
    for routine, sizes in (("dgemm", GEMM_SIZES), ("dgesdd", GESDD_SIZES)):
        rows = [measure_size(bench, routine, n, seconds) for n in sizes if not bench.quick or n <= QUICK_LARGEST[routine]]
        result["rows"] += rows
        result["break_even"][routine] = crossing(rows, "hit")
        result["break_even"][routine + "_opens_at"] = next((r["n"] for r in rows if r["default"]["calls"]["traced"]), None)
    return result
