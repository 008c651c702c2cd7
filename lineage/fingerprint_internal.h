/* Between fingerprint.c and its per-instruction-set kernels. */
#ifndef BLASE_LINEAGE_FINGERPRINT_INTERNAL_H
#define BLASE_LINEAGE_FINGERPRINT_INTERNAL_H

#include "lineage/fingerprint.h"

enum { CHUNK_BYTES = 256 * 1024 };

/* How a view that is not empty is cut into chunks: so many columns each, or pieces of so many rows of one column each. */
struct cut {
    int64_t columns, rows, pieces; /* pieces a column */
};

static inline struct cut cut_of(const struct view *v)
{
    int64_t column = v->rows * (int64_t)v->element;
    if (v->rows == 1 && v->vector) /* a strided vector is cut as the contiguous one with the same elements is */
        return (struct cut){CHUNK_BYTES / v->element, 1, 1};
    if (column <= CHUNK_BYTES)
        return (struct cut){CHUNK_BYTES / column, v->rows, 1};
    int64_t rows = CHUNK_BYTES / v->element;
    return (struct cut){1, rows, (v->rows + rows - 1) / rows};
}

static inline int64_t chunks_of(const struct view *v)
{
    struct cut cut = cut_of(v);
    return (v->cols + cut.columns - 1) / cut.columns * cut.pieces;
}

/* The digest of chunk i. */
struct fp fp_generic_chunk(const struct view *v, int64_t i);
struct fp fp_generic_bytes(const void *bytes, size_t size);
struct fp fp_avx2_chunk(const struct view *v, int64_t i);
struct fp fp_avx2_bytes(const void *bytes, size_t size);

#endif
