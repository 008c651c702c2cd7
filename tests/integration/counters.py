"""What must hold for the numbers of `blase show --json`, and the expectation tables beside the programs."""
import os

from harness import PROGRAMS, Failed, expect, same

KEYS = {
    "run": "id command exit_status started seconds pid processes",
    "provider": "path version threads integer_bits",
    "calls": "total nested bypassed traced seconds",
    "reuse": "level probes hits_full hits_partial waits misses verified mismatches saved_seconds fingerprint_seconds "
             "copy_seconds fingerprint_bytes",
    "cache": "budget_bytes peak_bytes entries evictions spills restores",
    "lineage": "items leaves edges patches dedup_items log_bytes trace_seconds",
}
ROUTINE_KEYS = "op calls bypassed hits_full hits_partial misses seconds saved_seconds"


class Row:
    def __init__(self, calls, queries, distinct):
        self.calls, self.queries, self.distinct = calls, queries, distinct


def table(name):
    """(heading, {op: Row}) of programs/NAME.expected"""
    rows, heading = {}, ""
    with open(os.path.join(PROGRAMS, name + ".expected"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("#"):
                heading = heading or line.strip()
            elif line.strip():
                op, *numbers = line.split()
                rows[op] = Row(*map(int, numbers))
    return heading, rows


def consistent(shown):
    """The contract of design section 8: the keys, the sums, no negative number."""
    for group, keys in KEYS.items():
        for key in keys.split():
            expect(key in shown.get(group, {}), "no %s.%s in show --json" % (group, key))
            value = shown[group][key]
            expect(not isinstance(value, (int, float)) or value >= 0, "%s.%s is %s" % (group, key, value))
    calls, reuse = shown["calls"], shown["reuse"]
    same(calls["total"], calls["bypassed"] + calls["traced"], "calls.total against bypassed + traced")
    same(reuse["probes"], reuse["hits_full"] + reuse["hits_partial"] + reuse["waits"] + reuse["misses"],
         "reuse.probes against hits_full + hits_partial + waits + misses")
    for row in shown["routines"]:
        for key in ROUTINE_KEYS.split():
            expect(key in row, "no %s in a row of routines" % key)
            expect(isinstance(row[key], str) or row[key] >= 0, "%s of %s is %s" % (key, row["op"], row[key]))
    names = [row["op"] for row in shown["routines"]]
    same(len(names), len(set(names)), "rows of routines against different routines")
    for key, total in (("calls", calls["total"]), ("bypassed", calls["bypassed"]), ("hits_full", reuse["hits_full"]),
                       ("hits_partial", reuse["hits_partial"]), ("misses", reuse["misses"])):
        same(sum(row[key] for row in shown["routines"]), total, "sum of routines[].%s against the total" % key)


def verified(shown):
    reuse = shown["reuse"]
    same(reuse["mismatches"], 0, "reuse.mismatches")
    expect(reuse["verified"] >= reuse["hits_full"], "reuse.verified is", reuse["verified"], "with hits_full",
           reuse["hits_full"])


def as_expected(shown, rows):
    """Every routine has the calls of its row, its queries bypassed, its distinct calls missed and the rest hit."""
    found = {row["op"]: row for row in shown["routines"] if row["calls"]}
    wrong = []
    for op in sorted(set(found) | set(rows)):
        row, want = found.get(op), rows.get(op)
        if not row or not want:
            wrong.append("%s: %s" % (op, "%d calls counted, none made" % row["calls"] if row else
                                     "no call counted, %d made" % want.calls))
            continue
        got = (row["calls"], row["bypassed"], row["misses"], row["hits_full"], row["hits_partial"])
        wanted = (want.calls, want.queries, want.distinct, want.calls - want.queries - want.distinct, 0)
        if got != wanted:
            wrong.append("%s: calls, bypassed, misses, hits_full, hits_partial: found %s, wanted %s"
                         % (op, got, wanted))
    if wrong:
        raise Failed("\n".join(wrong))


def second_pass_hit(shown, counted):
    """Without a table for these versions: the counted calls, and at least every second one a hit."""
    found = {row["op"]: row for row in shown["routines"] if row["calls"]}
    same({op: (row["calls"], row["bypassed"]) for op, row in found.items()}, counted, "calls and queries by routine")
    for op, row in found.items():
        expect(2 * row["hits_full"] >= row["calls"] - row["bypassed"], op, "has too few hits:", row)
