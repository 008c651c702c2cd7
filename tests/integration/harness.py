"""What every test here uses: the registry, a temporary directory for each, running a command, running it under blase."""
import fnmatch
import glob
import json
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
TIME_LIMIT = 120
SLOWER = 5  # under ThreadSanitizer
tests = []
sanitized = {}  # what environments have besides when the library under test is built with ThreadSanitizer


class Skipped(Exception):
    """Raised by a test that cannot run here; its text is the reason."""


class Failed(Exception):
    """Raised by a check; its text says what was expected and what was found."""


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def test(name, function, *arguments):
    tests.append((name, function, arguments))


# What cannot be under ThreadSanitizer, and why.
NOT_SANITIZED = {
    "clone and vfork": "its runtime makes a fork of vfork",
    "c_linalg valgrind": "one or the other",
    "threads meet: kill": "its runtime waits for a thread that is gone without a word",
    "threads meet: mixed": "its runtime waits for a thread that is gone without a word",
    "memory: flat*": "its shadow memory grows",
    "driver_bits*": "it is about the provider's bits, and takes long",
    "same_buffers verified": "an array of LAPACKE_dgesvd holds what its allocator gave",
    "repeated products verified by default": "nothing pays at its speed",
    "solve_many * factored once": "nothing pays at its speed",
    "spill: governed": "nothing pays at its speed",
    "signal forwarded*": "its runtime holds back signals that come within waitid",
    "log: full disk": "its runtime writes a file as it starts",
    "capture with a limit on file sizes": "its runtime writes a file as it starts",
    "two providers*deepbind": "its runtime refuses RTLD_DEEPBIND",
    "passing: arguments": "it makes calls of the jumps that are looked for",
    "passing: arguments reuse none": "it makes calls of the jumps that are looked for",
    "passing: arguments traced": "it makes calls of the jumps that are looked for",
}


def expect(condition, *explanation):
    if not condition:
        raise Failed(" ".join(str(part) for part in explanation))


def same(found, wanted, what):
    if found == wanted:
        return
    if isinstance(found, bytes) and isinstance(wanted, bytes):
        lines, others = found.split(b"\n"), wanted.split(b"\n")
        at = next((i for i, pair in enumerate(zip(lines, others)) if pair[0] != pair[1]), min(len(lines), len(others)))
        found, wanted = brief(b"\n".join(lines[at:at + 1])), brief(b"\n".join(others[at:at + 1]))
        raise Failed("%s: line %d: found %r, wanted %r" % (what, at + 1, found, wanted))
    raise Failed("%s: found %s, wanted %s" % (what, brief(found), brief(wanted)))


def brief(value):
    text = value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) < 600 else text[:300] + " … " + text[-300:]


def under_thread_sanitizer():
    """From here on programs run with ThreadSanitizer's runtime, also those that were not built with it, and its reports fail a test."""
    global TIME_LIMIT
    TIME_LIMIT *= SLOWER
    runtime = subprocess.run(["gcc", "-print-file-name=libtsan.so"], capture_output=True, text=True).stdout.strip()
    sanitized["LD_PRELOAD"] = os.path.realpath(runtime)
    sanitized["TSAN_OPTIONS"] = "exitcode=0:report_thread_leaks=0:ignore_noninstrumented_modules=1"


class Place:
    """A test's own directory under build/tests, and the ways of running a program there."""

    def __init__(self, build, name):
        self.build = build
        self.blase = os.path.join(build, "blase")
        self.library = os.path.join(build, "libblase.so")
        self.directory = os.path.join(build, "tests", "run", name.replace(" ", "-").replace("/", "-"))
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def environment(self, extra=None):
        base = {k: v for k, v in os.environ.items() if not k.startswith("BLASE_") and k != "LD_PRELOAD"}
        if sanitized:
            base.update(sanitized, TSAN_OPTIONS="%s:log_path='%s'" % (sanitized["TSAN_OPTIONS"], self.path("race")))
        return {**base, **(extra or {})}

    def races(self, forget=False):
        """What ThreadSanitizer reported in this test; forgotten, it does not fail it."""
        text = ""
        for path in sorted(glob.glob(glob.escape(self.path("race")) + ".*")):
            with open(path, encoding="utf-8", errors="replace") as report:
                text += report.read()
            if forget:
                os.remove(path)
        return text

    def run(self, command, environment=None, stdin=b"", cwd=None, limit=None):
        """The program as it is. `limit`: seconds; under ThreadSanitizer five times that."""
        limit = limit * SLOWER if limit and sanitized else limit or TIME_LIMIT
        try:
            done = subprocess.run(command, input=stdin, capture_output=True, env=self.environment(environment),
                                  cwd=cwd or self.directory, timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failed("stuck for %d s: %s" % (limit, " ".join(command))) from None
        return Result(done.returncode, done.stdout, done.stderr)

    def signalled(self, command, number):
        """Start the command, wait for its first line, send it the signal; its result and that first line."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment(), cwd=self.directory, start_new_session=True)
        try:
            line = process.stdout.readline()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            raise Failed("still running 20 s after signal %d: %s" % (number, " ".join(command))) from None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return Result(process.returncode, out, err), line

    def under(self, command, *options, log="log", environment=None, stdin=b"", cwd=None, limit=None):
        """The program under `blase run`, its log in the test's directory."""
        self.need_blase()
        where = ["--log", self.path(log)] if log else []
        return self.run([self.blase, "run", *where, *options, "--", *command], environment, stdin, cwd, limit)

    def need_blase(self):
        for path in (self.blase, self.library):
            if not os.path.exists(path):
                raise Failed("not built: " + path)

    def show(self, log="log"):
        """`blase show DIR --json`, parsed."""
        shown = self.run([self.blase, "show", self.path(log), "--json"])
        same(shown.status, 0, "status of blase show (%s)" % brief(shown.err))
        same(shown.err, b"", "stderr of blase show")
        try:
            return json.loads(shown.out)
        except ValueError as error:
            raise Failed("blase show --json is not JSON: %s: %s" % (error, brief(shown.out))) from None


class Once:
    """Remembers what a function gave for its arguments, one caller at a time for each."""

    def __init__(self, function):
        self.function, self.known, self.lock = function, {}, threading.Lock()

    def __call__(self, *key):
        with self.lock:
            lock, box = self.known.setdefault(key, (threading.Lock(), []))
        with lock:
            if not box:
                try:
                    box.append((self.function(*key), None))
                except (Skipped, Failed) as error:
                    box.append((None, error))
            value, error = box[0]
        if error:
            raise error
        return value


def not_sanitized(name):
    for pattern, reason in NOT_SANITIZED.items():
        if fnmatch.fnmatch(name, pattern):
            raise Skipped("ThreadSanitizer: " + reason)


def processor_time():
    """Seconds of processor that all commands run so far took, those in their children included."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def outcome(build, name, function, arguments):
    started = time.monotonic()
    place = Place(build, name)
    try:
        if sanitized:
            not_sanitized(name)
        function(place, *arguments)
        kind, details = "ok", ""
    except Skipped as reason:
        kind, details = "skipped", str(reason)
    except Failed as reason:
        kind, details = "FAIL", str(reason)
    except Exception:  # a bug of the test itself is a failure with its trace
        kind, details = "FAIL", traceback.format_exc()
    if place.races():
        kind, details = "FAIL", details + place.races()
    return name, kind, details, time.monotonic() - started


def run_all(build, pattern, jobs, durations=0):
    """Run the tests whose name holds the pattern; 0 when none failed.

    Programs side by side get their share of the cores: OpenBLAS threads that wait for one another while others have the
    cores take fifty times as long. With `durations` they run one after another, with the threads they would have had, and
    so many that took the most processor time are listed.
    """
    if jobs > 1:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, len(os.sched_getaffinity(0)) // jobs)))
    wanted = [t for t in tests if not pattern or pattern in t[0] or fnmatch.fnmatch(t[0], pattern)]
    count = {"ok": 0, "FAIL": 0, "skipped": 0}
    spent, before = [], processor_time()
    with ThreadPoolExecutor(1 if durations else jobs) as pool:
        results = (outcome(build, *t) for t in wanted) if durations else pool.map(lambda t: outcome(build, *t), wanted)
        for name, kind, details, seconds in results:
            count[kind] += 1
            now = processor_time()
            spent.append((now - before, name))
            before = now
            if kind == "skipped":
                print("skipped %s: %s" % (name, details), flush=True)
            else:
                print("%-4s %s (%.1f s)" % (kind, name, seconds), flush=True)
            if kind == "FAIL":
                print("".join("     %s\n" % line for line in details.splitlines()), end="", flush=True)
    if durations:
        print("%.1f s of processor time, the most in:" % sum(seconds for seconds, _ in spent))
        for seconds, name in sorted(spent, reverse=True)[:durations]:
            print("%8.1f s %s" % (seconds, name))
    skipped = ", %d skipped" % count["skipped"] if count["skipped"] else ""
    print("%d passed, %d failed%s" % (count["ok"], count["FAIL"], skipped))
    return 1 if count["FAIL"] or not wanted else 0
