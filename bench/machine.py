"""What a figure depends on besides the program: processor, memory, kernel, versions, commit, settings."""

import os
import platform
import subprocess
import sys


def first_line(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError:
        return None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return lines[0] if lines and done.returncode == 0 else None


def processor():
    fields = {}
    for line in (first_line(["sh", "-c", "lscpu | tr '\\n' ';'"]) or "").split(";"):
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    return {"model": fields.get("Model name"), "family": fields.get("CPU family"), "l2": fields.get("L2 cache"),
            "l3": fields.get("L3 cache"), "hypervisor": fields.get("Hypervisor vendor")}


def memory_bytes():
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def python_versions():
    versions = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "sklearn", "joblib"):
        try:
            versions[name] = __import__(name).__version__
        except ImportError:
            versions[name] = None
    return versions


def commit(root):
    head = first_line(["git", "-C", root, "rev-parse", "HEAD"])
    dirty = first_line(["git", "-C", root, "status", "--porcelain", "--untracked-files=no"])
    return {"id": head, "changed": bool(dirty)}


def describe(root):
    settings = {name: value for name, value in sorted(os.environ.items())
                if name.startswith(("OPENBLAS", "OMP_", "GOTO", "MALLOC_", "BLASE_", "GLIBC_TUNABLES"))}
    return {"machine": {"processor": processor(), "processors": os.cpu_count(), "memory_bytes": memory_bytes(),
                        "kernel": f"{platform.system()} {platform.release()}"},
            "versions": {**python_versions(), "R": first_line(["R", "--version"]), "cc": first_line(["cc", "--version"])},
            "commit": commit(root), "environment": settings, "command": " ".join(["bench/run.py", *sys.argv[1:]])}
