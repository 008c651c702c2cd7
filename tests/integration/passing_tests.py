"""Calls that never come to dispatch: still counted, still sent to the right library, and nothing of the program's disturbed."""

import platform

from counters import consistent
from harness import expect, same, test
from toolchain import compiled

THREADS, CALLS, CHILDREN = 4, 3000, 3
ROUTINES = {"dgemm": 2, "zgemm": 1, "dtrsm": 2, "sgemv": 1}  # calls a round of tiny_calls.c
ROUNDS = 3 * CALLS + THREADS * CALLS + 3 * THREADS + CHILDREN * (CALLS + 1) + 1
CBLAS_A_ROUND = 3


def tiny_calls(place, program, wanted, *options):
    """wanted: the share of the calls that is bypassed, None where nothing is counted."""
    command = [compiled(place.build, program), str(THREADS), str(CALLS), str(CHILDREN)]
    before = place.run(command, {"OPENBLAS_NUM_THREADS": "1"})
    after = place.under(command, "--quiet", *options, environment={"OPENBLAS_NUM_THREADS": "1"})
    same((before.status, before.err), (0, b""), "status and stderr of the plain program")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    shown = place.show()
    consistent(shown)
    found = {row["op"]: row["calls"] for row in shown["routines"]}
    counts = {op: calls * ROUNDS for op, calls in ROUTINES.items()}
    counts["dgemm"] += CALLS  # those that xerbla jumps out of
    if wanted is None:
        same((found, shown["calls"]["total"], shown["lineage"]["trace"]), ({}, 0, "off"), "what is counted when tracing is off")
        same(shown["run"]["processes"], 1 + CHILDREN, "run.processes")
        return
    same(found, counts, "calls by routine")
    same(shown["calls"]["bypassed"], wanted * sum(counts.values()), "calls.bypassed")
    nested = CBLAS_A_ROUND * ROUNDS if program.endswith("reference") else 0
    same(shown["calls"]["nested"], nested, "calls.nested")
    if wanted == 1:
        for row in shown["routines"]:
            expect(0 < row["seconds"] < 60, "the sampled time of %s is %s" % (row["op"], row["seconds"]))


def off_says_so(place):
    command = [compiled(place.build, "tiny_calls"), "1", "10", "0"]
    result = place.under(command, "--trace", "off")
    expect(b"tracing was off" in result.err, "the summary does not say that tracing was off:", result.err)
    shown = place.run([place.blase, "show", place.path("log")])
    expect(b"tracing was off" in shown.out, "show does not say that tracing was off:", shown.out)


def reloaded(place, *plugins):
    """A plugin is unloaded when the program says so, and the next one at its address reaches its own library."""
    note = place.path("again")
    command = [compiled(place.build, "reloaded_plugins"), note, *(compiled(place.build, name) for name in plugins)]
    before = place.run(command)
    after = place.under(command, "--quiet")
    same((before.status, before.err), (0, b""), "status and stderr of the plain program")
    expect(b"still there" not in before.out, "the plain program cannot unload its plugins")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    with open(note, encoding="utf-8") as f:
        again = int(f.read())
    expect(again > 0 or "plugin_ilp64.so" in plugins, "no plugin came to lie where another was: nothing is tested")
    consistent(place.show())


def arguments(place, wanted, *options):
    """What the real function is called with and from where: the program itself, once a call site is known."""
    compiled(place.build, "libfake_blas.so")
    command = [compiled(place.build, "fake_blas")]
    before, after = place.run(command), place.under(command, "--quiet", *options)
    same(before.status, 0, "status of the plain program (%r)" % before.err)
    expect(b" 0 wrong" in before.out and before.err.count(b"direct") == 3, "the plain program:", before.out, before.err)
    same((after.status, after.out), (before.status, before.out), "status, stdout")
    same([line.split(": ")[1] for line in after.err.decode().splitlines()], wanted, "ways to dgemm_, cblas_dgemm, dgemv_")
    shown = place.show()
    consistent(shown)
    if "off" in options:
        return
    same({row["op"]: row["calls"] for row in shown["routines"]}, {"dgemm": 20000, "dsyrk": 10000}, "calls by routine")
    same(shown["calls"]["nested"], 10000, "calls.nested: what dsyrk_ ends in")


def many_sites(place):
    """512 places call in turn, so that some must share a slot of the stubs' table: nearly all their calls pass by all the same."""
    compiled(place.build, "libfake_blas.so")
    result = place.under([compiled(place.build, "many_sites")], "--quiet")
    same((result.status, result.out), (0, b"51200 calls, 0 wrong\n"), "status, stdout")
    expect(platform.machine() != "x86_64" or float(result.err) > 0.965, "the share of calls that never came to dispatch:", result.err)
    same(place.show()["calls"]["bypassed"], 51200, "calls.bypassed")


def waiting_destructor(place):
    """Calls go on, and are counted, while another thread is inside dlclose for as long as they do."""
    command = [compiled(place.build, "waiting_destructor"), compiled(place.build, "waiting_destructor.so")]
    result = place.under(command, "--quiet", environment={"OPENBLAS_NUM_THREADS": "1"}, limit=540)
    same((result.status, result.out), (0, b"done\n"), "status, stdout")
    same(place.show()["calls"]["total"], int(result.err), "calls.total")


def register():
    for program in ("tiny_calls", "tiny_calls_reference"):
        test("passing: " + program, tiny_calls, program, 1)
        test("passing: %s reuse none" % program, tiny_calls, program, 1, "--reuse", "none")
        test("passing: %s off" % program, tiny_calls, program, None, "--trace", "off")
    quick, slow = "direct" if platform.machine() == "x86_64" else "by way of dispatch", "by way of dispatch"
    test("passing: arguments", arguments, [quick, quick, slow])
    test("passing: arguments reuse none", arguments, [quick, quick, slow], "--reuse", "none")
    test("passing: arguments off", arguments, [quick, quick, quick], "--trace", "off")
    test("passing: arguments traced", arguments, [slow, slow, slow], "--trace", "all", "--reuse", "none")
    test("passing: many sites", many_sites)
    test("passing: waiting destructor", waiting_destructor)
    test("passing: off says so", off_says_so)
    test("passing: reloaded plugins", reloaded, "plugin_openblas.so", "plugin_reference.so")
    test("passing: reloaded plugins the other way round", reloaded, "plugin_reference.so", "plugin_openblas.so")
    test("passing: reloaded plugins of two integer widths", reloaded, "plugin_ilp64.so", "plugin_openblas.so")
