#!/usr/bin/env python3
"""Fails on an include that runs against the layers (lineage <- reuse <- shim; tools read lineage and reuse) or in a circle."""

import os
import re
import sys

ALLOWED = {"lineage": {"lineage"}, "reuse": {"lineage", "reuse"}, "shim": {"lineage", "reuse", "shim"},
           "tools": {"lineage", "reuse", "tools"}}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def includes():
    graph = {}
    for layer in ALLOWED:
        for name in sorted(os.listdir(layer)):
            if name.endswith((".c", ".h", ".def")):
                path = f"{layer}/{name}"
                with open(path, encoding="utf-8") as handle:
                    graph[path] = INCLUDE.findall(handle.read())
    return graph


def upward(graph):
    for path, targets in graph.items():
        layer = path.split("/")[0]
        for target in targets:
            if "/" in target and target.split("/")[0] not in ALLOWED[layer]:
                yield f"{path} includes {target}: {layer}/ may not"
            elif "/" not in target and target != "entry_count.h":
                yield f"{path} includes {target}: write it from the root"


def circles(graph):
    state = {}

    def visit(path, trail):
        if state.get(path) == "done":
            return
        if path in trail:
            yield "circle: " + " -> ".join(trail[trail.index(path):] + [path])
            return
        for target in graph.get(path, ()):
            yield from visit(target, trail + [path])
        state[path] = "done"

    for path in graph:
        yield from visit(path, [])


def main():
    graph = includes()
    faults = list(upward(graph)) + list(circles(graph))
    for fault in faults:
        print(f"layers: {fault}")
    if faults:
        sys.exit(1)
    print(f"layers: clean ({len(graph)} files)")


if __name__ == "__main__":
    main()
