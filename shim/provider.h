/*
 * Providers: the libraries that really compute. One record a (library, naming convention), made when the first routine is
 * resolved into it, never freed; the library is pinned, because a pointer cached across dlclose is a crash. Immutable once
 * published; safe from any thread.
 */
#ifndef BLASE_SHIM_PROVIDER_H
#define BLASE_SHIM_PROVIDER_H

#include <stdatomic.h>

#include "lineage/call.h"
#include "lineage/log_format.h"

/* LAPACK's tuning parameters. Integers are passed as 64-bit ones that read the same at half their width. */
typedef int provider_ilaenv(const int64_t *ispec, const char *name, const char *opts, const int64_t *n1, const int64_t *n2,
                            const int64_t *n3, const int64_t *n4, size_t name_length, size_t opts_length);

struct provider {
    uintptr_t base;
    char convention[16];                /* the prefix of its names: "" or "scipy_" */
    int width;                          /* integer bytes: 4, 8, 0 not known (its calls pass through) */
    struct fp identity;                 /* of the library, the BLAS beneath it, version, core, width */
    int openblas;                       /* OpenBLAS's release, 321 for 0.3.21; 0 another library */
    bool by_place;                      /* its LAPACK gives other bits where arrays or columns are aligned otherwise */
    bool half_loads;                    /* it raises flags at random: computes on registers half of which an earlier call left */
    int (*threads)(void);               /* its thread count now; NULL: it has no such question */
    int (*nancheck)(void);              /* LAPACKE's NaN check; NULL */
    provider_ilaenv *ilaenv;            /* the program's own tuning parameters in place of the library's; NULL: it has none */
    struct log_provider described;      /* for the log; threads as first seen */
    _Atomic(struct described *) others; /* with other thread counts; grows at its head */
    struct provider *next;
};

/* What the program's own tuning parameters for a routine are now, hashed; 0 where the library has its own. */
uint64_t provider_tuning(const struct provider *p, const struct op *op);

/* The provider that `fn`, found for this entry, lies in. NULL: out of memory, or in no object. */
const struct provider *provider_of(void *fn, const struct entry *entry);

/* What the log is told of a provider that computes with so many threads; 0: it does not say. */
const struct log_provider *provider_described(const struct provider *p, int threads);

#endif
