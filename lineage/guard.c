#include "lineage/guard.h"

#include <sched.h>

#include "lineage/clock.h"

enum { SPINS = 200 };
static const uint64_t GUARD_PATIENCE_NS = 2000000000u;

__thread char guard_self;

static bool try_enter(struct guard *guard, uintptr_t self)
{
    uintptr_t free_value = 0;
    return atomic_compare_exchange_strong_explicit(&guard->owner, &free_value, self, memory_order_acquire, memory_order_relaxed);
}

bool guard_wait(struct guard *guard)
{
    const uintptr_t self = (uintptr_t)&guard_self;
    if (atomic_load_explicit(&guard->owner, memory_order_relaxed) == self)
        return false;
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

void guard_after_fork(struct guard *guard, bool held_by_forker)
{
    if (held_by_forker)
        guard_leave(guard);
    else
        atomic_store(&guard->broken, true);
}
