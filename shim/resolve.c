#define _GNU_SOURCE
#include "shim/resolve.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *resolve(const struct caller_object *caller, const char *symbol)
{
    void *found = dlsym(RTLD_NEXT, symbol);
    if (found && !object_is_shim(found))
        return found;
    void *handle = caller->object.path ? object_handle(&caller->object, false) : NULL;
    if (handle) {
        found = object_symbol(handle, symbol);
        dlclose(handle);
        if (found)
            return found;
    }
    return object_scan(symbol);
}

/* What ld.so prints and does when a symbol is nowhere; the plain program would have met it. */
static _Noreturn void undefined(const struct caller_object *caller, const char *symbol)
{
    dprintf(STDERR_FILENO, "%s: symbol lookup error: undefined symbol: %s\n", caller->path, symbol);
    _exit(127);
}

const struct binding *binding_slow(struct caller_object *caller, const struct entry *entry)
{
    uint64_t epoch = atomic_load(&caller->epoch);
    static __thread struct binding last_resort; /* when memory is out: good for this call, never remembered */
    _Atomic(struct binding *) *slot = &caller->bindings[entry_index(entry)];
    void *fn = resolve(caller, entry->symbol);
    if (!fn)
        undefined(caller, entry->symbol);
    struct binding *known = atomic_load(slot);
    if (known && known->fn == fn) { /* providers are pinned: what lies there is what lay there */
        atomic_store(&known->epoch, epoch);
        return known;
    }
    struct binding *binding = calloc(1, sizeof *binding);
    if (!binding) {
        last_resort.fn = fn;
        return &last_resort;
    }
    binding->fn = fn;
    binding->provider = provider_of(fn, entry);
    atomic_init(&binding->epoch, epoch);
    if (!atomic_compare_exchange_strong(slot, &known, binding) && known->fn == fn) {
        free(binding);
        return known;
    }
    return binding; /* one of two threads that found different functions keeps its own for this call */
}
