/*
 * One call, made again from its item: arrays of its own with the shapes, leading dimensions and alignments of the original, the
 * spelling in the style in which it came (Fortran for column-major BLAS and LAPACK, which the other styles come down to;
 * row-major CBLAS; high-level and row-major LAPACKE).
 */
#ifndef BLASE_TOOLS_RECOMPUTE_CALL_H
#define BLASE_TOOLS_RECOMPUTE_CALL_H

#include "lineage/view.h"
#include "tools/recompute_provider.h"

struct again {
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct call call;
    void *function;
    void *memory[OP_MAX_OPERANDS];
    union cval cell[OP_MAX_ARGS]; /* arguments by reference */
    uint32_t modes;               /* rounding and flushing */
};

/*
 * Everything but the arrays' contents; NULL, or why it cannot be. `op` is what the log says of the item's routine. In either case
 * again_free.
 */
const char *again_prepare(struct again *a, const struct log_item *item, const struct log_op *op, const struct library *library,
                          int int_bytes);
void again_free(struct again *a);

/* Fills operand k from a content or, where the slice has rows, from that part of it; NULL, or why it cannot be. */
const char *again_fill(struct again *a, const struct log_input *in, const struct view *content);

/* Makes the call; LAPACK's status. */
int64_t again_make(struct again *a);

/* What it wrote into operand k. */
struct view again_written(const struct again *a, int k);

#endif
