/*
 * Keys: 128 bits that stand for everything a call's result depends on (DESIGN 7): routine, options, dimensions and scalars it
 * reads, workspace sizes (LAPACK picks block sizes and paths by them), the fingerprint of every part it reads, whether LAPACKE
 * transposes for it, provider identity and thread count, rounding and flush mode. Every field is tagged and delimited, so no two
 * different calls feed the hash the same bytes. Thread-safe: no state.
 */
#ifndef BLASE_REUSE_KEY_H
#define BLASE_REUSE_KEY_H

#include "lineage/call.h"
#include "lineage/fingerprint.h"

/* Where a result comes from and under which modes it was computed. */
struct key_context {
    struct fp provider;  /* path, build-id, version, core, integer width */
    uint32_t threads;    /* the provider's thread count at the call */
    uint32_t fp_control; /* rounding, flush-to-zero, denormals-are-zero */
    uint64_t tuning;     /* the program's own LAPACK tuning parameters; 0 none */
    uint32_t nancheck;   /* LAPACKE's NaN check, when it applies */
    bool by_place;       /* the provider's LAPACK gives other bits at other places (shim/provider.h) */
};

/* read[k] is the fingerprint of what operand k reads; only those with reads[k] count. */
struct fp key_of(const struct canon *c, const struct fp *read, const bool *reads, const struct key_context *context);

#endif
