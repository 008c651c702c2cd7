"""Bounds a flop count from above: a multiple of the cube of the largest dimension, found by trying small ones."""

import functools
import itertools
import math
import re

SIZES = (0, 1, 4, 15, 60)
MOST = 255
NAME = re.compile(r"[A-Za-z_]\w*")
UNKNOWN = ("nlvl", "nonzero", "value")


def close_of(text, start):
    """Where the parenthesis that opens at `start` closes."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    raise ValueError(text)


def python(text):
    """An expression of the table (C) as Python: the conditional operator apart, they are the same."""
    out, i = "", 0
    while i < len(text):
        if text[i] == "(":
            end = close_of(text, i)
            out += f"({python(text[i + 1:end])})"
            i = end + 1
        elif text[i] == "?":
            middle, depth = i + 1, 0
            while text[middle] != ":" or depth:
                depth += (text[middle] in "(?") - (text[middle] in "):")
                middle += 1
            return f"({python(text[i + 1:middle])} if {out} else {python(text[middle + 1:])})"
        else:
            out += text[i]
            i += 1
    return out.replace("||", " or ").replace("&&", " and ")


def names(record):
    """Arguments that the count is made of, directly or through a `let`."""
    found, lets = [], dict(record.lets)
    todo = NAME.findall(re.sub(r"'.'", "", record.flops))
    while todo:
        name = todo.pop(0)
        if name in lets:
            todo += NAME.findall(re.sub(r"'.'", "", lets[name]))
        elif name not in found:
            found.append(name)
    return found


def worst(record, dimensions, options):
    """The largest count over the cube of the largest dimension."""
    code = [(name, compile(python(expr), name, "eval")) for name, expr in record.lets + [("", record.flops)]]
    ratio = 0.0
    for letters in itertools.product(*(record.args[record.arg_index(o)].letters for o in options)):
        for sizes in itertools.product(SIZES, repeat=len(dimensions)):
            values = {**dict(zip(options, letters)), **dict(zip(dimensions, sizes)), "notrans": "NR".__contains__}
            for name, expr in code:
                values[name] = eval(expr, {"min": min, "max": max}, values)  # pylint: disable=eval-used
            ratio = max(ratio, values[""] / max(1, *sizes, 1) ** 3)
    return ratio


@functools.cache
def cube_of(key):
    record = key.record
    arguments = [n for n in names(record) if n not in ("min", "max", "notrans")]
    if any(n in UNKNOWN for n in arguments):
        return 0, []
    kinds = {n: record.args[record.arg_index(n)].kind for n in arguments}
    dimensions = [n for n in arguments if kinds[n] == "int"]
    options = [n for n in arguments if kinds[n] == "option"]
    conditional = any(record.arg_index(n) in record.scalar_conds for n in arguments)
    if conditional or not dimensions or len(dimensions) + len(options) < len(arguments):
        return 0, []
    times = max(2, math.ceil(1.05 * worst(record, dimensions, options)))
    return (times, dimensions) if times <= MOST else (0, [])


class Key:  # pylint: disable=too-few-public-methods
    """Records are not hashable; one is the same only as itself."""

    def __init__(self, record):
        self.record = record

    def __hash__(self):
        return id(self.record)

    def __eq__(self, other):
        return self.record is other.record


def cube(record):
    """(times, dimensions): the count is at most times d**3, d the largest of these dimensions; (0, []) if that is not known."""
    return cube_of(Key(record))
