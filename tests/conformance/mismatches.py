"""Which routine and operand the mismatches of a --verify run lie in."""

import collections
import json
import re
import subprocess

SECTION = re.compile(r'^ "(\w+)": \[')
ITEM = re.compile(r'^\s*\{"id":(\d+),"name":"[^"]*","op":"(\w+)"')
NO_OPERAND = "info or flags"


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


def problems(blase, log, report):
    """Lines that say which mismatches the run has, the commonest first."""
    counts = by_routine(blase, log).most_common()
    return [f"{report['reuse']['mismatches']} mismatches in {report['reuse']['verified']} verified hits"] + [
        f"{n:8} {op} {operand}" for (op, operand), n in counts]
