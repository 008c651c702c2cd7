"""blase run --capture, then blase replay: every item of every program is bit-equal to what the run saw."""
import re

from harness import expect, same, test
from program_tests import COMPILED, PYTHON, command, plain


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


def register():
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
