"""`blase estimate` against what runs with those settings then do."""
import json

from harness import expect, same, test
from toolchain import DEBIAN_PYTHON, compiled

NEAR = 0.01  # the cache counts its tables, whose sizes depend on how keys happen to fall
SIZES = ["300K", "1M", "2M", "4M", "1G"]


def estimate(place, log, *options):
    done = place.run([place.blase, "estimate", place.path(log), "--json", *options])
    same((done.status, done.err), (0, b""), "status, stderr of blase estimate")
    return json.loads(done.out)


def measure(place, program, name, *options):
    done = place.under(program, "--quiet", "--trace", "all", "--spill", "off", *options, log=name, environment={"OPENBLAS_NUM_THREADS": "1"})
    same(done.status, 0, "status")
    return done.out, place.show(name)


def near(found, wanted, share, what):
    expect(abs(found - wanted) <= share * wanted + 1e-6, what + ":", found, wanted)


def as_it_came_to_be(place, *options):
    """From a log of lineage only, or of a run with another budget: hits, misses and evictions of other budgets ."""
    program = [compiled(place.build, "working_set")]
    policy = options[-2:]  # Cost&Size goes by the times that calls took, and two runs differ themselves
    out, shown = measure(place, program, "first", *options)
    wanted = [arg for size in SIZES for arg in ("--memory", size)]
    estimates = estimate(place, "first", *wanted)
    expect(estimates["complete"], "not complete though every call was traced")
    none, *rows = estimates["estimates"]
    same((none["level"], none["hits"], none["saved_seconds"]), ("none", 0, 0), "level, hits, saved of none")
    same([row["level"] for row in rows], ["full"] * len(SIZES), "levels")
    for size, row in zip(SIZES, rows):
        again, shown = measure(place, program, "run" + size, "--memory", size, *policy)
        same(again, out, "stdout")
        reuse, cache = shown["reuse"], shown["cache"]
        for key, found in (("hits", reuse["hits_full"]), ("misses", reuse["misses"]), ("evictions", cache["evictions"]),
                           ("peak_bytes", cache["peak_bytes"])):
            near(row[key], found, NEAR, key + " of " + size + ", estimated and then")
        own = estimate(place, "run" + size, "--memory", size)["estimates"][1]  # times of another run are another matter
        near(own["hits"], reuse["hits_full"], NEAR, "hits of " + size + " from its own log and in it")
        near(own["saved_seconds"], reuse["saved_seconds"], NEAR, "seconds saved of " + size + " from its own log and in it")
    expect(rows[0]["hits"] < rows[2]["hits"] < rows[4]["hits"], "the budgets make no difference:", [row["hits"] for row in rows])


def by_cost(place):
    """Cost&Size, the default: no more than two runs differ themselves where memory is short, nothing where it is not."""
    program = [compiled(place.build, "working_set")]
    measure(place, program, "none", "--reuse", "none")
    short, ample = estimate(place, "none", "--memory", "4M", "--memory", "1G")["estimates"][1:]
    same(estimate(place, "none")["policy"], "costsize", "policy")
    near(short["hits"], measure(place, program, "4M", "--memory", "4M")[1]["reuse"]["hits_full"], 0.4, "hits with 4M")
    same(ample["hits"], measure(place, program, "1G", "--memory", "1G")[1]["reuse"]["hits_full"], "hits with 1G")


def usual_sizes(place):
    """An eighth to eight times the run's budget, then no limit; own says what the run itself had."""
    program = [compiled(place.build, "working_set")]
    _, shown = measure(place, program, "log", "--memory", "2M", "--policy", "lru")
    rows = estimate(place, "log")["estimates"]
    same([row["budget_bytes"] for row in rows], [None, *((1 << 18) << i for i in range(7)), None], "budgets")
    near(rows[4]["hits"], shown["reuse"]["hits_full"], NEAR, "hits at the run's own budget")
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
    test("estimate: from lineage only", as_it_came_to_be, "--reuse", "none", "--policy", "lru")
    test("estimate: by height", as_it_came_to_be, "--policy", "height")
    test("estimate: by cost and size", by_cost)
    test("estimate: from another budget", as_it_came_to_be, "--memory", "1M", "--policy", "lru")
    test("estimate: usual sizes", usual_sizes)
    test("estimate: calls without items", incomplete)
    test("estimate: processes", processes)
    test("estimate: numpy", python_program)
    test("estimate: wrong usage", wrong_usage)
