/* Payloads: exactly what was written comes back, wherever the second call keeps its arrays, and nothing else is touched. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/clock.h"
#include "reuse/payload.h"
#include "tests/unit/calls.h"

static void uses_of(struct built *b, struct canon *c, struct use *use)
{
    cr_assert_eq(canon_of(b, 4, c), CANON_OK);
    canon_uses(c, use);
}

Test(payload, triangle_with_padding_moves_to_another_leading_dimension)
{
    enum { N = 5, LD1 = 7, LD2 = 9 };
    double first[LD1 * N], second[LD2 * N], before[LD2 * N], a[N];
    for (int i = 0; i < LD1 * N; i++)
        first[i] = 100 + i;
    for (int i = 0; i < LD2 * N; i++)
        second[i] = before[i] = -i;
    struct built b1, b2;
    struct canon c1, c2;
    struct use u1[OP_MAX_OPERANDS], u2[OP_MAX_OPERANDS];
    build(&b1, "dsyrk", STYLE_FORTRAN, 4, "cciirpirpi", 'L', 'N', N, 1, 1.0, a, N, 0.0, first, LD1);
    build(&b2, "dsyrk", STYLE_FORTRAN, 4, "cciirpirpi", 'L', 'N', N, 1, 1.0, a, N, 0.0, second, LD2);
    uses_of(&b1, &c1, u1);
    uses_of(&b2, &c2, u2);
    struct payload *p = payload_capture(&c1, u1, NULL, NULL, 0);
    payload_restore(p, &c2, u2);
    for (int j = 0; j < N; j++)
        for (int i = 0; i < LD2; i++) {
            bool lower = i >= j && i < N;
            double expected = lower ? first[j * LD1 + i] : before[j * LD2 + i];
            cr_assert_eq(second[j * LD2 + i], expected, "(%d, %d)", i, j);
        }
    payload_drop(p);
}

Test(payload, work_arrays_keep_what_the_call_left_alone)
{
    enum { N = 3, LWORK = 40 };
    double a[N * N] = {0}, work[LWORK], other[LWORK];
    int32_t ipiv[N] = {1, 2, 3}, info = 0;
    for (int i = 0; i < LWORK; i++) {
        work[i] = i;
        other[i] = 1000 + i;
    }
    struct built b1, b2;
    struct canon c1, c2;
    struct use u1[OP_MAX_OPERANDS], u2[OP_MAX_OPERANDS];
    build(&b1, "dgetri", STYLE_FORTRAN, 4, "ipippip", N, a, N, ipiv, work, LWORK, &info);
    build(&b2, "dgetri", STYLE_FORTRAN, 4, "ipippip", N, a, N, ipiv, other, LWORK, &info);
    uses_of(&b1, &c1, u1);
    uses_of(&b2, &c2, u2);
    cr_assert_eq(snapshot_bytes(&c1, u1), LWORK * sizeof(double));
    struct snapshot *s = snapshot_take(&c1, u1);
    work[7] = -7; /* what a call would do: the first is surely written, 7 and 20, 21 are changed */
    work[20] = -20;
    work[21] = -21;
    struct payload *p = payload_capture(&c1, u1, s, NULL, 0);
    snapshot_free(s);
    payload_restore(p, &c2, u2);
    for (int i = 0; i < LWORK; i++) {
        bool written = i == 0 || i == 7 || i == 20 || i == 21;
        cr_assert_eq(other[i], written ? work[i] : 1000 + i, "work[%d]", i);
    }
    payload_drop(p);
}

Test(payload, references_count)
{
    double a[4] = {1, 2, 3, 4};
    int32_t ipiv[2] = {1, 2}, info = 0;
    struct built b;
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    build(&b, "dgetrf", STYLE_FORTRAN, 4, "iipipp", 2, 2, a, 2, ipiv, &info);
    uses_of(&b, &c, use);
    struct payload *p = payload_capture(&c, use, NULL, NULL, 0);
    payload_hold(p);
    payload_drop(p);
    a[0] = 9;
    payload_restore(p, &c, use);
    cr_assert_eq(a[0], 1);
    cr_assert_geq(p->bytes, sizeof *p + 4 * sizeof(double) + 2 * sizeof(int32_t));
    payload_drop(p);
}

Test(payload, large_ones_come_back_too)
{
    int n = 400;
    size_t bytes = (size_t)n * (size_t)n * sizeof(double);
    double *a = malloc(bytes), *copy = malloc(bytes);
    int32_t *ipiv = calloc((size_t)n, sizeof *ipiv), info = 0;
    for (int i = 0; i < n * n; i++)
        a[i] = i * 0.5;
    memcpy(copy, a, bytes);
    struct built b;
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    build(&b, "dgetrf", STYLE_FORTRAN, 4, "iipipp", n, n, a, n, ipiv, &info);
    uses_of(&b, &c, use);
    struct payload *p = payload_capture(&c, use, NULL, NULL, 0);
    memset(a, 0, bytes);
    payload_restore(p, &c, use);
    cr_assert_eq(memcmp(a, copy, bytes), 0);
    payload_drop(p);
    free(a);
    free(copy);
    free(ipiv);
}

/* A copy that takes too long is given up, and its memory goes back. */
Test(payload, patience)
{
    const int n = 400;
    const size_t bytes = (size_t)(n * n) * sizeof(double);
    double *a = calloc(1, bytes);
    int32_t *ipiv = calloc((size_t)n, sizeof *ipiv), info = 0;
    struct built b;
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    struct room room = {.budget = 16 << 20};
    build(&b, "dgetrf", STYLE_FORTRAN, 4, "iipipp", n, n, a, n, ipiv, &info);
    uses_of(&b, &c, use);
    cr_expect_null(payload_capture(&c, use, NULL, &room, 1), "the time was up long ago");
    struct payload *p = payload_capture(&c, use, NULL, &room, clock_ns() + UINT64_C(60000000000));
    cr_assert_not_null(p);
    payload_drop(p);
    room_trim(&room);
    cr_expect_eq(atomic_load(&room.used), 0);
    free(a);
    free(ipiv);
}
