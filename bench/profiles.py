"""Where a Python program's time goes: its cProfile, as text beside the results, and the shares the tables quote."""

import io
import os
import pstats
import subprocess
import sys

TOP = 25


def import_seconds(stats):
    """Time below the outermost imports."""
    return max((row[3] for (path, _, name), row in stats.stats.items() if name == "_find_and_load" and "importlib" in path), default=0.0)


def own_times(stats):
    """(function, seconds in itself), longest first, without what imports do. `a @ b` is no call and counts to the function around it."""
    rows = [(f"{os.path.basename(path)}:{name}" if line else name, row[2]) for (path, line, name), row in stats.stats.items()
            if "importlib" not in path and "marshal" not in name and "_imp." not in name]
    return sorted(rows, key=lambda row: -row[1])


def save_profile(program, size, directory):
    os.makedirs(directory, exist_ok=True)
    raw, text = (os.path.join(directory, program.slug + extension) for extension in (".prof", ".txt"))
    command = [sys.executable, "-m", "cProfile", "-o", raw, *program.command("plain", size, "")[1:]]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    printed = io.StringIO()
    stats = pstats.Stats(raw, stream=printed).strip_dirs().sort_stats("tottime")
    stats.print_stats(TOP)
    with open(text, "w", encoding="utf-8") as out:
        out.write(printed.getvalue())
    full = pstats.Stats(raw)
    os.remove(raw)
    return {"file": os.path.relpath(text, os.path.dirname(directory)), "seconds": full.total_tt, "imports": import_seconds(full),
            "top": own_times(full)[:5]}
