"""What `blase show` says about why calls were passed through or their results not kept."""
import json

from counters import consistent
from harness import expect, same, test
from toolchain import DEBIAN_PYTHON, compiled


def reasons(place, *options):
    """The reasons of one run of reasons.c that are not 0, and that they add up."""
    program = [compiled(place.build, "reasons")]
    before, after = place.run(program), place.under(program, "--quiet", *options)
    same((after.status, after.out), (before.status, before.out), "status, stdout")
    shown = place.show()
    consistent(shown)
    return sums(shown)


def sums(shown):
    why = shown["reasons"]
    same(sum(why["bypassed"].values()), shown["calls"]["bypassed"], "sum of reasons.bypassed against calls.bypassed")
    return {group: {name: n for name, n in why[group].items() if n} for group in ("bypassed", "not_kept")}


PASSED = {"workspace_query": 3, "illegal": 2, "exceptions_trap": 5}


def every_call(place):
    same(reasons(place, "--trace", "all"), {"bypassed": PASSED, "not_kept": {"overlap": 4, "info": 6}}, "reasons")


def reuse_off(place):
    found = reasons(place, "--trace", "all", "--reuse", "none")
    same(found, {"bypassed": PASSED, "not_kept": {"overlap": 4, "reuse_off": 8}}, "reasons")


def too_large(place):
    found = reasons(place, "--trace", "all", "--memory", "16K")
    same(found["not_kept"], {"overlap": 4, "too_large": 8}, "reasons.not_kept")


def no_room_for_a_cache(place):
    """Less memory than the cache itself takes: nothing is reused, which is said once, by `blase run` or by the library, and show has it."""
    program = [compiled(place.build, "reasons")]
    before = place.run(program)
    told = b"blase: --memory: 1024 bytes are less than the "
    for options in (("--trace", "all"), ()):
        done = place.under(program, "--quiet", "--memory", "1K", *options, log="log%d" % len(options))
        same((done.status, done.out), (before.status, before.out), "status, stdout")
        expect(done.err.startswith(told) and done.err.count(b"\n") == 1, "stderr:", done.err)
        shown = place.show("log%d" % len(options))
        consistent(shown)
        same((shown["reuse"]["level"], shown["cache"]["peak_bytes"], shown["cache"]["entries"]), ("none", 0, 0), "level, peak, entries")
    environment = {"LD_PRELOAD": place.library, "BLASE_MEMORY": "1K", "BLASE_LOG": place.path("alone"), "BLASE_QUIET": "1"}
    done = place.run(program, environment)
    same((done.status, done.out), (before.status, before.out), "status, stdout without blase run")
    expect(done.err.startswith(told) and done.err.count(b"\n") == 1, "stderr without blase run:", done.err)
    estimated = place.run([place.blase, "estimate", place.path("log2"), "--memory", "1K", "--json"])
    row = json.loads(estimated.out)["estimates"][1]
    same((row["hits"], row["misses"], row["too_large"], row["peak_bytes"]), (0, 0, 2, 0), "hits, misses, too large, peak estimated")


def everything_counted(place):
    """What the governor and the index of spilled results take is in cache.peak_bytes and within the budget."""
    program = [compiled(place.build, "working_set")]
    least = 590000  # the governor's tables
    for size, options in ((700 << 10, ()), (4 << 20, ()), (4 << 20, ("--spill", "off"))):
        log = "log%d%s" % (size, "".join(options))
        same(place.under(program, "--quiet", "--memory", str(size), *options, log=log).status, 0, "status")
        cache = place.show(log)["cache"]
        same(cache["budget_bytes"], size, "budget_bytes")
        expect(least < cache["peak_bytes"] <= size, "peak_bytes of", size, "is", cache["peak_bytes"])


WORTH = ("import numpy as np\nr = np.random.default_rng(1)\n"
         "dear = [(r.standard_normal((100, 1500)), r.standard_normal((1500, 100))) for _ in range(9)]\n"
         "cheap = r.standard_normal((250, 2)), r.standard_normal((2, 250))\n"
         "products = [a @ b for a, b in (*dear, cheap, cheap, cheap, *dear)]\nprint(repr(sum(p.sum() for p in products)))\n")


def worth_less(place):
    """A large result that takes no time does not push out small ones that do; unless it was interrupted and took some."""
    found = []
    for attempt in range(5):
        log = "log%d" % attempt
        done = place.under([DEBIAN_PYTHON, "-c", WORTH], "--trace", "all", "--memory", "1M", "--spill", "off", "--quiet", log=log)
        same((done.status, done.err), (0, b""), "status, stderr")
        shown = place.show(log)
        consistent(shown)
        found.append((sums(shown)["not_kept"], shown["reuse"]["hits_full"], shown["cache"]["evictions"]))
        if found[-1] == ({"worth_less": 3}, 9, 0):
            text = place.run([place.blase, "show", place.path(log)]).out.decode()
            expect("3 quicker to compute, byte for byte" in text, "no word of it:", text)
            return
    expect(False, "reasons.not_kept, hits, evictions:", found)


def small_calls(place):
    """Lineage alone: what can be afforded is traced and never kept; where exceptions trap nothing is asked but that."""
    found = reasons(place, "--trace", "auto", "--reuse", "none")
    expect(set(found["not_kept"]) <= {"reuse_off", "overlap", "info"}, "kept for want of what?", found)
    same(found["bypassed"]["exceptions_trap"], 5, "exceptions_trap")
    traced, passed = sum(found["not_kept"].values()), found["bypassed"]
    let_by = sum(passed.get(reason, 0) for reason in ("too_small", "no_budget", "workspace_query"))  # no budget: not even looked at
    same(traced + let_by, 17, "products, factorisations, queries, and two without rows")


def refused(place):
    """Thousands of new products: the governor turns most of them away, and every one is accounted for."""
    program = [compiled(place.build, "reasons"), "20000"]
    same(place.under(program, "--quiet").status, 0, "status")
    shown = place.show()
    consistent(shown)
    found, books = sums(shown)["bypassed"], shown["governor"]
    same(set(found) - {"too_small"}, {"no_gain", "no_budget"} & set(found), "reasons")
    expect(found.get("no_gain", 0) >= books["refused_gain"], "no_gain against the governor's books:", found, books)
    expect(found.get("no_budget", 0) >= books["refused_budget"], "no_budget against the governor's books:", found, books)
    expect(found.get("no_gain", 0) + found.get("no_budget", 0) > 10000, "too few refusals:", found)
    table = place.run([place.blase, "show", place.path("log")]).out.decode()
    for name in ("no gain expected", "no budget"):
        same(name in table, name.replace(" expected", "").replace(" ", "_") in found, "a line for " + name)


def register():
    test("reasons: every call", every_call)
    test("reasons: reuse off", reuse_off)
    test("reasons: too large", too_large)
    test("show: no room for a cache", no_room_for_a_cache)
    test("show: everything counted", everything_counted)
    test("show: worth less than what is kept", worth_less)
    test("reasons: small calls", small_calls)
    test("reasons: refused by the governor", refused)
