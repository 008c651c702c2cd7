"""Emits stubs.S: the exported functions of x86-64, which let tiny and nested calls through by themselves (shim/fast.h). What is not
surely tiny goes to dispatch, so the judgement may be coarse. Where the table's flop count is one product of dimensions (BLAS), it
is taken as such, in integers, constants rounded up. Any other count is bounded by a multiple of a cube: a call is tiny if every
dimension is below the edge of the cube that is."""

import math
import re

from bound import cube

REGISTERS = (("%rdi", "%edi"), ("%rsi", "%esi"), ("%rdx", "%edx"), ("%rcx", "%ecx"), ("%r8", "%r8d"), ("%r9", "%r9d"))
REAL_REGISTERS = 8
PRODUCT, FACTOR = ("%r10", "%r10d"), ("%r11", "%r11d")
CBLAS_LEFT = 141
NUMBER = re.compile(r"(\d+\.\d+|\d+)(?:/(\d+))?")
FACTOR_TEXT = re.compile(r"(\w+)$|\((\w+)\+1\)$")
SIDE_TEXT = re.compile(r"(\w+)=='L'\?(\w+):(\w+)$")


def product(record):
    """(constant, [(name, what is added to it)]) of a flop count that is one product; None for any other."""
    constant, factors = 1, []
    for part in record.flops.replace(" ", "").split("*"):
        number, factor = NUMBER.fullmatch(part), FACTOR_TEXT.match(part)
        if number:
            constant *= math.ceil(float(number.group(1)) / int(number.group(2) or 1))
        elif factor:
            factors.append((factor.group(1), 0) if factor.group(1) else (factor.group(2), 1))
        else:
            return None
    return constant, factors


def sources(record, name):
    """A dimension: (None, its argument), or (side option, argument if left, argument if right) for a `let`; None if neither."""
    kinds = {arg.name: arg.kind for arg in record.args}
    text = dict(record.lets).get(name, "").replace(" ", "")
    side = SIDE_TEXT.match(text)
    if side and kinds.get(side.group(2)) == "int" and kinds.get(side.group(3)) == "int":
        return tuple(record.arg_index(side.group(i)) for i in (1, 2, 3))
    if kinds.get(name) == "int" and record.arg_index(name) not in record.scalar_conds:
        return None, record.arg_index(name)
    return None


def is_product(record):
    found = product(record)
    return bool(found and found[0] <= 64 and 0 < len(found[1]) <= 3 and all(sources(record, name) for name, _ in found[1]))


def judged(record, spelling):
    """How a stub tells a tiny call of this spelling: 0 not at all, 1 by the product, else by a cube times this. LAPACKE's functions
    end in a jump to another exported one: see fast.h."""
    if spelling.style not in ("fortran", "cblas"):
        return 0
    return 1 if is_product(record) else cube(record)[0]


def place(letters, position):
    """The register an argument travels in, or its offset from the stack pointer at entry."""
    ints, reals, stack = 0, 0, 8
    for i, letter in enumerate(letters):
        if letter in "fd":
            reals += 1
            here = None if reals <= REAL_REGISTERS else stack
        else:
            ints += 1
            here = REGISTERS[ints - 1] if ints <= len(REGISTERS) else stack
        if i == position:
            return here
        stack += 8 if isinstance(here, int) else 0
    raise IndexError(position)


def fetch(at, style, wide, to, zero_extended_byte=False):
    """The value of an argument; NULL goes to dispatch."""
    lines, size = [], 0 if wide else 1
    move = "movzbl" if zero_extended_byte else "mov"
    if style == "cblas":
        return [f"        mov     {at}(%rsp), {to[size]}" if isinstance(at, int) else f"        mov     {at[size]}, {to[size]}"]
    if isinstance(at, int):
        lines, at = [f"        mov     {at}(%rsp), {to[0]}"], to
    lines += [f"        test    {at[0]}, {at[0]}", "        je      9f"]
    return lines + [f"        {move:7} ({at[0]}), {to[1] if zero_extended_byte else to[size]}"]


def dimension(letters, style, source, wide, to):
    shift = 1 if style == "cblas" else 0
    if source[0] is None:
        return fetch(place(letters, source[1] + shift), style, wide, to)
    side, left, right = (place(letters, i + shift) for i in source)
    if style == "cblas":
        lines = fetch(side, style, False, to) + [f"        cmp     ${CBLAS_LEFT}, {to[1]}"]
    else:
        lines = fetch(side, style, False, to, True) + [f"        and     $0x5f, {to[1]}", f"        cmp     $'L', {to[1]}"]
    return (lines + ["        je      3f"] + fetch(right, style, wide, to) + ["        jmp     4f", "3:"] +
            fetch(left, style, wide, to) + ["4:"])


def count(record, letters, style, wide):
    """r10 becomes the count of operations; dimensions out of the ordinary go to dispatch, so that of those that work is done with nothing
    overflows."""
    lines = []
    if not is_product(record):
        for name in cube(record)[1]:
            lines += dimension(letters, style, (None, record.arg_index(name)), wide, PRODUCT) + ["        stub_tiny"]
        return lines
    constant, factors = product(record)
    for i, (name, more) in enumerate(factors):
        to = FACTOR if i else PRODUCT
        lines += dimension(letters, style, sources(record, name), wide, to)
        lines += [f"        cmp     $FAST_MOST_DIMENSION, {to[0]}", "        ja      9f"] if wide else []
        lines += [f"        inc     {to[0]}"] if more else []
        lines += [f"        imul    {to[0]}, {PRODUCT[0]}"] if i else []
        lines += [f"        cmp     $FAST_MOST_AREA, {PRODUCT[0]}", "        ja      9f"] if i == 1 and not wide else []
    if constant > 1:
        lines.append(f"        imul    ${constant}, {PRODUCT[0]}, {PRODUCT[0]}")
    return lines + ["        stub_tiny"]


def stub(record, letters, spelling, index):
    lines = [f"stub_find {spelling.symbol}, {index}"]
    if judged(record, spelling):
        if spelling.width == 0:
            lines += [f"        stub_kind {index}, FAST_NARROW, 5f"] + count(record, letters, spelling.style, False)
            lines += ["stub_tiny_end", "5:"]
        lines += [f"        stub_kind {index}, FAST_WIDE, 7f"] + count(record, letters, spelling.style, True)
        lines += ["        jmp     6b"] if spelling.width == 0 else ["stub_tiny_end"]
    return lines + [f"stub_end {spelling.symbol}, {index}"]
