/*
 * Per-thread counters: the cheapest way to count calls that are passed through. A block belongs to one thread at a time, is
 * written by it alone, and is never freed: when a thread ends its block goes to the next new one, counts and all. Lock-free.
 */
#ifndef BLASE_SHIM_THREADS_H
#define BLASE_SHIM_THREADS_H

/* Where the stubs of fast.h find a thread's count-down. */
#define THREAD_UNTIL_TIMED 0

#ifndef __ASSEMBLER__

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "entry_count.h"
#include "lineage/log_format.h"
#include "shim/timing.h"

struct bypass_count {
    _Atomic uint64_t calls, idle;               /* idle: workspace queries and illegal calls among them, which do no work */
    _Atomic uint64_t timed_calls, timed_ns;     /* those timed because they are large */
    _Atomic uint64_t sampled_calls, sampled_ns; /* the others: how many those stand for that timing.h chose, and their time */
};

struct thread_state {
    struct timing tiny, larger; /* which of the calls passed through are timed, by dispatch's judgement */
    atomic_bool taken;
    uint32_t id;
    uint32_t clock_ns;   /* what reading the clock takes at least */
    uint32_t tail_calls; /* calls that arrived with a return address in the shim: a real function ended in a jump */
    struct thread_state *next;
    _Atomic uint64_t nested;
    _Atomic uint64_t passed[PASSED_REASONS];
    struct bypass_count bypass[OP_COUNT];
};

/* The calling thread's block if it has one already. */
extern __thread struct thread_state *thread_mine __attribute__((tls_model("initial-exec")));

/* Makes one. */
struct thread_state *thread_join(void);

/* The calling thread's block; NULL when memory is out: nothing is counted then. */
static inline struct thread_state *thread_state(void)
{
    return thread_mine ? thread_mine : thread_join();
}

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
#endif
