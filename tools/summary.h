/*
 * A run in numbers: the totals over all processes' logs that `blase run` sums up in a few lines, `blase show` as a table and as
 * JSON (DESIGN 8). Trusts nothing in the logs; what they do not say reads 0, NULL, or false.
 */
#ifndef BLASE_TOOLS_SUMMARY_H
#define BLASE_TOOLS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callers.h"
#include "tools/tally.h"

enum { UNKEPTS = UNKEPT_SLOW + 1 };

struct summary_routine {
    char *op;
    struct tally tally;
};

struct summary {
    char *id, *command, *level;
    char *trace; /* the setting; "off": nothing was counted */
    bool exited; /* the launcher saw the end: status (128 + signal if killed by one) */
    uint64_t status, signal;
    double seconds;
    uint64_t started_ns, pid, processes;

    char *provider_path, *provider_version; /* of the first process that named one */
    uint64_t provider_threads, provider_integer_bits;

    struct tally total;
    uint64_t nested, verified, mismatches;
    uint64_t fingerprint_ns, fingerprint_bytes, copy_ns, trace_ns;
    bool governed;                /* some process had a governor */
    struct log_governor governor; /* the books of all of them */
    struct log_spill spill;       /* what went to disk in all of them */
    struct log_passed passed;     /* bypassed calls by reason */
    struct log_lineage lineage;   /* patches, what they stand for, and what was forgotten */
    uint64_t unkept[UNKEPTS];     /* traced and computed calls by enum unkept */
    uint64_t budget_bytes, peak_bytes, entries, evictions;
    uint64_t leaves, edges, log_bytes;
    uint64_t truncated, unreadable; /* logs that end in the middle of a record, that are no logs, */

    struct summary_routine *routines; /* dearest (in the routine and saved) first */
    size_t nroutines;
    struct callers callers; /* of traced calls, dearest first */
};

/* Reads the logs of a run directory; false with errno set if there is no such directory. */
bool summary_read(struct summary *summary, const char *directory);
void summary_free(struct summary *summary);

/* All time of ours, and how much of it savings have not repaid, as a share of the time in BLAS. */
double summary_spill_ns(const struct summary *summary); /* writing and reading back */
double summary_overhead_ns(const struct summary *summary);
double summary_regret_ratio(const struct summary *summary);

/* True if the run was made with --trace off and so knows nothing of its calls. */
bool summary_untraced(const struct summary *summary);

/* What reuse gained: saved time less all time of ours, in nanoseconds; may be negative. */
double summary_net_ns(const struct summary *summary);

#endif
