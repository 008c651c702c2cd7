/*
 * Which real function a call would have reached had we not been there: RTLD_NEXT, then the caller's own dependencies, then a scan
 * of all loaded objects (docs/architecture.md says which programs need which). Remembered for each (caller object, name), and
 * asked again when an object has come back. Thread-safe.
 */
#ifndef BLASE_SHIM_RESOLVE_H
#define BLASE_SHIM_RESOLVE_H

#include "shim/caller.h"

/* False for one made in want of memory, or for an object that has been unloaded since. */
static inline bool binding_holds(const struct binding *binding, const struct caller_object *caller)
{
    return atomic_load_explicit(&binding->epoch, memory_order_relaxed) ==
           atomic_load_explicit(&caller->epoch, memory_order_relaxed);
}

/* Never NULL; where no function is to be found the program ends as the dynamic linker would have ended it. */
const struct binding *binding_slow(struct caller_object *caller, const struct entry *entry);

/*
 * The same spelling of another routine, in the library and only there that `binding` leads to; NULL if it has none. Remembered.
 */
const struct binding *binding_sibling(const struct binding *binding, const struct entry *entry);

static inline const struct binding *binding_of(struct caller_object *caller, const struct entry *entry)
{
    const struct binding *known = atomic_load_explicit(&caller->bindings[entry_index(entry)], memory_order_acquire);
    return known && binding_holds(known, caller) ? known : binding_slow(caller, entry);
}

#endif
