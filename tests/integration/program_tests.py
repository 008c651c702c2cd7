"""Each program, plain and under blase: the same bytes, the same status, and the calls that it is known to make."""
import os
import re

import census
from counters import as_expected, consistent, second_pass_hit, table, verified
from harness import PROGRAMS, Once, Skipped, expect, same, test
from toolchain import (DEBIAN_PYTHON, STEADY_CORES, census_library, compiled, debian_python, need, openblas_core, r_script, versions,
                       wheels_python)

PYTHON = {"numpy_linalg": "numpy", "scipy_linalg": "scipy", "sklearn_models": "sklearn", "numpy_and_scipy": "scipy",
          "numpy_warnings": "numpy", "close_descriptors": "numpy", "low_descriptors": "numpy", "two_products": "numpy"}
COMPILED = ["c_linalg", "fortran_linalg", "ilp64_linalg", "padding", "same_buffers", "fp_flags"]


def command(build, name, kind):
    """How a user would start the program."""
    if kind == "debian":
        return [debian_python(PYTHON[name]), os.path.join(PROGRAMS, name + ".py")]
    if kind == "wheels":
        return [wheels_python(build), os.path.join(PROGRAMS, name + ".py")]
    if kind == "R":
        return r_script(os.path.join(PROGRAMS, name + ".R"))
    if kind == "octave":
        return [need("octave-cli", "octave"), "-qf", "--no-history", os.path.join(PROGRAMS, name + ".m")]
    return [compiled(build, name)]


def run_plain(place, name, kind):
    return place.run(command(place.build, name, kind))


plain_runs = {}


def plain(place, name, kind):
    """The program's result without blase; it is run once for all tests."""
    once = plain_runs.setdefault((name, kind), Once(lambda: run_plain(place, name, kind)))
    result = once()
    same(result.status, 0, "status of the plain program (%r)" % result.err[-300:])
    return result


def expectation(build, name, kind):
    """The rows expected, or None where the table is for other versions than those installed."""
    kinds = [kind, "by_place"] if kind == "compiled" and openblas_core() not in STEADY_CORES else [kind]
    special = [each for each in kinds if os.path.exists(os.path.join(PROGRAMS, "%s.%s.expected" % (name, each)))]
    heading, rows = table("%s.%s" % (name, special[0]) if special else name.replace("_reference", ""))
    if kind in ("debian", "wheels"):
        have = versions(DEBIAN_PYTHON if kind == "debian" else wheels_python(build))
        for package, version in re.findall(r"(numpy|scipy|scikit-learn) ([0-9.]+\d)", heading):
            if not have.get(package, "").startswith(version):
                return None
    return rows


def unchanged(place, name, kind, result):
    before = plain(place, name, kind)
    same(result.out, before.out, "stdout")
    same(result.status, before.status, "exit status")
    same(result.err, before.err, "stderr")


def count(place, name, kind):
    environment = census.counters(place.path("counts"), census_library(place.build))
    result = place.run(command(place.build, name, kind), environment)
    same(result.status, 0, "status under the census (%r)" % result.err[-300:])
    return census.read(place.path("counts"))


def table_is_true(place, name, kind):
    """The expectation table says what an independent count says."""
    rows = expectation(place.build, name, kind)
    if rows is None:
        raise Skipped("the table is for other versions than those installed")
    same(count(place, name, kind), {op: (row.calls, row.queries) for op, row in rows.items()}, "calls counted")


def traced(place, name, kind, *options):
    result = place.under(command(place.build, name, kind), "--trace", "all", "--quiet", *options)
    unchanged(place, name, kind, result)
    shown = place.show()
    consistent(shown)
    same(shown["run"]["processes"], 1, "run.processes")
    same(shown["run"]["exit_status"], 0, "run.exit_status")
    same(shown["reuse"]["waits"], 0, "reuse.waits")
    rows = expectation(place.build, name, kind)
    if rows is not None:
        as_expected(shown, rows)
    else:
        second_pass_hit(shown, count(place, name, kind))
    same(shown["calls"]["traced"], shown["reuse"]["probes"], "traced calls against probes")
    if "--verify" in options:
        verified(shown)


def by_default(place, name, kind):
    """Without options: the same output, a summary on stderr, the same calls whether traced or bypassed."""
    result = place.under(command(place.build, name, kind))
    before = plain(place, name, kind)
    same(result.out, before.out, "stdout")
    same(result.status, 0, "exit status")
    expect(result.err.startswith(before.err) and len(result.err) > len(before.err), "no summary on stderr")
    expect(result.err.count(b"\n") <= 20, "the summary is long:\n" + result.err.decode(errors="replace"))
    shown = place.show()
    consistent(shown)
    rows = expectation(place.build, name, kind)
    if rows is not None:
        same({row["op"]: row["calls"] for row in shown["routines"] if row["calls"]},
             {op: row.calls for op, row in rows.items()}, "calls by routine")


def without_reuse(place, name, kind):
    result = place.under(command(place.build, name, kind), "--reuse", "none", "--trace", "all", "--quiet")
    unchanged(place, name, kind, result)
    shown = place.show()
    consistent(shown)
    rows = expectation(place.build, name, kind)
    if rows is not None:
        same(shown["calls"]["total"], sum(row.calls for row in rows.values()), "calls.total")
    same(shown["reuse"]["hits_full"], 0, "reuse.hits_full")
    same(shown["calls"]["bypassed"], sum(row.queries for row in rows.values()) if rows else shown["calls"]["bypassed"],
         "calls.bypassed")


def small_memory(place, name, kind):
    """A budget that holds a few results only: evictions, no wrong result, the budget kept but for one entry."""
    result = place.under(command(place.build, name, kind), "--memory", "2M", "--trace", "all", "--verify", "--quiet")
    unchanged(place, name, kind, result)
    shown = place.show()
    consistent(shown)
    verified(shown)
    cache = shown["cache"]
    same(cache["budget_bytes"], 2 << 20, "cache.budget_bytes")
    expect(cache["evictions"] > 0, "nothing was evicted:", cache)
    expect(cache["peak_bytes"] <= (2 << 20) + (1 << 20), "cache.peak_bytes is", cache["peak_bytes"])


def cycle(place):
    """A cycle that does not fit into the cache, so that nothing is served, does not put the governor off one that fits: it is told
    what is evicted, and does not take for untrue a sample whose result it was."""
    command = [debian_python("numpy"), os.path.join(PROGRAMS, "cycle.py")]
    before = place.run(command)
    after = place.under(command, "--memory", "2900K", "--spill", "off", "--policy", "lru", "--quiet")
    same((before.status, after.status, after.out, after.err), (0, 0, before.out, b""), "status, stdout, stderr")
    shown = place.show()
    consistent(shown)
    expect(shown["cache"]["evictions"] > 20, "the first cycle fits:", shown["cache"])
    expect(shown["reuse"]["hits_full"] > 20, "of 60 calls of the second cycle were served only", shown["reuse"]["hits_full"])


def spent(place, command, environment):
    """Milliseconds of ours, and in BLAS, by blasé's own books. The program is one that repeats nothing."""
    result = place.under(command, "--quiet", environment=environment)
    same((result.status, result.err), (0, b""), "status, stderr")
    shown = place.show()
    consistent(shown)
    same(shown["reuse"]["hits_full"], 0, "hits of what never repeats")
    return 1e3 * shown["reuse"]["overhead_seconds"], 1e3 * shown["calls"]["seconds"]


def forked_children(place):
    """They share what there is to spend: 12 ms to start with and a hundredth of the time in BLAS, not as much each. Twice that is let
    pass, for the machine has other things to do."""
    command = [debian_python("numpy"), os.path.join(PROGRAMS, "forking.py"), "20", "3", "500"]
    ours, blas = spent(place, command, {"OPENBLAS_NUM_THREADS": "1"})
    expect(0 < ours < 2 * (12 + 0.01 * blas), "20 children cost %.1f ms, of %.0f ms in BLAS" % (ours, blas))


def one_dear_call(place):
    """Its result, 24 MB, is kept only if the bound allows it, which starts with 24 ms for dear calls; twice that is let pass, as above."""
    program = "import numpy as np\nnp.linalg.svd(np.random.default_rng(1).standard_normal((20000, 150)), full_matrices=False)\n"
    ours, blas = spent(place, [debian_python("numpy"), "-c", program], {"OPENBLAS_NUM_THREADS": "1"})
    expect(ours < 2 * (24 + 0.01 * blas), "%.1f ms spent on a call of %.0f ms" % (ours, blas))


def no_invalid_access(place, name):
    """Under valgrind, which follows the program and the library but cannot judge OpenBLAS's use of undefined values."""
    valgrind = [need("valgrind", "valgrind"), "-q", "--undef-value-errors=no", "--error-exitcode=9"]
    environment = {"LD_PRELOAD": place.library, "BLASE_TRACE": "all", "BLASE_QUIET": "1", "BLASE_LOG": place.path("log")}
    result = place.run([*valgrind, *command(place.build, name, "compiled")], environment, limit=500)
    same((result.status, result.err), (0, b""), "status and what valgrind says")
    shown = place.show()
    consistent(shown)
    expect(shown["reuse"]["hits_full"] > 0, "nothing was served")


def repeated(place, *options):
    """Served or computed, kept, evicted or spilled: exact arithmetic raises no flag. Returns what show tells."""
    program = [compiled(place.build, "repeated_products")]
    before, after = place.run(program), place.under(program, "--quiet", *options)
    expect(b"flags after 0 calls" in before.out, "the plain program:", before.out)
    same((after.out, after.err), (before.out, b""), "stdout, stderr")
    shown = place.show()
    consistent(shown)
    return shown


def repeated_and_verified(place):
    """What a run serves by default --verify recomputes: verifying is no reason to serve less."""
    shown = repeated(place, "--verify")
    verified(shown)
    expect(shown["reuse"]["verified"] >= 200, "few of 280 repeats were verified:", shown["reuse"])


def register():
    variants = [(name, kind) for name in PYTHON for kind in ("debian", "wheels")]
    variants += [("r_linalg", "R"), ("octave_linalg", "octave")] + [(name, "compiled") for name in COMPILED]
    variants.append(("c_linalg_reference", "compiled"))
    for name, kind in variants:
        label = name if kind in ("R", "octave", "compiled") else "%s %s" % (name, kind)
        test(label + " table", table_is_true, name, kind)
        test(label + " traced", traced, name, kind)
        test(label + " verified", traced, name, kind, "--verify")
    for name, kind in (("numpy_linalg", "debian"), ("numpy_linalg", "wheels"), ("scipy_linalg", "wheels"),
                       ("c_linalg", "compiled"), ("r_linalg", "R"), ("octave_linalg", "octave")):
        label = name if kind in ("R", "octave", "compiled") else "%s %s" % (name, kind)
        test(label + " default", by_default, name, kind)
        test(label + " without reuse", without_reuse, name, kind)
    test("numpy_linalg debian small memory", small_memory, "numpy_linalg", "debian")
    test("c_linalg small memory", small_memory, "c_linalg", "compiled")
    test("a cycle that fits after one that does not", cycle)
    test("what forked children may cost", forked_children)
    test("what one dear call may cost", one_dear_call)
    test("repeated products default", repeated)
    test("repeated products with a small cache", repeated, "--trace", "all", "--memory", "6M")
    test("repeated products verified by default", repeated_and_verified)
    test("c_linalg valgrind", no_invalid_access, "c_linalg_small")
