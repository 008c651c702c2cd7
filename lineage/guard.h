/*
 * A lock that cannot wedge the host program.
 *
 * Signal handlers may call BLAS, and R and Octave leave signal handlers by longjmp; threads get cancelled or killed. A mutex held
 * at that moment would stop every later call. guard_enter therefore fails instead of waiting for ever: at once when this very
 * thread already holds the guard (we were interrupted inside), and after GUARD_PATIENCE_NS when another one does; after that the
 * guard is broken for good. A caller that fails to enter passes its call through.
 *
 * Order: guards do not nest, and none is held across a call into a provider. Held for a table operation or one write(2).
 */
#ifndef BLASE_LINEAGE_GUARD_H
#define BLASE_LINEAGE_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct guard {
    _Atomic uintptr_t owner; /* 0: free; else an address unique to the thread */
    atomic_bool broken;
};

static inline bool guard_broken(const struct guard *guard)
{
    return atomic_load_explicit(&guard->broken, memory_order_relaxed);
}

/* Its address tells threads apart. In static thread storage, so that the dynamic linker need not lock to find it. */
extern __thread char guard_self __attribute__((tls_model("initial-exec"), visibility("hidden")));

bool guard_wait(struct guard *guard); /* somebody has it */

static inline bool guard_enter(struct guard *guard)
{
    uintptr_t free_value = 0, self = (uintptr_t)&guard_self;
    if (guard_broken(guard))
        return false;
    return atomic_compare_exchange_strong_explicit(&guard->owner, &free_value, self, memory_order_acquire,
                                                   memory_order_relaxed) ||
           guard_wait(guard);
}

static inline void guard_leave(struct guard *guard)
{
    atomic_store_explicit(&guard->owner, 0, memory_order_release);
}

/* In the child after fork: frees a guard that the forking thread held; breaks one that another thread held. */
void guard_after_fork(struct guard *guard, bool held_by_forker);

#endif
