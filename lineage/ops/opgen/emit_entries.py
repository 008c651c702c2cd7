"""Emits entries.c: one exported function a spelling, which packs its arguments into a `struct call` and hands it over; the table
of spellings; and the invokers that unpack a call and make it."""

from emit_stubs import judged, stub
from spellings import c_type, spellings, style_args

C_TYPES = {"p": "void *", "i": "int64_t ", "f": "float ", "d": "double "}
STYLES = {"fortran": "STYLE_FORTRAN", "cblas": "STYLE_CBLAS", "lapacke": "STYLE_LAPACKE", "lapacke_work": "STYLE_LAPACKE_WORK"}


def signature(record, letter, style):
    """One letter an argument as it travels, and the number of hidden character lengths."""
    keep, layout = style_args(record, style)
    letters = ("i" if layout else "") + "".join(c_type(record, record.args[i], letter, style) for i in keep)
    hidden = sum(record.args[i].kind == "option" for i in keep) if style == "fortran" else 0
    return letters, hidden


def returns_info(style):
    return style.startswith("lapacke")


def invoker_name(letters, hidden, returns):
    runs, i = "", 0
    while i < len(letters):
        j = i
        while j < len(letters) and letters[j] == letters[i]:
            j += 1
        runs += letters[i] + (str(j - i) if j - i > 1 else "")
        i = j
    return f"invoke_{runs}_{hidden}{'r' if returns else ''}"


def invoker(letters, hidden, returns):
    types = ", ".join([C_TYPES[x].strip() for x in letters] + ["size_t"] * hidden)
    values = ", ".join([f"raw[{i}].{x}" for i, x in enumerate(letters)] + ["1"] * hidden)
    result = "int64_t" if returns else "void"
    cast = ["    union {", "        void *object;", f"        {result} (*function)({types});", "    } real = {fn};"]
    call = f"real.function({values})"
    body = cast + ([f"    return {call};"] if returns else [f"    {call};", "    return 0;"])
    return [f"static int64_t {invoker_name(letters, hidden, returns)}(void *fn, const union raw *raw)", "{"] + body + ["}", ""]


def entry(record, letter, spelling, index):
    letters, _ = signature(record, letter, spelling.style)
    params = ", ".join(f"{C_TYPES[x]}x{i}" for i, x in enumerate(letters))
    returns = returns_info(spelling.style)
    lines = [f"{'int64_t' if returns else 'void'} BLASE_PACKS({spelling.symbol})({params})", "{", "    struct call call;",
             f"    call.entry = &entry_table[{index}];", "    call.ret = __builtin_return_address(0);"]
    lines += [f"    call.raw[{i}].{x} = x{i};" for i, x in enumerate(letters)]
    return lines + [f"    {'return ' if returns else ''}dispatch(&call);", "}", ""]


def emit(typed):
    lines = ["/* Generated from lineage/ops/ by opgen. */", '#include "lineage/entry.h"', ""]
    invokers, table, bodies, stubs, index, first = {}, [], [], [], 0, []
    for number, (record, letter) in enumerate(typed):
        first.append(index)
        for spelling in spellings(record, letter):
            letters, hidden = signature(record, letter, spelling.style)
            key = (letters, hidden, returns_info(spelling.style))
            invokers[invoker_name(*key)] = key
            table.append(f'    {{"{spelling.symbol}", &op_table[{number}], {invoker_name(*key)}, {STYLES[spelling.style]}, '
                         f"{spelling.width}, {judged(record, spelling)}}},")
            stubs += stub(record, signature(record, letter, spelling.style)[0], spelling, index)
            bodies += entry(record, letter, spelling, index)
            index += 1
    for key in invokers.values():
        lines += invoker(*key)
    lines += ["const struct entry entry_table[] = {"] + table + ["};"]
    lines += ["const int entry_count = (int)(sizeof entry_table / sizeof entry_table[0]);",
              f"const int16_t entry_first[] = {{{', '.join(map(str, first))}}};", ""]
    return lines, bodies, stubs, index
