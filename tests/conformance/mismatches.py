"""Which routine and operand the mismatches of a --verify run lie in."""

import collections
import json
import re
import subprocess

SECTION = re.compile(r'^ "(\w+)": \[')
ITEM = re.compile(r'^\s*\{"id":(\d+),"name":"[^"]*","op":"(\w+)"')
NO_OPERAND = "info or flags"
# OpenBLAS's kernels for SSE, which it also takes on processors that are newer than it: some in single precision load the last element
# into half a register and multiply all of it, so that what an earlier call left in the other half raises flags now and then.
HALF_LOADED = re.compile(r" (Prescott|Core2|Penryn|Dunnington|Nehalem|Atom) ")


def by_routine(blase, log):
    """{(routine, operand): how many}. Reads line by line: the list of a big run has 300 MB."""
    ops, counts, section = {}, collections.Counter(), ""
    with subprocess.Popen([blase, "items", log, "--format", "json", "--expand"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as p:
        for line in p.stdout:
            begins, item = SECTION.match(line), ITEM.match(line)
            if begins:
                section = begins[1]
                if section == "items":   # of the next process
                    ops.clear()
            elif item:
                ops[int(item[1])] = item[2]
            elif section == "mismatches" and line.lstrip().startswith('{"item":'):
                m = json.loads(line[:line.index("}") + 1])
                counts[ops.get(m["item"], "?"), m["operand"] or NO_OPERAND] += 1
    return counts


def unsteady(provider, routine, operand):
    """Does the provider itself not raise the same flags twice?"""
    return operand == NO_OPERAND and routine[0] in "sc" and bool(HALF_LOADED.search(provider))


def problems(blase, log, report):
    """Lines that say which of the run's mismatches are blasé's, the commonest first; none: none is."""
    reported, listed = report["reuse"]["mismatches"], by_routine(blase, log)
    bad = [(n, name) for name, n in listed.most_common() if not unsteady(report["provider"]["version"], *name)]
    if sum(listed.values()) == reported and not bad:
        return []
    return [f"{reported} mismatches in {report['reuse']['verified']} verified hits"] + [f"{n:8} {op} {operand}" for n, (op, operand) in bad]
