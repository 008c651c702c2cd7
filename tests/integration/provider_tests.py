"""Two BLAS libraries in one process: each caller is served by its own, and none is served what the other computed."""

from counters import consistent
from harness import Once, expect, same, test
from toolchain import compiled

plain_runs = {}


def command(build, program, *plugins):
    return [compiled(build, program), *(compiled(build, p) if p.endswith(".so") else p for p in plugins)]


def served(place, distinct, program, *plugins):
    """The same output as without blase. distinct: expected misses, or None where passing through is right too."""
    line = command(place.build, program, *plugins)
    before = plain_runs.setdefault((program, plugins), Once(lambda: place.run(line)))()
    same(before.status, 0, "status of the plain program (%r)" % before.err)
    result = place.under(line, "--trace", "all", "--verify", "--quiet")
    same(result.out, before.out, "stdout")
    same(result.err, before.err, "stderr")
    same(result.status, 0, "exit status")
    shown = place.show()
    consistent(shown)
    same(shown["reuse"]["mismatches"], 0, "reuse.mismatches")
    expect(shown["calls"]["total"] <= 8, "nested calls were counted:", shown["calls"])
    if distinct is not None:
        same((shown["calls"]["total"], shown["reuse"]["misses"], shown["reuse"]["hits_full"]),
             (8, distinct, 8 - distinct), "calls, misses, hits_full")


def differ(place):
    """The libraries of this file do give different bits, so that the other tests mean something."""
    plain = place.run(command(place.build, "two_providers", "plugin_openblas.so", "plugin_reference.so"))
    lines = plain.out.split(b"\n")
    expect(lines[0].split()[-1] != lines[3].split()[-1], "both libraries give the same bits")


def register():
    plugins = ("plugin_openblas.so", "plugin_reference.so")
    test("two providers differ", differ)
    test("two providers", served, 4, "two_providers", *plugins)
    test("two providers the other way round", served, 4, "two_providers", *reversed(plugins))
    test("two providers deepbind", served, None, "two_providers", *plugins, "deep")
    # linked with OpenBLAS itself, the program's library comes first for both plugins
    test("two plugins one provider", served, 2, "two_providers_linked", *plugins)
    test("two providers linked deepbind", served, None, "two_providers_linked", *plugins, "deep")
    test("two integer widths", served, None, "two_providers", "plugin_openblas.so", "plugin_ilp64.so")
    test("two integer widths the other way round", served, None, "two_providers", "plugin_ilp64.so",
         "plugin_openblas.so")
    test("one 64-bit plugin", served, 2, "two_providers", "plugin_ilp64.so", "plugin_ilp64.so")
