"""Emits what a driver's record says about its two halves: whose factor it may take, and what then remains to be done."""

from expr import translate
from table import TableError


def half_arguments(record, half, other):
    """For every argument of the half's routine: the driver's argument it is given, or minus a letter."""
    name, items = half
    given = []
    for item in items:
        if item.startswith("'"):
            given.append(-ord(item[1]))
            continue
        at = record.arg_index(item)
        given.append(at)
        if record.args[at].kind == "array" and at + 1 < len(record.args) and record.args[at + 1].kind == "ld":
            given.append(at + 1)
    if len(given) != len(other.args):
        raise TableError(f"{record.where}: {record.name}: {name} takes {len(other.args)} arguments, {len(given)} are given")
    for at, arg in zip(given, other.args):
        if (record.args[at].kind if at >= 0 else "option") != arg.kind:
            raise TableError(f"{record.where}: {record.name}: {name} takes something else as {arg.name}")
    return given


def condition(record, name, text):
    body = translate(record, text) if text else "true"
    return [f"static bool {name}_{record.ident}(const struct canon *c, const struct op_place *where)", "{",
            "    (void)c;", "    (void)where;", f"    return {body};", "}"]


def driver_lines(record, typed):
    """Nothing for a routine that is no driver; else its maps, its conditions, and one struct a type."""
    if not record.factor and not record.solve:
        return []
    if not record.factor or not record.solve:
        raise TableError(f"{record.where}: {record.name}: factor and solve come together")
    if any(o.role == "maybe" for o in record.operands):
        raise TableError(f"{record.where}: {record.name}: a driver cannot have a maybe array")
    lines = condition(record, "applies", record.applies) + condition(record, "alike", record.alike)
    index = {letter + r.name: (number, r) for number, (r, letter) in enumerate(typed)}
    for letter in record.types:
        halves = []
        for word, half in (("factor", record.factor), ("solve", record.solve)):
            number, other = index.get(letter + half[0], (None, None))
            if other is None:
                raise TableError(f"{record.where}: {record.name}: {letter}{half[0]} is not in the table")
            values = ", ".join(map(str, half_arguments(record, half, other)))
            lines.append(f"static const int8_t {word}_{letter}{record.name}[] = {{{values}}};")
            halves.append(f"{{{number}, {word}_{letter}{record.name}}}")
        lines.append(f"static const struct op_driver driver_{letter}{record.name} = {{{halves[0]}, {halves[1]}, "
                     f"applies_{record.ident}, alike_{record.ident}}};")
    return lines + [""]


def driver_name(record, letter):
    return f"&driver_{letter}{record.name}" if record.factor else "NULL"
