/* Between fingerprint.c and its per-instruction-set kernels. */
#ifndef BLASE_LINEAGE_FINGERPRINT_INTERNAL_H
#define BLASE_LINEAGE_FINGERPRINT_INTERNAL_H

#include "lineage/fingerprint.h"

/* Receives the chunk digests in order. */
struct chunk_sink {
    void (*take)(struct chunk_sink *sink, struct fp digest);
};

void fp_generic_chunks(const struct view *v, struct chunk_sink *sink);
struct fp fp_generic_bytes(const void *bytes, size_t size);
void fp_avx2_chunks(const struct view *v, struct chunk_sink *sink);
struct fp fp_avx2_bytes(const void *bytes, size_t size);

#endif
