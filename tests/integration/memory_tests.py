"""Memory of a traced program, however long it runs. FLAT_CALLS: how many calls (`make flat`: 10 million)."""
import os

from harness import expect, same, test
from toolchain import compiled

# What the allocator may take in addition; 200,000 items of 63 bytes would be 12,600.
TOLERANCE_KB = 192
TOLERANCE_REUSED_KB = 1024  # small results come and go in its heap


def flat(place, settled, tolerance, *options):
    """After `settled` percent of it the program takes no more than before: 40 calls a turn, none like another."""
    calls = os.environ.get("FLAT_CALLS", "200000")
    program = compiled(place.build, "flat")
    done = place.under([program, calls], "--quiet", "--trace", "all", *options, environment={"OPENBLAS_NUM_THREADS": "1"},
                       limit=120 + int(calls) // 10000)
    same((done.status, done.err), (0, b""), "status, stderr")
    samples = [tuple(map(int, line.split())) for line in done.out.split(b"\n") if line]
    same(len(samples), 100, "samples")
    shown = place.show()
    same(shown["calls"]["traced"], samples[-1][0], "traced calls")
    if "FLAT_CALLS" in os.environ:
        print("resident after " + ", ".join("%d calls %d KB" % samples[i] for i in (0, 9, 19, 49, 99)), flush=True)
    then, highest = (max(kilobytes for _, kilobytes in part) for part in (samples[:settled], samples[settled:]))
    expect(highest - then <= tolerance, "grew from %d to %d KB:" % (then, highest), samples)


def register():
    test("memory: flat, traced", flat, 20, TOLERANCE_KB, "--reuse", "none", "--lineage-memory", "2M")
    test("memory: flat, traced without deduplication", flat, 20, TOLERANCE_KB, "--reuse", "none", "--dedup=off", "--lineage-memory", "2M")
    test("memory: flat, reused", flat, 50, TOLERANCE_REUSED_KB, "--lineage-memory", "4M", "--memory", "4M")
