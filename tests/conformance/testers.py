"""Which testers there are: program, input, what each needs, and in which tier each of its modes runs."""

import os
from dataclasses import dataclass

import inputs

LIB = "/usr/lib/x86_64-linux-gnu"
BLAS = LIB + "/blas"
LAPACK = LIB + "/lapack"
NUMPY = "/usr/lib/python3/dist-packages/numpy"
PYTHON = "/usr/bin/python3"

# Where the dynamic loader is to find libblas.so.3 and liblapack.so.3.
PROVIDERS = {
    "openblas": [LIB + "/openblas-pthread"],
    "ref": [BLAS, LAPACK],
}

MODES = ("plain", "trace", "verify")

# Seconds a plain run takes (reference provider): only used to start the long ones first.
SECONDS = {
    "xlintstz:ztest": 7.0, "xeigtstz:svd": 6.6, "xeigtstz:zec": 6.4, "xlintstc:ctest": 5.8,
    "xeigtstc:svd": 5.0, "numpy:linalg": 5.0, "xeigtstd:svd": 4.3, "xeigtsts:svd": 4.1,
    "xeigtstd:dec": 3.9, "xlintsts:stest": 3.4, "xlintstd:dtest": 3.4, "xeigtstc:cec": 2.2,
    "numpy:dot": 2.0, "numpy:einsum": 4.0, "numpy:linalg-slow": 25.0,
    "xlintstz:ztest.short": 1.0, "xlintstc:ctest.short": 0.9, "xlintstd:dtest.short": 0.8, "xlintsts:stest.short": 0.8,
}


# What `make test` has no time for and only the full tier runs. Every program, type and provider keeps runs in the quick tier, where
# the longest input files are shortened (inputs.py).
# Not verified: the long ones, and sep, whose routines se2 has as well.
UNVERIFIED = {"xeigtstz:zec", "xeigtstc:cec", "xeigtstd:dec"} | {"xeigtst" + t + ":sep" for t in "sdcz"}
# Not run against reference LAPACK; OpenBLAS's xeigtst* results come from the same Fortran, and ref keeps the d ones.
NOT_REF = {"xeigtstz:zec", "xeigtstc:cec"}


@dataclass
class Tester:
    name: str
    argv: list
    stdin: str = ""           # input file, or none
    covered: bool = True      # calls at least one covered routine, so calls.traced must be > 0
    helper: bool = False      # needs the variables of reference CBLAS (see helper.py)
    slow: bool = False        # in the full tier only
    short: bool = False       # in the quick tier only

    def seconds(self):
        return SECONDS.get(self.name, 0.2)

    def needs_helper(self, provider):
        return self.helper and provider != "ref"

    def missing(self):
        """The first file it needs that is not installed, or ''."""
        return next((p for p in (self.argv[0], self.stdin) if p and not os.path.exists(p)), "")

    def modes(self, tier, provider):
        if tier == "full":
            return () if self.short else MODES
        if self.slow or (provider == "ref" and self.name in NOT_REF):
            return ()
        return tuple(m for m in MODES if m != "verify" or self.name not in UNVERIFIED)


def blas_testers():
    """Levels 2 and 3 through Fortran and CBLAS; level 1 has no covered routine and must pass unchanged."""
    out = []
    for t in "sdcz":
        for level in "123":
            out.append(Tester(f"xblat{level}{t}", [f"{BLAS}/xblat{level}{t}"],
                              "" if level == "1" else f"{BLAS}/{t}blat{level}.in", covered=level != "1"))
            out.append(Tester(f"x{t}cblat{level}", [f"{BLAS}/x{t}cblat{level}"],
                              "" if level == "1" else f"{BLAS}/{t}in{level}", covered=level != "1",
                              helper=level != "1"))
    return out


def lapack_testers(directory):
    """The pairs of program and input of lapack_testing.py, and the four balancing inputs it leaves out; short inputs besides, which
    are written into the directory."""
    out = []

    def add(program, stem, **more):
        path, short = f"{LAPACK}/{stem}.in", inputs.short_of(stem) is not None
        out.append(Tester(f"{program}:{stem}", [f"{LAPACK}/{program}"], path, slow=short, **more))
        if short and os.path.exists(path):
            out.append(Tester(f"{program}:{stem}.short", [f"{LAPACK}/{program}"], inputs.short_file(path, directory), short=True, **more))

    for t in "sdcz":
        add("xlintst" + t, t + "test")
        add("xlintstrf" + t, t + "test_rfp")
        for stem in ("nep", "sep", "se2", "svd", "glm", "gqr", "gsv", "csd", "lse"):
            add("xeigtst" + t, stem)
        for stem in ("ec", "ed", "gg", "gd", "sb", "sg", "bb"):
            add("xeigtst" + t, t + stem)
        for stem in ("bal", "bak", "gbal", "gbak"):   # balancing itself is not covered
            add("xeigtst" + t, t + stem, covered=stem == "gbak")
    add("xlintstds", "dstest")
    add("xlintstzc", "zctest")
    return out


def numpy_testers():
    """Debian's numpy. The slow tests of core need 20 GB of memory and are left out of every tier."""
    pytest = [PYTHON, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--rootdir", NUMPY]
    linalg, core = pytest + [NUMPY + "/linalg/tests"], NUMPY + "/core/tests/"
    fast = ["-m", "not slow"]
    return [Tester("numpy:linalg", linalg + fast),
            Tester("numpy:dot", pytest + [core + "test_multiarray.py", "-k", "dot or matmul"] + fast),
            Tester("numpy:einsum", pytest + [core + "test_einsum.py", core + "test_numeric.py", "-k",
                                             "dot or matmul or einsum or inner"] + fast, slow=True),
            Tester("numpy:linalg-slow", linalg + ["-m", "slow"], slow=True)]


def all_testers(directory):
    return blas_testers() + lapack_testers(directory) + numpy_testers()
