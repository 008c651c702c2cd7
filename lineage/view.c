#include "lineage/view.h"

#include <string.h>

static int flipped_part(int part)
{
    switch (part) {
    case PART_UPPER:
        return PART_LOWER;
    case PART_LOWER:
        return PART_UPPER;
    case PART_STRICT_UPPER:
        return PART_STRICT_LOWER;
    case PART_STRICT_LOWER:
        return PART_STRICT_UPPER;
    default:
        return part;
    }
}

static struct view view_of_vector(struct view v, int64_t n, int64_t inc)
{
    v.vector = true;
    v.part = PART_FULL;
    if (inc == 1) {
        v.rows = v.ld = n;
        v.cols = 1;
        return v;
    }
    v.rows = 1;
    v.cols = n;
    v.ld = inc;
    if (inc < 0)
        v.base += (size_t)(n - 1) * (size_t)-inc * v.element;
    return v;
}

struct view view_of_other(const struct canon *c, int k, struct region region)
{
    const struct op_operand *o = &c->op->operands[k];
    struct view v = {.base = c->a[o->arg].p, .element = (uint32_t)op_element_bytes(c, k), .type = op_element_type(c, k)};
    if (o->ld_arg < 0 || o->has_inc)
        return view_of_vector(v, region.rows * region.cols, o->has_inc ? c->a[o->ld_arg].i : 1);
    v.rows = c->row_major ? region.cols : region.rows;
    v.cols = c->row_major ? region.rows : region.cols;
    v.part = (uint8_t)(c->row_major ? flipped_part(region.part) : region.part);
    v.ld = c->a[o->ld_arg].i;
    return v;
}

struct view view_moved(const struct view *v, const char *from, char *to)
{
    struct view moved = *v;
    moved.base = to + (v->base - from);
    return moved;
}

int64_t view_count_part(const struct view *v)
{
    int64_t count = 0;
    for (int64_t j = 0; j < v->cols; j++) {
        int64_t lo, hi;
        view_column(v, j, &lo, &hi);
        count += hi - lo;
    }
    return count;
}

bool view_contiguous(const struct view *v)
{
    return v->part == PART_FULL && (v->cols == 1 || v->ld == v->rows);
}

/* The one walk over a view's runs; `packed` is read or written by `into`. */
static size_t walk(const struct view *v, char *packed, bool into)
{
    if (view_empty(v))
        return 0;
    size_t at = 0, element = v->element;
    bool whole = view_contiguous(v);
    int64_t cols = whole ? 1 : v->cols;
    for (int64_t j = 0; j < cols; j++) {
        int64_t lo = 0, hi = v->rows * v->cols;
        if (!whole)
            view_column(v, j, &lo, &hi);
        char *run = v->base + (j * v->ld + lo) * (int64_t)element;
        size_t size = (size_t)(hi - lo) * element;
        if (into)
            memcpy(packed + at, run, size);
        else
            memcpy(run, packed + at, size);
        at += size;
    }
    return at;
}

size_t view_pack(const struct view *v, void *packed)
{
    return walk(v, packed, true);
}

size_t view_unpack(const struct view *v, const void *packed)
{
    return walk(v, (char *)(uintptr_t)packed, false);
}

void view_span(const struct view *v, const char **lo, const char **hi)
{
    *lo = *hi = v->base;
    if (view_empty(v))
        return;
    int64_t first_lo, first_hi, last_lo, last_hi, element = v->element;
    view_column(v, 0, &first_lo, &first_hi);
    view_column(v, v->cols - 1, &last_lo, &last_hi);
    int64_t far = (v->cols - 1) * v->ld;
    if (far < 0) { /* a vector with a negative increment */
        *lo = v->base + far * element;
        *hi = v->base + element;
        return;
    }
    *lo = v->base + first_lo * element;
    *hi = v->base + (far + last_hi) * element;
}

/* Row bands of one matrix: same pitch, and within it the rows do not meet. */
static bool separate_bands(const struct view *a, const struct view *b)
{
    int64_t pitch = a->ld * (int64_t)a->element;
    if (pitch <= 0 || pitch != b->ld * (int64_t)b->element || a->vector || b->vector)
        return false;
    int64_t offset = (b->base - a->base) % pitch;
    if (offset < 0)
        offset += pitch;
    return offset >= a->rows * (int64_t)a->element && offset + b->rows * (int64_t)b->element <= pitch;
}

bool view_overlap(const struct view *a, const struct view *b)
{
    if (view_empty(a) || view_empty(b))
        return false;
    const char *a_lo, *a_hi, *b_lo, *b_hi;
    view_span(a, &a_lo, &a_hi);
    view_span(b, &b_lo, &b_hi);
    return a_lo < b_hi && b_lo < a_hi && !separate_bands(a, b);
}
