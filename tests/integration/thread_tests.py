"""Threads that meet the same call in flight: one computes, the others wait; nobody hangs, whatever becomes of the one."""
from counters import consistent
from harness import expect, same, sanitized, test
from toolchain import compiled

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def same_calls(place, *options):
    """32 threads, the same 50 calls at the same time: 50 computations, the rest served, results equal. Waiting is bounded by the clock:
    a machine with other things to do gets up to three tries at the numbers, results are equal in each."""
    threads, calls = 32, 50
    for attempt in range(3):
        log = "log%d" % attempt
        result = place.under([compiled(place.build, "same_calls")], "--trace", "all", "--quiet", *options, log=log,
                             environment=ONE_THREAD)
        same((result.status, result.out, result.err), (0, b"0 differ\n", b""), "status, stdout, stderr")
        shown = place.show(log)
        consistent(shown)
        reuse = shown["reuse"]
        same(reuse["probes"], threads * calls, "probes")
        if reuse["misses"] == calls or sanitized:
            break
    if not sanitized:  # there calls take so long that waiting ends in vain
        same(reuse["misses"], calls, "misses")
        same(reuse["hits_full"] + reuse["waits"], (threads - 1) * calls, "hits_full + waits")
    expect(sanitized or reuse["waits"] > 0, "no thread ever waited")


def meeting(place, mode, rounds, waits):
    """Rounds of four threads meeting in one call whose first caller is lost in every other round."""
    command = [compiled(place.build, "meeting"), mode, str(rounds)]
    before = place.run(command)
    result = place.under(command, "--trace", "all", "--quiet")
    same((result.status, result.out), (before.status, before.out), "status, stdout (%r)" % result.err[-300:])
    same(result.status, 0, "exit status")
    plain, under = (int(r.err.split()[0]) for r in (before, result))
    expect(under < plain, "nothing was served: %d computed, %d without blase" % (under, plain))
    shown = place.show()
    consistent(shown)
    expect(not waits or shown["reuse"]["waits"] >= rounds // 2, "few waited:", shown["reuse"])


def leave(place):
    """The program ends while a thread computes and others wait for it: it ends."""
    result = place.under([compiled(place.build, "meeting"), "leave", "1"], "--trace", "all", "--quiet")
    same((result.status, result.out, result.err), (0, b"leaving\n", b""), "status, stdout, stderr")


def race_is_seen(place):
    """Under ThreadSanitizer: a race that the program has with our reading of its operands is reported, so others would be."""
    quick = place.environment()["TSAN_OPTIONS"] + ":symbolize=0"
    result = place.under([compiled(place.build, "race")], "--trace", "all", "--quiet",
                         environment={**ONE_THREAD, "TSAN_OPTIONS": quick})
    same(result.status, 0, "exit status")
    found = place.races(forget=True)
    expect("data race" in found and "libblase.so" in found, "no race was reported:", found[:1000])


def register():
    if sanitized:
        test("threads: a race is seen", race_is_seen)
    test("threads: 32 make the same 50 calls", same_calls)
    for policy in ("lru", "height"):
        test("threads: 32 make the same 50 calls, " + policy, same_calls, "--policy", policy)
    for mode in ("exit", "cancel", "kill", "jump", "fork", "nest", "fail"):
        test("threads meet: " + mode, meeting, mode, 120, True)
    test("threads meet: mixed", meeting, "mixed", 280, True)
    test("threads meet: lost", meeting, "lost", 40, False)
    test("threads meet: the program ends", leave)
