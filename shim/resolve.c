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

/* What binding_sibling found, fn NULL where there is nothing to find. */
struct sibling {
    struct binding binding;
    const struct entry *entry;
    const struct sibling *next;
};
static _Atomic(const struct sibling *) siblings;

const struct binding *binding_sibling(const struct binding *binding, const struct entry *entry)
{
    for (const struct sibling *s = atomic_load_explicit(&siblings, memory_order_acquire); s; s = s->next)
        if (s->entry == entry && s->binding.provider == binding->provider)
            return s->binding.fn ? &s->binding : NULL;
    struct sibling *s = calloc(1, sizeof *s);
    struct object object;
    if (!s)
        return NULL;
    *s = (struct sibling){.binding = {.provider = binding->provider}, .entry = entry, .next = atomic_load(&siblings)};
    void *handle = object_of(binding->fn, &object) ? object_handle(&object, false) : NULL;
    if (handle) { /* providers are pinned: the function stays when the handle goes */
        s->binding.fn = object_own_symbol(&object, handle, entry->symbol);
        dlclose(handle);
    }
    while (!atomic_compare_exchange_weak(&siblings, &s->next, s)) /* a twin does no harm */
        ;
    return s->binding.fn ? &s->binding : NULL;
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
