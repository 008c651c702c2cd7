"""Turns the table's expressions into C over a `struct canon *c`."""

import re

from table import TableError

# What an `alike` or `applies` line may ask for beyond the driver's own arguments.
CONTEXT = {"threads": "where->threads", "openblas": "where->openblas", "queried": "!c->scratch"}
FUNCTIONS = {"max": "op_max", "min": "op_min", "notrans": "op_notrans", "nlvl": "op_nlvl"}
PARTS = {"full": "PART_FULL", "none": "PART_NONE"}
TOKEN = re.compile(r"'(?:.)'|[A-Za-z_]\w*|\d+\.\d+|\d+|\s+|.")


def argument(record, name, raw):
    """An integer or option argument: of the canonical call, or straight from the raw one."""
    index = record.arg_index(name)
    if not raw:
        return f"c->a[{index}].i"
    return f"quick_letter(call, {index})" if record.args[index].kind == "option" else f"quick_int(call, {index}, width)"


def translate(record, text, raw=False):
    """An expression of the table as C; `let` names are C locals of the generated function."""
    lets = {name for name, _ in record.lets}
    tokens = TOKEN.findall(text)
    out, i = [], 0
    while i < len(tokens):
        token = tokens[i]
        if not re.match(r"[A-Za-z_]", token):
            out.append(token)
        elif token == "nonzero":
            name, i = single_argument(tokens, i, text, record)
            out.append(f"canon_nonzero(c, {record.arg_index(name)})")
        elif token == "value":
            name, i = single_argument(tokens, i, text, record)
            out.append(f"canon_value(c, {record.arg_index(name)})")
        elif token == "moderate":
            name, i = single_argument(tokens, i, text, record)
            out.append(f"canon_moderate(c, {record.args[record.arg_index(name)].operand})")
        elif token == "tri":
            out.append("op_tri")
        elif token in FUNCTIONS:
            out.append(FUNCTIONS[token])
        elif token in PARTS:
            out.append(PARTS[token])
        elif token in lets:
            out.append(token)
        elif token in CONTEXT:
            out.append(CONTEXT[token])
        else:
            out.append(argument(record, token, raw))
        i += 1
    joined = "".join(out)
    # `tri(uplo)` has one argument in the table and two in C.
    return re.sub(r"op_tri\(([^,()]+)\)", r"op_tri(\1, 'N')", joined)


def single_argument(tokens, i, text, record):
    if i + 3 >= len(tokens) or tokens[i + 1] != "(" or tokens[i + 3] != ")":
        raise TableError(f"{record.where}: nonzero, value and moderate take one argument: {text}")
    return tokens[i + 2], i + 3
