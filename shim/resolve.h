/*
 * Which real function a call would have reached had we not been there: RTLD_NEXT, then the caller's own dependencies, then a scan
 * of all loaded objects (docs/architecture.md says which programs need which). Remembered for each (caller object, name).
 * Thread-safe.
 */
#ifndef BLASE_SHIM_RESOLVE_H
#define BLASE_SHIM_RESOLVE_H

#include "shim/caller.h"

/* Never NULL; where no function is to be found the program ends as the dynamic linker would have ended it. */
const struct binding *binding_slow(struct caller_object *caller, const struct entry *entry);

/*
 * The same spelling of another routine, in the library and only there that `binding` leads to; NULL if it has none. Remembered.
 */
const struct binding *binding_sibling(const struct binding *binding, const struct entry *entry);

static inline const struct binding *binding_of(struct caller_object *caller, const struct entry *entry)
{
    const struct binding *known = atomic_load_explicit(&caller->bindings[entry_index(entry)], memory_order_acquire);
    return known ? known : binding_slow(caller, entry);
}

#endif
