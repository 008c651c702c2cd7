"""Gigabytes a second of fingerprints beside reading and copying."""

from common import say, spread

KINDS = ("read", "memcpy", "contiguous", "columns", "short", "square", "square-columns")
SIZES = (16 << 10, 256 << 10, 4 << 20, 256 << 20)  # L1, L2, L3, RAM
QUICK_SIZES = (16 << 10, 256 << 10, 4 << 20, 128 << 20)


def measure_kind(bench, kind, size, threads, seconds):
    rates = [bench.plain("hash", kind, size, threads, seconds) for _ in range(bench.rounds)]
    return {"kind": kind, "bytes": size, "threads": threads, "kernel": rates[0]["kernel"],
            "gb_per_s": spread([r["gb_per_s"] for r in rates])}


def measure(bench):
    seconds = 0.03 if bench.quick else 0.2
    rows = []
    for size in QUICK_SIZES if bench.quick else SIZES:
        for threads in (1, 2):
            line = [measure_kind(bench, kind, size, threads, seconds) for kind in KINDS]
            rows += line
            say(f"  {size >> 10} KiB, {threads} threads: " +
                ", ".join(f"{row['kind']} {row['gb_per_s']['median']:.1f}" for row in line) + " GB/s")
    return {"rows": rows}
