"""Does a call cost more when many were made before it, many operands were seen, or much is cached? cost ~ N^e."""

import json

from common import exponent, output, say

MEMORY = "4G"  # so that a million small entries stay
PROGRAMS = (
    ("calls", "same", ("--reuse", "none", "--trace", "all"), "calls made, operands the same"),
    ("operands", "fresh", ("--reuse", "none", "--trace", "all"), "distinct operands"),
    ("entries", "fresh", ("--reuse", "full", "--trace", "all", "--memory", MEMORY), "cache entries"),
    ("hits", "same", ("--reuse", "full", "--trace", "all", "--memory", MEMORY), "hits of one entry"),
)


def fitted(points, title):
    return {"points": points, "title": title, "exponent": exponent([(p["n"], p["ns"]) for p in points]),
            "mean_exponent": exponent([(p["n"], p["mean_ns"]) for p in points if "mean_ns" in p])}


def program(bench, pattern, settings, title, most):
    windows, shown = bench.under_blase(settings, "calls", "dgemm", 4, pattern, "grow", most)
    result = fitted([{"n": w["calls"], "ns": w["median"], "mean_ns": w["mean"]} for w in windows], title)
    result["log_bytes"], result["items"] = shown["lineage"]["log_bytes"], shown["lineage"]["items"]
    result["cache_entries"], result["evictions"] = shown["cache"]["entries"], shown["cache"]["evictions"]
    result["resident_bytes"] = windows[-1]["resident_bytes"]
    return result


def structure(bench, name, most):
    rows = json.loads(output([bench.binary("grow"), name, str(most)], bench.environment()))
    return {f"{name} {operation}": fitted([{"n": row["held"], "ns": row["median"]} for row in rows if row["operation"] == operation],
                                          f"{name} {operation}, keys at random")
            for operation in ("hit", "miss", "put")}


def measure(bench):
    most = 10 ** 5 if bench.quick else 10 ** 6
    plain = bench.plain("calls", "dgemm", 4, "fresh", "grow", most)
    found = {"plain": fitted([{"n": w["calls"], "ns": w["median"], "mean_ns": w["mean"]} for w in plain], "plain")}
    for name, pattern, settings, title in PROGRAMS:
        found[name] = program(bench, pattern, settings, title, most)
    for name in ("cache", "content"):
        found.update(structure(bench, name, most))
    for name, series in found.items():
        say(f"  {name}: {series['points'][0]['ns']:.4g} ns at {series['points'][0]['n']}, {series['points'][-1]['ns']:.4g} ns at "
            f"{series['points'][-1]['n']}, exponent {series['exponent']:+.3f}")
    return {"most": most, "series": found}
