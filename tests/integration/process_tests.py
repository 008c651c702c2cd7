"""Processes: those without BLAS, exit statuses, signals, children, workers, sudden ends, and the command line itself."""
import os
import shutil
import signal

import census
from counters import consistent, verified
from harness import PROGRAMS, expect, same, test
from toolchain import DEBIAN_PYTHON, census_library, compiled, debian_python, wheels_python


def python(place, kind, module="numpy"):
    return wheels_python(place.build) if kind == "wheels" else debian_python(module)


def program(name):
    return os.path.join(PROGRAMS, name)


def two_products(place, *arguments):
    return [debian_python("numpy"), program("two_products.py"), *arguments]


def one_line(err, what):
    expect(err.count(b"\n") == 1 and err.endswith(b"\n"), what, "is not one line on stderr:", repr(err))


def files_below(path):
    return sorted(os.path.join(d, f) for d, _, names in os.walk(path) for f in names)


# --- programs without BLAS

BARE = {"LD_PRELOAD": ""}  # also without ThreadSanitizer's runtime, of which dash dies when that is all there is before libc


def no_blas(place, *command):
    before = place.run(list(command), BARE, stdin=b"3\n1\n2\n")
    after = place.under(list(command), "--quiet", stdin=b"3\n1\n2\n")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    shown = place.show()
    consistent(shown)
    same(shown["run"]["processes"], 0, "run.processes")
    same(shown["calls"]["total"], 0, "calls.total")
    place.under(["true"], "--quiet", log="log-of-true")
    same(len(files_below(place.path("log"))), len(files_below(place.path("log-of-true"))),
         "files in the run directory against those of `true`")


def nothing_intercepted(place):
    result = place.under(["true"])
    same((result.status, result.out), (0, b""), "status, stdout")
    one_line(result.err, "what is said of a program without a call")


def child_without_blas(place):
    """A process that computes and then starts others leaves one log, and the others none."""
    code = ("import numpy as np, subprocess; a = np.eye(200) + 1; print((a @ a.copy()).sum()); "
            "subprocess.run('ls / | sort | head -3; true', shell=True)")
    command = [debian_python("numpy"), "-c", code]
    before, after = place.run(command, BARE), place.under(command, "--quiet", "--trace", "all")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    same(place.show()["run"]["processes"], 1, "run.processes")


# --- exit statuses and signals

def status(place, wanted, *command):
    result = place.under(list(command), "--quiet")
    same(result.status, wanted, "exit status")
    same((result.out, result.err), (b"", b""), "stdout, stderr")
    same(place.show()["run"]["exit_status"], wanted, "run.exit_status")


def unknown_program(place):
    result = place.under(["no-such-program-anywhere"])
    same((result.status, result.out), (127, b""), "status, stdout")
    one_line(result.err, "the message about an unknown program")
    expect(b"no-such-program-anywhere" in result.err, "the message does not name it:", result.err)


def bad_flag(place, *options):
    place.need_blase()
    result = place.run([place.blase, *options])
    same((result.status, result.out), (2, b""), "status, stdout")
    expect(0 < result.err.count(b"\n") <= 12, "the message is not short:", result.err)


def missing_library(place):
    place.need_blase()
    os.mkdir(place.path("bin"))
    shutil.copy(place.blase, place.path("bin", "blase"))
    result = place.run([place.path("bin", "blase"), "run", "--log", place.path("log"), "--", "echo", "ran"])
    same((result.status, result.out), (125, b""), "status, stdout")
    one_line(result.err, "the message about the missing library")


def odd_path(place):
    """A path that LD_PRELOAD cannot hold works or is refused; it never becomes a complaint of the dynamic linker."""
    place.need_blase()
    os.mkdir(place.path("a b:c"))
    for path in (place.blase, place.library):
        shutil.copy(path, place.path("a b:c"))
    result = place.run([place.path("a b:c", "blase"), "run", "--quiet", "--trace", "all", "--log", place.path("log"),
                        "--", *two_products(place)])
    expect(b"ld.so" not in result.err, "the dynamic linker complains:", result.err)
    if result.status == 125:
        one_line(result.err, "the message about the path")
    else:
        same(result.out, place.run(two_products(place)).out, "stdout")
        same(place.show()["calls"]["total"], 4, "calls.total")


def forwarded(place, name):
    """A signal sent to `blase run` alone reaches the program, which handles it."""
    place.need_blase()
    number = getattr(signal, "SIG" + name)
    script = "trap 'echo got %s; exit 3' %s; echo ready; while :; do sleep 0.05; done" % (name, name)
    result, line = place.signalled([place.blase, "run", "--quiet", "--log", place.path("log"), "--", "sh", "-c", script],
                                   number)
    same((line, result.out, result.err, result.status), (b"ready\n", b"got %s\n" % name.encode(), b"", 3),
         "first line, stdout, stderr, status")


def forwarded_unhandled(place):
    place.need_blase()
    result, _ = place.signalled([place.blase, "run", "--quiet", "--log", place.path("log"), "--", "sh", "-c",
                                 "echo ready; exec sleep 60"], signal.SIGTERM)
    same((result.status, result.err), (143, b""), "status, stderr")


def standard_input(place):
    text = bytes(range(256)) * 500
    result = place.under(["cat"], "--quiet", stdin=text)
    same((result.status, result.out, result.err), (0, text, b""), "status, stdout, stderr")


def arguments(place):
    """What follows -- belongs to the program, flags and odd words included."""
    words = ["--quiet", "--", "-x", "", "a b", "$HOME", "*"]
    command = [DEBIAN_PYTHON, "-c", "import sys; print(sys.argv[1:])", *words]
    same(place.under(command, "--quiet").out, place.run(command).out, "stdout")


# --- sudden ends

def sudden(place, how, wanted):
    """However a program leaves, its log is readable and holds its calls."""
    command = two_products(place, how)
    before, after = place.run(command), place.under(command, "--quiet", "--trace", "all")
    same((after.out, after.err), (before.out, before.err), "stdout, stderr")
    same(after.status, wanted, "exit status")
    shown = place.show()
    consistent(shown)
    same(shown["run"]["processes"], 1, "run.processes")
    same((shown["calls"]["total"], shown["reuse"]["misses"], shown["reuse"]["hits_full"]), (4, 2, 2),
         "calls, misses, hits_full")
    expect(shown["lineage"]["items"] >= 2, "lineage.items is", shown["lineage"]["items"])


# --- several processes

def workers(place, kind, wanted, script, *arguments):
    """wanted: calls, misses, hits, processes (a number or several that are right)"""
    calls, misses, hits, processes = wanted
    command = [python(place, kind, "joblib"), program(script), *arguments]
    before, after = place.run(command), place.under(command, "--quiet", "--trace", "all")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    same(before.status, 0, "status of the plain program")
    shown = place.show()
    consistent(shown)
    same((shown["calls"]["total"], shown["reuse"]["misses"], shown["reuse"]["hits_full"]), (calls, misses, hits),
         "calls, misses, hits_full")
    same(shown["run"]["processes"], processes, "run.processes")


def fork_exec(place):
    """A parent (4 products, 1 distinct), its child (2, 1), and what the child becomes under the same pid (2, 1)."""
    command = [compiled(place.build, "fork_exec")]
    before, after = place.run(command), place.under(command, "--quiet", "--trace", "all")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    same(after.status, 5, "exit status")
    shown = place.show()
    consistent(shown)
    same((shown["calls"]["total"], shown["reuse"]["misses"], shown["reuse"]["hits_full"]), (8, 3, 5),
         "calls, misses, hits_full")
    expect(shown["run"]["processes"] in (2, 3), "run.processes is", shown["run"]["processes"])


def threads(place, *options):
    command = [debian_python("numpy"), program("threads.py")]
    before, after = place.run(command), place.under(command, "--quiet", "--trace", "all", *options)
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    shown = place.show()
    consistent(shown)
    if "--verify" in options:
        verified(shown)
    calls = 4 * 3 * 6 * 2
    same((shown["calls"]["total"], shown["reuse"]["probes"]), (calls, calls), "calls, probes")
    expect(shown["reuse"]["misses"] >= 12, "fewer misses than distinct calls:", shown["reuse"])
    expect(shown["reuse"]["hits_full"] >= calls // 2, "few hits:", shown["reuse"])


def fork_threads(place):
    command = [debian_python("numpy"), program("fork_threads.py")]
    environment = {"OPENBLAS_NUM_THREADS": "1"}  # a forked child has no helper threads to wait for
    result = place.under(command, "--quiet", "--trace", "all", environment=environment)
    same((result.status, result.out, result.err), (0, b"0 [10, 11, 12, 13, 14]\n", b""), "status, stdout, stderr")
    shown = place.show()
    consistent(shown)
    same((shown["calls"]["total"], shown["run"]["processes"]), (1 + 120 + 10, 6), "calls, processes")


def clones(place):
    """The child of a bare clone is left alone, and says so; that of vfork is its parent, whose log goes on."""
    command = [compiled(place.build, "clones")]
    environment = {"OPENBLAS_NUM_THREADS": "1"}
    before, after = place.run(command, environment), place.under(command, "--quiet", "--trace", "all", environment=environment)
    same((after.status, after.out), (before.status, before.out), "status, stdout")
    same(after.out, b"1\n2 3\n7 4 5\n", "stdout")
    same(after.err.count(b"this process was made by a bare clone"), 1, "notes of a bare clone")
    shown = place.show()
    consistent(shown)
    same((shown["calls"]["total"], shown["run"]["processes"]), (4, 1), "calls, processes")


# --- the command line and the environment

def preload_alone(place):
    place.need_blase()
    environment = {"LD_PRELOAD": place.library, "BLASE_LOG": place.path("log"), "BLASE_TRACE": "all", "BLASE_QUIET": "1"}
    command = two_products(place)
    before, after = place.run(command), place.run(command, environment)
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")
    shown = place.show()
    consistent(shown)
    same((shown["calls"]["total"], shown["reuse"]["misses"], shown["reuse"]["hits_full"]), (4, 2, 2),
         "calls, misses, hits_full")


def setting(place, wanted_hits, environment, *options):
    """wanted_hits of the four calls, from environment and options"""
    result = place.under(two_products(place), "--quiet", *options, environment=environment)
    before = place.run(two_products(place))
    same((result.status, result.out, result.err), (0, before.out, b""), "status, stdout, stderr")
    same(place.show()["reuse"]["hits_full"], wanted_hits, "reuse.hits_full")


def verify_setting(place):
    result = place.under(two_products(place), "--quiet", environment={"BLASE_VERIFY": "1", "BLASE_TRACE": "all"})
    same((result.status, result.err), (0, b""), "status, stderr")
    reuse = place.show()["reuse"]
    same((reuse["hits_full"], reuse["verified"], reuse["mismatches"]), (2, 2, 0), "hits_full, verified, mismatches")


def wrong_value(place):
    """A wrong value in the environment is one clear line and the default."""
    before = place.run(two_products(place))
    usual = place.under(two_products(place), "--trace", "all", log="usual")
    result = place.under(two_products(place), "--trace", "all", environment={"BLASE_REUSE": "bogus"})
    same((result.status, result.out), (0, before.out), "status, stdout")
    expect(b"BLASE_REUSE" in result.err, "the message does not name the setting:", result.err)
    same(result.err.count(b"\n"), usual.err.count(b"\n") + 1, "lines on stderr")
    same(place.show()["reuse"]["hits_full"], 2, "reuse.hits_full")


def log_cannot_be_made(place):
    """Asked for a run directory that cannot be made, blase says so and either refuses (125) or runs the program."""
    open(place.path("file"), "w").close()
    before = place.run(two_products(place))
    result = place.under(two_products(place), "--trace", "all", log="file/log")
    expect((result.status, result.out) in ((0, before.out), (125, b"")), "status, stdout:", result.status, result.out)
    expect(b"file/log" in result.err, "nothing is said about a log that cannot be made:", result.err)


def full_disk(place):
    """Files may not grow: the program does what it always did."""
    before = place.run(two_products(place))
    command = ["sh", "-c", "ulimit -f 0; exec \"$@\"", "sh", *two_products(place)]
    result = place.under(command, "--trace", "all", "--quiet")
    same((result.status, result.out), (0, before.out), "status, stdout")


def relative_log(place):
    """A relative --log is where blase was started, also when the program goes elsewhere first."""
    os.mkdir(place.path("elsewhere"))
    place.need_blase()
    code = "import os; os.chdir('elsewhere'); import runpy; runpy.run_path(%r)" % program("two_products.py")
    result = place.run([place.blase, "run", "--quiet", "--trace", "all", "--log", "log", "--",
                        debian_python("numpy"), "-c", code])
    same(result.status, 0, "exit status (%r)" % result.err)
    same(files_below(place.path("elsewhere")), [], "files where the program went")
    same(place.show()["calls"]["total"], 4, "calls.total")


def other_preload(place):
    """A library that the user preloads stays preloaded, behind blase."""
    environment = census.counters(place.path("counts"), census_library(place.build))
    before = place.run(two_products(place))
    result = place.under(two_products(place), "--quiet", "--trace", "all", environment=environment)
    same((result.status, result.out, result.err), (0, before.out, b""), "status, stdout, stderr")
    counted = census.read(place.path("counts"))
    expect("dgemm" in counted, "the other library was not loaded")
    shown = place.show()
    consistent(shown)
    same(shown["calls"]["total"], 4, "calls.total")
    same(counted["dgemm"][0], 4 - shown["reuse"]["hits_full"], "products really computed")


def preload_alone_without_log(place):
    """A run directory that cannot be made is no reason for the library to change anything."""
    place.need_blase()
    open(place.path("file"), "w").close()
    environment = {"LD_PRELOAD": place.library, "BLASE_LOG": place.path("file", "log"), "BLASE_TRACE": "all",
                   "BLASE_QUIET": "1"}
    before, after = place.run(two_products(place)), place.run(two_products(place), environment)
    same((after.status, after.out), (before.status, before.out), "status, stdout")
    expect(after.err.count(b"\n") <= 1, "more than one line on stderr:", after.err)


def thread_pools(place, kind):
    """threadpoolctl, which scikit-learn and joblib ask, finds the same libraries."""
    code = ("import numpy, sklearn, threadpoolctl as t; numpy.eye(300) @ numpy.eye(300); "
            "print(sorted(map(repr, t.threadpool_info())))")
    command = [python(place, kind, "sklearn"), "-c", code]
    before, after = place.run(command), place.under(command, "--quiet", "--trace", "all")
    same((after.status, after.out, after.err), (before.status, before.out, before.err), "status, stdout, stderr")


def late_directory(place):
    """The program may remove its working directory; the log does not live there."""
    code = ("import os, tempfile, runpy; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d); runpy.run_path(%r)"
            % program("two_products.py"))
    result = place.under([debian_python("numpy"), "-c", code], "--quiet", "--trace", "all")
    same((result.status, result.err), (0, b""), "status, stderr")
    same(place.show()["calls"]["total"], 4, "calls.total")


def show_of_nothing(place):
    place.need_blase()
    result = place.run([place.blase, "show", place.path("nowhere"), "--json"])
    expect(result.status != 0 and not result.out, "status %d, stdout %r" % (result.status, result.out))
    one_line(result.err, "the message about a run that is not there")


def register():
    test("no blas: true", no_blas, "true")
    test("no blas: ls", no_blas, "ls", "-l", PROGRAMS)
    test("no blas: pipeline", no_blas, "sh", "-c", "sort | sed s/1/one/ | cat; ls / | wc -l; exit 4")
    test("no blas: one line says so", nothing_intercepted)
    test("no blas: children of one that computes", child_without_blas)
    test("status: 0", status, 0, "true")
    test("status: 7", status, 7, "sh", "-c", "exit 7")
    test("status: 255", status, 255, "sh", "-c", "exit 255")
    test("status: SIGTERM", status, 143, "sh", "-c", "kill -TERM $$")
    test("status: SIGKILL", status, 137, "sh", "-c", "kill -KILL $$")
    test("status: SIGINT", status, 130, "sh", "-c", "kill -INT $$")
    test("status: unknown program", unknown_program)
    test("status: bad flag", bad_flag, "run", "--no-such-flag", "--", "true")
    test("status: bad level", bad_flag, "run", "--reuse", "bogus", "--", "true")
    test("status: no program", bad_flag, "run")
    test("status: bad verb", bad_flag, "no-such-verb")
    test("status: missing library", missing_library)
    test("path with a space and a colon", odd_path)
    for name in ("TERM", "INT", "HUP", "USR1"):
        test("signal forwarded: " + name, forwarded, name)
    test("signal forwarded: unhandled", forwarded_unhandled)
    test("stdin", standard_input)
    test("arguments", arguments)
    test("end: exit", sudden, "exit", 4)
    test("end: _exit", sudden, "_exit", 9)
    test("end: SIGKILL", sudden, "kill", 137)
    test("end: abort", sudden, "abort", 134)
    for kind in ("debian", "wheels"):
        for method in ("fork", "spawn"):
            test("workers: multiprocessing %s %s" % (method, kind), workers, kind, (6, 3, 3, 3),
                 "multiprocessing_pool.py", method)
        test("workers: joblib " + kind, workers, kind, (4, 2, 2, 2), "joblib_workers.py")
    test("fork and exec", fork_exec)
    test("clone and vfork", clones)
    test("threads", threads)
    test("threads verified", threads, "--verify")
    test("fork with threads", fork_threads)
    test("LD_PRELOAD alone", preload_alone)
    test("setting: none", setting, 0, {"BLASE_REUSE": "none", "BLASE_TRACE": "all"})
    test("setting: full", setting, 2, {"BLASE_REUSE": "full", "BLASE_TRACE": "all"})
    test("setting: the command line comes first", setting, 2, {"BLASE_REUSE": "none"}, "--reuse", "full",
         "--trace", "all")
    test("setting: verify", verify_setting)
    test("setting: wrong value", wrong_value)
    test("log cannot be made", log_cannot_be_made)
    test("log: full disk", full_disk)
    test("log cannot be made: LD_PRELOAD alone", preload_alone_without_log)
    for kind in ("debian", "wheels"):
        test("threadpoolctl " + kind, thread_pools, kind)
    test("log: relative", relative_log)
    test("log: working directory removed", late_directory)
    test("another preloaded library", other_preload)
    test("show of nothing", show_of_nothing)
