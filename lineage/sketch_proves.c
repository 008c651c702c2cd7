/* Is a view all of a sketched content? Cheaper than a fingerprint of the view, and over at the first difference. */
#include <string.h>

#include "lineage/sketch.h"

static bool strided_equals(const struct sketch *s, const struct view *v)
{
    const int64_t step = v->ld * (int64_t)v->element;
    const char *at = v->base;
    for (int64_t i = 0; i < s->rows; i++, at += step)
        if (memcmp(s->copy + i * (int64_t)v->element, at, v->element) != 0)
            return false;
    return true;
}

static bool copy_is(const struct sketch *s, const struct view *v)
{
    const int64_t element = v->element;
    if (v->vector && v->rows == 1)
        return strided_equals(s, v);
    if (view_contiguous(v))
        return memcmp(s->copy, v->base, (size_t)(v->rows * v->cols * element)) == 0;
    for (int64_t j = 0; j < v->cols; j++) {
        int64_t lo, hi;
        view_column(v, j, &lo, &hi);
        const unsigned char *kept = s->copy + (j * v->rows + lo) * element;
        if (lo < hi && memcmp(kept, v->base + (j * v->ld + lo) * element, (size_t)((hi - lo) * element)) != 0)
            return false;
    }
    return true;
}

static bool columns_are(const struct sketch *s, const struct view *v)
{
    const size_t bytes = (size_t)v->rows * v->element;
    for (int64_t j = 0; j < v->cols; j++)
        if (!fp_equal(fingerprint_bytes(v->base + j * v->ld * (int64_t)v->element, bytes), s->column[j]))
            return false;
    return true;
}

bool sketch_proves(const struct sketch *s, const struct view *v)
{
    int64_t rows, cols;
    sketch_extents(v, &rows, &cols);
    if (s->rows != rows || s->cols != cols || s->type != v->type || s->part != v->part)
        return false;
    if (s->kind == SKETCH_COPY)
        return copy_is(s, v);
    return s->kind == SKETCH_HASHES && s->column && columns_are(s, v);
}
