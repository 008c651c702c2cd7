#!/usr/bin/env python3
"""Prints a result of run_micro.py as Markdown tables."""

import argparse
import json

STATES = ("disabled", "default", "traced", "hit")


def table(header, rows):
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def duration(ns):
    for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if ns >= scale:
            return f"{ns / scale:.3g} {unit}"
    return f"{ns:.3g} ns"


def signed(ns):
    return ("−" if ns < 0 else "+") + duration(abs(ns))


def ratio(value):
    return f"{value['median']:.3g} ({value['p25']:.3g}–{value['p75']:.3g})"


def print_machine(m):
    p = m["provider"]
    print(f"{m['processor']}, {m['cores']} cores, provider threads {m['threads']}; {p['version']}; kernel {m['kernel']}; {m['blase']}, "
          f"commit {m['commit']}; {m['date']}; load {m['load_before']:.1f} before, {m['load_after']:.1f} after"
          f"{'; --quick' if m['quick'] else ''}.\n")


def print_per_call(section):
    print("**A call**, as a ratio to the plain one in the same round: median (quartiles). Default: `blase run` with no option, "
          f"operands never seen before. Disabled: `{section['settings']['disabled']}`.\n")
    rows = []
    for r in section["rows"]:
        calls = r["default"]["calls"]
        traced = f"{calls['traced']} of {sum(calls.values())}"
        share = "never" if r["share"] is None else f"{100 * r['share']:.0f} %"
        rows.append([f"{r['routine']} {r['n']}", duration(r["plain"]["median"])] + [ratio(r[s]["ratio"]) for s in STATES] +
                    [traced, signed(r["default"]["extra_ns"]["median"]), share])
    table(["call", "plain", "disabled", "default", "traced, no hit", "hit", "default traces", "default adds", "hits needed"], rows)
    for routine in ("dgemm", "dgesdd"):
        even, opens = section["break_even"][routine], section["break_even"][routine + "_opens_at"]
        print(f"{routine}: a hit beats computing " + (f"from n = {even:.0f}" if even else "at no size measured") +
              "; blasé starts tracing " + (f"at n = {opens}" if opens else "above the sizes measured") + ".")
    print()


def print_tiny(section):
    print("**A tiny call**: nanoseconds more than plain, median (quartiles), in turn within one process; error: without blasé.\n")
    columns = {"error": section["plain"], **section["states"]}
    table(["call", "plain"] + list(columns),
          [[call, duration(numbers["plain"])] + [f"{c[call]['extra']:+.1f} ({c[call]['p25']:+.1f}…{c[call]['p75']:+.1f})"
                                                 for c in columns.values()] for call, numbers in section["plain"].items()])


def print_hashing(section):
    print("**Fingerprints**, GB/s (sum over threads), beside reading and copying.\n")
    kinds = list(dict.fromkeys(r["kind"] for r in section["rows"]))
    grouped = [section["rows"][i:i + len(kinds)] for i in range(0, len(section["rows"]), len(kinds))]
    table(["bytes", "threads"] + kinds, [[f"{g[0]['bytes'] >> 10} KiB", g[0]["threads"]] +
                                         [f"{r['gb_per_s']['median']:.3g}" for r in g] for g in grouped])


def print_lineage(section):
    print(f"**Lineage alone** (`--reuse=none --trace=all`). LIMA: {section['lima_bytes_per_item']} bytes of memory an item.\n")
    table(["call", "operands", "plain", "traced adds", "log bytes an item", "memory bytes an item"],
          [[f"{r['routine']} {r['n']}", r["operands"], duration(r["plain_ns"]["median"]), signed(r["extra_ns"]["median"]),
            f"{r['log_bytes_per_item']:.0f}", f"{r['resident_bytes_per_item']:.0f}"] for r in section["rows"]])
    print("\n**Loops**, folded (`--dedup=on`, the default) and not. LIMA: 400,000 items take 24 MB, deduplicated 630 KB.\n")
    table(["loop", "calls", "log, folded", "log, not", "patches", "a call, folded", "not", "folded / not"],
          [[r["what"], f"{r['calls']:,}", f"{r['log_bytes']['on'] / 1000:,.1f} kB", f"{r['log_bytes']['off'] / 1000:,.1f} kB",
            r["patches"], signed(r["extra_ns"]["on"]["median"]), signed(r["extra_ns"]["off"]["median"]),
            f"{r['ratio']['median']:.2f} ({r['ratio']['p25']:.2f}–{r['ratio']['p75']:.2f})"] for r in section["loops"]])


def print_growth(section):
    print("**Growth**: nanoseconds an operation as N grows, and e of cost ~ Nᵉ.\n")
    counts = sorted({p["n"] for s in section["series"].values() for p in s["points"]})
    rows = []
    for name, series in section["series"].items():
        at = {p["n"]: f"{p['ns']:.3g}" for p in series["points"]}
        rows.append([name, series["title"]] + [at.get(n, "") for n in counts] + [f"{series['exponent']:+.3f}"])
    table(["N is", "what"] + [f"{n:,}" for n in counts] + ["e"], rows)


def print_startup(section):
    print("**Start to end** of a process that does nothing.\n")
    table(["program", "plain", "preloaded", "`blase run`"],
          [[r["program"]] + [f"{r[way + '_ms']['median']:.2f} ms" for way in ("plain", "preload", "command")] for r in section["rows"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result")
    with open(parser.parse_args().result, encoding="utf-8") as file:
        result = json.load(file)
    print_machine(result["machine"])
    for name, show in (("per_call", print_per_call), ("tiny", print_tiny), ("hashing", print_hashing), ("lineage", print_lineage),
                       ("growth", print_growth), ("startup", print_startup)):
        if name in result:
            show(result[name])


if __name__ == "__main__":
    main()
