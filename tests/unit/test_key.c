/* Keys: everything that could change a result changes the key; addresses and plain leading dimensions do not. */
#include <criterion/criterion.h>

#include "reuse/key.h"
#include "tests/unit/calls.h"

static const struct key_context plain = {.provider = {1, 2}, .threads = 2};

static struct fp key_with(struct built *b, const struct key_context *context, uint64_t content)
{
    struct canon c;
    cr_assert_eq(canon_from_call(&b->call, 4, &c), CANON_OK);
    struct fp read[OP_MAX_OPERANDS] = {{0, 0}};
    bool reads[OP_MAX_OPERANDS] = {true, true};
    read[0].lo = content;
    return key_of(&c, read, reads, context);
}

static struct fp gemm_key(int transa, int m, double alpha, const void *a, int lda, const struct key_context *context,
                          uint64_t content)
{
    struct built b;
    build(&b, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", transa, 'N', m, 4, 4, alpha, a, lda, AT(2), 9, 0.0, AT(3), 9);
    return key_with(&b, context, content);
}

Test(key, place_does_not_matter)
{
    struct fp one = gemm_key('N', 4, 1, AT(1), 5, &plain, 7), two = gemm_key('n', 4, 1, AT(9), 8, &plain, 7);
    cr_assert(fp_equal(one, two));
}

Test(key, everything_else_does)
{
    struct key_context tuning = plain, threads = plain, modes = plain, provider = plain, nancheck = plain;
    threads.threads = 3;
    modes.fp_control = 0x8000;
    provider.provider.hi ^= 1;
    nancheck.nancheck = 1;
    tuning.tuning = 5;
    const struct fp keys[] = {
        gemm_key('N', 4, 1, AT(1), 5, &plain, 7),    gemm_key('T', 4, 1, AT(1), 5, &plain, 7),
        gemm_key('N', 3, 1, AT(1), 5, &plain, 7),    gemm_key('N', 4, 2, AT(1), 5, &plain, 7),
        gemm_key('N', 4, 1, AT(1), 5, &plain, 8),    gemm_key('N', 4, 1, AT(1), 5, &threads, 7),
        gemm_key('N', 4, 1, AT(1), 5, &modes, 7),    gemm_key('N', 4, 1, AT(1), 5, &provider, 7),
        gemm_key('N', 4, 1, AT(1), 5, &nancheck, 7), gemm_key('N', 4, -1, AT(1), 5, &plain, 7),
        gemm_key('N', 4, 1, AT(1), 5, &tuning, 7),
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        for (size_t j = 0; j < i; j++)
            cr_assert_not(fp_equal(keys[i], keys[j]), "keys %zu and %zu", i, j);
}

Test(key, row_major_cblas_is_the_column_major_call)
{
    struct built row, column;
    build(&row, "dgemm", STYLE_CBLAS, 4, "eeeiiirpipirpi", ROW, NOTRANS, TRANS, 3, 4, 5, 1.0, AT(1), 9, AT(2), 9, 0.0, AT(3), 9);
    build(&column, "dgemm", STYLE_CBLAS, 4, "eeeiiirpipirpi", COL, TRANS, NOTRANS, 4, 3, 5, 1.0, AT(2), 9, AT(1), 9, 0.0, AT(3),
          9);
    cr_assert(fp_equal(key_with(&row, &plain, 7), key_with(&column, &plain, 7)));
}

Test(key, workspace_and_leading_dimension_count_where_lapack_picks_paths_by_them)
{
    int32_t info = 0;
    struct fp keys[3];
    for (int i = 0; i < 3; i++) {
        struct built b;
        build(&b, "dgetri", STYLE_FORTRAN, 4, "ipippip", 4, AT(1), i == 1 ? 6 : 5, AT(2), AT(3), i == 2 ? 9 : 8, &info);
        keys[i] = key_with(&b, &plain, 7);
    }
    cr_assert_not(fp_equal(keys[0], keys[1]));
    cr_assert_not(fp_equal(keys[0], keys[2]));
}

static struct fp potrf_key(uintptr_t a, int lda, bool by_place)
{
    struct key_context context = plain;
    struct built b;
    int32_t info = 0;
    context.by_place = by_place;
    build(&b, "dpotrf", STYLE_FORTRAN, 4, "cipip", 'L', 4, (void *)a, lda, &info);
    return key_with(&b, &context, 7);
}

Test(key, place_counts_where_the_provider_computes_by_it)
{
    const uintptr_t at = 4096;
    cr_assert(fp_equal(potrf_key(at, 5, false), potrf_key(at + 8, 6, false)));
    cr_assert_not(fp_equal(potrf_key(at, 5, true), potrf_key(at + 8, 5, true)));
    cr_assert_not(fp_equal(potrf_key(at, 5, true), potrf_key(at, 6, true)));
    cr_assert(fp_equal(potrf_key(at, 5, true), potrf_key(at + 64, 9, true)));
}

Test(key, place_never_counts_for_products)
{
    struct key_context context = plain;
    context.by_place = true;
    cr_assert(
        fp_equal(gemm_key('N', 4, 1, AT(1), 5, &context, 7), gemm_key('N', 4, 1, (void *)(uintptr_t)0x1008, 8, &context, 7)));
}
