"""Spilling: dear results that memory has no room for come back from disk, and nothing is left there."""
import os

from counters import consistent, verified
from harness import PROGRAMS, expect, same, sanitized, test
from toolchain import compiled, debian_python

MEMORY = "4M"  # two results of svd
SMALL = ("--quiet", "--memory", MEMORY)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def spilling(*arguments):
    return [debian_python("numpy"), os.path.join(PROGRAMS, "spilling.py"), *arguments]


def left(path):
    return sorted(os.path.join(d, f) for d, _, names in os.walk(path) for f in names)


def compared(place, arguments, *options, log="log", environment=ONE_THREAD):
    """The program as it is and with a small cache; what show tells. Nothing may be left on disk."""
    command = spilling(*arguments)
    before = place.run(command, ONE_THREAD)
    after = place.under(command, *SMALL, "--spill", place.path("disk"), *options, log=log, environment=environment)
    status = before.status if before.status >= 0 else 128 - before.status
    same((after.status, after.out), (status, before.out), "status, stdout")
    expect(all(b"log" in line for line in after.err.splitlines()), "stderr:", after.err)
    shown = place.show(log)
    consistent(shown)
    same(left(place.path("disk")), [], "files left on disk")
    return shown


def dear_results_return(place, arguments, least, *options):
    """Which ones do goes by the times they took: under ThreadSanitizer, where those say little, fewer may."""
    shown = compared(place, arguments, "--trace", "all", *options)
    cache = shown["cache"]
    expect(cache["spills"] >= 4 and cache["evictions"] >= cache["spills"], "few went to disk:", cache)
    expect(cache["restores"] >= (least // 2 if sanitized else least), "few came back:", cache)
    expect(shown["reuse"]["hits_full"] >= cache["restores"], "restored and not served:", shown)
    same(cache["spill_lost"], 0, "cache.spill_lost")
    expect(cache["peak_bytes"] <= shown["run"]["processes"] * cache["budget_bytes"] == shown["run"]["processes"] << 22,
           "the budget:", cache)
    if "--verify" in options:
        verified(shown)


def governed(place):
    """The governor lets dear results go to disk, and its books hold what that cost. It goes by the clock, so a busy machine may talk it
    out of that: once or twice."""
    for attempt in range(3):
        shown = compared(place, ["nothing", "400", "14"], "--memory", "20M", log="log%d" % attempt)
        cache = shown["cache"]
        if cache["spills"] > 0 and cache["restores"] > 0:
            break
    expect(cache["spills"] > 0 and cache["restores"] > 0, "nothing came back:", cache)
    expect(shown["reuse"]["overhead_seconds"] >= cache["spill_seconds"] > 0, "the books:", shown)


def off(place):
    result = place.under(spilling(), *SMALL, "--trace", "all", "--spill", "off", environment=ONE_THREAD)
    same((result.status, result.out), (0, place.run(spilling(), ONE_THREAD).out), "status, stdout")
    cache = place.show()["cache"]
    same((cache["spills"], cache["restores"]), (0, 0), "spills, restores")
    expect(cache["evictions"] > 0, "nothing was evicted:", cache)


def where_it_is_by_default(place):
    """Below TMPDIR where that is a disk; nothing is left of it."""
    os.mkdir(place.path("tmp"))
    environment = {**ONE_THREAD, "TMPDIR": place.path("tmp")}
    before = place.run(spilling(), environment)
    after = place.under(spilling(), *SMALL, "--trace", "all", environment=environment)
    same((after.status, after.out, after.err), (0, before.out, b""), "status, stdout, stderr")
    same(os.listdir(place.path("tmp")), [], "what is left in TMPDIR")


def killed(place):
    """What a killed program leaves is removed by `blase run`; without it, by the next run that spills there."""
    compared(place, ["kill"], "--trace", "all", log="first")
    environment = {**ONE_THREAD, "LD_PRELOAD": place.library, "BLASE_LOG": place.path("log"), "BLASE_TRACE": "all",
                   "BLASE_MEMORY": MEMORY, "BLASE_SPILL": place.path("disk")}
    result = place.run(spilling("kill"), environment)
    same(result.status, -9, "exit status")
    expect(len(left(place.path("disk"))) > 3, "a killed program left nothing: how?", left(place.path("disk")))
    same(place.run(spilling(), {**environment, "BLASE_LOG": place.path("log2")}).status, 0, "exit status")
    same(left(place.path("disk")), [], "files left on disk by the killed one or the next")
    place.run(spilling("kill"), {**environment, "BLASE_LOG": place.path("log3")})
    place.under(["true"], "--quiet", "--spill", place.path("disk"), log="last")
    same(left(place.path("disk")), [], "files left on disk by the killed one after a run that spilled nothing")


def directory_that_cannot_be_used(place):
    open(place.path("file"), "w").close()
    before = place.run(spilling(), ONE_THREAD)
    after = place.under(spilling(), *SMALL, "--trace", "all", "--spill", place.path("file"), environment=ONE_THREAD)
    same((after.status, after.out, after.err.count(b"\n")), (0, before.out, 1), "status, stdout, lines on stderr")
    expect(after.err.startswith(b"blase: ") and b"file" in after.err, "what is said:", after.err)


def relative_directory(place):
    """A relative --spill is where blase was started."""
    os.mkdir(place.path("elsewhere"))
    code = "import os; os.chdir('elsewhere'); import runpy; runpy.run_path(%r)" % os.path.join(PROGRAMS, "spilling.py")
    result = place.under([debian_python("numpy"), "-c", code], *SMALL, "--trace", "all", "--spill", "disk",
                         environment=ONE_THREAD)
    same((result.status, result.err), (0, b""), "status, stderr")
    expect(place.show()["cache"]["restores"] > 0, "nothing came back")
    expect(os.path.isdir(place.path("disk")) and not os.listdir(place.path("elsewhere")), "the directory is elsewhere")


def files_may_not_grow(place):
    """From some moment on: what is on disk still comes back, and the program is not ended by SIGXFSZ."""
    compared(place, ["files"], "--trace", "all")  # the log ends there, so it cannot tell what came back


def exit_in_a_handler(place):
    """_exit may be called wherever a signal comes, in malloc too: nothing on the way out may wait for a lock of the program's."""
    for attempt in range(2 if sanitized else 8):
        result = place.under([compiled(place.build, "exit_in_handler")], "--quiet", "--trace", "all", "--memory", "1M", "--spill",
                             place.path("disk"), log="log%d" % attempt, environment=ONE_THREAD)
        same((result.status, result.err), (7, b""), "status, stderr")
    same(left(place.path("disk")), [], "files left on disk")


def register():
    test("spill: _exit in a signal handler", exit_in_a_handler)
    test("spill: dear results return", dear_results_return, [], 6)
    test("spill: verified", dear_results_return, [], 6, "--verify")
    test("spill: governed", governed)
    test("spill: off", off)
    test("spill: default place", where_it_is_by_default)
    test("spill: limit in bytes", dear_results_return, [], 6, "--spill-limit", "64M")
    for name in ("close", "missing", "fork", "_exit", "exec"):
        test("spill: " + name, dear_results_return, [name], 6)
    test("spill: files may not grow", files_may_not_grow)
    test("spill: killed", killed)
    test("spill: directory that cannot be used", directory_that_cannot_be_used)
    test("spill: relative directory", relative_directory)
