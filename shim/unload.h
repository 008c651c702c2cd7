/*
 * Objects leave the process. What was learnt of a return address (whose object it lies in, whom its calls reach) is void once
 * that object is unloaded, because another may be mapped in its place. The shim therefore stands before dlclose and keeps an
 * *epoch*: a number that is another one after anything was unloaded. What the stubs know holds in one epoch only; with every new
 * one the callers that are no longer there are forgotten (callers_check), while the others need not be asked for again: that
 * would take a lock of the linker's, and whoever holds it may be a destructor that waits for the very thread that asks.
 *
 * The epoch lives in the upper bits of `unload_word`; the lower ones count the threads that are inside dlclose now, between whose
 * unmapping and whose return the epoch may be behind. A reader that compares the whole word (the stubs) so finds nothing valid
 * meanwhile; others call unload_epoch, which looks at the linker's own count of unloaded objects then. No lock of the linker's
 * that is held while destructors run is ever waited for here. Unloading behind dlclose's back (through a pointer to libc's own)
 * goes unnoticed. Thread-safe.
 */
#ifndef BLASE_SHIM_UNLOAD_H
#define BLASE_SHIM_UNLOAD_H

#include <stdatomic.h>
#include <stdint.h>

enum { UNLOAD_CLOSERS = 0xffff };

extern _Atomic uint64_t unload_word;

/* Asks the linker; kept apart because it is seldom needed. */
uint64_t unload_epoch_slow(void);

/* The epoch now, its lower bits zero; never zero itself. */
static inline uint64_t unload_epoch(void)
{
    uint64_t word = atomic_load_explicit(&unload_word, memory_order_acquire);
    return word & UNLOAD_CLOSERS ? unload_epoch_slow() : word;
}

/* In a forked child: threads that were inside dlclose are not here. */
void unload_forked(void);

#endif
