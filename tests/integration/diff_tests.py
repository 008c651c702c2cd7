"""`blase diff`, `why-miss` and `nan`: what they say of real programs of which it is known what differs."""
import glob
import json
import re

from harness import expect, same, test
from items_tests import with_turns
from toolchain import DEBIAN_PYTHON, compiled

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def trace(place, name, command, *options):
    done = place.under(command, "--quiet", "--trace", "all", *options, log=name, environment=ONE_THREAD)
    same((done.status, done.err), (0, b""), "status, stderr of " + name)
    return done.out


def ask(place, verb, *arguments, status=0):
    done = place.run([place.blase, verb, *arguments])
    same((done.status, done.err), (status, b""), "status, stderr of %s %s" % (verb, " ".join(arguments)))
    return done.out.decode()


def chain(place, kind, count=300, at=120, *options):
    trace(place, kind, [compiled(place.build, "chain"), str(count), kind, str(at)], *options)


def differences(text):
    """The lines that say what differs, and the calls they belong to."""
    pairs = re.findall(r"^  < (#[\d.:]+) .*\n  > (#[\d.:]+) .*\n((?:    .*\n)*)", text, re.M)
    return [(a, b, [line.strip() for line in lines.splitlines()]) for a, b, lines in pairs]


def one_scalar(place, *options):
    """One scalar differs in one of 5,000 calls, all later ones follow from it: that call is named, and no other."""
    chain(place, "none", 5000, 2499, *options)
    chain(place, "scalar", 5000, 2499, *options)
    text = ask(place, "diff", place.path("none"), place.path("scalar"), "--all", status=1)
    same(differences(text), [("#2501", "#2501", ["scalar alpha: 1 and 2"])], "differences")  # two calls were put before it
    expect("5002 pairs of calls correspond, 1 differs by itself, 2500 follow from others" in text, "the totals:", text)


def kinds(place):
    """Each kind of difference by its name."""
    chain(place, "none")
    wanted = {"scalar": "scalar alpha: 1 and 2", "option": "option transa: 'N' and 'T'", "dimension": "dimension n: 6 and 5",
              "origin": "input A: from elsewhere: leaf"}
    for kind, words in wanted.items():
        chain(place, kind)
        text = ask(place, "diff", place.path("none"), place.path(kind), status=1)
        found = differences(text)
        same([pair[:2] for pair in found], [("#122", "#122")], "calls that differ: " + kind + "\n" + text)
        expect(any(line.startswith(words) for line in found[0][2]), "what differs:", kind, text)
    chain(place, "content")
    text = ask(place, "diff", place.path("none"), place.path("content"), status=1)
    expect(re.search(r"input A: other content: leaf \d+ \(6x6, \w{32}\) and leaf \d+ \(6x6, ", text), "content:", text)


def only_in_one(place):
    chain(place, "none")
    chain(place, "extra")
    for names, which in ((("none", "extra"), "second"), (("extra", "none"), "first")):
        text = ask(place, "diff", *map(place.path, names), status=1)
        expect("only in the %s run" % which in text, "which run:", text)
        expect("302 pairs of calls correspond, 1 call only in the %s run" % which in text, "the totals:", text)
        expect(re.search(r"^  [<>] #122 dgemm\(.*\n    only in", text, re.M), "which call:", text)


def order(place):
    chain(place, "none")
    chain(place, "order")
    text = ask(place, "diff", place.path("none"), place.path("order"), status=1)
    expect("the same call at another place" in text, "no word of the order:", text)
    expect("302 pairs of calls correspond, 1 changed its place" in text, "the totals:", text)


def the_same(place):
    chain(place, "none")
    trace(place, "again", [compiled(place.build, "chain"), "300", "none", "120"], "--reuse", "none")
    expect("the runs are the same" in ask(place, "diff", place.path("none"), place.path("again")), "not the same")


def folded_or_not(place):
    """A log in which loops are folded is the same run as one in which they are not."""
    for name, dedup in (("folded", "1"), ("plain", "0")):
        trace(place, name, [compiled(place.build, "chain"), "3000", "none", "1500"], "--dedup=" + dedup)
    expect("the runs are the same" in ask(place, "diff", place.path("folded"), place.path("plain")), "not the same")
    chain(place, "scalar", 3000, 1500)
    for name in ("folded", "plain"):
        text = ask(place, "diff", place.path(name), place.path("scalar"), "--all", status=1)
        same(differences(text), [("#1502", "#1502", ["scalar alpha: 1 and 2"])], "differences from " + name)


def numpy_step(place):
    """A program that is not ours: one penalty of a ridge regression differs."""
    code = ("import numpy as np\nr = np.random.default_rng(1)\na = r.standard_normal((60, 8))\nb = r.standard_normal(60)\n"
            "for i in range(40):\n    k = a[i % 5:50 + i % 5]\n    g = k.T @ k\n    x = np.linalg.solve(g + PENALTY * np.eye(8), k.T @ b[:50])\n"
            "print(repr(x.sum()))\n")
    for name, penalty in (("one", "0.1"), ("two", "(0.2 if i == 17 else 0.1)")):
        trace(place, name, [DEBIAN_PYTHON, "-c", code.replace("PENALTY", penalty)])
    text = ask(place, "diff", place.path("one"), place.path("two"), status=1)
    found = differences(text)
    same(len(found), 1, "differences:\n" + text)
    expect("dgesv" in text and found[0][2][0].startswith("input A: other content"), "what differs:", text)


def processes(place):
    """A child that does something else; and one that only one run has."""
    program = compiled(place.build, "chain")
    for name, command in (("one", "{0} 50; {0} 60 none 30"), ("two", "{0} 50; {0} 60 scalar 30"), ("three", "{0} 50")):
        trace(place, name, ["sh", "-c", command.format(program)])
    text = ask(place, "diff", place.path("one"), place.path("two"), status=1)
    same(text.count("\n  the same\n"), 1, "pairs of processes that are the same:\n" + text)
    same([pair[2] for pair in differences(text)], [["scalar alpha: 1 and 2"]], "differences:\n" + text)
    expect("only in the first run" in ask(place, "diff", place.path("one"), place.path("three"), status=1), "no word of the process")


def by_json(place, verb, *arguments, status=0):
    return json.loads(ask(place, verb, *arguments, "--format", "json", status=status))


def diff_json(place):
    """The same answers as in text, for programs."""
    for kind in ("none", "scalar", "content", "extra", "order"):
        chain(place, kind)
    same(by_json(place, "diff", place.path("none"), place.path("none"))["same"], True, "a run and itself")
    found = {kind: by_json(place, "diff", place.path("none"), place.path(kind), status=1) for kind in ("scalar", "content", "extra", "order")}
    for kind, diff in found.items():
        same((diff["same"], diff["first"]), (False, {"run": place.path("none"), "all_traced": True}), "same, first of " + kind)
        same(len(diff["streams"]), 1, "streams of " + kind)
    stream = found["scalar"]["streams"][0]
    same([stream[key] for key in ("matched", "differ", "other_content", "follow", "moved", "only_first", "only_second")],
         [302, 1, 0, 179, 0, 0, 0], "counts")
    same((stream["first"]["thread"], stream["first"]["calls"]), (0, 302), "the first stream")
    call, = stream["differences"]
    same((call["causes"], call["details"]), (["scalar"], [{"what": "scalar", "name": "alpha", "first": 1, "second": 2}]), "what differs")
    same([call[side]["args"]["alpha"] for side in ("first", "second")], [1, 2], "alpha of both calls")
    call, = found["content"]["streams"][0]["differences"]
    detail, = call["details"]
    same((call["causes"], detail["what"], detail["name"], detail["how"]), (["content"], "input", "A", "content"), "other content")
    expect(detail["first"]["fingerprint"] != detail["second"]["fingerprint"], "the same fingerprint:", detail)
    call, = found["extra"]["streams"][0]["differences"]
    same((call["causes"], call["first"], call["second"]["op"]), (["alone"], None, "dgemm"), "a call in one run only")
    same(found["extra"]["streams"][0]["only_second"], 1, "only_second")
    same(found["order"]["streams"][0]["moved"], 1, "moved")


def why_json(place):
    chain(place, "scalar", 40, 20)
    why = by_json(place, "why-miss", place.path("scalar"), "22")
    same((why["item"]["id"], why["earlier"]["op"], why["served"], why["fate"]), (22, "dgemm", False, None), "the calls")
    same(why["differences"][0], {"what": "scalar", "name": "alpha", "first": 1, "second": 2}, "the scalar")
    same([(d["name"], d["how"], len(d["begin"])) for d in why["differences"][1:]], [("B", "computation", 2)], "inputs")
    same((len(why["alike"]), why["more_alike"]), (5, True), "others alike")
    same(by_json(place, "why-miss", place.path("scalar"), "0")["earlier"], None, "before the first")
    program = [DEBIAN_PYTHON, "-c", "import numpy as np\na = np.arange(12e2).reshape(40, 30)\nprint((a @ a.T).sum(), (a @ a.T).sum())\n"]
    trace(place, "off", program, "--reuse", "none")
    why = by_json(place, "why-miss", place.path("off"), "1")
    same((why["differences"], why["fate"], why["earlier"]["unkept"]), ([], "not_kept", "off"), "fate of what was not kept")
    trace(place, "on", program)
    same(by_json(place, "why-miss", place.path("on"), "1")["served"], True, "served")


def wrong_format(place):
    chain(place, "none", 10, 5)
    for verb, arguments in (("diff", ["none", "none"]), ("why-miss", ["none", "1"]), ("nan", ["none"])):
        words = [place.path(word) if word == "none" else word for word in arguments]
        done = place.run([place.blase, verb, *words, "--format", "dot"])
        same((done.status, done.out, b"'dot' is not a format" in done.err), (2, b"", True), "status, stdout, stderr of " + verb)


def diff_usage(place):
    chain(place, "none", 10, 5)
    for arguments, status in ((["none"], 2), (["none", "none", "none"], 2), (["none", "no such run"], 2), (["--what"], 2), (["--help"], 0)):
        words = [place.path(word) if word == "none" else word for word in arguments]
        same(place.run([place.blase, "diff", *words]).status, status, "status of diff " + " ".join(arguments))


def why_scalar(place):
    chain(place, "scalar", 40, 20)
    text = ask(place, "why-miss", place.path("scalar"), "22")
    expect("scalar alpha: 1 and 2" in text, "no word of the scalar:", text)
    expect("input B: " in text, "no word of the input:", text)


def why_leaf(place):
    """Two products that differ in a matrix at the beginning of a chain: the leaves are found."""
    code = ("import numpy as np\nr = np.random.default_rng(1)\n"
            "def chain(m):\n    x = m @ m\n    y = x @ m.T\n    return np.linalg.solve(y, x)\n"
            "a = r.standard_normal((9, 9))\nb = a.copy()\nb[3, 4] += 1\nprint(repr((chain(a) + chain(b)).sum()))\n")
    trace(place, "log", [DEBIAN_PYTHON, "-c", code])
    items = json.loads(ask(place, "items", place.path("log"), "--format", "json"))[0]["items"]
    products = [item["id"] for item in items if item["op"] == "dgemm"]
    text = ask(place, "why-miss", place.path("log"), str(products[1]), str(products[3]))
    expect("other content" in text or "another computation" in text, "no word of the input:", text)
    leaves = re.findall(r"^      leaf \d+  d 9x9 ", text, re.M)
    expect(len(leaves) >= 2, "the leaves are not found:", text)


def why_not(place):
    """Equal calls, of which the first was not kept, was given up, or was served."""
    program = [DEBIAN_PYTHON, "-c", "import numpy as np\na = np.arange(12e2).reshape(40, 30)\nprint((a @ a.T).sum(), (a @ a.T).sum())\n"]
    trace(place, "off", program, "--reuse", "none")
    expect("reuse was off" in ask(place, "why-miss", place.path("off"), "1"), "no word of reuse=none")
    trace(place, "on", program)
    expect("#1 was no miss: it was served with the result of #0" in ask(place, "why-miss", place.path("on"), "1"), "no word of the hit")
    expect("first call of dsyrk" in ask(place, "why-miss", place.path("on"), "0"), "no word of its being the first")
    done = place.run([place.blase, "why-miss", place.path("on"), "9999"])
    same((done.status, b"no item" in done.err), (1, True), "status, message for an item that there is not")


def not_checked(place):
    trace(place, "log", [compiled(place.build, "finite"), "overflow"])
    done = place.run([place.blase, "nan", place.path("log")])
    same((done.status, done.out, b"--check-finite" in done.err), (1, b"", True), "status, stdout, stderr")


def finite(place):
    for kind, words in (("none", "nothing was NaN or Inf in 3 calls"), ("overflow", "#1 made NaN or Inf of finite inputs, in C:"),
                        ("input", "held NaN or Inf already when #1 read it as A")):
        trace(place, kind, [compiled(place.build, "finite"), kind], "--check-finite")
        text = ask(place, "nan", place.path(kind))
        expect(words in text, "no '%s' in:" % words, text)
    expect("1 call wrote NaN or Inf that it had read" in ask(place, "nan", place.path("overflow")), "what passed it on")


def finite_json(place):
    for kind, counts in (("none", (3, 0, 0)), ("overflow", (3, 1, 1)), ("input", (3, 0, 2))):
        trace(place, kind, [compiled(place.build, "finite"), kind], "--check-finite")
        nan = by_json(place, "nan", place.path(kind))
        same((nan["checked"], nan["made"], nan["passed_on"]), counts, "checked, made, passed_on of " + kind)
        same(nan["first"] and (nan["first"]["name"], nan["first"]["nonfinite_out"]), ("#1", ["C"]) if kind == "overflow" else None, "first")
        same([(leaf["item"], leaf["operand"]) for leaf in nan["leaves"]], [("#1", "A")] if kind == "input" else [], "leaves")


def many_alone(place):
    """Hundreds of thousands of calls in one run only take seconds."""
    for name in ("one", "many"):
        place.under([compiled(place.build, "chain"), "5000"], "--quiet", "--trace", "all", log=name, environment=ONE_THREAD)
    path = glob.glob(place.path("many", "*-*.blog"))[0]
    with open(path, "rb") as file:
        log = file.read()
    with open(path, "wb") as file:
        file.write(with_turns(log, bytes([128, 128, 32])))  # 2^19
    done = place.run([place.blase, "diff", place.path("many"), place.path("one")], limit=120)
    same((done.status, done.err, b"calls only in the first run" in done.out), (1, b"", True), "status, stderr, stdout")


def register():
    test("diff: one scalar in 5,000 calls", one_scalar)
    test("diff: one scalar in 5,000 calls, without folding", one_scalar, "--dedup=off")
    test("diff: kinds of difference", kinds)
    test("diff: only in one", only_in_one)
    test("diff: order", order)
    test("diff: the same", the_same)
    test("diff: many calls in one run only", many_alone)
    test("diff: folded or not", folded_or_not)
    test("diff: numpy", numpy_step)
    test("diff: processes", processes)
    test("diff: usage", diff_usage)
    test("diff: JSON", diff_json)
    test("diff, why-miss, nan: wrong format", wrong_format)
    test("why-miss: JSON", why_json)
    test("nan: JSON", finite_json)
    test("why-miss: a scalar", why_scalar)
    test("why-miss: leaves at the beginning", why_leaf)
    test("why-miss: nothing differs", why_not)
    test("nan: not checked", not_checked)
    test("nan: finite and not", finite)
