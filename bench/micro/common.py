"""What every section of the micro-benchmarks uses: how programs are run, and what is made of repeated numbers."""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

TIME_LIMIT = 600


class Bench:
    """Where the binaries are, how long to measure, and where runs leave their logs."""

    def __init__(self, build, quick, threads):
        self.build, self.quick, self.threads = os.path.abspath(build), quick, threads
        self.blase = os.path.join(self.build, "blase")
        self.library = os.path.join(self.build, "libblase.so")
        os.makedirs(os.path.join(self.build, "bench"), exist_ok=True)
        self.scratch = tempfile.mkdtemp(prefix="micro-", dir=os.path.join(self.build, "bench"))
        self.rounds = 3 if quick else 7

    def binary(self, name):
        return os.path.join(self.build, "bench", "micro_" + name)

    def environment(self):
        env = {key: value for key, value in os.environ.items() if not key.startswith("BLASE_")}
        env["OPENBLAS_NUM_THREADS"] = env["OMP_NUM_THREADS"] = str(self.threads)
        env.pop("LD_PRELOAD", None)
        return env

    def plain(self, name, *arguments):
        return json.loads(output([self.binary(name), *map(str, arguments)], self.environment()))

    def under_blase(self, settings, name, *arguments, show=True):
        """What the program printed, and what `blase show --json` says of the run."""
        run = os.path.join(self.scratch, "run")
        command = [self.blase, "run", "--quiet", "--log", run, *settings, "--", self.binary(name), *map(str, arguments)]
        try:
            found = json.loads(output(command, self.environment()))
            shown = json.loads(output([self.blase, "show", run, "--json"], self.environment())) if show else None
        finally:
            shutil.rmtree(run, ignore_errors=True)
        return found, shown

    def traced(self, settings, name, *arguments):
        """What the program printed alone."""
        return self.under_blase(settings, name, *arguments, show=False)[0]

    def done(self):
        shutil.rmtree(self.scratch, ignore_errors=True)


def output(command, env):
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIME_LIMIT, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def say(text):
    print(text, file=sys.stderr, flush=True)


def spread(values):
    """Median and quartiles of repeated measurements."""
    values = sorted(values)
    quarter = (len(values) - 1) / 4
    return {"median": statistics.median(values), "p25": values[round(quarter)], "p75": values[round(3 * quarter)],
            "least": values[0], "runs": len(values)}


def exponent(points):
    """e of cost ~ N^e by least squares on logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len(logs) < 2:
        return None
    mean_x = statistics.fmean(x for x, _ in logs)
    mean_y = statistics.fmean(y for _, y in logs)
    square = sum((x - mean_x) ** 2 for x, _ in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / square
