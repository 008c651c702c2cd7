#!/usr/bin/env python3
"""Derives the C of every routine from the op table: `main.py OUT TABLE…` writes OUT/ops.c, OUT/entry_table.c, OUT/entries.c, OUT/stubs.S;
`main.py --show ROUTINE TABLE…` prints one typed routine's share."""

import os
import sys

import emit_entries
import emit_ops
import emit_stubs
from spellings import spellings, style_args
from table import TableError, read_table


def load(paths):
    records = [record for path in paths for record in read_table(path)]
    typed = [(record, letter) for record in records for letter in record.types]
    names = [letter + record.name for record, letter in typed]
    for name in names:
        if names.count(name) > 1:
            raise TableError(f"{name} stands in the table twice")
    return records, typed


def write(directory, name, lines):
    with open(os.path.join(directory, name), "w", encoding="utf-8") as handle:
        handle.write("\n".join(lines) + "\n")


def show(routine, typed):
    for record, letter in typed:
        if letter + record.name == routine:
            lines = emit_ops.record_lines(record, style_args) + emit_ops.driver_lines(record, typed)
            lines += [emit_ops.op_entry(record, letter), ""]
            for spelling in spellings(record, letter):
                letters, _ = emit_entries.signature(record, letter, spelling.style)
                lines += emit_entries.entry(record, letter, spelling, 0) + emit_stubs.stub(record, letters, spelling, 0) + [""]
            print("\n".join(lines))
            return
    raise TableError(f"{routine} is not in the table")


def main(argv):
    if argv[0] == "--show":
        show(argv[1], load(argv[2:])[1])
        return
    out, records_typed = argv[0], load(argv[1:])
    records, typed = records_typed
    os.makedirs(out, exist_ok=True)
    write(out, "ops.c", emit_ops.emit(records, typed, style_args))
    table, bodies, stubs, count = emit_entries.emit(typed)
    write(out, "entry_table.c", table)
    write(out, "entries.c", ["/* Generated from lineage/ops/ by opgen. */", '#include "shim/entry.h"', ""] + bodies)
    write(out, "stubs.S", ["/* Generated from lineage/ops/ by opgen. */", '#include "shim/fast.h"', "#if FAST_STUBS",
                           '#include "shim/stubs_x86_64.inc"', "        .text"] + stubs +
          ["#endif", '        .section .note.GNU-stack,"",@progbits'])
    write(out, "entry_count.h", ["/* Generated from lineage/ops/ by opgen. */", "#pragma once", "enum { ENTRY_COUNT = %d, OP_COUNT = %d };"
                                 % (count, len(typed))])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TableError as error:
        sys.exit(f"opgen: {error}")
