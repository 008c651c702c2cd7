#define _GNU_SOURCE
#include "shim/unload.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "shim/caller.h"

enum { EPOCH = UNLOAD_CLOSERS + 1 };

_Atomic uint64_t unload_word = EPOCH;

static _Atomic uint64_t settled; /* how many objects had been unloaded when the epoch was last brought up to date */
static __thread unsigned depth __attribute__((tls_model("initial-exec")));

static int take_count(struct dl_phdr_info *info, size_t size, void *count)
{
    if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs)
        *(uint64_t *)count = info->dlpi_subs;
    return 1; /* the first object tells for all */
}

/* In this order, so that who finds the count settled finds all that follows from it done. */
static void settle(void)
{
    uint64_t now = UINT64_MAX;
    dl_iterate_phdr(take_count, &now);
    if (now != UINT64_MAX && now == atomic_load(&settled))
        return;
    callers_check();
    atomic_fetch_add(&unload_word, EPOCH);
    atomic_store(&settled, now);
}

uint64_t unload_epoch_slow(void)
{
    settle();
    return atomic_load(&unload_word) & ~(uint64_t)UNLOAD_CLOSERS;
}

void unload_forked(void)
{
    uint64_t word = atomic_load(&unload_word);
    atomic_store(&unload_word, ((word & ~(uint64_t)UNLOAD_CLOSERS) + EPOCH) | depth);
}

BLASE_ENTRY int dlclose(void *handle)
{
    static _Atomic(void *) next;
    void *found = atomic_load_explicit(&next, memory_order_relaxed);
    if (!found) {
        found = dlsym(RTLD_NEXT, "dlclose");
        atomic_store_explicit(&next, found, memory_order_relaxed);
    }
    if (!found)
        return -1;
    int (*close)(void *);
    memcpy(&close, &found, sizeof close);
    depth++;
    atomic_fetch_add(&unload_word, 1);
    int result = close(handle);
    settle();
    atomic_fetch_sub(&unload_word, 1);
    depth--;
    return result;
}
