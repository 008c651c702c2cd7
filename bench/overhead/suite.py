"""The no-reuse suite: programs with nothing to gain, and programs written to fool the cost model."""

import os
import re
import sys
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
PIPELINES = os.path.join(os.path.dirname(HERE), "pipelines")
TESTED = os.path.join(os.path.dirname(os.path.dirname(HERE)), "tests", "integration", "programs")
C_PROGRAMS = ["tiny", "one_element", "adversary"]


@dataclass(frozen=True)
class Program:
    name: str
    title: str
    source: str              # beside this file, in bench/pipelines or among the tested; without extension: a C program
    full: list               # arguments: some ten seconds
    quick: list | None       # some three seconds; None: left out
    adversarial: bool = False
    grows: dict = field(default_factory=dict)  # arguments to enlarge where the BLAS is faster: place, exponent of its time

    def arguments(self, quick, longer):
        """Those of the size, so that it takes about `longer` times as long."""
        def enlarge(argument, exponent):
            return re.sub(r"\d+$", lambda count: str(round(int(count[0]) * longer ** (1 / exponent))), str(argument))
        return [enlarge(a, self.grows[at]) if at in self.grows else str(a) for at, a in enumerate(self.quick if quick else self.full)]

    def command(self, quick, build, longer=1.0):
        arguments = self.arguments(quick, longer)
        if self.source in C_PROGRAMS:
            return [os.path.join(build, "bench", "overhead", self.source), *arguments]
        path = next(p for p in (os.path.join(d, self.source) for d in (HERE, PIPELINES, TESTED)) if os.path.exists(p))
        if self.source.endswith(".sh"):
            return ["/bin/sh", path, os.path.join(build, "bench", "overhead", self.name), *arguments]
        return [sys.executable, path, *arguments]


def adversary(name, title, mode, full, quick, *more):
    return Program(name, title, "adversary", [mode, full, *more], [mode, quick, *more], adversarial=True, grows={1: 1})


SUITE = [
    Program("autoencoder", "mini-batch autoencoder, fresh batches (numpy)", "autoencoder.py", ["--size=quick", "--epochs=10"],
            ["--size=quick", "--epochs=6"], grows={1: 1}),
    Program("hpl", "HPL of Debian's hpcc, 20 sizes", "hpl.sh", [1800, 40, 20], [1500, 40, 20], grows={0: 3, 1: 3}),
    Program("lu", "LU of growing matrices (SciPy)", "lu.py", ["--last=2000"], ["--last=1800"], grows={0: 4}),
    Program("kmeans", "k-means on fresh points, n_init=1 (scikit-learn)", "kmeans.py", ["--fits=12"], ["--fits=9"], grows={0: 1}),
    Program("cg", "conjugate gradients, dense products (numpy)", "cg.py", ["--systems=15"], ["--systems=5"], grows={0: 1}),
    Program("forks", "new products in one forked child after the other (numpy)", "forking.py", [40, 8, 600], [20, 8, 600], grows={0: 1}),
    Program("tiny", "10 million products of order 4 (numpy; quick: 3 million)", "tiny.py", [10_000_000], [3_000_000]),
    Program("tiny-c", "10 million dgemm of order 4 and nothing else (C)", "tiny", [10_000_000], [10_000_000]),
    Program("one-element", "200,000 dgemm of order 64, one element changes each time (C)", "one_element", [200_000], [200_000]),
    Program("one-element-1M", "the same, 1,000,000 calls", "one_element", [1_000_000], None),
    adversary("stops", "reuse that stops after 1000 calls", "stops", 20_000, 8_000),
    adversary("cheap", "reuse of cheap calls only", "cheap", 25_000, 8_000),
    adversary("alternating", "new products, alternating sizes of the same arithmetic", "alternating", 4_000, 1_500),
    adversary("even-2", "1 call in 2 repeats", "even", 20_000, 7_000, 2),
    adversary("even-4", "1 call in 4 repeats", "even", 20_000, 7_000, 4),
    adversary("even-8", "1 call in 8 repeats", "even", 20_000, 7_000, 8),
    adversary("alike", "equal in all sampled elements, never equal", "alike", 20_000, 7_000),
    adversary("late", "alike, and 1 call in 50 does repeat", "late", 20_000, 7_000, 50),
]


def selected(names):
    """Those named, or all; None if a name fits none."""
    if not names:
        return SUITE
    return [p for p in SUITE if p.name in names] if set(names) <= {p.name for p in SUITE} else None
