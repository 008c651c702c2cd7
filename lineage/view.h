/*
 * Views: which elements of memory an operand is. The only place that turns shapes into addresses.
 *
 * A view is memory-oriented: `rows` run contiguously, `cols` lie `ld` elements apart, whatever the caller's storage order was, so
 * the same bytes give the same view from C by rows and from Fortran by columns. A strided vector is one row of n columns, its
 * first logical element at `base`, `ld` negative when the increment is. Extents are size_t; canon_from_call has checked that they
 * fit. Thread-safe: plain values.
 */
#ifndef BLASE_LINEAGE_VIEW_H
#define BLASE_LINEAGE_VIEW_H

#include "lineage/op.h"

struct view {
    char *base;
    int64_t rows, cols, ld; /* elements */
    uint32_t element;       /* bytes of one element */
    char type;              /* s d c z i l */
    uint8_t part;           /* enum part */
    bool vector;
};

/* What view_put does with a vector, or a matrix that is stored by rows; not empty. */
struct view view_of_other(const struct canon *c, int k, struct region region);

/*
 * Makes *v the view of `region` of operand k; part PART_NONE or no elements: empty. Many are made in a call, so field by field
 * where it is to be: a copy of what was just stored in smaller pieces would wait for them.
 */
static inline void view_put(struct view *v, const struct canon *c, int k, const struct region *region)
{
    const struct op_operand *o = &c->op->operands[k];
    const bool empty = region->part == PART_NONE || region->rows <= 0 || region->cols <= 0;
    if (!empty && (o->ld_arg < 0 || o->has_inc || c->row_major)) {
        *v = view_of_other(c, k, *region);
        return;
    }
    v->base = c->a[o->arg].p;
    v->rows = empty ? 0 : region->rows;
    v->cols = empty ? 0 : region->cols;
    v->ld = empty ? 0 : c->a[o->ld_arg].i;
    v->element = (uint32_t)op_element_bytes(c, k);
    v->type = op_element_type(c, k);
    v->part = empty ? PART_NONE : (uint8_t)region->part;
    v->vector = false;
}

/* The same, as a value. */
static inline struct view view_of(const struct canon *c, int k, struct region region)
{
    struct view v;
    view_put(&v, c, k, &region);
    return v;
}

/* The same elements of another buffer laid out alike, that starts where `from` stands for `v`'s operand pointer. */
struct view view_moved(const struct view *v, const char *from, char *to);

static inline bool view_empty(const struct view *v)
{
    return v->part == PART_NONE || v->rows <= 0 || v->cols <= 0;
}

int64_t view_count_part(const struct view *v); /* of a triangle */

/* Elements in the view. */
static inline int64_t view_count(const struct view *v)
{
    return v->part == PART_NONE ? 0 : v->part == PART_FULL ? v->rows * v->cols : view_count_part(v);
}

static inline size_t view_bytes(const struct view *v)
{
    return (size_t)view_count(v) * v->element;
}

/* True if the view's elements are one gapless run of memory that starts at base. */
bool view_contiguous(const struct view *v);

/* The half-open range of rows that the view has in column j. */
static inline void view_column(const struct view *v, int64_t j, int64_t *lo, int64_t *hi)
{
    int64_t rows = v->rows;
    *lo = 0;
    *hi = rows;
    switch (v->part) {
    case PART_UPPER:
        *hi = j + 1 < rows ? j + 1 : rows;
        break;
    case PART_STRICT_UPPER:
        *hi = j < rows ? j : rows;
        break;
    case PART_LOWER:
        *lo = j < rows ? j : rows;
        break;
    case PART_STRICT_LOWER:
        *lo = j + 1 < rows ? j + 1 : rows;
        break;
    default:
        break;
    }
}

/* Copies the elements to packed memory (column after column, no gaps) and back; returns the bytes moved. */
size_t view_pack(const struct view *v, void *packed);
size_t view_unpack(const struct view *v, const void *packed);

/* First and one-past-last byte of memory that the view's elements span. */
void view_span(const struct view *v, const char **lo, const char **hi);

/* True if the two may share a byte: their spans meet, unless they are separate row bands of one matrix. */
bool view_overlap(const struct view *a, const struct view *b);

#endif
