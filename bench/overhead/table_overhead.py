#!/usr/bin/env python3
"""Turns one or more JSONs of run_overhead.py into Markdown: of other programs, or of more rounds of the same."""

import argparse
import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from report import setting, table  # noqa: E402

GOAL_MEDIAN, GOAL_WORST, GOAL_REGRET = 1.01, 1.02, 0.01
BARE_CALLS = "tiny-c"  # goes by nanoseconds a call
BOOKS = ["sampled", "looked", "refused_budget", "refused_gain", "loans"]


def percent(ratio):
    return f"{100 * (ratio - 1):+.2f} %"


def of_shown(program, group, key):
    return statistics.median(run["show"][group][key] for run in program["blase"])


def least(runs):
    """What other load on the machine disturbs least."""
    return min(run["seconds"] for run in runs)


def regrets(program):
    return [run["show"]["reuse"]["regret_ratio"] for run in program["blase"]]


def beside(program, how):
    """What the control says of the same figure."""
    control = program["ratios"]["control"]
    return f" (control {percent(how(control))})" if control else ""


def misses(program):
    """What of the goals a program misses, in words."""
    rounds = program["ratios"]["blase"]
    found = []
    if statistics.median(rounds) > GOAL_MEDIAN:
        found.append(f"median {percent(statistics.median(rounds))}{beside(program, statistics.median)}")
    if max(rounds) > GOAL_WORST:
        found.append(f"worst {percent(max(rounds))}{beside(program, max)}")
    if max(regrets(program)) > GOAL_REGRET:
        found.append(f"regret {max(regrets(program)):.4f}")
    if not program["identical"]:
        found.append("printed results differ")
    return found


def suite_line(programs, key, kind):
    """The median program, and the one whose median is the worst."""
    medians = sorted((statistics.median(p[key][kind]), p["name"]) for p in programs if p[key][kind])
    if not medians:
        return ["", ""]
    return [percent(statistics.median(m for m, _ in medians)), f"{percent(medians[-1][0])} ({medians[-1][1]})"]


def suite_table(programs):
    """All programs together: each is its own median over the rounds."""
    rows = [[what, *suite_line(programs, key, "blase"), *suite_line(programs, key, "control")]
            for what, key in (("wall time", "ratios"), ("processor time", "processor_ratios"))]
    return table(["of the programs' medians", "median", "worst", "control: median", "worst"], rows)


def median_and_worst(ratios):
    return [percent(statistics.median(ratios)), percent(max(ratios))] if ratios else ["", ""]


def own_share(program):
    """Of the plain program's time, what blase says that it took itself, as a ratio; hits have not been deducted."""
    return 1 + of_shown(program, "reuse", "overhead_seconds") / statistics.median(r["seconds"] for r in program["plain"])


def main_table(programs):
    head = ["program", "plain, s", "median", "worst", "control: median", "worst", "processor time: median", "control", "least over least",
            "booked as spent", "regret_ratio, worst", "spent, ms", "saved, ms", "in BLAS, s", "calls", "traced", "result"]
    rows = []
    for p in programs:
        median, worst = median_and_worst(p["ratios"]["blase"])
        processor = {kind: median_and_worst(ratios)[0] for kind, ratios in p["processor_ratios"].items()}
        rows.append([f"{p['name']}: {p['title']}", f"{statistics.median(r['seconds'] for r in p['plain']):.2f}",
                     f"**{median}**", worst, *median_and_worst(p["ratios"]["control"]), processor["blase"], processor["control"],
                     percent(least(p["blase"]) / least(p["plain"])), percent(own_share(p)), f"{max(regrets(p)):.4f}",
                     f"{1e3 * of_shown(p, 'reuse', 'overhead_seconds'):.1f}",
                     f"{1e3 * of_shown(p, 'reuse', 'saved_seconds'):.1f}", f"{of_shown(p, 'calls', 'seconds'):.2f}",
                     f"{of_shown(p, 'calls', 'total'):,.0f}", f"{of_shown(p, 'calls', 'traced'):,.0f}",
                     "; ".join(misses(p)) or "within the goals"])
    return table(head, rows)


def books_table(programs):
    """The governor's books of every round of the programs that miss a goal."""
    head = ["program", "round", "ratio", "regret_ratio", "spent, ms", "saved, ms", "in BLAS, ms", *(b.replace("_", ": ") for b in BOOKS),
            "hits", "misses", "fingerprints, ms", "copies, ms", "tracing, ms"]
    rows = []
    for p in programs:
        for i, run in enumerate(p["blase"]):
            g, r = run["show"]["governor"], run["show"]["reuse"]
            rows.append([p["name"] if i == 0 else "", str(i + 1), percent(p["ratios"]["blase"][i]), f"{r['regret_ratio']:.4f}",
                         *(f"{1e3 * g[key]:.1f}" for key in ("spent_seconds", "saved_seconds", "blas_seconds")),
                         *(f"{g[key]:,}" for key in BOOKS), f"{r['hits_full']:,}", f"{r['misses']:,}",
                         *(f"{1e3 * r[key]:.1f}" for key in ("fingerprint_seconds", "copy_seconds")),
                         f"{1e3 * run['show']['lineage']['trace_seconds']:.1f}"])
    return table(head, rows) if rows else "None.\n"


def merged(runs):
    """Programs of all runs; the rounds of one that was measured in several are put together."""
    found = {}
    for program in (p for run in runs for p in run["programs"]):
        known = found.setdefault(program["name"], program)
        if known is program:
            continue
        if known["command"] != program["command"]:
            sys.exit(f"{program['name']} was measured in two sizes")
        known["identical"] = known["identical"] and program["identical"]
        for key in ("plain", "blase"):
            known[key] += program[key]
        for key in ("ratios", "processor_ratios"):
            for part in known[key]:
                known[key][part] += program[key][part]
    return list(found.values())


PAGE = """# Overhead where nothing repeats

Written by `make bench-overhead{quick}`; nothing here was typed. Goals: median of the paired ratios at most {median}, the worst at most
{worst}, `regret_ratio` at most {regret} in every run.

{setting}
{rounds} rounds, {threads} BLAS thread(s). In a round plain, `blase run`, plain and plain again as a control take turns (A B A C A …, one
at a time): a ratio is B over the mean of the two A beside it, and the *control* C over the two A beside it, which says what such
ratios are on this machine where nothing is measured. *Processor time*: the same ratios of user and system time. *Booked as spent*: what
blasé's own clock says that samples, fingerprints, copies and records took, as a share of the plain program's time; `regret_ratio`
is what of it was not earned back, as a share of the time in BLAS. Both are sums within one run, which other load on the machine
disturbs least. Quick runs have no control of the programs written to fool the cost model.

{suite}
Of `tiny-c` a hundredth is less than a jump takes: what such a call costs in nanoseconds `make bench-micro` says.

## Programs with nothing to reuse

{plain}
## Programs written to fool the cost model

{adversarial}
## The governor's books of those that miss a goal

{books}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", help="JSON of run_overhead.py")
    parser.add_argument("--out", help="Markdown to write (standard output)")
    options = parser.parse_args()
    runs = []
    for path in options.runs:
        with open(path, encoding="utf-8") as source:
            runs.append(json.load(source))
    programs = merged(runs)
    # report.setting names the provider by what the runs' logs say
    for_setting = {**runs[0], "programs": [{"variants": {"blase": {"runs": p["blase"]}}} for p in programs],
                   "seconds": sum(run["seconds"] for run in runs)}
    page = PAGE.format(quick=" QUICK=1" if runs[0]["quick"] else "", setting=setting(for_setting), rounds=" to ".join(str(n) for n in sorted({len(p["ratios"]["blase"]) for p in programs})),
                       threads=runs[0]["threads"], median=percent(GOAL_MEDIAN), worst=percent(GOAL_WORST), regret=GOAL_REGRET,
                       suite=suite_table([p for p in programs if p["name"] != BARE_CALLS]),
                       plain=main_table([p for p in programs if not p["adversarial"]]),
                       adversarial=main_table([p for p in programs if p["adversarial"]]),
                       books=books_table([p for p in programs if misses(p)]))
    if options.out:
        with open(options.out, "w", encoding="utf-8") as out:
            out.write(page)
    else:
        print(page)


if __name__ == "__main__":
    main()
