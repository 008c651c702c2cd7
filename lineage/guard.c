#include "lineage/guard.h"

#include <sched.h>

#include "lineage/clock.h"

enum { SPINS = 200 };
static const uint64_t GUARD_PATIENCE_NS = 2000000000u;

static __thread char self_marker __attribute__((tls_model("initial-exec"))); /* no lock of the linker's for its sake */

static bool try_enter(struct guard *guard, uintptr_t self)
{
    uintptr_t free_value = 0;
    return atomic_compare_exchange_strong_explicit(&guard->owner, &free_value, self, memory_order_acquire, memory_order_relaxed);
}

static bool wait_for(struct guard *guard, uintptr_t self)
{
    uint64_t began = clock_ns();
    for (int spins = 0; !guard_broken(guard); spins++) {
        if (try_enter(guard, self))
            return true;
        if (spins > SPINS) {
            sched_yield();
            if (clock_ns() - began > GUARD_PATIENCE_NS)
                atomic_store(&guard->broken, true);
        }
    }
    return false;
}

bool guard_enter(struct guard *guard)
{
    uintptr_t self = (uintptr_t)&self_marker;
    if (guard_broken(guard))
        return false;
    if (try_enter(guard, self))
        return true;
    if (atomic_load_explicit(&guard->owner, memory_order_relaxed) == self)
        return false;
    return wait_for(guard, self);
}

void guard_leave(struct guard *guard)
{
    atomic_store_explicit(&guard->owner, 0, memory_order_release);
}

bool guard_broken(const struct guard *guard)
{
    return atomic_load_explicit(&guard->broken, memory_order_relaxed);
}

void guard_after_fork(struct guard *guard, bool held_by_forker)
{
    if (held_by_forker)
        guard_leave(guard);
    else
        atomic_store(&guard->broken, true);
}
