"""Runs one tester in one mode and collects everything it left behind."""

import json
import os
import resource
import shutil
import signal
import subprocess
import time

import testers

TIMEOUT = 300


class Result:
    """status: exit status (negative: signal, None: timed out); files: name -> text, with stdout and stderr."""

    def __init__(self, status, seconds, files):
        self.status, self.seconds, self.files = status, seconds, files


def environment(provider, helper, tmp):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("BLASE", "PYTEST", "OMP_", "OPENBLAS")) and k != "LD_PRELOAD"}
    # One thread: OpenBLAS splits sums by the number of threads, so bits would depend on the machine.
    env.update(OPENBLAS_NUM_THREADS="1", LC_ALL="C", TMPDIR=tmp, PYTHONDONTWRITEBYTECODE="1",
               LD_LIBRARY_PATH=":".join(testers.PROVIDERS[provider]))
    if helper:
        env["LD_PRELOAD"] = helper
    return env


def read_files(directory):
    files = {}
    for base, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(base, name)
            with open(path, encoding="utf-8", errors="surrogateescape") as f:
                files[os.path.relpath(path, directory)] = f.read()
    return files


def run(tester, provider, directory, prefix=(), helper=""):
    """directory is emptied; the tester works in directory/cwd. Every directory lies equally deep: pytest prints
    paths relative to the one it runs in."""
    shutil.rmtree(directory, ignore_errors=True)
    cwd, tmp = os.path.join(directory, "cwd"), os.path.join(directory, "tmp")
    os.makedirs(cwd)
    os.makedirs(tmp)
    out, err = os.path.join(directory, "stdout"), os.path.join(directory, "stderr")
    start = time.monotonic()
    with open(tester.stdin or os.devnull) as i, open(out, "w") as o, open(err, "w") as e:
        child = subprocess.Popen(list(prefix) + tester.argv, stdin=i, stdout=o, stderr=e, cwd=cwd,
                                 env=environment(provider, helper if tester.needs_helper(provider) else "", tmp),
                                 start_new_session=True)
        try:
            status = child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            status = None
    seconds = time.monotonic() - start
    files = read_files(cwd)
    for name, path in (("stdout", out), ("stderr", err)):
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            files[name] = f.read()
    return Result(status, seconds, files)


def processor_time():
    """Seconds of processor that all programs run so far took."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def loaded_libraries(program, provider):
    """What the loader resolves libblas.so.3 and liblapack.so.3 to for this program."""
    env = environment(provider, "", "/tmp")
    lines = subprocess.run(["ldd", program], env=env, capture_output=True, text=True).stdout.split("\n")
    found = {}
    for line in lines:
        name, arrow, rest = line.strip().partition(" => ")
        if arrow and name in ("libblas.so.3", "liblapack.so.3"):
            found[name] = rest.split(" ")[0]
    return found


def show(blase, log):
    """The numbers of `blase show LOG --json`; raises ValueError with what went wrong."""
    p = subprocess.run([blase, "show", log, "--json"], capture_output=True, text=True)
    if p.returncode != 0:
        raise ValueError(f"blase show exits {p.returncode}: {p.stderr.strip()[-300:]}")
    return json.loads(p.stdout)


def number(report, path):
    node = report
    for key in path.split("."):
        if not isinstance(node, dict) or key not in node:
            raise ValueError(f"blase show --json has no {path}")
        node = node[key]
    return node
