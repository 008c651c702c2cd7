"""Drivers that take a factor from an earlier call, and products spelt in several ways: the same bytes as plain, known counters."""
import os

from counters import consistent, verified
from harness import HERE, PROGRAMS, Once, expect, same, test
from toolchain import compiled, debian_python, r_script, wheels_python

# case: {routine: (full hits, partial hits, misses)}
CASES = {
    "gesv": {"dgesv": (1, 2, 1), "dgetrf": (1, 0, 0)},
    "getrf": {"dgetrf": (0, 0, 1), "dgesv": (1, 2, 0)},
    "columns": {"dgesv": (0, 2, 2)},  # one has a NaN on the right: LAPACKE refuses it, and nothing is kept
    "rows": {"dgesv": (0, 2, 2)},
    "posv": {"dposv": (0, 2, 1), "dpotrf": (1, 0, 0)},
    "sysv": {"dsysv": (1, 1, 1)},
    "singular": {"dgesv": (0, 0, 3), "dgetrf": (0, 0, 1)},  # info is not 0: never kept
    "spellings": {"dgemm": (2, 0, 1), "dsyrk": (2, 0, 2), "dtrsm": (2, 0, 1)},
}
# A library that is not recognised (reference LAPACK has nothing to be told by) is on trial at first: factors are found and used
# once a solution by halves was seen to be the driver's own, and getrf and gesv do not share.
ON_TRIAL = {
    "gesv": {"dgesv": (1, 2, 1), "dgetrf": (0, 0, 1)},
    "getrf": {"dgetrf": (0, 0, 1), "dgesv": (1, 1, 1)},
    "posv": {"dposv": (0, 1, 2), "dpotrf": (0, 0, 1)},
    "sysv": {"dsysv": (1, 0, 2)},
}
LEAST_SQUARES = {
    "gels": {"dgels": (1, 2, 1)},
    "geqrf": {"dgeqrf": (1, 0, 1), "dgels": (1, 3, 0)},
    "columns": {"dgels": (1, 2, 1)},
    "rows": {"dgels": (1, 2, 1)},
    "scaled": {"dgeqrf": (0, 0, 2), "dgels": (0, 1, 4)},  # LAPACK scales them first
    "singular": {"dgeqrf": (0, 0, 2), "dgels": (0, 4, 1)},  # taken, and found to be singular as the driver finds it
    "wide": {"dgels": (1, 0, 3)},
    "transposed": {"dgels": (1, 0, 3)},
}
LEAST_SQUARES_ON_TRIAL = {
    "geqrf": {"dgeqrf": (1, 0, 1), "dgels": (1, 2, 1)},
    "scaled": {"dgeqrf": (0, 0, 2), "dgels": (0, 0, 5)},
    "singular": {"dgeqrf": (0, 0, 2), "dgels": (0, 0, 5)},  # none of them ends well, so nothing is proven
}
ONE = {"OPENBLAS_NUM_THREADS": "1"}
MANY = os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench", "solve", "many.py")
plain_runs = {}


def commands(build, name, kind):
    if kind == "R":
        return r_script(os.path.join(PROGRAMS, name + ".R"))
    if kind in ("debian", "wheels"):
        python = debian_python("numpy") if kind == "debian" else wheels_python(build)
        return [python, os.path.join(PROGRAMS, name + ".py")]
    return [compiled(build, name)]


def plain(place, line, environment):
    key = (tuple(line), tuple(sorted(environment.items())))
    result = plain_runs.setdefault(key, Once(lambda: place.run(line, environment)))()
    same(result.status, 0, "status of the plain program (%r)" % result.err[-300:])
    return result


def served(place, line, environment, *options, log="log"):
    """The same output as plain; what `show` tells."""
    before = plain(place, line, environment)
    result = place.under(line, "--quiet", *options, log=log, environment=environment)
    same(result.out, before.out, "stdout")
    same(result.err, before.err, "stderr")
    same(result.status, 0, "exit status")
    shown = place.show(log)
    consistent(shown)
    same(shown["reuse"]["mismatches"], 0, "reuse.mismatches")
    return shown


def sequence(place, case, program, *options):
    shown = served(place, [*commands(place.build, program, "compiled"), case], ONE, "--trace", "all", *options)
    found = {row["op"]: (row["hits_full"], row["hits_partial"], row["misses"]) for row in shown["routines"]
             if row["calls"] > row["bypassed"]}
    cases, on_trial = (LEAST_SQUARES, LEAST_SQUARES_ON_TRIAL) if program.startswith("least") else (CASES, ON_TRIAL)
    wanted = on_trial.get(case, cases[case]) if program.endswith("reference") else cases[case]
    same(found, wanted, "full hits, partial hits, misses")
    if "--verify" in options:
        verified(shown)
        same(shown["reuse"]["verified"], shown["reuse"]["hits_full"] + shown["reuse"]["hits_partial"], "reuse.verified")
    elif shown["reuse"]["hits_partial"]:
        expect(shown["reuse"]["saved_seconds"] > 0, "nothing saved by", case)


def sources(place):
    """A call that took a factor names the call that computed it."""
    line = [*commands(place.build, "drivers", "compiled"), "gesv"]
    served(place, line, ONE, "--trace", "all")
    listed = place.run([place.blase, "items", place.path("log"), "--format", "json"])
    expect(b'"outcome":"partial"' in listed.out.replace(b" ", b""), "no partial item:", listed.out[:300])
    expect(b'"source"' in listed.out, "no source in", listed.out[:300])


def bits(place, program, threads, *options):
    """Every type, sizes 0 to 40 and larger, either routine first: not one bit differs from the plain program."""
    step = 1 if threads == "1" else 20
    shown = served(place, [*commands(place.build, program, "compiled"), str(step)], {"OPENBLAS_NUM_THREADS": threads},
                   "--trace", "all", "--memory", "1G", *options)
    expect(shown["reuse"]["hits_partial"] > (1500 if program.endswith("reference") else 3000) // step, "few drivers took a factor:", shown["reuse"])


def least_squares_bits(place, program, threads, *options):
    step = 1 if threads == "1" else 4
    line = [*commands(place.build, program, "compiled"), "bits", str(step)]
    shown = served(place, line, {"OPENBLAS_NUM_THREADS": threads}, "--trace", "all", "--memory", "1G", *options)
    expect(shown["reuse"]["hits_partial"] > 2000 // step, "few drivers took a factor:", shown["reuse"])


def many(place, name, kind, distinct, calls, environment, *options):
    """Each matrix factored once. By default settings the governor, who goes by the clock, may want to see one more often."""
    shown = served(place, commands(place.build, name, kind), environment, *options)
    row = {r["op"]: r for r in shown["routines"]}
    misses = sum(r["misses"] + r["bypassed"] for op, r in row.items() if op in ("dgesv", "zgesv"))
    partial = sum(r["hits_partial"] for op, r in row.items() if op in ("dgesv", "zgesv"))
    same(misses + partial, calls, "calls of gesv")
    expect(misses <= (distinct if options else calls - 1), "factored", misses, "times, wanted", distinct)


def factored_once(place, kind):
    """One factorisation by default settings, too: the program of make bench-solve, smaller. The copy of the factor is given up where it
    takes far longer than expected, which a busy machine may bring about: hence three attempts."""
    calls, found = 40, []
    line = [commands(place.build, "solve_many", kind)[0], MANY, "1000", str(calls)]
    for attempt in range(3):
        shown = served(place, line, ONE, log="log%d" % attempt)
        row = next(r for r in shown["routines"] if r["op"] == "dgesv")
        found.append((row["misses"], row["bypassed"], row["hits_partial"]))
        if found[-1] == (1, 0, calls - 1):
            expect(shown["reuse"]["saved_seconds"] > 10 * shown["calls"]["seconds"], "time in LAPACK:", shown["reuse"], shown["calls"])
            return
    expect(False, "factored, bypassed, took the factor:", found)


def register():
    for case in CASES:
        for program in ("drivers", "drivers_reference"):
            test("%s %s" % (program, case), sequence, case, program)
            test("%s %s verified" % (program, case), sequence, case, program, "--verify")
    for case in LEAST_SQUARES:
        for program in ("least_squares", "least_squares_reference"):
            test("%s driver %s" % (program, case), sequence, case, program)
            test("%s driver %s verified" % (program, case), sequence, case, program, "--verify")
    test("drivers source", sources)
    for program in ("least_squares", "least_squares_reference"):
        test(program + " driver_bits", least_squares_bits, program, "1")
        test(program + " driver_bits two threads", least_squares_bits, program, "2")
        test(program + " driver_bits verified", least_squares_bits, program, "1", "--verify")
    for program in ("driver_bits", "driver_bits_reference"):
        test(program, bits, program, "1")
        test(program + " two threads", bits, program, "2")
        test(program + " verified", bits, program, "1", "--verify")
    for kind in ("debian", "wheels"):
        test("solve_many " + kind, many, "solve_many", kind, 2, 20, ONE, "--trace", "all")
        test("solve_many %s default" % kind, many, "solve_many", kind, 2, 20, ONE)
        test("solve_many %s factored once" % kind, factored_once, kind)
        test("solve_many %s two threads" % kind, many, "solve_many", kind, 2, 20, {"OPENBLAS_NUM_THREADS": "2"},
             "--trace", "all")
    test("solve_many R", many, "solve_many", "R", 1, 11, ONE, "--trace", "all")
