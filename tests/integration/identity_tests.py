"""gram, solve, predict in C, numpy and R: exactly the edges there are; parts of a product, seen and copied; what was overwritten."""
import glob
import os

from harness import PROGRAMS, Failed, expect, same, test
from toolchain import compiled, debian_python, r_script

# The DAG as tests/integration/edges.c prints it. What a leaf's memory held before is compared where a line says it: elsewhere it
# is the allocator's business.
EXPECTED = {
    ("C", "plain"): """
        0 dgemm A=leaf0(40x6) B=leaf0
        1 dgemv A=leaf0 X=leaf1(40x1)
        2 dposv A=0.C/lower B=1.Y
        3 dgemv A=leaf0 X=2.B
        4 dgemm A=leaf0 B=leaf0
        5 dgemv A=leaf0 X=leaf1
        6 dposv A=4.C/lower B=5.Y
        7 dgemv A=leaf0 X=6.B
        8 dgemv A=leaf2(40x6,was leaf0) X=6.B
        9 dgemv A=leaf3(6x6) X=leaf1[0+6,0+1]""",
    ("C", "overwritten"): """
        0 dgemm A=leaf0(40x6) B=leaf0
        1 dgemv A=leaf0 X=leaf1(40x1)
        2 dposv A=leaf2(6x6,was 0.C)/lower B=1.Y
        3 dgemv A=leaf0 X=2.B
        4 dgemm A=leaf0 B=leaf0
        5 dgemv A=leaf0 X=leaf1
        6 dposv A=leaf2/lower B=5.Y
        7 dgemv A=leaf0 X=6.B
        8 dgemv A=leaf3(40x6,was leaf0) X=6.B
        9 dgemv A=leaf4(6x6) X=leaf1[0+6,0+1]""",
    ("C", "slices"): """
        0 dgemm A=leaf0(40x6) B=leaf0
        1 dgemv A=0.C[0+6,2+3] X=leaf1(3x1)
        2 dgemv A=0.C[1+4,2+3] X=leaf2(3x1)
        3 dgemv A=0.C[2+3,0+6] X=leaf3(6x1)
        4 dgemv A=leaf4(6x3,was 0.C) X=leaf1
        5 dgemv A=0.C[0+6,3+2] X=leaf1[0+2,0+1]""",
    ("numpy", "plain"): """
        0 dgemm A=leaf0(6x40) B=leaf0
        1 dgemv A=leaf0 X=leaf1(40x1)
        2 dgesv A=0.C B=1.Y
        3 dgemv A=leaf0 X=2.B
        4 dgemm A=leaf0 B=leaf0
        5 dgemv A=leaf0 X=leaf1
        6 dgesv A=4.C B=5.Y
        7 dgemv A=leaf0 X=6.B""",
    ("numpy", "overwritten"): """
        0 dgemm A=leaf0(6x40) B=leaf0
        1 dgemv A=leaf0 X=leaf1(40x1)
        2 dgemm A=leaf2(2x6) B=leaf3(6x6,was 0.C)
        3 dgesv A=leaf3 B=1.Y
        4 dgemv A=leaf0 X=3.B
        5 dgemm A=leaf0 B=leaf0
        6 dgemv A=leaf0 X=leaf1
        7 dgemm A=leaf2 B=leaf3
        8 dgesv A=leaf3 B=6.Y
        9 dgemv A=leaf0 X=8.B""",
    ("numpy", "slices"): """
        0 dgemm A=leaf0(6x40) B=leaf0
        1 dgemm A=leaf0 B=leaf1(6x40)
        2 dgemm A=leaf2(2x3) B=0.C[0+3,0+6]
        3 dgemm A=leaf3(2x6) B=0.C[0+6,1+3]
        4 dgemm A=leaf2 B=0.C[2+3,0+6]
        5 dgemm A=leaf3 B=0.C[0+6,2+3]
        6 dgemm A=leaf2 B=1.C[0+6,0+3]
        7 dgemm A=leaf3 B=1.C[1+3,0+6]
        8 dgemm A=leaf2 B=1.C[0+6,2+3]
        9 dgemm A=leaf3 B=1.C[2+3,0+6]
        10 dgemm A=leaf2 B=leaf4(3x6,was 0.C)
        11 dgemm A=leaf3 B=0.C[0+6,1+3]""",
    ("numpy", "mirrored"): """
        0 dsyrk A=leaf0(6x40)
        1 dgemv A=leaf0 X=leaf1(40x1)
        2 dgesv A=0.C/lower A=leaf2(6x6)/strictly upper B=1.Y
        3 dgemv A=leaf0 X=2.B""",
    ("R", "mirrored"): """
        0 dsyrk A=leaf0(40x6)
        1 dgemv A=leaf0 X=leaf1(40x1)
        2 dgesv A=0.C/upper A=leaf2(6x6)/strictly lower B=1.Y
        3 dgemv A=leaf0 X=2.B""",
    ("R", "plain"): """
        0 dgemm A=leaf0(6x40) B=leaf1(40x6)
        1 dgemv A=leaf0 X=leaf2(40x1)
        2 dgesv A=0.C B=1.Y
        3 dgemv A=leaf1 X=2.B
        4 dgemm A=leaf0 B=leaf1
        5 dgemv A=leaf0 X=leaf2
        6 dgesv A=4.C B=5.Y
        7 dgemv A=leaf1 X=6.B""",
    ("R", "overwritten"): """
        0 dgemm A=leaf0(6x40) B=leaf1(40x6)
        1 dgemv A=leaf0 X=leaf2(40x1)
        2 dgemv A=leaf3(6x6,was 0.C) X=leaf4(6x1)
        3 dgesv A=leaf3 B=1.Y
        4 dgemv A=leaf1 X=3.B
        5 dgemm A=leaf0 B=leaf1
        6 dgemv A=leaf0 X=leaf2
        7 dgemv A=leaf3 X=leaf4
        8 dgesv A=leaf3 B=6.Y
        9 dgemv A=leaf1 X=8.B""",
    ("R", "slices"): """
        0 dgemm A=leaf0(6x40) B=leaf1(40x6)
        1 dgemv A=0.C[0+6,1+3] X=leaf2(3x1)
        2 dgemv A=0.C[1+3,0+6] X=leaf3(6x1)
        3 dgemv A=leaf4(6x3) X=leaf2
        4 dgemv A=0.C[1+3,0+6] X=leaf3""",
}


def command(build, language):
    if language == "numpy":
        return [debian_python("numpy"), os.path.join(PROGRAMS, "buffers.py")]
    if language == "R":
        return r_script(os.path.join(PROGRAMS, "buffers.R"))
    return [compiled(build, "buffers")]


def without_before(line):
    return "".join(part if i == 0 else ")" + part.split(")", 1)[1] for i, part in enumerate(line.split(",was ")))


def edges(place, log):
    """What the program's process logged; those of helpers without BLAS calls are empty."""
    program = os.path.join(place.build, "tests", "edges")
    if not os.path.exists(program):
        raise Failed("not built: " + program)
    lines = []
    for path in glob.glob(place.path(log, "[0-9]*.blog")):
        result = place.run([program, path])
        same((result.status, result.err), (0, b""), "status, stderr of edges")
        lines += result.out.decode().splitlines()
    return lines


def exactly(place, language, what, level):
    result = place.under([*command(place.build, language), what], "--trace", "all", "--reuse", level, "--quiet")
    same((result.status, result.err), (0, b""), "status, stderr")
    found = edges(place, "log")
    wanted = [line.strip() for line in EXPECTED[language, what].strip().splitlines()]
    same(len(found), len(wanted), "items in\n" + "\n".join(found))
    for line, want in zip(found, wanted):
        same(line if "was" in want else without_before(line), want, "edges")
    if level == "full" and what in ("plain", "overwritten"):
        expect(place.show()["reuse"]["hits_full"] > 0, "the second time round nothing was served")


def register():
    for language, what in EXPECTED:
        for level in ("none", "full"):
            test("buffers %s %s %s" % (language, what, level), exactly, language, what, level)
