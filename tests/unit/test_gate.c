/* What the gate expects of calls, at its fixed rates. */
#include <criterion/criterion.h>

#include "reuse/gate.h"
#include "tests/unit/calls.h"

enum { N = 200, K = 2 };

static double a[N * N], b[N * N], c[N * N];

static struct estimate estimate_of(struct built *built)
{
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    cr_assert_eq(canon_of(built, 4, &canon), CANON_OK);
    canon_uses(&canon, use);
    return gate_estimate(&canon, use);
}

/* syrk writes half of what gemm does, and its hit copies half: nearly all of either's price here. */
Test(gate, a_triangle_is_half_a_matrix)
{
    struct built whole, half;
    build(&whole, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'T', N, N, K, 1.0, a, N, b, N, 0.0, c, N);
    build(&half, "dsyrk", STYLE_FORTRAN, 4, "cciirpirpi", 'U', 'N', N, K, 1.0, a, N, 0.0, c, N);
    struct estimate full = estimate_of(&whole), triangle = estimate_of(&half);
    double fixed = 2000;
    cr_expect_float_eq((triangle.hit_ns - fixed) / (full.hit_ns - fixed), 0.5, 0.02);
    cr_expect_float_eq((triangle.miss_ns - fixed) / (full.miss_ns - fixed), 0.5, 0.02);
}
