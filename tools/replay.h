/*
 * Replaying a log through the real cache (reuse/cache): what would have been hit, had the cache been of another size. Payloads
 * are hollow: they count with their size, and take next to no memory.
 *
 * Calls are told apart by routine, options, dimensions, scalars, provider, and the fingerprints of what they read, which is what
 * the log has of a call's key. What it has not - leading dimensions, increments, workspace sizes, modes of the processor - makes
 * a few calls equal here that are not.
 */
#ifndef BLASE_TOOLS_REPLAY_H
#define BLASE_TOOLS_REPLAY_H

#include "lineage/settings.h"
#include "tools/run_logs.h"

/* A traced call as the cache would see it. */
struct replay_call {
    struct fp key;
    uint64_t bytes; /* what its result takes; 0: it is never kept */
    uint64_t ns;    /* what computing it takes */
    uint32_t height;
};

/* The calls of one process, which has a cache of its own. */
struct replay_calls {
    struct replay_call *call;
    size_t count;
};

struct replay_result {
    uint64_t hits, misses, never, too_large, evictions, peak_bytes;
    uint64_t saved_ns, captured_bytes, restored_bytes;
};

/* In the order of the log; the caller frees calls->call. */
void replay_calls_read(struct replay_calls *calls, struct run_log *log);

/* Adds to *result what a cache of that budget and policy would have made of the calls; the peaks are added, too. */
void replay_run(const struct replay_calls *calls, uint64_t budget_bytes, enum cache_policy policy, struct replay_result *result);

#endif
