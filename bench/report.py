#!/usr/bin/env python3
"""Turns a run's JSON into Markdown: every figure of docs/benchmarks.md comes from here, or from the micro-benchmarks' own table."""

import argparse
import json
import os
import re

import figures
from programs import NEEDS

MIB = 1 << 20


def table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines) + "\n"


def ratio(value):
    return f"{value:.2f}x" if value is not None else ""


def percent(value):
    return f"{100 * value:.0f} %" if value is not None else "—"


def seconds(value):
    return f"{value:.2f}" if value is not None else ""


def result_of(program, variant):
    """Compared with what the plain program printed, over all rounds."""
    worst = program["variants"][variant]["difference"]
    return "identical" if worst is None else f"differs by {worst:.1e}"


def hits_of(program, variant):
    hits, probes = (figures.shown(program, variant, "reuse", key) for key in ("hits_full", "probes"))
    partial = figures.shown(program, variant, "reuse", "hits_partial")
    return f"{hits + partial:.0f} of {probes:.0f}"


def main_table(results):
    levels = figures.serving_levels(results)
    head = ["program", "plain, s", *(f"`{level}`, s" for level in levels), *(f"{level.split()[1]}: speed-up" for level in levels),
            "oracle", "joblib", *(f"{level.split()[1]}: share of the oracle's gain" for level in levels), "time in BLAS", "hits of probes",
            "printed results"]
    rows = []
    for p in results["programs"]:
        rows.append([p["name"], seconds(figures.wall(p, "plain")), *(seconds(figures.wall(p, v)) for v in levels),
                     *(f"**{ratio(figures.speed_up(p, v))}**" for v in levels), ratio(figures.speed_up(p, "oracle")),
                     ratio(figures.speed_up(p, "joblib")), *(percent(figures.share_of_oracle(p, v)) for v in levels),
                     percent(figures.blas_share(p)), hits_of(p, levels[-1]), ", ".join(sorted({result_of(p, v) for v in levels}))])
    return table(head, rows)


def spread_of(program, variant):
    return "{:.2f}–{:.2f}".format(*figures.spread(program, variant)) if variant in program["variants"] else ""


def spread_table(results):
    variants = ["plain", *(f"blase {level}" for level in results["levels"]), figures.ALWAYS, "oracle", "joblib", "inner"]
    head = ["least–largest s", *variants]
    return table(head, [[p["name"], *(spread_of(p, v) for v in variants)] for p in results["programs"]])


def memory_table(results):
    level = figures.serving_levels(results)[-1]
    head = ["program", "plain, MiB", f"`{level}`, MiB", "oracle, MiB", "cache at its peak, MiB", "log, KiB", "page faults, plain",
            f"page faults, `{level}`"]
    rows = []
    for p in results["programs"]:
        peaks = [f"{figures.of_runs(p, v, lambda run: run['peak_bytes']) / MIB:.0f}" for v in ("plain", level, "oracle")]
        faults = [f"{figures.of_runs(p, v, lambda run: run['minor_faults']):,.0f}" for v in ("plain", level)]
        rows.append([p["name"], *peaks, f"{figures.shown(p, level, 'cache', 'peak_bytes') / MIB:.0f}",
                     f"{figures.shown(p, level, 'lineage', 'log_bytes') / 1024:.1f}", *faults])
    return table(head, rows)


def ledger_table(results):
    """Where the time of a served run went."""
    level = figures.serving_levels(results)[-1]
    head = ["program", "BLAS before, s", "BLAS after, s", "saved, s", "fingerprints, s", "copies, s", "tracing, s", "calls", "bypassed",
            "misses"]
    rows = []
    for p in results["programs"]:
        of = {key: figures.shown(p, level, "reuse", key) for key in ("saved_seconds", "fingerprint_seconds", "copy_seconds", "misses")}
        before = figures.blas_seconds(p, "blase none") if "blase none" in p["variants"] else None
        rows.append([p["name"], f"{before:.3f}" if before is not None else "", f"{figures.blas_seconds(p, level):.3f}",
                     f"{of['saved_seconds']:.3f}", f"{of['fingerprint_seconds']:.3f}", f"{of['copy_seconds']:.3f}",
                     f"{figures.shown(p, level, 'lineage', 'trace_seconds'):.3f}", f"{figures.shown(p, level, 'calls', 'total'):.0f}",
                     f"{figures.shown(p, level, 'calls', 'bypassed'):.0f}", f"{of['misses']:.0f}"])
    return table(head, rows)


def always_table(results):
    """The governor against looking up every call."""
    level = figures.serving_levels(results)[-1]
    head = ["program", "repeated calls took, s", f"`{level}`: hits' worth of them", "saved less spent, s", "always: saved less spent, s",
            "share of always"]
    rows = []
    for p in results["programs"]:
        repeated = figures.repeated_seconds(p)
        if repeated is None:
            continue
        net, always = (figures.net_seconds(p, v) for v in (level, figures.ALWAYS))
        if net is None:
            continue
        some = repeated > figures.WORTH * figures.wall(p, "plain")
        rows.append([p["name"], f"{repeated:.3f}", percent(figures.hits_at_equal_prices(p, level)) if some else "—", f"{net:.3f}", f"{always:.3f}",
                     "loses nothing" if net >= always else percent(net / always) if some else "—"])
    return table(head, rows) if rows else "Not measured.\n"


def tracing_table(results):
    """What lineage costs where nothing is served; the last row has the medians."""
    rows, ratios = [], []
    for p in results["programs"]:
        if figures.NONE not in p["variants"]:
            continue
        own, plain = figures.spent_seconds(p, figures.NONE), figures.wall(p, "plain")
        ratios.append([figures.paired(p, figures.NONE, clock) for clock in (figures.wall_of, figures.processor_of)])
        rows.append([p["name"], *(f"{ratio:.3f}" for ratio in ratios[-1]),
                     f"{own:.3f}", f"{100 * own / plain:.1f} %", f"{figures.shown(p, figures.NONE, 'calls', 'traced'):.0f} of "
                     f"{figures.shown(p, figures.NONE, 'calls', 'total'):.0f}"])
    if rows:
        rows.append(["median", *(f"{figures.median(column):.3f}" for column in zip(*ratios)), "", "", ""])
    head = ["program", "wall, of plain", "processor time, of plain", "of it tracing, s", "share of the plain run", "calls traced"]
    return table(head, rows) if rows else "Not measured.\n"


def oracle_table(results):
    """What of the oracle's gain is BLAS, and where blase loses it."""
    level = figures.serving_levels(results)[-1]
    head = ["program", "oracle's gain, s", "of it outside BLAS, s", "in BLAS, s", f"`{level}` reaches of that", "calls made, s", "fingerprints, s",
            "copies, s", "samples and records, s"]
    rows = []
    for p in results["programs"]:
        of = figures.oracle_gain(p, level)
        if of:
            rows.append([p["name"], f"{of['whole']:.3f}", f"{of['outside']:.3f}", f"{of['in_blas']:.3f}",
                         percent(of["net"] / of["in_blas"]) if of["in_blas"] > 0 else "—",
                         *(f"{of[key]:.3f}" for key in ("made", "fingerprint", "copy", "records"))])
    return table(head, rows) if rows else "Not measured.\n"


def repeats_of(program, op):
    """How many calls of a routine repeat an earlier one, as those can tell that looked up every call."""
    if figures.ALWAYS not in program["variants"]:
        return ""
    hits = sum(r["hits_full"] + r["hits_partial"] for r in program["variants"][figures.ALWAYS]["runs"][-1]["show"]["routines"] if r["op"] == op)
    return f", {hits} repeat" if hits else ", none repeats"


def bypassed_costs(program, level):
    """The routines with the most time in calls that were passed through, and whether they repeat."""
    rows = program["variants"][level]["runs"][-1]["show"]["routines"]
    dear = sorted((r for r in rows if r["bypassed"] > r["calls"] // 2), key=lambda r: -r["seconds"])[:2]
    return "; ".join(f"{r['op']} {r['bypassed']} of {r['calls']} ({r['seconds']:.2f} s{repeats_of(program, r['op'])})" for r in dear)


def lacking(results):
    """Programs that reach too little of the oracle's gain, or that could have more than it: what they reach and what is missing."""
    level = figures.serving_levels(results)[-1]
    rows = []
    for p in results["programs"]:
        share = figures.share_of_oracle(p, level)
        missing = [NEEDS[p["need"]]] if share is not None and share < figures.LACKING else []
        if p["further"]:
            missing.append("beyond the oracle: " + NEEDS[p["further"]])
        if missing:
            rows.append([p["name"], ratio(figures.speed_up(p, level)), ratio(figures.speed_up(p, "oracle")), percent(share),
                         ratio(figures.speed_up(p, "inner")), "; ".join(missing), bypassed_costs(p, level)])
    if not rows:
        return "None.\n"
    return table(["program", f"`{level}`", "oracle", "share", "no inner product or factor twice", "missing", "passed through"], rows)


def small_gains(results):
    lines = []
    for p in results["programs"]:
        profile = p["profile"]
        if not profile:
            continue
        total = figures.wall(p, "plain")
        could = figures.oracle_removes(p)
        above = "; most of that is still to be had, see above" if could > 0.1 and (figures.best_share(p, results) or 1.0) < 0.5 else ""
        top = ", ".join(f"`{name}` {own:.2f} s" for name, own in profile["top"])
        lines.append(f"- **{p['name']}**: {percent(figures.blas_share(p))} of {total:.2f} s in BLAS, imports {profile['imports']:.2f} s; "
                     f"the oracle removes {percent(max(0.0, could))}{above}. Longest in themselves, BLAS included "
                     f"(`{profile['file']}`): {top}.")
    return "\n".join(lines) + "\n" if lines else "None.\n"


def oracle_notes(results):
    left = ", ".join(f"{p['name']} {p['oracle']['repeats']}" for p in results["programs"] if p["oracle"]["repeats"])
    wrong = ", ".join(p["name"] for p in results["programs"] if result_of(p, "oracle") != "identical")
    return ("The oracles were put to the test: traced call by call in their smallest size they repeat no call"
            + (f", but for {left} (small ones inside a library)" if left else "")
            + f". What they print is {'identical to what the plain programs print' if not wrong else 'different for ' + wrong}.\n")


def provider_of(results):
    """Version, file name without its folder, threads, as the runs' logs have them: R and Python may load different ones."""
    found = []
    for p in results["programs"]:
        for variant, entry in p["variants"].items():
            if variant.startswith("blase"):
                provider = entry["runs"][-1]["show"]["provider"]
                text = (f"{provider['version']} (`{os.path.basename(provider['path'] or '')}`), {provider['threads']} threads, "
                        f"{provider['integer_bits']}-bit integers")
                if provider["path"] and text not in found:  # a run without a traced call names none
                    found.append(text)
    return "; ".join(found) or "unknown"


def setting(results):
    m, v, c = results["machine"], results["versions"], results["commit"]
    python = ", ".join(f"{name} {v[name]}" for name in ("numpy", "scipy", "sklearn", "joblib") if v.get(name))
    cpu, under = m["processor"], f", under {m['processor']['hypervisor']}" if m["processor"]["hypervisor"] else ""
    rows = [["machine", f"{cpu['model']} (family {cpu['family']}), {m['processors']} processors, L2 {cpu['l2']}, L3 {cpu['l3']}, "
                        f"{m['memory_bytes'] / (1 << 30):.0f} GiB, {m['kernel']}{under}"],
            ["BLAS", provider_of(results)],
            ["versions", f"Python {v['python']}, {python}; {re.sub(' --.*', '', v['R'] or 'no R')}; {v['cc']}"],
            ["commit", (c["id"] or "unknown") + (" with changes" if c["changed"] else "")],
            ["command", f"`{results['command']}`"],
            ["begun", f"{results['started']}, {results['seconds']:.0f} s in all, load before {results['load_before']:.2f}"],
            ["settings", ", ".join(f"{k}={x}" for k, x in results["environment"].items()) or
             "none of OPENBLAS*, OMP_*, MALLOC_*, BLASE_* set"]]
    return "\n".join(["| | |", "|---|---|", *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


PAGE = """# Benchmarks

Written by `make bench{quick}`, which repeats all of it on the machine at hand. Nothing here was typed.

{setting}
## Programs like yours

Programs as their users would write them, unchanged: numpy, SciPy, scikit-learn, R, C ([bench/pipelines](../bench/pipelines)). Each is run
plain, under `blase run --reuse LEVEL`, as an **oracle** (the same program edited by hand so that no BLAS call with equal inputs is made
twice: the most any tool at this level can do) and, where that is natural, with **joblib.Memory** around the same calls and an empty
cache. joblib and `--reuse none` run in the first round only, *always* also in those after the governor saved less than it.
{rounds} interleaved rounds, whole processes, start-up and making the data included, median seconds.
*Share of the oracle's gain* is (plain − blase) / (plain − oracle), left out where the oracle removes less than {worth}. *Time in BLAS* is
what the routines take of the program's time when every call is made (`--reuse none`). An oracle gives its caller a copy of
what it kept, since a routine writes into the caller's memory. It also saves what surrounds a call it leaves out and is no BLAS: checks for
NaN, mirrored triangles, and in R's `solve` a condition estimate. *Where the oracle's gain goes*, below, tells that apart.

{main}
![Speed-up of each program, with the oracle marked]({plots}/speedup.svg)

{oracles}
Sizes: `--size=quick`, a few seconds a program. HLM and HCV are wider than LIMA's (its 100 columns make Gram matrices so cheap that
fingerprinting their operands costs as much); `--size=paper` has LIMA's own sizes, scaled to memory.

### Far from the oracle, or with more to gain than full reuse gives

{lacking}
### Where the oracle's gain goes

*Outside BLAS*: what the oracle saves beyond the time in routines (under `--reuse none`, plain and oracle), which no tool that is asked call by
call can save; negative where it spends that on copies. Of the rest `{level}` reaches what is left after four losses: *calls made* though
they repeat (passed through, or computed before it was learnt that they pay), *fingerprints* of operands, *copies* (results into the
caller's memory, and those kept: their first touch of new memory included), *samples and records*.

{oracles_gain}
### Small gains, and why

{small}
### Where the time went

{ledger}
![Seconds in BLAS, in blase and elsewhere]({plots}/seconds.svg)

### Against looking up every call

`--trace all` looks up every call, whatever that costs; the governor decides by expected gain, within its bound. *Repeated calls took*:
what `--trace all` could leave out, by the time they took when they were computed, the first time and cold. *Hits' worth*: the hits of
`{level}`, each at what a hit of the routine saves there. *Saved less spent*: seconds less in the real routines than under `--reuse none`, less
samples, fingerprints, copies and records; measured alike for both. Medians of the same rounds.

{always}
### Tracing without reuse

`--reuse none`: nothing is served. The ratios are of whole processes and swing as the machine does; *tracing* is what blasé booked for
samples, fingerprints and records, beside which starting it takes some milliseconds ("Start to end", below).

{tracing}
### Spread

{spread}
### Memory

Page faults are the programs' own: the C library's memory allocation is left as every user has it, so large arrays are mapped and faulted
in anew each time, plain and under blase alike.

{memory}"""

MICRO = """
## Single calls, fingerprints, growth

{micro}
"""


def page(results, plots, micro):
    quick = " QUICK=1" if results["size"] == "quick" else ""
    text = PAGE.format(quick=quick, setting=setting(results), rounds=results["rounds"], worth=percent(figures.WORTH),
                       main=main_table(results), oracles=oracle_notes(results), lacking=lacking(results), small=small_gains(results),
                       ledger=ledger_table(results), spread=spread_table(results), always=always_table(results), oracles_gain=oracle_table(results),
                       tracing=tracing_table(results),
                       level=figures.serving_levels(results)[-1], memory=memory_table(results), plots=plots)
    return text + (MICRO.format(micro=micro.strip()) if micro else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="JSON of bench/run.py")
    parser.add_argument("--micro", help="Markdown of the micro-benchmarks, appended")
    parser.add_argument("--plots", default="plots", help="folder of the plots, as the page refers to it")
    parser.add_argument("--tracing", action="store_true", help="only the table of what tracing without reuse costs")
    parser.add_argument("--out", help="page to write; only the main table is printed then")
    options = parser.parse_args()
    with open(options.run, encoding="utf-8") as source:
        results = json.load(source)
    if options.tracing:
        print(tracing_table(results))
        return
    micro = ""
    if options.micro and os.path.exists(options.micro):
        with open(options.micro, encoding="utf-8") as source:
            micro = source.read()
    text = page(results, options.plots, micro)
    if not options.out:
        print(text)
        return
    with open(options.out, "w", encoding="utf-8") as out:
        out.write(text)
    print(main_table(results))


if __name__ == "__main__":
    main()
