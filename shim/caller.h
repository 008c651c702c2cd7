/*
 * Who called. A return address is looked up once and remembered; the object it lies in tells whether the call is nested (made by
 * a BLAS or LAPACK library for itself) and which real functions its calls are bound to. The test keeps no state across calls, so
 * longjmp over our frames (R's xerbla, f2py) cannot unbalance it. What is remembered of an object is void once it was unloaded
 * (shim/unload.h), since another may be mapped in its place. Nothing here is ever freed; an object that comes back takes its old
 * record. Thread-safe, lock-free; a known caller is told without the linker's help.
 */
#ifndef BLASE_SHIM_CALLER_H
#define BLASE_SHIM_CALLER_H

#include <stdatomic.h>

#include "entry_count.h"
#include "shim/entry.h"
#include "shim/objects.h"
#include "shim/provider.h"

/* The real function that calls from one object reach, and the provider it lies in (NULL: not known, pass through). */
struct binding {
    void *fn;
    const struct provider *provider;
    _Atomic uint64_t epoch; /* the caller's when this was found; another one: the caller has been unloaded since */
};

struct caller_object {
    uint64_t id;
    _Atomic uint64_t epoch; /* in which it was loaded, or first seen; 0: it is unloaded */
    struct object object;
    char *path;  /* a copy; the program's own name for the main program */
    bool nested; /* a provider calling itself */
    bool shim;   /* the shim: a real function that it called has jumped to an exported name (LAPACKE to its _work function) */
    struct caller_object *next;
    _Atomic(struct binding *) bindings[ENTRY_COUNT];
};

/* Never NULL: when memory is short, an answer for "some host object". `epoch`: unload_epoch() when the call came in. */
struct caller_object *caller_of(const void *ret, uint64_t epoch);

/* Something was unloaded: forgets the objects that are no longer there. */
void callers_check(void);

#endif
