"""Emits what a driver's record says about its two halves: whose factor it may take, and what then remains to be done."""

import re

from expr import translate
from table import TableError


def half_arguments(record, half, other):
    """For every argument of the half's routine: the driver's argument it is given, or minus a letter; by which other argument it
    is moved, and the sign of that, 0 for not at all."""
    name, items = half
    given = []
    for item in items:
        if item.startswith("'"):
            given.append((-ord(item[1]), 0, 0))
            continue
        item, sign, by = re.match(r"^(\w+)\s*(?:([+-])\s*(\w+))?$", item).groups()
        at = record.arg_index(item)
        given.append((at, record.arg_index(by), 1 if sign == "+" else -1) if by else (at, 0, 0))
        if record.args[at].kind == "array" and at + 1 < len(record.args) and record.args[at + 1].kind == "ld":
            given.append((at + 1, 0, 0))
    if len(given) != len(other.args):
        raise TableError(f"{record.where}: {record.name}: {name} takes {len(other.args)} arguments, {len(given)} are given")
    for (at, _, _), arg in zip(given, other.args):
        if (record.args[at].kind if at >= 0 else "option") != arg.kind:
            raise TableError(f"{record.where}: {record.name}: {name} takes something else as {arg.name}")
    return given


def condition(record, name, text):
    body = translate(record, text) if text else "true"
    return [f"static bool {name}_{record.ident}(const struct canon *c, const struct op_place *where)", "{",
            "    (void)c;", "    (void)where;", f"    return {body};", "}"]


def driver_lines(record, typed):
    """Nothing for a routine that is no driver; else its maps, its conditions, and one struct a type."""
    if not record.factor and not record.solve and not record.finish:
        return []
    if not record.factor or not record.solve:
        raise TableError(f"{record.where}: {record.name}: factor and solve come together")
    if any(o.role == "maybe" for o in record.operands):
        raise TableError(f"{record.where}: {record.name}: a driver cannot have a maybe array")
    lines = condition(record, "applies", record.applies) + condition(record, "alike", record.alike)
    index = {letter + r.name: (number, r) for number, (r, letter) in enumerate(typed)}
    for letter in record.types:
        halves = []
        for word, half in (("factor", record.factor), ("solve", record.solve), ("finish", record.finish)):
            if half is None:
                halves.append("{0, NULL}")
                continue
            number, other = index.get(letter + half[0], (None, None))
            if other is None:
                raise TableError(f"{record.where}: {record.name}: {letter}{half[0]} is not in the table")
            values = ", ".join("{%d, %d, %d}" % given for given in half_arguments(record, half, other))
            lines.append(f"static const struct op_given {word}_{letter}{record.name}[] = {{{values}}};")
            halves.append(f"{{{number}, {word}_{letter}{record.name}}}")
        lines.append(f"static const struct op_driver driver_{letter}{record.name} = {{{', '.join(halves)}, "
                     f"applies_{record.ident}, alike_{record.ident}}};")
    return lines + [""]


def driver_name(record, letter):
    return f"&driver_{letter}{record.name}" if record.factor else "NULL"
