"""`blase items`: questions about single items, loops, processes joined by content; and `show` by caller."""
import glob
import json
import os
import pty
import random
import re
import shutil
import subprocess

from counters import consistent
from harness import Failed, expect, same, sanitized, test
from toolchain import DEBIAN_PYTHON, compiled

TURN = 18  # kind of record (docs/log-format.md)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
TIMES = ("start_ns", "call_ns", "fingerprint_ns", "fingerprint_bytes", "in_loop", "copy_ns", "saved_ns", "trace_ns")


def trace(place, name, command, *options):
    done = place.under(command, "--quiet", "--trace", "all", *options, log=name, environment=ONE_THREAD)
    same((done.status, done.err), (0, b""), "status, stderr of " + name)


def items(place, name, *options):
    done = place.run([place.blase, "items", place.path(name), *options])
    same((done.status, done.err), (0, b""), "status, stderr of items " + " ".join(options))
    return done.out.decode()


def as_json(place, name, *options):
    return json.loads(items(place, name, "--format", "json", *options))


# #0 = a b, #1 = #0 b, #2 = b a, #3 = #1 #2, #4 = a a
FAMILY = ("import numpy as np\nr = np.random.default_rng(2)\na = r.standard_normal((7, 7))\nb = r.standard_normal((7, 7))\n"
          "x = a @ b\ny = x @ b\nz = b @ a\nw = y @ z\nv = a.dot(b + a)\nprint(repr((w + v).sum()))\n")


def family(place, *options):
    process = as_json(place, "log", *options)[0]
    return {item["id"] for item in process["items"]}, {leaf["id"] for leaf in process["leaves"]}


def of_up_down(place):
    trace(place, "log", [DEBIAN_PYTHON, "-c", FAMILY])
    everything, leaves = family(place)
    same((everything, leaves), ({0, 1, 2, 3, 4}, {0, 1, 2}), "items and leaves")
    for options, wanted in ((["--of", "1"], {1}), (["--of", "1", "--up"], {0, 1}), (["--of", "3", "--up=1"], {1, 2, 3}),
                            (["--of", "3", "--up", "1"], {1, 2, 3}), (["--of", "3", "--up"], {0, 1, 2, 3}),
                            (["--of", "0", "--down"], {0, 1, 3}), (["--of", "0", "--down", "1"], {0, 1}),
                            (["--of", "1", "--up", "--down"], {0, 1, 3}), (["--of", "4", "--of", "#0"], {0, 4}),
                            (["--of", "leaf 2", "--down"], {4}), (["--of", "leaf 2", "--up"], set())):
        same(family(place, *options)[0], wanted, "items of " + " ".join(options))
    same(family(place, "--of", "4")[1], {1, 2}, "leaves of 4")
    text = items(place, "log", "--of", "3")
    expect(re.fullmatch(r"#3 dgemm\(.*\)  A←#2\.C, B←#1\.C  → C  miss .*\n", text), "text of 3:", text)  # by rows
    dot = items(place, "log", "--of", "3", "--up", "1", "--format", "dot")
    expect('"#0" -> "#1"' in dot and '"#1" -> "#3"' in dot and '"leaf 2"' not in dot, "dot:", dot)


SLICES = ("import numpy as np\nfrom scipy.linalg.blas import dgemm\nr = np.random.default_rng(1)\na = r.standard_normal((20, 12))\n"
          "b = r.standard_normal((12, 16))\nc = a @ b\nd = c[3:10, 2:9] @ np.ones((7, 5))\ne = c[:, 4:8].copy() @ np.ones((4, 3))\n"
          "c[0, 0] = 1\nf = c @ np.ones((16, 2))\ng = dgemm(1, np.asfortranarray(a), np.asfortranarray(b * 2))\n"
          "h = dgemm(1, np.ones((2, 7)), g[3:10, :].copy(order='F'))\nprint(repr(d.sum() + e.sum() + f.sum() + g.sum() + h.sum()))\n")


def slices(place):
    """Parts of a matrix in the rows and columns that the program thinks in, by rows (numpy) or by columns; what was overwritten."""
    trace(place, "log", [DEBIAN_PYTHON, "-c", SLICES])
    text, process = items(place, "log"), as_json(place, "log")[0]
    for part in (r"B←#0\.C\[3:10, 2:9\]", r"B←#0\.C\[0:20, 4:8\]", r"B←#4\.C\[3:10, 0:16\]"):
        expect(re.search(part, text), "no", part, "in", text)
    expect(re.search(r"^leaf \d+  d 16x20  \w{32}  overwritten since #0\.C$", text, re.M), "no overwritten leaf:", text)
    found = [i["slice"] for item in process["items"] for i in item["inputs"] if i["slice"]]
    same(found, [{"row": 3, "rows": 7, "col": 2, "cols": 7}, {"row": 0, "rows": 20, "col": 4, "cols": 4},
                 {"row": 3, "rows": 7, "col": 0, "cols": 16}], "slices in JSON")
    same([leaf["overwritten_since"] for leaf in process["leaves"] if leaf["overwritten_since"]], [{"item": 0, "output": "C"}], "overwritten")
    expect('label="C[3:10, 2:9] → B"' in items(place, "log", "--format", "dot"), "no slice in the picture")


def wrong_questions(place):
    trace(place, "log", [DEBIAN_PYTHON, "-c", FAMILY])
    for arguments, status in ((["--of", "99"], 1), (["--of", "leaf 99"], 1), (["--of", "1.1"], 1), (["--of", "x"], 1), (["--up"], 2),
                              (["--of", "1", "--up=x"], 2), (["--format", "xml"], 2), (["--what"], 2), (["--help"], 0)):
        done = place.run([place.blase, "items", place.path("log"), *arguments])
        same(done.status, status, "status of items " + " ".join(arguments))
        expect(status == 0 or (done.err.startswith(b"blase") and not done.out), "message:", done.err, done.out)


def bare(item):
    """What folding must keep, in whatever order threads were written."""
    return {key: value for key, value in item.items() if key not in TIMES and key != "outputs"}


def bare_leaf(leaf):
    """Without what was there before under ThreadSanitizer, whose allocator does not give two runs the same memory."""
    return {key: value for key, value in leaf.items() if key != "overwritten_since" or not sanitized}


def folded(place, command, *options):
    """Folding loops loses nothing: the same items, leaves and hashes, one by one."""
    trace(place, "plain", command, "--dedup=off", *options)
    trace(place, "folded", command, "--dedup=on", *options)
    plain, deduped = (as_json(place, name, "--expand") for name in ("plain", "folded"))
    for one, other in zip(plain, deduped):
        same([bare(item) for item in other["items"]], [bare(item) for item in one["items"]], "items")
        same(list(map(bare_leaf, other["leaves"])), list(map(bare_leaf, one["leaves"])), "leaves")
    shown = place.show("folded")
    consistent(shown)
    same(shown["lineage"]["items"], sum(len(process["items"]) for process in plain), "items of show")
    text = items(place, "folded")
    expect(re.search(r"^loop .* × ", text, re.M), "no loop in:", text[:2000])
    expect(len(text) * 5 < len(items(place, "folded", "--expand")), "the loops take much room:", len(text))
    expect(items(place, "folded", "--expand").count("\n#") == len(plain[0]["items"]), "lines of the expanded text")


SENDER = "import numpy as np\nr = np.random.default_rng(3)\na = r.standard_normal((8, 8))\nnp.save('product.npy', a @ np.arange(64.).reshape(8, 8))\n"
RECEIVER = "import numpy as np\nb = np.load('product.npy')\nprint(repr((b @ np.ones((8, 5))).sum()))\n"


def joined_processes(place):
    """What one process wrote to a file and another read is known by its content."""
    trace(place, "log", ["sh", "-c", "%s -c '%s' && %s -c '%s'" % (DEBIAN_PYTHON, SENDER.replace("'", '"'), DEBIAN_PYTHON,
                                                                    RECEIVER.replace("'", '"'))])
    processes = as_json(place, "log")
    same([len(process["items"]) for process in processes], [1, 1], "items")
    sender, receiver = processes
    found = [i for i in receiver["items"][0]["inputs"] if "from" in i]
    same(len(found), 1, "inputs that came from the other process")
    name = "#%d:0" % sender["pid"]
    same({key: found[0]["from"][key] for key in ("pid", "item", "output", "name")},
         {"pid": sender["pid"], "item": 0, "output": "C", "name": name}, "from")
    same([i for i in sender["items"][0]["inputs"] if "from" in i], [], "inputs of the sender that came from anywhere")
    text = items(place, "log")
    expect(re.search(r"←leaf %d:\d+=%s\.C" % (receiver["pid"], name), text), "the edge in text:", text)
    up = as_json(place, "log", "--of", "%d:0" % receiver["pid"], "--up")
    same([len(process["items"]) for process in up], [1, 1], "items up from the receiver's")
    down = as_json(place, "log", "--of", name, "--down")
    same([len(process["items"]) for process in down], [1, 1], "items down from the sender's")
    done = place.run([place.blase, "items", place.path("log"), "--of", "0"])
    same((done.status, b"2 processes" in done.err), (1, True), "status, message for an ambiguous item")


def callers(place):
    """The places that called, by function where it has a name; over processes they add up."""
    program = compiled(place.build, "chain")
    trace(place, "log", ["sh", "-c", "%s 20; %s 30" % (program, program)])
    shown = place.show()
    consistent(shown)
    found = shown["callers"]
    same(sum(row["calls"] for row in found), shown["calls"]["traced"], "calls of all callers")
    same(sum(row["hits_full"] + row["hits_partial"] + row["waits"] + row["misses"] for row in found), shown["reuse"]["probes"], "probes")
    expect({row["symbol"] for row in found} <= {"multiply", "pair", "main"} and all(row["object"] == program for row in found),
           "who called:", found)
    table = place.run([place.blase, "show", place.path("log")]).out.decode()
    expect(re.search(r"^chain:\w+\+0x[0-9a-f]+ +\d+ ", table, re.M), "callers in the table:", table)


def stripped_caller(place):
    """A caller without symbols is its object and offset."""
    trace(place, "log", [DEBIAN_PYTHON, "-c", FAMILY])
    rows = place.show()["callers"]
    same(sum(row["calls"] for row in rows), 5, "calls")
    expect(all("multiarray" in row["object"] and row["offset"] > 0 for row in rows), "callers:", rows)


def mangled(log, rng):
    """A log with bytes changed, removed or doubled."""
    log = bytearray(log)
    for _ in range(rng.randint(1, 12)):
        at, length = rng.randrange(9, len(log)), rng.randint(1, 40)
        kind = rng.randrange(4)
        if kind == 0:
            log[at] = rng.randrange(256)
        elif kind == 1:
            log[at:at + length] = bytes(rng.choice((0, 255, 127, 128, rng.randrange(256))) for _ in range(length))
        elif kind == 2:
            del log[at:at + length]
        else:
            log[at:at] = log[at:at + length]
    return bytes(log)


def mangled_logs(place):
    """Whatever is in a log, every verb comes to an end and says something, or nothing."""
    trace(place, "whole", [compiled(place.build, "chain"), "60", "scalar", "30"])
    trace(place, "python", [DEBIAN_PYTHON, "-c", FAMILY])
    logs = [open(path, "rb").read() for name in ("whole", "python") for path in glob.glob(place.path(name, "*-*.blog"))]
    rng = random.Random(11)
    verbs = (["show"], ["items"], ["items", "--expand", "--format", "json"], ["items", "--format", "dot"],
             ["items", "--of", "3", "--up", "--down"], ["nan"], ["why-miss", "RUN", "5"], ["why-miss", "RUN", "1", "4"],
             ["diff", "RUN", place.path("whole")], ["diff", place.path("whole"), "RUN"], ["estimate"])
    for round_ in range(40):
        where = place.path("mangled%d" % round_)
        os.makedirs(where)
        for number in range(rng.randint(1, 2)):
            with open(os.path.join(where, "%d-%d.blog" % (number + 1, number)), "wb") as file:
                file.write(mangled(rng.choice(logs), rng))
        for verb, *rest in verbs:
            arguments = [where if word == "RUN" else word for word in rest] if "RUN" in rest else [where, *rest]
            done = place.run([place.blase, verb, *arguments], limit=60)
            expect(done.status in (0, 1, 2), "status", done.status, "of", verb, *arguments, done.err)
        shutil.rmtree(where)


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 128:
            return value, at


def with_turns(log, repeats):
    """The log with that many repeats in its first turn of a loop that has several."""
    at = 9
    while at < len(log):
        kind, payload = varint(log, at)
        length, payload = varint(log, payload)
        if kind == TURN:
            place = payload
            for _ in range(4):  # thread, patch, from, to
                _, place = varint(log, place)
            value, behind = varint(log, place)
            if value > 1:
                changed = log[payload:place] + repeats + log[behind:payload + length]
                return log[:at] + bytes([kind, 128 | len(changed) & 127, len(changed) >> 7]) + changed + log[payload + length:]
        at = payload + length
    raise Failed("no turn that repeats a loop")


def endless_loop(place):
    """A few bytes that tell of a thousand million turns: they are counted at once, and whoever would go through them says no."""
    trace(place, "log", [compiled(place.build, "chain"), "5000"])
    path = glob.glob(place.path("log", "*-*.blog"))[0]
    with open(path, "rb") as file:
        log = file.read()
    with open(path, "wb") as file:
        file.write(with_turns(log, bytes([128, 128, 128, 128, 4])))  # 2^30
    shown = place.run([place.blase, "show", place.path("log"), "--json"], limit=30)
    expect(json.loads(shown.out)["lineage"]["items"] > 1 << 30, "items:", shown.out)
    for verb in (["items", place.path("log"), "--of", "5"], ["nan", place.path("log")], ["why-miss", place.path("log"), "5"],
                 ["replay", place.path("log")], ["estimate", place.path("log")], ["diff", place.path("log"), place.path("log")]):
        done = place.run([place.blase, *verb], limit=30)
        expect(done.status in (1, 2) and done.out == b"" and done.err.count(b"\n") == 1 and b"gone through" in done.err, verb[0], done.err)
    with open(path, "wb") as file:
        file.write(with_turns(log, bytes([255] * 8 + [15])))  # 2^60: no thread has numbers for as many
    done = place.run([place.blase, "items", place.path("log"), "--of", "5"], limit=30)
    same((done.status, done.err, done.out.count(b"\n#")), (0, b"", 1), "status, stderr, items")


def progress(place):
    """Long work says how far it is, to a terminal and nobody else."""
    trace(place, "log", [compiled(place.build, "chain"), "5000"])
    path = glob.glob(place.path("log", "*-*.blog"))[0]
    with open(path, "rb") as file:
        log = file.read()
    with open(path, "wb") as file:
        file.write(with_turns(log, bytes([128, 128, 128, 1])))  # two million
    command = [place.blase, "items", place.path("log"), "--of", "5"]
    same(place.run(command).err, b"", "stderr that is a pipe")
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, env=place.environment()) as process:
        os.close(slave)
        said = b""
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:  # the other end is closed
                more = b""
            if not more:
                break
            said += more
    os.close(master)
    same(process.returncode, 0, "status")
    expect(re.search(rb"\rblase: reading: [\d,]+ items and leaves ", said), "no progress:", said[-300:])
    expect(said.endswith(b"\r\x1b[K"), "the line is not wiped:", said[-300:])


LOOP = ("import numpy as np\nr = np.random.default_rng(4)\na = r.standard_normal((9, 9)) / 9\nx = r.standard_normal((9, 9))\n"
        "for i in range(400):\n    x = a @ x\n    y = x @ a\n    if i % 7 == 0:\n        y = np.linalg.solve(a, y)\n    x = x + 1e-3 * y\n"
        "print(repr(x.sum()))\n")


def register():
    test("items: of, up, down", of_up_down)
    test("items: slices", slices)
    test("items: wrong questions", wrong_questions)
    test("items: folded loops, C", lambda place: folded(place, [compiled(place.build, "chain"), "3000", "scalar", "1500"]))
    test("items: folded loops, numpy", folded, [DEBIAN_PYTHON, "-c", LOOP])
    test("items: processes joined by content", joined_processes)
    test("items: mangled logs", mangled_logs)
    test("items: a loop without end", endless_loop)
    test("items: progress", progress)
    test("show: callers", callers)
    test("show: a caller without symbols", stripped_caller)
