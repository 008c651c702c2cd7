/* Whether a matrix is one that LAPACK's drivers would scale: asked of its bits, so that no flag is raised. */
#include <string.h>

#include "lineage/call.h"
#include "lineage/view.h"

/*
 * Drivers scale outside [smlnum, bignum], in double precision 2^-970 and 2^970, in single 2^-103 and 2^103. Well within, other
 * releases' limits, and the size of a complex number against that of its parts, make no difference.
 */
enum { EXPONENT_64 = 900, EXPONENT_32 = 90 };
#define BITS_64(exponent) ((uint64_t)(1023 + (exponent)) << 52)
#define BITS_32(exponent) ((uint32_t)(127 + (exponent)) << 23)

/* What the top bits say of all numbers seen: that one is too large, and that one is large enough. */
struct seen {
    uint64_t above, within;
};

static void look_64(struct seen *seen, const char *at, size_t count)
{
    const uint64_t top = (uint64_t)1 << 63;
    uint64_t above = 0, within = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, at + i * sizeof bits, sizeof bits);
        bits &= ~top;
        above |= bits + (top - BITS_64(EXPONENT_64));
        within |= bits + (top - BITS_64(-EXPONENT_64));
    }
    seen->above |= above & top;
    seen->within |= within & top;
}

static void look_32(struct seen *seen, const char *at, size_t count)
{
    const uint32_t top = (uint32_t)1 << 31;
    uint32_t above = 0, within = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, at + i * sizeof bits, sizeof bits);
        bits &= ~top;
        above |= bits + (top - BITS_32(EXPONENT_32));
        within |= bits + (top - BITS_32(-EXPONENT_32));
    }
    seen->above |= above & top;
    seen->within |= within & top;
}

bool canon_moderate(const struct canon *c, int operand)
{
    struct use use[OP_MAX_OPERANDS];
    struct seen seen = {0, 0};
    const size_t real = op_real_bytes(c->op);
    canon_uses(c, use);
    struct view v = view_of(c, operand, use[operand].read);
    if (view_empty(&v))
        return false;
    for (int64_t j = 0; j < v.cols && !seen.above; j++) {
        int64_t lo = 0, hi = v.rows;
        view_column(&v, j, &lo, &hi);
        const char *from = v.base + (j * v.ld + lo) * (int64_t)v.element;
        (real == 8 ? look_64 : look_32)(&seen, from, (size_t)(hi - lo) * v.element / real);
    }
    return seen.within && !seen.above;
}
