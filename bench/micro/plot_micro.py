#!/usr/bin/env python3
"""Draws a result of run_micro.py: overhead, break-even size, fingerprint rate, growth; each as SVG and PNG."""

import argparse
import json
import os

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "blase", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3,
                            "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False})
from matplotlib import pyplot  # noqa: E402  (the backend is chosen first)

COLOURS = {"plain": "#555555", "disabled": "#8da0cb", "default": "#1f78b4", "traced": "#e6832a", "hit": "#33a02c"}
LABELS = {"disabled": "disabled", "default": "blase run, new operands", "traced": "traced, no hit", "hit": "served from the cache"}


def save(figure, directory, name):
    for kind in ("svg", "png"):
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(os.path.join(directory, f"{name}.{kind}"), dpi=150, bbox_inches="tight", metadata=metadata)
    pyplot.close(figure)


def size_axis(axes, sizes, label):
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes[::2])
    axes.set_xticklabels(sizes[::2])
    axes.minorticks_off()
    axes.set_xlabel(label)


def routines(section):
    for routine in ("dgemm", "dgesdd"):
        rows = [r for r in section["rows"] if r["routine"] == routine]
        if rows:
            yield routine, rows, [r["n"] for r in rows]


def plot_overhead(section, directory):
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axes, (routine, rows, sizes) in zip(panels, routines(section)):
        for state in ("disabled", "default", "traced", "hit"):
            ratios = [r[state]["ratio"] for r in rows]
            axes.plot(sizes, [q["median"] for q in ratios], marker="o", markersize=3, color=COLOURS[state], label=LABELS[state])
            axes.fill_between(sizes, [q["p25"] for q in ratios], [q["p75"] for q in ratios], color=COLOURS[state], alpha=0.2)
        axes.axhline(1, color=COLOURS["plain"], linewidth=0.8)
        axes.set_yscale("log")
        axes.set_title(routine)
        size_axis(axes, sizes, "n")
    panels[0].set_ylabel("time of a call / plain call")
    panels[0].legend()
    save(figure, directory, "micro-overhead")


def plot_break_even(section, directory):
    figure, axes = pyplot.subplots(figsize=(5, 3.6))
    all_sizes = sorted({r["n"] for r in section["rows"]})
    for (routine, rows, _), colour in zip(routines(section), ("#1f78b4", "#e6832a")):
        known = [r for r in rows if r["share"] is not None]
        axes.plot([r["n"] for r in known], [100 * r["share"] for r in known], marker="o", markersize=3, color=colour, label=routine)
        even, opens = section["break_even"][routine], section["break_even"][routine + "_opens_at"]
        if even:
            axes.axvline(even, color=colour, linestyle=":", linewidth=1)
        if opens:
            axes.axvline(opens, color=colour, linestyle="--", linewidth=1)
    axes.plot([], [], color=COLOURS["plain"], linestyle=":", label="a hit beats computing")
    axes.plot([], [], color=COLOURS["plain"], linestyle="--", label="blasé starts tracing")
    axes.set_ylim(0, 100)
    axes.set_ylabel("hits among 100 traced calls to break even")
    size_axis(axes, all_sizes, "n")
    axes.legend()
    save(figure, directory, "micro-break-even")


def plot_hashing(section, directory):
    figure, axes = pyplot.subplots(figsize=(5, 3.6))
    for kind in dict.fromkeys(r["kind"] for r in section["rows"]):
        rows = [r for r in section["rows"] if r["kind"] == kind and r["threads"] == 1]
        reference = kind in ("read", "memcpy")
        axes.plot([r["bytes"] / 1024 for r in rows], [r["gb_per_s"]["median"] for r in rows], marker="o", markersize=3,
                  label=kind, linestyle="--" if reference else "-", color={"read": "#555555", "memcpy": "#999999"}.get(kind))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("KiB")
    axes.set_ylabel("GB/s, one thread")
    axes.legend()
    save(figure, directory, "micro-fingerprint")


def plot_growth(section, directory):
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for name, series in section["series"].items():
        axes = panels[1] if name.startswith(("cache", "content")) else panels[0]
        axes.plot([p["n"] for p in series["points"]], [p["ns"] for p in series["points"]], marker="o", markersize=3,
                  label=f"{name}, e = {series['exponent']:+.2f}")
    for axes, title in zip(panels, ("a traced dgemm, n = 4", "the index and the cache alone")):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.set_xlabel("N")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncol=2)
    panels[0].set_ylabel("ns")
    save(figure, directory, "micro-growth")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result")
    parser.add_argument("--out", required=True, help="directory of the plots")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    with open(options.result, encoding="utf-8") as file:
        result = json.load(file)
    for name, draw in (("per_call", plot_overhead), ("per_call", plot_break_even), ("hashing", plot_hashing), ("growth", plot_growth)):
        if name in result:
            draw(result[name], options.out)


if __name__ == "__main__":
    main()
