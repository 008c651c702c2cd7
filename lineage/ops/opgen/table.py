"""Reads the op table (../README.md describes the language) into Record objects. Knows nothing of C."""

import re
from dataclasses import dataclass, field

ROLES = ("in", "out", "inout", "maybe", "work")
LWORK_NAMES = ("lwork", "lrwork", "liwork")


class TableError(Exception):
    """A mistake in a table, with the place it stands at."""


@dataclass
class Arg:
    """One argument. kind: option, int, scalar, rscalar, ld, inc, array, info, lwork."""
    name: str
    kind: str
    letters: str = ""
    lapacke_only: bool = False
    operand: int = -1


@dataclass
class Clause:
    """`reads`/`writes`: a part, an optional shape of its own, an optional condition."""
    part: str = "full"
    shape: tuple = None
    cond: str = None


@dataclass
class Operand:
    name: str
    role: str
    etype: str  # "T", "real" or "int"
    shape: tuple
    vector: bool
    reads: Clause = None
    writes: Clause = None
    cond: str = None
    first: str = None
    arg: int = -1
    ld_arg: int = -1
    has_inc: bool = False


@dataclass
class Record:
    name: str
    types: str
    family: str
    where: str
    args: list = field(default_factory=list)
    operands: list = field(default_factory=list)
    lets: list = field(default_factory=list)
    scalar_conds: dict = field(default_factory=dict)
    flops: str = None
    reuse: str = None
    keep: str = None
    rowmajor: list = None
    factor: tuple = None  # (routine, arguments), likewise solve: a driver's two halves
    solve: tuple = None
    finish: tuple = None  # what is left to do after solve
    applies: str = None
    alike: str = None

    def arg_index(self, name):
        for i, arg in enumerate(self.args):
            if arg.name == name:
                return i
        raise TableError(f"{self.where}: {self.name}: no argument named {name}")

    @property
    def fortran_args(self):
        return [a for a in self.args if not a.lapacke_only]

    @property
    def ident(self):
        return f"{self.name}_{self.types}"


def split_top(text, sep):
    """Splits at `sep` outside parentheses."""
    parts, depth, start = [], 0, 0
    for i, ch in enumerate(text):
        depth += (ch == "(") - (ch == ")")
        if ch == sep and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [p.strip() for p in parts + [text[start:]]]


def take_parenthesised(text, where):
    """`(a, b) rest` → (["a", "b"], "rest")."""
    if not text.startswith("("):
        raise TableError(f"{where}: expected '(' at: {text}")
    depth = 0
    for i, ch in enumerate(text):
        depth += (ch == "(") - (ch == ")")
        if depth == 0:
            return split_top(text[1:i], ","), text[i + 1:].strip()
    raise TableError(f"{where}: '(' never closed: {text}")


def shape_of(items, where):
    if len(items) == 1:
        return (items[0], "1"), True
    if len(items) == 2:
        return tuple(items), False
    raise TableError(f"{where}: a shape has one or two entries: {items}")


def parse_clause(text, where):
    """`tri(uplo) (m, n) if cond`: every piece but the part optional."""
    clause = Clause()
    body, _, cond = text.partition(" if ")
    clause.cond = cond.strip() or None
    body = body.strip()
    match = re.match(r"^(.*?)\s+(\(.*\))$", body)
    if match and match.group(1).count("(") == match.group(1).count(")"):
        items, rest = take_parenthesised(match.group(2), where)
        if not rest and len(items) <= 2 and "?" not in match.group(1):
            clause.shape, _ = shape_of(items, where)
            body = match.group(1)
    clause.part = body
    return clause


def parse_operand(role, text, where):
    match = re.match(r"^(\w+)\s*(real|int)?\s*(\(.*)$", text)
    if not match:
        raise TableError(f"{where}: cannot read operand line: {role} {text}")
    name, etype, rest = match.group(1), match.group(2) or "T", match.group(3)
    items, rest = take_parenthesised(rest, where)
    shape, vector = shape_of(items, where)
    operand = Operand(name, role, etype, shape, vector)
    operand.reads = Clause() if role in ("in", "inout") else None
    operand.writes = Clause() if role in ("out", "inout") else None
    for clause in filter(None, split_top(rest, ";")):
        word, _, value = clause.partition(" ")
        value = value.strip()
        if word == "reads" and operand.reads:
            operand.reads = parse_clause(value, where)
        elif word == "writes" and operand.writes:
            operand.writes = parse_clause(value, where)
        elif word == "if":
            operand.cond = value
        elif word == "first" and role in ("maybe", "work"):
            operand.first = value
        else:
            raise TableError(f"{where}: clause '{clause}' does not fit role {role}")
    return operand


def parse_args(text, where):
    args = []
    for token in text.split():
        lapacke_only = token.endswith("@lapacke")
        token = token.removesuffix("@lapacke")
        if ":" in token:
            name, letters = token.split(":")
            args.append(Arg(name, "option", letters))
        elif "/" in token:
            name, ld = token.split("/")
            args.append(Arg(name, "array", lapacke_only=lapacke_only))
            args.append(Arg(ld, "inc" if ld.startswith("inc") else "ld"))
        elif token[0] in "$%":
            args.append(Arg(token[1:], "scalar" if token[0] == "$" else "rscalar"))
        elif token == "info":
            args.append(Arg(token, "info"))
        elif token in LWORK_NAMES:
            args.append(Arg(token, "lwork"))
        else:
            args.append(Arg(token, "int", lapacke_only=lapacke_only))
    names = [a.name for a in args]
    if len(set(names)) != len(names):
        raise TableError(f"{where}: an argument name stands twice: {text}")
    return args


def parse_rowmajor(text, where):
    steps = []
    for step in split_top(text, ","):
        words = step.split()
        if (words[0], len(words)) not in (("swap", 3), ("flip", 2), ("flipc", 2), ("conj", 2)):
            raise TableError(f"{where}: unknown rowmajor directive: {step}")
        steps.append(words)
    return steps


def parse_half(text, where):
    """`getrs ('N', n, A, …)`: a routine and what it is given: arguments of the driver by name, moved or not, or a letter."""
    name, _, rest = text.partition("(")
    items, rest = take_parenthesised("(" + rest, where)
    if rest:
        raise TableError(f"{where}: unexpected text after the arguments: {rest}")
    return name.strip(), items


def finish(record):
    """Ties operands to arguments and checks what can be checked."""
    for k, operand in enumerate(record.operands):
        i = record.arg_index(operand.name)
        operand.arg, record.args[i].kind, record.args[i].operand = i, "array", k
        if i + 1 < len(record.args) and record.args[i + 1].kind in ("ld", "inc"):
            operand.ld_arg = i + 1
            operand.has_inc = record.args[i + 1].kind == "inc"
            if operand.has_inc != operand.vector:
                raise TableError(f"{record.where}: {operand.name}: shape and ld/inc do not fit")
    for arg in record.args:
        if arg.kind == "array" and arg.operand < 0:
            raise TableError(f"{record.where}: {record.name}: no operand line for {arg.name}")
    if record.flops is None:
        raise TableError(f"{record.where}: {record.name}: no flops line")
    if record.family == "blas" and record.rowmajor is None:
        raise TableError(f"{record.where}: {record.name}: no rowmajor line")
    return record


def logical_lines(path):
    pending, first = "", 0
    with open(path, encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            line = line.split("#", 1)[0].rstrip()
            if not pending:
                first = number
            if line.endswith("\\"):
                pending += line[:-1].strip() + " "
                continue
            line = (pending + line.strip()).strip()
            pending = ""
            if line:
                yield first, line


def apply_line(record, word, rest, where):
    if word == "args":
        record.args = parse_args(rest, where)
    elif word in ROLES:
        record.operands.append(parse_operand(word, rest, where))
    elif word == "let":
        name, _, expr = rest.partition("=")
        record.lets.append((name.strip(), expr.strip()))
    elif word == "scalar":
        name, _, cond = rest.partition(" if ")
        record.scalar_conds[record.arg_index(name.strip())] = cond.strip()
    elif word == "flops":
        record.flops = rest
    elif word == "reuse":
        record.reuse = rest.removeprefix("if ").strip()
    elif word == "keep":
        record.keep = rest.removeprefix("if ").strip()
    elif word == "rowmajor":
        record.rowmajor = parse_rowmajor(rest, where)
    elif word == "factor":
        record.factor = parse_half(rest, where)
    elif word == "solve":
        record.solve = parse_half(rest, where)
    elif word == "finish":
        record.finish = parse_half(rest, where)
    elif word == "applies":
        record.applies = rest.removeprefix("if ").strip()
    elif word == "alike":
        record.alike = rest.removeprefix("if ").strip()
    else:
        raise TableError(f"{where}: unknown line: {word} {rest}")


def read_table(path):
    records, family, record = [], None, None
    for number, line in logical_lines(path):
        where = f"{path}:{number}"
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if word == "family":
            family = rest
        elif word == "op":
            name, types = rest.split()
            if family is None or not set(types) <= set("sdcz"):
                raise TableError(f"{where}: bad op line: {line}")
            record = Record(name, types, family, where)
            records.append(record)
        elif record is None:
            raise TableError(f"{where}: a line before the first op: {line}")
        else:
            apply_line(record, word, rest, where)
    for record in records:
        finish(record)
    return records
