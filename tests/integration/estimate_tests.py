"""`blase estimate` against what runs with those settings then do."""
import json

from harness import expect, same, test
from toolchain import DEBIAN_PYTHON, compiled

SIZES = ["300K", "1M", "2M", "4M", "1G"]


def estimate(place, log, *options):
    done = place.run([place.blase, "estimate", place.path(log), "--json", *options])
    same((done.status, done.err), (0, b""), "status, stderr of blase estimate")
    return json.loads(done.out)


def measure(place, program, name, *options):
    done = place.under(program, "--quiet", "--trace", "all", *options, log=name, environment={"OPENBLAS_NUM_THREADS": "1"})
    same(done.status, 0, "status")
    return done.out, place.show(name)


def as_it_came_to_be(place, *options):
    """From a log of lineage only, or of a run with another budget: hits, misses and evictions of other budgets to the last one."""
    program = [compiled(place.build, "working_set")]
    out, shown = measure(place, program, "first", *options)
    wanted = [arg for size in SIZES for arg in ("--memory", size)]
    estimates = estimate(place, "first", *wanted)
    expect(estimates["complete"], "not complete though every call was traced")
    none, *rows = estimates["estimates"]
    same((none["level"], none["hits"], none["saved_seconds"]), ("none", 0, 0), "level, hits, saved of none")
    same([row["level"] for row in rows], ["full"] * len(SIZES), "levels")
    for size, row in zip(SIZES, rows):
        again, shown = measure(place, program, "run" + size, "--memory", size)
        same(again, out, "stdout")
        reuse, cache = shown["reuse"], shown["cache"]
        same((row["hits"], row["misses"], row["evictions"], row["peak_bytes"]),
             (reuse["hits_full"], reuse["misses"], cache["evictions"], cache["peak_bytes"]),
             "hits, misses, evictions, peak of %s, estimated and then" % size)
        own = estimate(place, "run" + size, "--memory", size)["estimates"][1]  # times of another run are another matter
        same((own["hits"], round(own["saved_seconds"], 6)), (reuse["hits_full"], round(reuse["saved_seconds"], 6)),
             "hits and seconds saved of %s, from its own log" % size)
    expect(rows[0]["hits"] < rows[2]["hits"] < rows[4]["hits"], "the budgets make no difference:", [row["hits"] for row in rows])


def usual_sizes(place):
    """An eighth to eight times the run's budget, then no limit; own says what the run itself had."""
    program = [compiled(place.build, "working_set")]
    _, shown = measure(place, program, "log", "--memory", "2M")
    rows = estimate(place, "log")["estimates"]
    same([row["budget_bytes"] for row in rows], [None, *((1 << 18) << i for i in range(7)), None], "budgets")
    same(rows[4]["hits"], shown["reuse"]["hits_full"], "hits at the run's own budget")
    same((rows[8]["evictions"], rows[8]["misses"] <= rows[7]["misses"]), (0, True), "evictions and misses without limit")
    table = place.run([place.blase, "estimate", place.path("log")])
    same((table.status, table.err), (0, b""), "status, stderr")
    same(table.out.count(b"\nfull "), 8, "rows of full in the table")
    expect(b"note" not in table.out, "a note though every call was traced")


def incomplete(place):
    """Calls that left no item are said to be missing."""
    program = [compiled(place.build, "reasons"), "20000"]
    same(place.under(program, "--quiet").status, 0, "status")
    found = estimate(place, "log")
    expect(not found["complete"] and found["calls"]["traced"] < found["calls"]["total"], "complete:", found["calls"])
    table = place.run([place.blase, "estimate", place.path("log")]).out
    expect(b"--trace=all" in table, "no advice to trace all calls")


def processes(place):
    """Each process has a cache of its own: two that do the same save the same, each for itself."""
    program = compiled(place.build, "working_set")
    one = measure(place, [program], "one")[1]["reuse"]["hits_full"]
    measure(place, ["sh", "-c", "%s & %s; wait" % (program, program)], "two")
    rows = estimate(place, "two", "--memory", "1G")["estimates"]
    same(rows[1]["hits"], 2 * one, "hits of two processes")


def python_program(place):
    """A program that is not ours: within a hundredth of the hits."""
    code = ("import numpy as np\nr = np.random.default_rng(1)\na = r.standard_normal((300, 40))\n"
            "for i in range(30):\n    g = a.T @ a + (i % 5) * np.eye(40)\n    x = np.linalg.solve(g, a.T @ a[:, i % 3])\n"
            "    u, s, v = np.linalg.svd(a[: 50 + i % 4])\nprint(repr(x.sum()), repr(s.sum()))\n")
    program = [DEBIAN_PYTHON, "-c", code]
    out, _ = measure(place, program, "none", "--reuse", "none")
    again, shown = measure(place, program, "full")
    same(again, out, "stdout")
    row = estimate(place, "none", "--memory", "1G")["estimates"][1]
    expect(abs(row["hits"] - shown["reuse"]["hits_full"]) <= 0.01 * shown["reuse"]["hits_full"], "hits: estimated", row["hits"],
           "and then", shown["reuse"]["hits_full"])


def wrong_usage(place):
    for arguments, status in ((["--memory", "much"], 2), (["--memory", "0"], 2), (["a", "b"], 2), (["no such run"], 1), (["--help"], 0)):
        same(place.run([place.blase, "estimate", *arguments]).status, status, "status of estimate " + " ".join(arguments))


def register():
    test("estimate: from lineage only", as_it_came_to_be, "--reuse", "none")
    test("estimate: from another budget", as_it_came_to_be, "--memory", "1M")
    test("estimate: usual sizes", usual_sizes)
    test("estimate: calls without items", incomplete)
    test("estimate: processes", processes)
    test("estimate: numpy", python_program)
    test("estimate: wrong usage", wrong_usage)
