#!/usr/bin/env python3
"""Draws a run's JSON: speed-up of each program with the oracle marked, and where the seconds of each go. SVG and PNG."""

import argparse
import json
import os

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "blase"  # the same file for the same figures
import matplotlib.pyplot as plt  # noqa: E402  (the backend is chosen first)

import figures  # noqa: E402

COLOURS = ["#2a6f97", "#61a5c2", "#a9d6e5"]


def save(figure, directory, name):
    figure.tight_layout()
    for extension in ("svg", "png"):
        figure.savefig(os.path.join(directory, f"{name}.{extension}"), dpi=130, metadata={"Date": None} if extension == "svg" else None)
    plt.close(figure)


def axes(results, what):
    programs = results["programs"]
    figure, ax = plt.subplots(figsize=(8, 1.6 + 0.36 * len(programs)))
    ax.set_yticks(range(len(programs)), [p["name"] for p in programs])
    ax.invert_yaxis()
    ax.set_xlabel(what)
    ax.spines[["top", "right"]].set_visible(False)
    return figure, ax


def legend(ax, columns):
    ax.legend(fontsize=8, frameon=False, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1))


def mark(ax, programs, variant, shape, colour, label):
    points = [(figures.speed_up(p, variant), y) for y, p in enumerate(programs) if variant in p["variants"]]
    if points:
        ax.scatter(*zip(*points), marker=shape, color=colour, s=42, zorder=3, label=label)


def speed_up_plot(results, directory):
    programs, levels = results["programs"], figures.serving_levels(results)
    figure, ax = axes(results, "times faster than the plain program, whole process")
    height = 0.7 / len(levels)
    for i, level in enumerate(levels):
        at = [y + (i - (len(levels) - 1) / 2) * height for y in range(len(programs))]
        ax.barh(at, [figures.speed_up(p, level) for p in programs], height, color=COLOURS[i], label=f"blase run --reuse {level.split()[1]}")
    mark(ax, programs, "oracle", "D", "#d00000", "oracle: no equal call twice")
    mark(ax, programs, "inner", "s", "#f48c06", "oracle: no inner product or factor twice")
    mark(ax, programs, "joblib", "x", "#333333", "joblib.Memory")
    ax.axvline(1.0, color="#888888", linewidth=0.8)
    legend(ax, 2)
    save(figure, directory, "speedup")


def seconds_plot(results, directory):
    """Two bars a program: plain above, served below; the part in BLAS, the part in blase, the rest."""
    programs, level = results["programs"], figures.serving_levels(results)[-1]
    figure, ax = axes(results, "seconds of the whole process: plain (upper bar), " + level + " (lower bar)")
    for y, p in enumerate(programs):
        none = figures.blas_seconds(p, "blase none") if "blase none" in p["variants"] else 0.0
        spent = sum(figures.shown(p, level, "reuse", key) for key in ("fingerprint_seconds", "copy_seconds"))
        spent += figures.shown(p, level, "lineage", "trace_seconds")
        for at, blas, ours, total in ((y - 0.19, none, 0.0, figures.wall(p, "plain")),
                                      (y + 0.19, figures.blas_seconds(p, level), spent, figures.wall(p, level))):
            rest = max(0.0, total - blas - ours)
            for left, width, colour in ((0.0, rest, "#cccccc"), (rest, blas, COLOURS[0]), (rest + blas, ours, "#d00000")):
                ax.barh(at, width, 0.34, left=left, color=colour)
    for colour, label in (("#cccccc", "outside BLAS"), (COLOURS[0], "in BLAS"), ("#d00000", "in blase")):
        ax.barh(0, 0, color=colour, label=label)
    legend(ax, 3)
    save(figure, directory, "seconds")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="JSON of bench/run.py")
    parser.add_argument("--out", required=True, help="folder for the plots")
    options = parser.parse_args()
    with open(options.run, encoding="utf-8") as source:
        results = json.load(source)
    os.makedirs(options.out, exist_ok=True)
    speed_up_plot(results, options.out)
    seconds_plot(results, options.out)


if __name__ == "__main__":
    main()
