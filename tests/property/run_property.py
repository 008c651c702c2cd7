#!/usr/bin/env python3
"""Runs the generated property test: every routine of the op table with random arguments, plain and under build/libblase.so.

For each provider (OpenBLAS, reference): the table against the library itself (--check-table), two plain runs that must agree, a
preloaded run that must agree with them call by call and must really have served every routine, and the illegal arguments. The
same again with the settings under which most calls never come to dispatch: --trace auto, which must count them all, and off. At last `blase replay` computes a
captured run again and must find the same bits. OpenBLAS's kernels for other processors than this one, if it can run them, are asked
about the table, too.
--expect-failure turns the library into the accused: every routine of fixtures/wrong.tab has to be caught.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import compare

HERE = pathlib.Path(__file__).resolve().parent
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
PROVIDERS = {"openblas": f"{LIBRARIES}/openblas-pthread",
             "reference": f"{LIBRARIES}/blas:{LIBRARIES}/lapack"}
CORES = {"Prescott": "pni", "Haswell": "avx2", "SkylakeX": "avx512vl"}  # OpenBLAS's kernels, and what a processor needs for them
# Its cscal and caxpy for SSE load the last element into half a register and multiply all of it: what an earlier call left in the other
# half raises flags now and then.
HALF_LOADED = ("Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom")
TIMEOUT = 240
WRONG_ROUNDS, REPLAY_ROUNDS = 40, 4
REPLAY_EXCUSES = ("cannot be replayed: the routine need not write all its outputs here",
                  "cannot be replayed: some routine need not write all its outputs",
                  "cannot be replayed: an input of it could not be replayed")
KINDS_NAMED, KINDS_EXPLAINED = 20, 4


class Failure(Exception):
    """What did not hold, in words."""


class Runner:
    """Runs the program over one provider."""

    def __init__(self, options, provider, directory, core=None):
        self.options, self.provider, self.directory, self.core = options, provider, directory, core
        self.judges_flags = core_of(self) not in HALF_LOADED if provider == "openblas" else True

    def environment(self, preload, log, capture=False):
        """`preload`: False, or the --trace setting under which blasé is; `capture`: leaves are stored and nothing is reused."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("BLASE_") and k != "LD_PRELOAD"}
        # Row-major LAPACKE copies a temporary back even when an argument was illegal: with these two its bytes are the same in
        # every run, whatever else the heap has seen.
        env.update(OPENBLAS_NUM_THREADS="1", MALLOC_PERTURB_="165", GLIBC_TUNABLES="glibc.malloc.tcache_count=0",
                   LD_LIBRARY_PATH=PROVIDERS[self.provider], XDG_CONFIG_HOME=str(self.directory))
        if self.core:
            env.update(OPENBLAS_CORETYPE=self.core)
        if preload:
            env.update(LD_PRELOAD=str(self.options.library), BLASE_TRACE=preload, BLASE_REUSE="full", BLASE_LOG=str(log),
                       BLASE_MEMORY="2G")
        if capture:
            env.update(BLASE_CAPTURE="1", BLASE_REUSE="none")
        return env

    def run(self, name, *arguments, preload=False, capture=False):
        """Output lines and messages of one run; its files are called `name`."""
        out = self.directory / f"{name}.out"
        command = [str(self.options.program), "--seed", str(self.options.seed), "--out", str(out), *map(str, arguments)]
        try:
            done = subprocess.run(command, env=self.environment(preload, self.directory / f"{name}.run", capture),
                                  capture_output=True, text=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failure(f"{name}: not done after {TIMEOUT} s") from late
        if done.returncode not in (0, 1):
            raise Failure(f"{name}: exit status {done.returncode}\n{done.stderr[-2000:]}\nlast line: {last_line(out)}")
        return out.read_text().splitlines(), done.stdout + done.stderr, done.returncode

    def dump(self, number, preload, alone):
        arguments = ["--rounds", self.options.rounds, "--dump", number] + (["--only", number] if alone else [])
        return self.run(f"dump-{preload}", "--calls", *arguments, preload=preload)[0]


def core_of(runner):
    """Whose kernels OpenBLAS takes."""
    ask = "import ctypes; name = ctypes.CDLL('libblas.so.3').openblas_get_corename; name.restype = ctypes.c_char_p; print(name().decode())"
    return subprocess.run([sys.executable, "-c", ask], env=runner.environment(False, ""), capture_output=True, text=True, check=True,
                          timeout=TIMEOUT).stdout.strip()


def cores_to_try(native):
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("flags")[2].partition("\n")[0].split()
    return [core for core, needed in CORES.items() if needed in flags and core != native]


def last_line(path):
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return lines[-1] if lines else "(none)"


def explain(runner, difference):
    """The bytes that differ: in that case alone, or else in the course of the whole run."""
    for alone in (True, False):
        plain, served = (runner.dump(difference.number, preload, alone) for preload in (False, "all"))
        lines = compare.dump_differences(plain, served, difference.label)
        if lines:
            return lines
    return ["    (does not show again)"]


def compare_calls(runner, options):
    rounds = ["--rounds", options.rounds]
    plain = runner.run("plain", "--calls", *rounds)[0]
    again = runner.run("plain-again", "--calls", *rounds)[0]
    unsteady, _ = compare.calls(plain, again, runner.judges_flags)
    if unsteady:
        raise Failure(f"{runner.provider}: two plain runs differ: {compare.first_difference(plain, again)}")
    served = runner.run("served", "--calls", *rounds, preload="all")[0]
    differences, moved = compare.calls(plain, served, runner.judges_flags)
    for level in ("auto", "off"):
        more, _ = compare.calls(plain, runner.run(f"passed-{level}", "--calls", *rounds, preload=level)[0], runner.judges_flags)
        differences += more
    return plain, differences, moved


def report_differences(runner, differences):
    """One line a routine, spelling and kind of call, the most common first; the bytes of a few."""
    seen = {}
    for d in differences:
        seen.setdefault((d.symbol, d.label.split(":")[0]), []).append(d)
    kinds = sorted(seen.values(), key=len, reverse=True)
    fields = collections.Counter(field for d in differences for field in d.fields)
    lines = [f"{runner.provider}: {len(differences)} calls differ ({', '.join(f'{n} in {f}' for f, n in fields.most_common())}), "
             f"{len(seen)} kinds"]
    for i, some in enumerate(kinds[:KINDS_NAMED]):
        lines.append(f"  {some[0].symbol} {some[0].label}: {len(some)} times; case {some[0].number}: {some[0].what}")
        if i < KINDS_EXPLAINED:
            lines += explain(runner, some[0])
    if len(kinds) > KINDS_NAMED:
        lines.append(f"  … and {len(kinds) - KINDS_NAMED} more kinds")
    return "\n".join(lines)


def show(runner, options, name):
    shown = subprocess.run([str(options.tool), "show", str(runner.directory / f"{name}.run"), "--json"], capture_output=True,
                           text=True, env=runner.environment(False, ""), timeout=TIMEOUT, check=False)
    if shown.returncode:
        raise Failure(f"{runner.provider}: blase show: {shown.stderr}")
    return json.loads(shown.stdout)


def check_counts(runner, options, plain):
    """What is let through by the stubs is counted as exactly as what is traced."""
    every, passed, off = (show(runner, options, name) for name in ("served", "passed-auto", "passed-off"))
    wanted, found = ({r["op"]: r["calls"] for r in document["routines"]} for document in (every, passed))
    if wanted != found or sum(wanted.values()) < len(plain) or not passed["calls"]["bypassed"]:
        raise Failure(f"{runner.provider}: calls counted with --trace auto: {found}, with --trace all: {wanted}")
    if off["calls"]["total"] or off["lineage"]["trace"] != "off":
        raise Failure(f"{runner.provider}: calls counted with --trace off: {off['calls']}")


def check_hits(runner, options, plain):
    document = show(runner, options, "served")
    hits = {r["op"]: r["hits_full"] for r in document["routines"]}
    owed = compare.hits_owed(plain)
    names = subprocess.run([str(options.program), "--list"], capture_output=True, text=True, check=True,
                           env=runner.environment(False, "")).stdout.split()
    bad = [f"{op}: {hits.get(op, 0)} hits of {owed.get(op, 0)}" for op in names if hits.get(op, 0) < max(1, owed.get(op, 0))]
    if bad or document["reuse"]["hits_full"] == 0:
        raise Failure(f"{runner.provider}: routines that were not served as often as they must be: {'; '.join(bad)}")
    return document["reuse"]["hits_full"], len(names)


def check_illegal(runner):
    arguments = ["--illegal", "--rounds", 1] + (["--pass-on"] if runner.provider == "openblas" else [])
    plain, plain_said, _ = runner.run("illegal-plain", *arguments)
    for level in ("all", "auto", "off"):
        served, served_said, _ = runner.run(f"illegal-{level}", *arguments, preload=level)
        served_said = "\n".join(line for line in served_said.split("\n") if not line.startswith("blase"))
        if plain != served:
            raise Failure(f"{runner.provider}: illegal arguments, trace={level}: {compare.first_difference(plain, served)}")
        if plain_said != served_said:
            raise Failure(f"{runner.provider}: illegal arguments, trace={level}: "
                          f"{compare.first_difference(plain_said.split(), served_said.split())}")
    return len(plain)


def check_replay(runner, options):
    """Recorded with its leaves, every call can be computed again to the bit, but for those that had nothing to compute."""
    runner.run("captured", "--calls", "--rounds", min(options.rounds, REPLAY_ROUNDS), preload="all", capture=True)
    again = subprocess.run([str(options.tool), "replay", str(runner.directory / "captured.run")], capture_output=True, text=True,
                           env=runner.environment(False, ""), timeout=TIMEOUT, check=False)
    *lines, totals = again.stdout.splitlines() or [""]
    bad = [line for line in lines if not line.endswith(REPLAY_EXCUSES)]
    counts = re.match(r"(\d+) items: (\d+) bit-equal", totals)
    if again.returncode not in (0, 1) or again.stderr or bad or not counts or int(counts[2]) < int(counts[1]) * 0.98:
        raise Failure(f"{runner.provider}: replay: {totals}{again.stderr}; {'; '.join(bad[:20])}")
    return totals.split(";")[0]


def check_table(runner, options):
    but = [] if runner.judges_flags else ["--but-flags"]
    lines, _, status = runner.run("table", "--check-table", "--rounds", options.table_rounds, *but)
    if status:
        raise Failure(f"{runner.provider}{f' as {runner.core}' if runner.core else ''}: the op table is wrong:\n" + "\n".join(lines))


def everything(provider, options, directory):
    runner = Runner(options, provider, directory)
    check_table(runner, options)
    plain, differences, moved = compare_calls(runner, options)
    if differences:
        raise Failure(report_differences(runner, differences))
    hits, routines = check_hits(runner, options, plain)
    check_counts(runner, options, plain)
    illegal = check_illegal(runner)
    replayed = check_replay(runner, options)
    others = cores_to_try(core_of(runner)) if provider == "openblas" else []
    for core in others:
        check_table(Runner(options, provider, directory, core), options)
    provider += "".join(f", its table as {core}" for core in others)
    return (f"{provider}: {len(plain)} calls of {routines} routines agree, {hits} served, {illegal} illegal calls agree; "
            f"{moved} calls give other bits elsewhere in memory; replayed {replayed}")


def expect_failure(provider, options, directory):
    runner = Runner(options, provider, directory)
    wrong = list(compare.routines_of(HERE / "fixtures" / "wrong.tab"))
    arguments = ["--calls", "--rounds", WRONG_ROUNDS, "--routines", " ".join(wrong)]
    plain = runner.run("plain", *arguments)[0]
    differences, _ = compare.calls(plain, runner.run("served", *arguments, preload="all")[0], runner.judges_flags)
    caught = {d.op for d in differences if "own" in d.fields}
    missed = [op for op in wrong if op not in caught]
    if missed:
        raise Failure(f"{provider}: wrong records not caught: {' '.join(missed)}")
    return f"{provider}: every wrong record is caught ({len(wrong)} routines, {len(differences)} calls)"


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build", help="where libblase.so, blase and tests/property/property are")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--tool", type=pathlib.Path)
    parser.add_argument("--provider", action="append", choices=sorted(PROVIDERS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=12, help="cases per spelling")
    parser.add_argument("--table-rounds", type=int, default=20)
    parser.add_argument("--expect-failure", action="store_true", help="the library was built from fixtures/wrong.tab")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    options = parser.parse_args(argv)
    build = pathlib.Path(options.build)
    options.program = (options.program or build / "tests/property/property").resolve()
    options.library = (options.library or build / "libblase.so").resolve()
    options.tool = (options.tool or build / "blase").resolve()
    return options


def main(argv):
    options = parse(argv)
    work = expect_failure if options.expect_failure else everything
    status = 0
    with tempfile.TemporaryDirectory(prefix="blase-property-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = []
        for provider in options.provider or PROVIDERS:
            directory = pathlib.Path(scratch) / provider
            directory.mkdir()
            jobs.append(pool.submit(work, provider, options, directory))
        for job in jobs:
            try:
                print("property:", job.result())
            except Failure as failure:
                print("property: FAILED:", failure)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
