/* What the table's expressions are made of; included by the generated descriptors only. */
#ifndef BLASE_LINEAGE_OP_EXPR_H
#define BLASE_LINEAGE_OP_EXPR_H

#include "lineage/op.h"

static inline int64_t op_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t op_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* 'R' is the conjugate without transposition that a row-major conjugate transpose turns into. */
static inline bool op_notrans(int64_t letter)
{
    return letter == 'N' || letter == 'R';
}

static inline int op_tri(int64_t uplo, int64_t diag)
{
    if (uplo == 'U')
        return diag == 'U' ? PART_STRICT_UPPER : PART_UPPER;
    return diag == 'U' ? PART_STRICT_LOWER : PART_LOWER;
}

/* Levels of LAPACK's divide and conquer with its SMLSIZ of 25 (xLALSD). */
static inline int64_t op_nlvl(int64_t n)
{
    int64_t levels = 0;
    for (int64_t size = 26; size <= n; size *= 2)
        levels++;
    return levels;
}

#endif
