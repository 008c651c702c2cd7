/*
 * Per-thread counters: the cheapest way to count calls that are passed through. A block belongs to one thread at a time, is
 * written by it alone, and is never freed: when a thread ends its block goes to the next new one, counts and all. Lock-free.
 */
#ifndef BLASE_SHIM_THREADS_H
#define BLASE_SHIM_THREADS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "entry_count.h"
#include "lineage/log_format.h"

struct bypass_count {
    _Atomic uint64_t calls, idle; /* idle: workspace queries and illegal calls among them, which do no work */
    _Atomic uint64_t timed_calls, timed_ns;
};

struct thread_state {
    atomic_bool taken;
    uint32_t id;
    uint32_t clock; /* counts passed-through calls, to time one in BYPASS_SAMPLE */
    struct thread_state *next;
    _Atomic uint64_t nested;
    _Atomic uint64_t passed[PASSED_REASONS];
    struct bypass_count bypass[OP_COUNT];
};

enum { BYPASS_SAMPLE = 64 };

/* The calling thread's block; NULL when memory is out: nothing is counted then. */
struct thread_state *thread_state(void);

/* Adds to a counter that only this thread writes. */
static inline void count_add(_Atomic uint64_t *counter, uint64_t amount)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + amount, memory_order_relaxed);
}

/* Sums over all threads. `ops` has room for OP_COUNT; only routines with bypassed calls are listed, c->nops of them. */
void threads_sum(struct log_counters *c, struct log_op_count *ops);

/* Passed-through calls by reason, over all threads. */
struct log_passed threads_passed(void);

/* True if any thread counted an outermost call. */
bool threads_any(void);

/* In a forked child: counts restart at zero. */
void threads_reset(void);

#endif
