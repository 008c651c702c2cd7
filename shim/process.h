/*
 * The one process context: settings, cache, lineage. Made at the first outermost call, never destroyed (library destructors and
 * exit handlers call BLAS after ours has run), renewed in a forked child. When anything of ours fails for good the process goes
 * passive: one line on stderr, and every call passes through from then on.
 */
#ifndef BLASE_SHIM_PROCESS_H
#define BLASE_SHIM_PROCESS_H

#include "lineage/capture.h"
#include "lineage/lineage.h"
#include "lineage/settings.h"
#include "reuse/afford.h"
#include "reuse/cache.h"
#include "reuse/driver.h"
#include "reuse/governor.h"
#include "reuse/spill.h"

struct process {
    struct settings settings;
    struct lineage *lineage;
    struct capture *capture;   /* NULL when leaves' contents are not stored */
    struct cache *cache;       /* NULL when reuse is off */
    struct governor *governor; /* NULL when every call is traced, or nothing is reused */
    struct afford *afford;     /* NULL but where calls are traced for lineage alone, and not every one */
    struct spill *spill;       /* NULL when nothing goes to disk */
    uint64_t start_ns;         /* monotonic, when tracing began */
    uint64_t epoch;            /* 1 + forks since the first process: tells whose item ids a payload names */
    struct crew crew;
    int pid;
    struct proofs proofs; /* which drivers may take a factor where that is not known beforehand */
    atomic_uint_fast64_t verified, mismatches;
    atomic_uint_fast64_t next_snapshot_ns; /* when the counters are written next */
};

/* NULL: passive. */
struct process *process_get(void);

void process_passive(const char *why);

/* True once the process has gone passive: it stays so. */
bool process_is_passive(void);

/* False in a child made without fork's handlers (a raw clone): its locks may be in any state, so it goes passive. */
bool process_same(struct process *p);

/* Writes counters to the log when their time has come; called after traced calls and, seldom, after passed-through ones. */
void process_tick(struct process *p, uint64_t now_ns);

#endif
