"""Which routine and operand the mismatches of a --verify run lie in."""

import collections
import json
import re
import subprocess

ITEM = re.compile(r'^\s*\{"id":(\d+),"op":"(\w+)"')


def by_routine(blase, log):
    """Lines 'COUNT routine operand', the commonest first. Reads line by line: the list of a big run has 300 MB."""
    ops, counts = {}, collections.Counter()
    with subprocess.Popen([blase, "items", log, "--format", "json"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as p:
        for line in p.stdout:
            item = ITEM.match(line)
            if item:
                ops[item[1]] = item[2]
            elif '"operand":' in line and '"offset":' in line and '"fingerprint"' not in line:
                m = json.loads(line.strip().rstrip(",]}") + "}")
                counts[ops.get(str(m["item"]), "?"), m["operand"] or "info or flags"] += 1
            elif line.startswith('[{"pid"') or '"pid":' in line:
                ops.clear()   # the next process
    return [f"{n:8} {op} {operand}" for (op, operand), n in counts.most_common()]
