#include "lineage/finite.h"

#include <string.h>

/* So much is looked at before the answer so far is asked for: a NaN early on ends the search early. */
enum { STEP = 4096 };

/* All exponent bits are set in NaN and infinities, and in nothing else. */
static bool singles(const char *at, int64_t count)
{
    const uint32_t exponent = 0x7f800000;
    for (int64_t from = 0; from < count; from += STEP) {
        uint32_t found = 0;
        int64_t until = from + STEP < count ? from + STEP : count;
        for (int64_t i = from; i < until; i++) {
            uint32_t bits;
            memcpy(&bits, at + i * (int64_t)sizeof bits, sizeof bits);
            found |= (uint32_t)((bits & exponent) == exponent);
        }
        if (found)
            return true;
    }
    return false;
}

static bool doubles(const char *at, int64_t count)
{
    const uint64_t exponent = (uint64_t)0x7ff << 52;
    for (int64_t from = 0; from < count; from += STEP) {
        uint64_t found = 0;
        int64_t until = from + STEP < count ? from + STEP : count;
        for (int64_t i = from; i < until; i++) {
            uint64_t bits;
            memcpy(&bits, at + i * (int64_t)sizeof bits, sizeof bits);
            found |= (uint64_t)((bits & exponent) == exponent);
        }
        if (found)
            return true;
    }
    return false;
}

bool view_nonfinite(const struct view *v)
{
    bool single = v->type == 's' || v->type == 'c', complex_type = v->type == 'c' || v->type == 'z';
    if (view_empty(v) || v->type == 'i' || v->type == 'l')
        return false;
    bool whole = view_contiguous(v);
    int64_t numbers = complex_type ? 2 : 1, cols = whole ? 1 : v->cols;
    for (int64_t j = 0; j < cols; j++) {
        int64_t lo = 0, hi = v->rows * v->cols;
        if (!whole)
            view_column(v, j, &lo, &hi);
        const char *run = v->base + (j * v->ld + lo) * (int64_t)v->element;
        if ((single ? singles : doubles)(run, (hi - lo) * numbers))
            return true;
    }
    return false;
}
