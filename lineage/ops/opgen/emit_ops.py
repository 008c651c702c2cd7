"""Emits ops.c: the descriptors (lineage/op.h) that views, keys, the log and the tools read."""

from emit_drivers import driver_lines, driver_name
from expr import translate

ARG_KINDS = {"option": "ARG_OPTION", "int": "ARG_INT", "scalar": "ARG_SCALAR", "rscalar": "ARG_REAL_SCALAR", "ld": "ARG_LD",
             "inc": "ARG_INC", "array": "ARG_ARRAY", "info": "ARG_INFO", "lwork": "ARG_LWORK"}
ROLES = {"in": "ROLE_IN", "out": "ROLE_OUT", "inout": "ROLE_INOUT", "maybe": "ROLE_MAYBE", "work": "ROLE_WORK"}
ETYPES = {"T": "ETYPE_OWN", "real": "ETYPE_REAL", "int": "ETYPE_INT"}
ROW_STEPS = {"swap": "ROW_SWAP", "flip": "ROW_FLIP", "flipc": "ROW_FLIPC", "conj": "ROW_CONJ"}


def let_lines(record, raw=False):
    lines = []
    for name, expr in record.lets:
        lines.append(f"    const int64_t {name} = {translate(record, expr, raw)};")
        lines.append(f"    (void){name};")
    return lines


def clause_lines(record, k, operand, clause, verb):
    """`use[k].read_*` or `use[k].write_*`."""
    if clause is None:
        return []
    rows, cols = clause.shape or operand.shape
    body = (f"use[{k}].{verb} = (struct region){{{translate(record, clause.part)}, {translate(record, rows)}, "
            f"{translate(record, cols)}}};")
    if clause.cond:
        return [f"        if ({translate(record, clause.cond)})", f"            {body}"]
    return [f"        {body}"]


def shape_function(record):
    lines = [f"static void shape_{record.ident}(const struct canon *c, struct use *use)", "{"]
    lines += let_lines(record)
    lines.append("    (void)c;")
    for k, operand in enumerate(record.operands):
        cond = f"if ({translate(record, operand.cond)}) " if operand.cond else ""
        rows, cols = operand.shape
        whole = [f"    use[{k}].rows = {translate(record, rows)};", f"    use[{k}].cols = {translate(record, cols)};"]
        # BLAS judges the leading dimension of an array even when it does not read it; LAPACK does not.
        lines += whole if record.family == "blas" else []
        lines.append(f"    {cond}{{ /* {operand.name} */")
        lines += [] if record.family == "blas" else ["    " + line for line in whole]
        lines += clause_lines(record, k, operand, operand.reads, "read")
        lines += clause_lines(record, k, operand, operand.writes, "write")
        if operand.role in ("maybe", "work"):
            lines.append(f"        use[{k}].first = {translate(record, operand.first or '0')};")
        lines.append("    }")
    return lines + ["}", ""]


def flops_function(record):
    return ([f"static double flops_{record.ident}(const struct canon *c)", "{"] + let_lines(record) +
            [f"    return {translate(record, record.flops)};", "}", ""])


def quick_function(record):
    """The flop count without canonical form. Row-major calls may use it as they are: what they swap and flip, the count keeps."""
    return ([f"static double quick_{record.ident}(const struct call *call, int width)", "{"] + let_lines(record, True) +
            [f"    return {translate(record, record.flops, True)};", "}", ""])


def condition_function(record, name, condition):
    if condition is None:
        return []
    return ([f"static bool {name}_{record.ident}(const struct canon *c)", "{"] + let_lines(record) +
            [f"    return {translate(record, condition)};", "}", ""])


def read_function(record):
    if not record.scalar_conds:
        return []
    lines = [f"static bool arg_read_{record.ident}(const struct canon *c, int arg)", "{", "    switch (arg) {"]
    for index, cond in record.scalar_conds.items():
        lines += [f"    case {index}:", f"        return {translate(record, cond)};"]
    return lines + ["    default:", "        return true;", "    }", "}", ""]


def argument_table(record):
    lines = [f"static const struct op_arg args_{record.ident}[] = {{"]
    for arg in record.args:
        lines.append(f'    {{"{arg.name}", {ARG_KINDS[arg.kind]}, {arg.operand}, {int(arg.lapacke_only)}, "{arg.letters}"}},')
    lines += ["};", f"static const struct op_operand operands_{record.ident}[] = {{"]
    for o in record.operands:
        lines.append(f'    {{"{o.name}", {o.arg}, {o.ld_arg}, {ROLES[o.role]}, {ETYPES[o.etype]}, {int(o.has_inc)}}},')
    return lines + ["};"]


def row_table(record):
    lines = []
    for step in record.rowmajor or ():
        args = [record.arg_index(name) for name in step[1:]] + [-1]
        lines.append(f"    {{{ROW_STEPS[step[0]]}, {args[0]}, {args[1]}}},")
        if step[0] == "swap" and record.args[args[0]].kind == "array":
            lines.append(f"    {{ROW_SWAP, {args[0] + 1}, {args[1] + 1}}},")
    if not lines:
        return []
    return [f"static const struct row_step rows_{record.ident}[] = {{"] + lines + ["};"]


def position_table(record, style_args):
    """Where each Fortran argument stands in the high-level LAPACKE call; -1 where it does not."""
    keep, _ = style_args(record, "lapacke")
    places = [str(keep.index(i) + 1) if i in keep else "-1" for i in range(len(record.args))]
    return [f"static const int8_t lapacke_{record.ident}[] = {{{', '.join(places)}}};", ""]


def record_lines(record, style_args):
    lines = [f"/* {record.name} {record.types} */"] + argument_table(record) + row_table(record)
    if record.family == "lapack":
        lines += position_table(record, style_args)
    return lines + shape_function(record) + flops_function(record) + quick_function(record) + condition_function(
        record, "reuse", record.reuse) + condition_function(record, "keep", record.keep) + read_function(record)


def op_entry(record, letter):
    rows = f"rows_{record.ident}" if record.rowmajor else "NULL"
    return (f'    {{.name = "{letter}{record.name}", .type = \'{letter}\', .blas = {int(record.family == "blas")}, '
            f".nargs = {len(record.args)}, .nfortran = {len(record.fortran_args)}, .noperands = {len(record.operands)}, "
            f".nrows = {sum(1 for _ in row_table(record)) - 2 if record.rowmajor else 0},\n"
            f"     .args = args_{record.ident}, .operands = operands_{record.ident}, .rows = {rows}, "
            f".lapacke_place = {'lapacke_' + record.ident if record.family == 'lapack' else 'NULL'},\n"
            f"     .shape = shape_{record.ident}, .flops = flops_{record.ident}, "
            f".quick = quick_{record.ident}, "
            f".reuse = {'reuse_' + record.ident if record.reuse else 'NULL'}, "
            f".keep = {'keep_' + record.ident if record.keep else 'NULL'}, "
            f".arg_read = {'arg_read_' + record.ident if record.scalar_conds else 'NULL'}, "
            f".driver = {driver_name(record, letter)}}},")


def emit(records, typed, style_args):
    lines = ["/* Generated from lineage/ops/ by opgen. */", '#include "lineage/op.h"', '#include "lineage/op_expr.h"', ""]
    for record in records:
        lines += record_lines(record, style_args)
    for record in records:
        lines += driver_lines(record, typed)
    lines.append("const struct op op_table[] = {")
    lines += [op_entry(record, letter) for record, letter in typed]
    return lines + ["};", "const int op_count = (int)(sizeof op_table / sizeof op_table[0]);", ""]
