"""Shorter input files for LAPACK's testers: fewer sizes and block sizes, the same routines, matrix types, drivers and error exits.

A run under the shim takes as long as it has calls, and the installed files come to their hundreds of thousands by combining every
size with every block size, which LAPACK keeps to itself: nothing but outermost calls is seen from outside.
"""

import os
import re

# By input file: for each list of values, named by the first line of it, what stands in its lines instead. Empty, one, few, more
# than one block of the larger block size; wide and tall.
LINEAR = {"M": ["0 1 2 5 22"], "N": ["0 1 2 5 22"], "NRHS": ["1 15"], "NB": ["3 20", "5 1"]}
RFP = {"N": ["0 1 2 5 10 11 22"], "NRHS": ["1 15"]}
SHORT = {
    "[sdcz]test": LINEAR,
    "[sdcz]test_rfp": RFP,
    "svd": {"M": ["0 0 1 1 2 3 10 16 30", "0 1 0 1 1 3 16 10 30"], "NB": ["3 20", "2 2", "5 1", "2 2"]},
}

COUNT = re.compile(r"\s*\d+(\s+Number of .*)")
VALUES = re.compile(r"\s*\d[\d ]*?(\s+Values of (\w+).*)")


def short_of(stem):
    return next((lists for pattern, lists in SHORT.items() if re.fullmatch(pattern, stem)), None)


def shorten(text, lists):
    """The file with these lists; raises ValueError when it has not all of them, each of as many lines."""
    lines, left, at = text.split("\n"), dict(lists), 0
    while at < len(lines):
        count, last = COUNT.fullmatch(lines[at]), at + 1
        while count and last < len(lines) and VALUES.fullmatch(lines[last]):
            last += 1
        values = [VALUES.fullmatch(line) for line in lines[at + 1:last]]
        wanted = left.pop(values[0][2], None) if values else None
        if wanted:
            if len(wanted) != len(values):
                raise ValueError(f"{values[0][2]} has {len(values)} lines, not {len(wanted)}")
            lines[at] = str(len(wanted[0].split())) + count[1]
            lines[at + 1:last] = [new + old[1] for new, old in zip(wanted, values)]
        at = last
    if left:
        raise ValueError(f"no values of {', '.join(left)}")
    return "\n".join(lines)


def short_file(path, directory):
    """Written into the directory, and not again while it says the same: plain results go by its time."""
    stem = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="ascii") as f:
        text = shorten(f.read(), short_of(stem))
    short = os.path.join(directory, stem + ".short.in")
    try:
        with open(short, encoding="ascii") as f:
            if f.read() == text:
                return short
    except OSError:
        pass
    os.makedirs(directory, exist_ok=True)
    with open(short, "w", encoding="ascii") as f:
        f.write(text)
    return short
