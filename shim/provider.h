/*
 * Providers: the libraries that really compute. One record a (library, naming convention), made when the first routine is
 * resolved into it, never freed; the library is pinned, because a pointer cached across dlclose is a crash. Immutable once
 * published; safe from any thread.
 */
#ifndef BLASE_SHIM_PROVIDER_H
#define BLASE_SHIM_PROVIDER_H

#include "lineage/call.h"
#include "lineage/log_format.h"

struct provider {
    uintptr_t base;
    char convention[16];           /* the prefix of its names: "" or "scipy_" */
    int width;                     /* integer bytes: 4, 8, 0 not known (its calls pass through) */
    struct fp identity;            /* of the library, the BLAS beneath it, version, core, width */
    int (*threads)(void);          /* its thread count now; NULL: it has no such question */
    int (*nancheck)(void);         /* LAPACKE's NaN check; NULL */
    struct log_provider described; /* for the log; threads as first seen */
    struct provider *next;
};

/* The provider that `fn`, found for this entry, lies in. NULL: out of memory, or in no object. */
const struct provider *provider_of(void *fn, const struct entry *entry);

#endif
