"""What two runs of the property program must agree on, call by call (calls.c says what each label means)."""

import re
from dataclasses import dataclass

LINE = re.compile(r"(?P<number>\d+) (?P<symbol>\S+) (?P<label>\S+) own=(?P<own>\w+) scratch=(?P<scratch>\w+) values=(?P<values>\w+) "
                  r"info=(?P<info>-?\d+) flags=(?P<flags>\w+) kept=(?P<kept>\d)(?P<messages>.*)")
# What of a call is compared. Scratch may hold anything once it did not hold the same before the call.
EVERYTHING = ("own", "scratch", "info", "flags", "messages")
BUT_SCRATCH = ("own", "info", "flags", "messages")


@dataclass
class Difference:
    number: int
    symbol: str
    label: str
    what: str
    fields: tuple = ()

    @property
    def op(self):
        return self.symbol.removeprefix("cblas_").removeprefix("LAPACKE_").removesuffix("_work").removesuffix("_")


def parsed(lines):
    return [LINE.fullmatch(line) for line in lines]


def calls(plain, served, flags=True):
    """(differences, moved calls that the provider itself computes otherwise); floating-point flags count only with `flags`."""
    differences, moved, first = [], 0, None
    if len(plain) != len(served):
        differences.append(Difference(-1, "", "lines", f"{len(plain)} lines, {len(served)} lines"))
    for a, b in zip(parsed(plain), parsed(served)):
        if not a or not b:
            if a or b:
                differences.append(Difference(-1, "", "lines", f"{a} {b}"))
            continue
        if a["label"] == "first":
            first = a
        fields = BUT_SCRATCH if a["label"] in ("other", "moved") else EVERYTHING
        fields = tuple(field for field in fields if flags or field != "flags")
        if a["label"] == "moved" and (a["values"] != first["values"] or (flags and a["flags"] != first["flags"])):
            moved += 1
            continue
        wrong = [f for f in ("number", "symbol", "label") + fields if a[f] != b[f]]
        if wrong:
            what = ", ".join(f"{f} {a[f]} served {b[f]}" for f in wrong)
            differences.append(Difference(int(a["number"]), a["symbol"], a["label"], what, tuple(wrong)))
    return differences, moved


def hits_owed(plain):
    """Per routine, the calls that a cache which keeps everything must serve: `again` and `other` after a `first` it may keep."""
    owed = {}
    for match in parsed(plain):
        if match and match["label"] == "first" and match["kept"] == "1":
            op = Difference(0, match["symbol"], "", "").op
            owed[op] = owed.get(op, 0) + 2
    return owed


def first_difference(a, b):
    for x, y in zip(a, b):
        if x != y:
            return f"\n    {x}\n    {y}"
    return f"{len(a)} lines, {len(b)} lines"


def dump_differences(plain, served, label, most=10):
    """The first lines of two dumps that differ, in the calls of this label."""
    lines = []
    for a, b in zip(plain, served):
        if a != b and a.startswith(label):
            lines.append(f"    plain  {a}\n    served {b}")
    if lines:
        lines.insert(0, "    " + next((line for line in plain if line.startswith(label) and "info=" in line), ""))
    return lines[:most + 1] + ([f"    … and {len(lines) - most - 1} more"] if len(lines) > most + 1 else [])


def routines_of(table):
    """Typed names of a table's records."""
    for line in table.read_text().splitlines():
        words = line.split()
        if words and words[0] == "op":
            yield from (letter + words[1] for letter in words[2])
