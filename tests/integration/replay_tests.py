"""blase run --capture, then blase replay: every item of every program is bit-equal to what the run saw."""
import json
import os
import re
import shutil
import stat

from harness import PROGRAMS, expect, same, test
from program_tests import COMPILED, PYTHON, command, plain
from toolchain import compiled, debian_python


def replayed(place, *arguments, log="log", status=0):
    """What blase replay says: its lines without the last, and the numbers of that one."""
    result = place.run([place.blase, "replay", *arguments[:1], place.path(log), *arguments[1:]] if arguments[:1] == ("--force",)
                       else [place.blase, "replay", place.path(log), *arguments], limit=300)
    text = result.out.decode()
    same(result.status, status, "status of blase replay (%s%s)" % (text[-800:], result.err.decode()[-800:]))
    lines = text.splitlines()
    counts = {what: int(number) for number, what in re.findall(r"(\d+) ([a-z][a-z -]*)", lines[-1].split(";")[0])}
    counts["items"] = counts.pop("items", counts.pop("item", 0))
    return lines[:-1], counts


def whole_program(place, name, kind, reuse, threads):
    environment = {"OPENBLAS_NUM_THREADS": threads} if threads else None
    options = ("--trace", "all", "--reuse", reuse, "--quiet", "--capture")
    result = place.under(command(place.build, name, kind), *options, environment=environment)
    same(result.status, 0, "status (%r)" % result.err[-300:])
    if not threads:
        before = plain(place, name, kind)
        same((result.out, result.err), (before.out, before.err), "stdout, stderr")
    traced = place.show()["calls"]["traced"]
    lines, counts = replayed(place)
    same(lines, [], "items that are not bit-equal")
    same(counts, {"items": traced, "bit-equal": traced}, "what was replayed")
    expect(traced > 0, "nothing was traced")


CHAIN = """
import numpy as np
r = np.random.default_rng(3)
x, y = r.standard_normal((400, 50)), r.standard_normal(400)
g = x.T @ x
w = np.linalg.solve(g + np.eye(50), x.T @ y)
p = x @ w
q = r.standard_normal((70, 70)) @ r.standard_normal((70, 70))
print(p.sum(), q.sum())
"""


def run_code(place, code, *options, environment=None, log="log"):
    result = place.under([debian_python("numpy"), "-c", code], "--trace", "all", "--capture", "--quiet", *options,
                         log=log, environment=environment)
    same((result.status, result.err), (0, b""), "status, stderr")
    return result


def items(place, log="log"):
    result = place.run([place.blase, "items", place.path(log), "--expand", "--format", "json"])
    same(result.status, 0, "status of blase items")
    return [item for process in json.loads(result.out) for item in process["items"]]


def leaves(place, log="log"):
    directory = place.path(log, "leaves")
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory))]


def one_item(place):
    """An item, and what it is made from: no more is computed."""
    run_code(place, CHAIN)
    made = items(place)
    ops = [item["op"] for item in made]
    last = made[-1]["id"]
    expect(len(made) >= 4, "few items:", ops)
    lines, counts = replayed(place, str(last))
    same((len(lines), counts), (1, {"items": 1, "bit-equal": 1}), "what was replayed for a product of two leaves")
    solved = next(item for item in made if item["op"] == "dgesv")
    predicted = next(item for item in made if any(i.get("item") == solved["id"] for i in item["inputs"]))
    lines, counts = replayed(place, "#%d" % predicted["id"])
    same(lines, ["#%d %s  bit-equal" % (predicted["id"], predicted["op"])], "the line of the item")
    same(counts["items"], counts["bit-equal"], "bit-equal items")
    expect(3 <= counts["items"] < len(made), "it takes the products, the solution and itself:", counts)
    for wrong in ("999999", "x", "7:3", "#"):
        result = place.run([place.blase, "replay", place.path("log"), wrong])
        same((result.status, result.out), (1, b""), "status, stdout for item " + wrong)
        expect(b"no item" in result.err and result.err.count(b"\n") == 1, "stderr:", result.err)


def capture_missing(place):
    """Without captured leaves, with damaged ones, with one missing: said, and nothing claimed."""
    run_code(place, CHAIN)
    for leaf in leaves(place):
        same(stat.S_IMODE(os.stat(leaf).st_mode), 0o600, "mode of a leaf")
        expect(re.fullmatch(r"[0-9a-f]{32}", os.path.basename(leaf)), "a leaf is called", leaf)
    shutil.copytree(place.path("log"), place.path("damaged"))
    shutil.copytree(place.path("log"), place.path("missing"))
    shutil.copytree(place.path("log"), place.path("none"))
    shutil.rmtree(place.path("none", "leaves"))
    with open(leaves(place, "damaged")[0], "r+b") as file:
        file.seek(100)
        file.write(b"damage!!")
    os.unlink(leaves(place, "missing")[0])
    for log, words in (("damaged", "damaged"), ("missing", "not captured"), ("none", "not captured")):
        lines, counts = replayed(place, log=log, status=1)
        expect(any("cannot be replayed" in line and words in line for line in lines), log, "is not told:", lines)
        same("different" in counts, False, "anything said to differ in " + log)
    same(counts["bit-equal"], 0, "bit-equal items without leaves")


def captured_once(place):
    """Two programs and forked children that read the same matrix: one file of it."""
    code = """
import os, subprocess, sys
import numpy as np
a = np.random.default_rng(1).standard_normal((200, 200))
(a @ a).sum()
children = []
for n in range(3):
    pid = os.fork()
    if pid == 0:
        (a @ a).sum()
        ((a * (2 + n)) @ a).sum()
        os._exit(0)
    os.waitpid(pid, 0)
if len(sys.argv) < 2:
    subprocess.run([sys.executable, sys.argv[0] or "-c", "again"] if sys.argv[0] != "-c" else [sys.executable, "-c", CODE, "again"])
"""
    code = "CODE = %r" % code + code
    run_code(place, code)
    same(len(leaves(place)), 4, "leaves: the matrix, and a multiple for each child")
    same(place.show()["run"]["processes"], 8, "processes")
    lines, counts = replayed(place)
    same((lines, counts), ([], {"items": 14, "bit-equal": 14}), "what was replayed")
    process = next(name.split("-")[0] for name in os.listdir(place.path("log")) if name[0].isdigit())
    lines, counts = replayed(place, process + ":0")
    same((len(lines), counts), (1, {"items": 1, "bit-equal": 1}), "an item of one process")


def workers(place):
    program = [debian_python("sklearn"), os.path.join(PROGRAMS, "joblib_workers.py")]
    result = place.under(program, "--trace", "all", "--capture", "--quiet")
    same(result.status, 0, "status")
    lines, counts = replayed(place)
    same((lines, counts["items"]), ([], counts["bit-equal"]), "items that are not bit-equal")
    expect(counts["items"] >= 4, "few items:", counts)


def changing_threads(place):
    """The thread count as it was at each call, where it decides the bits."""
    code = """
import ctypes, numpy as np
lib = next(line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line)
set_threads = ctypes.CDLL(lib).openblas_set_num_threads
r = np.random.default_rng(1)
a, b = r.standard_normal((600, 600)), r.standard_normal((600, 600))
for n in (1, 2, 1, 2):
    set_threads(n)
    np.linalg.solve(a, b)
    np.linalg.svd(a)
    a @ b[:, 0]
"""
    run_code(place, code, environment={"OPENBLAS_NUM_THREADS": "2"})
    lines, counts = replayed(place)
    same((lines, counts), ([], {"items": 12, "bit-equal": 12}), "what was replayed")
    providers = json.loads(place.run([place.blase, "items", place.path("log"), "--format", "json"]).out)[0]["providers"]
    same(sorted({p["threads"] for p in providers}), [1, 2], "thread counts in the log")


def overlapping(place):
    """What the log cannot tell how to compute is said to be so, with the reason."""
    result = place.under([compiled(place.build, "reasons")], "--trace", "all", "--capture", "--quiet")
    same(result.status, 0, "status")
    overlapped = [item for item in items(place) if item["unkept"] == "overlap"]
    lines, counts = replayed(place, status=1)
    expect(len(overlapped) > 0, "no overlapping operands")
    same(lines, ["#%d %s  cannot be replayed: its operands overlapped in memory" % (item["id"], item["op"]) for item in overlapped],
         "lines")
    same(counts["bit-equal"] + counts["not replayable"], counts["items"], "counts")


def other_library(place):
    """A library that has changed since is refused by its build, and with --force compared."""
    shutil.copy(os.path.realpath("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"), place.path("libblas.so.3"))
    environment = {"LD_LIBRARY_PATH": place.path()}
    result = place.under([compiled(place.build, "fp_flags")], "--trace", "all", "--capture", "--quiet", environment=environment)
    same(result.status, 0, "status")
    lines, counts = replayed(place)
    same((lines, counts["items"]), ([], counts["bit-equal"]), "with the same library")
    os.unlink(place.path("libblas.so.3"))
    shutil.copy("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3", place.path("libblas.so.3"))
    result = place.run([place.blase, "replay", place.path("log")])
    same((result.status, result.out), (1, b""), "status, stdout")
    expect(b"not the library of the run" in result.err and b"--force" in result.err, "stderr:", result.err)
    result = place.run([place.blase, "replay", "--force", place.path("log")])
    expect(b"not the library of the run" in result.err, "stderr:", result.err)
    expect(re.search(rb"\d+ items: \d+ bit-equal", result.out), "stdout:", result.out)
    os.unlink(place.path("libblas.so.3"))
    result = place.run([place.blase, "replay", place.path("log")])
    same((result.status, result.out), (1, b""), "status, stdout without the library")
    expect(b"cannot be loaded" in result.err, "stderr:", result.err)


def small_limit(place):
    """A limit on file sizes ends capturing with one line, not the program."""
    program = ["sh", "-c", "ulimit -f 40; exec \"$@\"", "sh", debian_python("numpy"), "-c", CHAIN]
    before, after = place.run(program), place.under(program, "--trace", "all", "--capture", "--quiet")
    same((after.status, after.out), (0, before.out), "status, stdout")
    expect(after.err.count(b"\n") == 1 and b"going on without capturing" in after.err, "stderr:", after.err)
    same(place.show()["lineage"]["items"] >= 4, True, "the log goes on")


LOOP = """
import sys
import numpy as np
r = np.random.default_rng(0)
a, b = r.standard_normal((100, 100)), r.standard_normal((100, 100))
c, x = a @ b, np.ones(100)
for i in range(int(sys.argv[1])):
    y = a @ x
    x = np.linalg.solve(c, y) if i % 3 else c @ y
    z = c @ c
print(((b @ a) @ x).sum())
"""


def loops(place):
    """Iterations are judged by the log's digests over them, and what is held does not grow with their number."""
    held = {}
    for turns in ("60", "600"):
        log = "log" + turns
        run_code(place, LOOP.replace("sys.argv[1]", turns), log=log)
        told = place.run([place.blase, "items", place.path(log)]).out.decode()
        expect(re.search("^loop ", told, re.M), "no loop was found:", told[-600:])
        traced = place.show(log)["lineage"]
        result = place.run([place.blase, "replay", place.path(log)])
        same((result.status, result.err), (0, b""), "status, stderr (%r)" % result.out[-500:])
        count, equal, held[turns] = re.match(r"(\d+) items: (\d+) bit-equal; at most (.*) held", result.out.decode()).groups()
        same((count, equal), (str(traced["items"]),) * 2, "what was replayed")
    same(held["60"], held["600"], "memory held for contents")
    target = items(place, "log60")[70]
    lines, counts = replayed(place, str(target["id"]), log="log60")
    same((len(lines), counts["items"]), (1, sum(counts.values()) - counts["items"]), "what was replayed: %r" % lines)
    expect(lines[0].endswith("bit-equal"), "the item of a loop:", lines)


def slices(place):
    """Rectangles, rows and columns of what calls produced and read, copied ones among them."""
    code = """
import numpy as np
r = np.random.default_rng(1)
x, y = r.standard_normal((300, 60)), r.standard_normal((60, 300))
c = x @ y
for part in (c[:, :40] @ y[:40], c[20:90] @ x, c[10:200, 5:65] @ x[:60], np.ascontiguousarray(c[7:77]) @ x, c[3] @ x, c[:, 4] @ x,
             c[::-1][3] @ x, c.T[20:90] @ x, np.asfortranarray(c[:80]) @ x, np.linalg.solve(c[5:45, 5:45] + np.eye(40), x[:40])):
    print(part.sum())
"""
    run_code(place, code)
    told = place.run([place.blase, "items", place.path("log")]).out.decode()
    expect(len(re.findall(r"\[\d+:\d+, \d+:\d+\]", told)) >= 8, "few slices:", told)
    result = place.run([place.blase, "replay", place.path("log")])
    same((result.status, result.err), (0, b""), "status, stderr (%r)" % result.out[-900:])
    expect(len(leaves(place)) < 8, "leaves that are slices:", told)


def by_default(place):
    """With --trace=auto what was not traced gives leaves, and what was is bit-equal."""
    result = place.under(command(place.build, "sklearn_models", "debian"), "--capture", "--quiet")
    same(result.status, 0, "status")
    shown = place.show()
    expect(shown["calls"]["bypassed"] > 0 and shown["lineage"]["items"] > 0, "calls:", shown["calls"])
    lines, counts = replayed(place)
    same((lines, counts["bit-equal"]), ([], shown["lineage"]["items"]), "what was replayed")


def wrong_loop(place):
    """A result of a loop that is not what was logged is noticed: here by an argument changed in the log."""
    run_code(place, LOOP.replace("sys.argv[1]", "40"))
    (name,) = [name for name in os.listdir(place.path("log")) if name[0].isdigit()]
    with open(place.path("log", name), "rb") as file:
        log = file.read()
    wrong = 0
    for at in range(len(log) // 2, len(log) - 16, max(1, len(log) // 80)):
        with open(place.path("log", name), "wb") as file:
            file.write(log[:at] + bytes([log[at] ^ 1]) + log[at + 1:])
        result = place.run([place.blase, "replay", "--force", place.path("log")])
        expect(result.status in (0, 1), "status", result.status, result.err[-300:])
        wrong += b"in a loop  differs" in result.out
    expect(wrong > 0, "no change was noticed in a loop")


def finite(place):
    """The call that makes NaN or Inf of finite numbers, whatever it is, and only those flagged that have any."""
    code = """
import numpy as np
r = np.random.default_rng(1)
a, x = r.standard_normal((60, 60)), np.ones(60)
np.seterr(all="ignore")
for k in range(6):
    y = a @ x if k != KIND else (a * 1e200) @ (x * 1e200)
    a @ a
if KIND == 2:
    a[3, 4] = np.nan
    np.linalg.solve(a, x)
    a @ a
"""
    for kind in (2, 4):
        log = "log%d" % kind
        run_code(place, code.replace("KIND", str(kind)), "--check-finite", log=log)
        found = [(number, item["op"], item["nonfinite_in"], item["nonfinite_out"]) for number, item in enumerate(items(place, log))
                 if item["nonfinite_in"] or item["nonfinite_out"]]
        wanted = [(2 * kind, "dgemv", [], ["Y"])]
        if kind == 2:
            wanted += [(12, "dgesv", ["A"], ["A", "B"]), (13, "dgemm", ["A", "B"], ["C"])]
        same(found, wanted, "items with NaN or Inf")
    run_code(place, code.replace("KIND", "2"), log="unchecked")
    same([item["nonfinite_out"] for item in items(place, "unchecked")], [None] * 14, "without --check-finite")


def capture_without_log(place):
    result = place.under(["true"], "--capture", "--log", "off", log=None)
    same(result.status, 0, "status")
    expect(result.err.startswith(b"blase: --capture needs a run directory"), "stderr:", result.err)


def usage_is_told(place):
    for arguments, status in ((["--help"], 0), (["--wrong"], 2), (["a", "b", "c"], 2), (["no-such-run"], 1)):
        result = place.run([place.blase, "replay", *arguments])
        same(result.status, status, "status of blase replay " + " ".join(arguments))
        expect((b"usage: blase replay" in result.out) == (status == 0), "stdout:", result.out)


RECTANGLE = ("import numpy as np\nr = np.random.default_rng(1)\nc = r.standard_normal((400, 300)) @ r.standard_normal((300, 400))\n"
             "WRITTEN\nd = c[3:100, 2:90] @ np.ones((88, 5))\nprint(repr((d.T @ d).sum()))\n")


def unproven(place):
    """A rectangle inside a large matrix is known by its place only: what is computed from it is told apart, equal or not."""
    wanted = (("whole", "pass", 0, "bit-equal, from unproven inputs", {"bit-equal": 2, "bit-equal from unproven inputs": 1}),
              ("written", "c[50, 50] += 1", 1, "unproven: in C", {"bit-equal": 1, "unproven": 2}))
    for log, statement, status, words, counted in wanted:
        run_code(place, RECTANGLE.replace("WRITTEN", statement), log=log)
        expect([i for item in items(place, log) for i in item["inputs"] if not i["proven"]], "nothing is unproven:", items(place, log))
        result = place.run([place.blase, "replay", place.path(log)])
        *lines, last = result.out.decode().splitlines()
        counts = {what: int(number) for number, what in re.findall(r"(\d+) ([a-z][a-z -]*)", last.split(";")[0])}
        same((result.status, counts), (status, {"items": 3, **counted}), "status, counts of " + log)
        same(len(lines), counted.get("unproven", 0), "lines of " + log)
        one = place.run([place.blase, "replay", place.path(log), "1"])
        same(one.out.decode().splitlines()[0], "#1 dgemm  " + words, "the line of the item of " + log)
        found = place.run([place.blase, "replay", place.path(log), "1", "--format", "json"])
        same((one.status, found.status), (status, status), "status for an item of " + log)
        told = json.loads(found.out)
        verdict = "unproven" if status else "bit_equal_unproven"
        same((told["items"], told["bit_equal"], told[verdict]), (2, 1, 1), "counts in JSON of " + log)
        same(told["findings"], [{"first": "#1", "last": "#1", "op": "dgemm", "verdict": verdict, "why": "in C" if status else None}],
             "findings of " + log)


def register():
    test("replay of what is unproven", unproven)
    test("replay of one item", one_item)
    test("replay with leaves missing or damaged", capture_missing)
    test("capture once for several processes", captured_once)
    test("replay of workers", workers)
    test("replay with changing thread counts", changing_threads)
    test("replay of overlapping operands", overlapping)
    test("replay with another library", other_library)
    test("capture with a limit on file sizes", small_limit)
    test("replay of loops", loops)
    test("replay of slices", slices)
    test("replay with trace=auto", by_default)
    test("replay of a log that is wrong", wrong_loop)
    test("check-finite flags", finite)
    test("capture without a log", capture_without_log)
    test("replay usage", usage_is_told)
    variants = [(name, "debian") for name in PYTHON] + [("r_linalg", "R"), ("octave_linalg", "octave")]
    variants += [(name, "wheels") for name in ("numpy_linalg", "scipy_linalg", "sklearn_models", "numpy_and_scipy")]
    variants += [(name, "compiled") for name in COMPILED + ["c_linalg_reference"]]
    for name, kind in variants:
        label = name if kind in ("R", "octave", "compiled") else "%s %s" % (name, kind)
        test(label + " replayed", whole_program, name, kind, "full", None)
        test(label + " without reuse replayed", whole_program, name, kind, "none", None)
    for name, kind in (("numpy_linalg", "debian"), ("scipy_linalg", "wheels"), ("c_linalg", "compiled"), ("r_linalg", "R")):
        for threads in ("1", "2"):
            test("%s %s replayed with %s threads" % (name, kind, threads), whole_program, name, kind, "full", threads)
