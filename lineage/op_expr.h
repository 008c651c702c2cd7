/* What the table's expressions are made of; included by the generated descriptors only. */
#ifndef BLASE_LINEAGE_OP_EXPR_H
#define BLASE_LINEAGE_OP_EXPR_H

#include "lineage/call.h"

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

/* Levels of LAPACK's divide and conquer with its SMLSIZ of 25 (xLALSD): INT(log2(n/26)) + 1, where INT truncates towards zero. */
static inline int64_t op_nlvl(int64_t n)
{
    int64_t levels = n > 13 ? 1 : 0;
    for (int64_t size = 52; size <= n; size *= 2)
        levels++;
    return levels;
}

/* For the quick flop count: an argument as it came in, unjudged; 0 where a pointer is NULL (the routine may complain first). */
static inline int64_t quick_int(const struct call *call, int arg, int width)
{
    if (call->entry->style == STYLE_FORTRAN)
        return !call->raw[arg].p ? 0 : width == 4 ? *(const int32_t *)call->raw[arg].p : *(const int64_t *)call->raw[arg].p;
    int64_t value = call->raw[call->entry->style == STYLE_LAPACKE ? call->entry->op->lapacke_place[arg] : arg + 1].i;
    return width == 4 ? (int32_t)value : value;
}

/* Of CBLAS's letters only the side is ever asked for; it counts from 141. */
static inline int64_t quick_letter(const struct call *call, int arg)
{
    switch (call->entry->style) {
    case STYLE_FORTRAN:
        return call->raw[arg].p ? *(const char *)call->raw[arg].p & 0x5f : 0;
    case STYLE_CBLAS:
        return (int32_t)call->raw[arg + 1].i == 141 ? 'L' : 'R';
    default:
        return (char)call->raw[call->entry->style == STYLE_LAPACKE ? call->entry->op->lapacke_place[arg] : arg + 1].i & 0x5f;
    }
}

#endif
