/* Canonical form: a call arrives in any style and width, and becomes the column-major call that it computes. */
#include "tests/unit/calls.h"

#include <criterion/parameterized.h>

static bool integral(int kind)
{
    return kind == ARG_OPTION || kind == ARG_INT || kind == ARG_LD || kind == ARG_INC || kind == ARG_LWORK;
}

static void expect_same(const struct canon *got, const struct canon *want, const char *what)
{
    cr_assert_eq(got->op, want->op);
    cr_expect_not(got->row_major, "%s: still row-major", what);
    for (int a = 0; a < got->op->nargs; a++) {
        const char *name = got->op->args[a].name;
        int kind = got->op->args[a].kind;
        if (integral(kind))
            cr_expect_eq(got->a[a].i, want->a[a].i, "%s: %s is %ld, not %ld", what, name, (long)got->a[a].i, (long)want->a[a].i);
        else if (kind == ARG_ARRAY)
            cr_expect_eq(got->a[a].p, want->a[a].p, "%s: %s is %p, not %p", what, name, got->a[a].p, want->a[a].p);
        else if (kind != ARG_INFO)
            cr_expect_arr_eq(got->a[a].bytes, want->a[a].bytes, 16, "%s: %s differs", what, name);
    }
}

static int64_t value(const struct canon *c, const char *name)
{
    return c->a[argument_named(c->op, name)].i;
}

static void *pointer(const struct canon *c, const char *name)
{
    return c->a[argument_named(c->op, name)].p;
}

/* The same call in Fortran, against each CBLAS spelling of it: `got` and `want` are canonised and compared. */
#define SAME(what, got_routine, got_args, want_args)                   \
    do {                                                               \
        struct canon got_, want_;                                      \
        GOOD(&got_, got_routine, STYLE_CBLAS, 4, GOT_##got_args);      \
        GOOD(&want_, got_routine, STYLE_FORTRAN, 8, WANT_##want_args); \
        expect_same(&got_, &want_, what);                              \
    } while (0)
#define GOT_ARGS(...) __VA_ARGS__
#define WANT_ARGS(...) __VA_ARGS__

Test(canon, gemm_column_major)
{
    SAME("dgemm", "dgemm", ARGS("eeeiiirpipirpi", COL, TRANS, NOTRANS, 3, 4, 5, 2.5, AT(1), 7, AT(2), 8, -1.0, AT(3), 9),
         ARGS("cciiirpipirpi", 'T', 'N', 3, 4, 5, 2.5, AT(1), 7, AT(2), 8, -1.0, AT(3), 9));
    SAME("cgemm", "cgemm",
         ARGS("eeeiiizpipizpi", COL, CONJTRANS, TRANS, 3, 4, 5, 2.5, 0.5, AT(1), 7, AT(2), 8, -1.0, 4.0, AT(3), 9),
         ARGS("cciiizpipizpi", 'C', 'T', 3, 4, 5, 2.5, 0.5, AT(1), 7, AT(2), 8, -1.0, 4.0, AT(3), 9));
}

/* C (3x4) = op(A) op(B) by rows is its transpose, 4x3 = op(B)' op(A)', by columns. */
Test(canon, gemm_row_major)
{
    SAME("dgemm", "dgemm", ARGS("eeeiiirpipirpi", ROW, NOTRANS, TRANS, 3, 4, 5, 2.5, AT(1), 6, AT(2), 7, -1.0, AT(3), 8),
         ARGS("cciiirpipirpi", 'T', 'N', 4, 3, 5, 2.5, AT(2), 7, AT(1), 6, -1.0, AT(3), 8));
    SAME("zgemm", "zgemm",
         ARGS("eeeiiizpipizpi", ROW, CONJTRANS, NOTRANS, 3, 4, 5, 2.5, 0.5, AT(1), 6, AT(2), 7, 0.0, 1.0, AT(3), 8),
         ARGS("cciiizpipizpi", 'N', 'C', 4, 3, 5, 2.5, 0.5, AT(2), 7, AT(1), 6, 0.0, 1.0, AT(3), 8));
}

Test(canon, symm_and_hemm)
{
    SAME("ssymm", "ssymm", ARGS("eeeiirpipirpi", COL, LEFT, UPPER, 3, 4, 2.0, AT(1), 5, AT(2), 6, 3.0, AT(3), 7),
         ARGS("cciirpipirpi", 'L', 'U', 3, 4, 2.0, AT(1), 5, AT(2), 6, 3.0, AT(3), 7));
    SAME("ssymm by rows", "ssymm", ARGS("eeeiirpipirpi", ROW, LEFT, UPPER, 3, 4, 2.0, AT(1), 5, AT(2), 6, 3.0, AT(3), 7),
         ARGS("cciirpipirpi", 'R', 'L', 4, 3, 2.0, AT(1), 5, AT(2), 6, 3.0, AT(3), 7));
    SAME("zhemm by rows", "zhemm",
         ARGS("eeeiizpipizpi", ROW, RIGHT, LOWER, 3, 4, 2.0, 1.0, AT(1), 5, AT(2), 6, 3.0, 0.0, AT(3), 7),
         ARGS("cciizpipizpi", 'L', 'U', 4, 3, 2.0, 1.0, AT(1), 5, AT(2), 6, 3.0, 0.0, AT(3), 7));
}

Test(canon, syrk_and_herk)
{
    SAME("dsyrk", "dsyrk", ARGS("eeeiirpirpi", COL, LOWER, TRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
         ARGS("cciirpirpi", 'L', 'T', 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8));
    SAME("dsyrk by rows", "dsyrk", ARGS("eeeiirpirpi", ROW, LOWER, TRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
         ARGS("cciirpirpi", 'U', 'N', 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8));
    SAME("dsyrk by rows, conjugate", "dsyrk", ARGS("eeeiirpirpi", ROW, UPPER, CONJTRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
         ARGS("cciirpirpi", 'L', 'N', 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8));
    SAME("csyrk by rows", "csyrk", ARGS("eeeiizpizpi", ROW, UPPER, NOTRANS, 4, 6, 2.0, 1.0, AT(1), 7, 3.0, 1.0, AT(3), 8),
         ARGS("cciizpizpi", 'L', 'T', 4, 6, 2.0, 1.0, AT(1), 7, 3.0, 1.0, AT(3), 8));
    SAME("cherk", "cherk", ARGS("eeeiirpirpi", COL, UPPER, CONJTRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
         ARGS("cciirpirpi", 'U', 'C', 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8));
    SAME("cherk by rows", "cherk", ARGS("eeeiirpirpi", ROW, UPPER, NOTRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
         ARGS("cciirpirpi", 'L', 'C', 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8));
    SAME("zherk by rows", "zherk", ARGS("eeeiirpirpi", ROW, LOWER, CONJTRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
         ARGS("cciirpirpi", 'U', 'N', 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8));
}

Test(canon, syr2k_and_her2k)
{
    SAME("dsyr2k by rows", "dsyr2k", ARGS("eeeiirpipirpi", ROW, UPPER, NOTRANS, 4, 6, 2.0, AT(1), 7, AT(2), 8, 3.0, AT(3), 9),
         ARGS("cciirpipirpi", 'L', 'T', 4, 6, 2.0, AT(1), 7, AT(2), 8, 3.0, AT(3), 9));
    SAME("zsyr2k by rows", "zsyr2k",
         ARGS("eeeiizpipizpi", ROW, UPPER, TRANS, 4, 6, 2.0, 0.5, AT(1), 7, AT(2), 8, 3.0, 0.0, AT(3), 9),
         ARGS("cciizpipizpi", 'L', 'N', 4, 6, 2.0, 0.5, AT(1), 7, AT(2), 8, 3.0, 0.0, AT(3), 9));
    SAME("zher2k", "zher2k", ARGS("eeeiizpipirpi", COL, UPPER, CONJTRANS, 4, 6, 2.0, 0.5, AT(1), 7, AT(2), 8, 3.0, AT(3), 9),
         ARGS("cciizpipirpi", 'U', 'C', 4, 6, 2.0, 0.5, AT(1), 7, AT(2), 8, 3.0, AT(3), 9));
    SAME("zher2k by rows", "zher2k",
         ARGS("eeeiizpipirpi", ROW, UPPER, CONJTRANS, 4, 6, 2.0, 0.5, AT(1), 7, AT(2), 8, 3.0, AT(3), 9),
         ARGS("cciizpipirpi", 'L', 'N', 4, 6, 2.0, -0.5, AT(1), 7, AT(2), 8, 3.0, AT(3), 9));
    SAME("cher2k by rows", "cher2k",
         ARGS("eeeiizpipirpi", ROW, LOWER, NOTRANS, 4, 6, 2.0, -0.0, AT(1), 7, AT(2), 8, 3.0, AT(3), 9),
         ARGS("cciizpipirpi", 'U', 'C', 4, 6, 2.0, 0.0, AT(1), 7, AT(2), 8, 3.0, AT(3), 9));
}

Test(canon, trmm_and_trsm)
{
    SAME("dtrsm", "dtrsm", ARGS("eeeeeiirpipi", COL, LEFT, UPPER, TRANS, UNIT, 3, 4, 2.0, AT(1), 5, AT(2), 6),
         ARGS("cccciirpipi", 'L', 'U', 'T', 'U', 3, 4, 2.0, AT(1), 5, AT(2), 6));
    SAME("dtrsm by rows", "dtrsm", ARGS("eeeeeiirpipi", ROW, LEFT, UPPER, TRANS, UNIT, 3, 4, 2.0, AT(1), 5, AT(2), 6),
         ARGS("cccciirpipi", 'R', 'L', 'T', 'U', 4, 3, 2.0, AT(1), 5, AT(2), 6));
    SAME("ctrsm by rows", "ctrsm",
         ARGS("eeeeeiizpipi", ROW, RIGHT, LOWER, CONJTRANS, NONUNIT, 3, 4, 2.0, 1.0, AT(1), 5, AT(2), 6),
         ARGS("cccciizpipi", 'L', 'U', 'C', 'N', 4, 3, 2.0, 1.0, AT(1), 5, AT(2), 6));
    SAME("strmm by rows", "strmm", ARGS("eeeeeiirpipi", ROW, RIGHT, UPPER, NOTRANS, NONUNIT, 3, 4, 2.0, AT(1), 5, AT(2), 6),
         ARGS("cccciirpipi", 'L', 'L', 'N', 'N', 4, 3, 2.0, AT(1), 5, AT(2), 6));
}

Test(canon, gemv)
{
    SAME("dgemv", "dgemv", ARGS("eeiirpipirpi", COL, NOTRANS, 3, 4, 2.0, AT(1), 5, AT(2), 2, 3.0, AT(3), -3),
         ARGS("ciirpipirpi", 'N', 3, 4, 2.0, AT(1), 5, AT(2), 2, 3.0, AT(3), -3));
    SAME("dgemv by rows", "dgemv", ARGS("eeiirpipirpi", ROW, NOTRANS, 3, 4, 2.0, AT(1), 5, AT(2), 2, 3.0, AT(3), -3),
         ARGS("ciirpipirpi", 'T', 4, 3, 2.0, AT(1), 5, AT(2), 2, 3.0, AT(3), -3));
    SAME("dgemv by rows, transposed", "dgemv",
         ARGS("eeiirpipirpi", ROW, CONJTRANS, 3, 4, 2.0, AT(1), 5, AT(2), 2, 3.0, AT(3), -3),
         ARGS("ciirpipirpi", 'N', 4, 3, 2.0, AT(1), 5, AT(2), 2, 3.0, AT(3), -3));
}

/* y = conj(A) x has no Fortran spelling: R. A by rows is 3x4, by columns 4x3; X has 3 elements. */
Test(canon, gemv_row_major_conjugate)
{
    struct canon c;
    struct use uses[OP_MAX_OPERANDS];
    GOOD(&c, "zgemv", STYLE_CBLAS, 4, "eeiizpipizpi", ROW, CONJTRANS, 3, 4, 2.0, 0.5, AT(1), 5, AT(2), 1, 3.0, 0.0, AT(3), 1);
    cr_expect_eq(value(&c, "trans"), 'R');
    cr_expect(value(&c, "m") == 4 && value(&c, "n") == 3 && value(&c, "lda") == 5);
    canon_uses(&c, uses);
    cr_expect_eq(uses[operand_named(c.op, "X")].rows, 3);
    cr_expect_eq(uses[operand_named(c.op, "Y")].rows, 4);
    double alpha[2];
    memcpy(alpha, c.a[argument_named(c.op, "alpha")].bytes, sizeof alpha);
    cr_expect(alpha[0] == 2.0 && alpha[1] == 0.5, "alpha is not conjugated");
    cr_expect_eq(RESULT("zgemv", STYLE_FORTRAN, 4, "ciizpipizpi", 'R', 3, 4, 2.0, 0.5, AT(1), 5, AT(2), 1, 3.0, 0.0, AT(3), 1),
                 CANON_ILLEGAL);
}

Test(canon, scalars_are_what_the_caller_gave_zero_padded)
{
    struct canon c;
    static const unsigned char zeros[12];
    float beta = -1.5f;
    GOOD(&c, "sgemm", STYLE_CBLAS, 8, "eeeiiirpipirpi", COL, NOTRANS, NOTRANS, 3, 4, 5, 2.5, AT(1), 7, AT(2), 8, -1.5, AT(3), 9);
    const unsigned char *bytes = c.a[argument_named(c.op, "beta")].bytes;
    cr_expect_arr_eq(bytes, &beta, sizeof beta);
    cr_expect_arr_eq(bytes + 4, zeros, 12, "what follows a float is noise and must be cleared");
    GOOD(&c, "cherk", STYLE_FORTRAN, 4, "cciirpirpi", 'U', 'C', 4, 6, -1.5, AT(1), 7, 3.0, AT(3), 8);
    bytes = c.a[argument_named(c.op, "alpha")].bytes;
    cr_expect_arr_eq(bytes, &beta, sizeof beta);
    cr_expect_arr_eq(bytes + 4, zeros, 12);
}

Test(canon, letters_fold)
{
    struct canon lower, upper;
    GOOD(&lower, "dtrsm", STYLE_FORTRAN, 4, "cccciirpipi", 'l', 'u', 'c', 'n', 3, 4, 2.0, AT(1), 5, AT(2), 6);
    GOOD(&upper, "dtrsm", STYLE_FORTRAN, 4, "cccciirpipi", 'L', 'U', 'T', 'N', 3, 4, 2.0, AT(1), 5, AT(2), 6);
    expect_same(&lower, &upper, "c is T for real types");
    GOOD(&lower, "ztrsm", STYLE_FORTRAN, 4, "cccciizpipi", 'l', 'u', 'c', 'n', 3, 4, 2.0, 0.0, AT(1), 5, AT(2), 6);
    cr_expect_eq(value(&lower, "transa"), 'C', "C is not T for complex types");
    GOOD(&lower, "dsyev", STYLE_LAPACKE, 4, "eccipip", COL, 'v', 'l', 5, AT(1), 5, AT(2));
    cr_expect(value(&lower, "jobz") == 'V' && value(&lower, "uplo") == 'L');
}

Test(canon, illegal_letters)
{
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'X', 'N', 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 1.0, AT(3), 9),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 0, 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 1.0, AT(3), 9),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("zherk", STYLE_FORTRAN, 4, "cciirpirpi", 'U', 'T', 4, 6, 1.0, AT(1), 7, 0.0, AT(3), 5), CANON_ILLEGAL);
    cr_expect_eq(RESULT("csyrk", STYLE_FORTRAN, 4, "cciizpizpi", 'U', 'C', 4, 6, 1.0, 0.0, AT(1), 7, 0.0, 0.0, AT(3), 5),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgels", STYLE_FORTRAN, 4, "ciiipipipip", 'C', 8, 3, 2, AT(1), 8, AT(2), 8, AT(3), 99, AT(9)),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("zgels", STYLE_FORTRAN, 4, "ciiipipipip", 'T', 8, 3, 2, AT(1), 8, AT(2), 8, AT(3), 99, AT(9)),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dpotrf", STYLE_LAPACKE, 4, "ecipi", COL, 'A', 4, AT(1), 4), CANON_ILLEGAL);
    cr_expect_eq(
        RESULT("dgemm", STYLE_CBLAS, 4, "eeeiiirpipirpi", COL, 110, NOTRANS, 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 1.0, AT(3), 9),
        CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "pciiirpipirpi", NULL, 'N', 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 1.0, AT(3), 9),
                 CANON_ILLEGAL);
}

/* The reference CBLAS refuses a constant that belongs to another argument, though it may stand for the same letter. */
Test(canon, cblas_constants_of_another_argument)
{
    cr_expect_eq(
        RESULT("dgemm", STYLE_CBLAS, 4, "eeeiiirpipirpi", COL, NONUNIT, NOTRANS, 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 1.0, AT(3), 9),
        CANON_ILLEGAL, "NonUnit taken for NoTrans");
    cr_expect_eq(RESULT("dsyrk", STYLE_CBLAS, 4, "eeeiirpirpi", COL, LEFT, TRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
                 CANON_ILLEGAL, "Left taken for Lower");
    cr_expect_eq(RESULT("dsyrk", STYLE_CBLAS, 4, "eeeiirpirpi", COL, UNIT, TRANS, 4, 6, 2.0, AT(1), 7, 3.0, AT(3), 8),
                 CANON_ILLEGAL, "Unit taken for Upper");
    cr_expect_eq(
        RESULT("dsymm", STYLE_CBLAS, 4, "eeeiirpipirpi", COL, LOWER, UPPER, 3, 4, 2.0, AT(1), 5, AT(2), 6, 3.0, AT(3), 7),
        CANON_ILLEGAL, "Lower taken for Left");
    cr_expect_eq(RESULT("dtrsm", STYLE_CBLAS, 4, "eeeeeiirpipi", COL, LEFT, UPPER, TRANS, NOTRANS, 3, 4, 2.0, AT(1), 5, AT(2), 6),
                 CANON_ILLEGAL, "NoTrans taken for NonUnit");
}

Test(canon, illegal_layouts)
{
    for (int layout = 99; layout <= 104; layout++) {
        enum canon_result want = layout == ROW || layout == COL ? CANON_OK : CANON_ILLEGAL;
        cr_expect_eq(RESULT("dpotrf", STYLE_LAPACKE, 4, "ecipi", layout, 'U', 4, AT(1), 4), want);
        cr_expect_eq(RESULT("dpotrf", STYLE_LAPACKE_WORK, 4, "ecipi", layout, 'U', 4, AT(1), 4), want);
        cr_expect_eq(RESULT("dsyrk", STYLE_CBLAS, 4, "eeeiirpirpi", layout, UPPER, TRANS, 4, 4, 2.0, AT(1), 7, 3.0, AT(3), 8),
                     want);
    }
}

/* Bad dimensions and leading dimensions of a 3x4x5 dgemm, by column and by row. */
struct gemm_case {
    int layout, transa, transb, m, n, k, lda, ldb, ldc;
    enum canon_result want;
};
static const struct gemm_case gemm_cases[] = {
    {COL, NOTRANS, NOTRANS, 3, 4, 5, 3, 5, 3, CANON_OK},       {COL, NOTRANS, NOTRANS, 3, 4, 5, 2, 5, 3, CANON_ILLEGAL},
    {COL, NOTRANS, NOTRANS, 3, 4, 5, 3, 4, 3, CANON_ILLEGAL},  {COL, NOTRANS, NOTRANS, 3, 4, 5, 3, 5, 2, CANON_ILLEGAL},
    {COL, TRANS, TRANS, 3, 4, 5, 5, 4, 3, CANON_OK},           {COL, TRANS, TRANS, 3, 4, 5, 4, 4, 3, CANON_ILLEGAL},
    {COL, TRANS, TRANS, 3, 4, 5, 5, 3, 3, CANON_ILLEGAL},      {ROW, NOTRANS, NOTRANS, 3, 4, 5, 5, 4, 4, CANON_OK},
    {ROW, NOTRANS, NOTRANS, 3, 4, 5, 4, 4, 4, CANON_ILLEGAL},  {ROW, NOTRANS, NOTRANS, 3, 4, 5, 5, 3, 4, CANON_ILLEGAL},
    {ROW, NOTRANS, NOTRANS, 3, 4, 5, 5, 4, 3, CANON_ILLEGAL},  {ROW, TRANS, TRANS, 3, 4, 5, 3, 5, 4, CANON_OK},
    {ROW, TRANS, TRANS, 3, 4, 5, 2, 5, 4, CANON_ILLEGAL},      {ROW, TRANS, TRANS, 3, 4, 5, 3, 4, 4, CANON_ILLEGAL},
    {COL, NOTRANS, NOTRANS, -1, 4, 5, 3, 5, 3, CANON_ILLEGAL}, {COL, NOTRANS, NOTRANS, 3, -1, 5, 3, 5, 3, CANON_ILLEGAL},
    {COL, NOTRANS, NOTRANS, 3, 4, -1, 3, 5, 3, CANON_ILLEGAL}, {COL, NOTRANS, NOTRANS, 0, 0, 0, 1, 1, 1, CANON_OK},
    {COL, NOTRANS, NOTRANS, 0, 0, 0, 0, 1, 1, CANON_ILLEGAL},  {COL, NOTRANS, NOTRANS, 3, 4, 5, 3, 5, -3, CANON_ILLEGAL},
};

Test(canon, gemm_dimensions)
{
    for (size_t i = 0; i < sizeof gemm_cases / sizeof gemm_cases[0]; i++)
        for (int width = 4; width <= 8; width += 4) {
            const struct gemm_case *g = &gemm_cases[i];
            cr_expect_eq(RESULT("dgemm", STYLE_CBLAS, width, "eeeiiirpipirpi", g->layout, g->transa, g->transb, g->m, g->n, g->k,
                                1.0, AT(1), g->lda, AT(2), g->ldb, 1.0, AT(3), g->ldc),
                         g->want, "case %zu, %d-byte integers", i, width);
        }
}

/* il is part of no shape by itself, so nothing but its sign tells. */
Test(canon, negative_indices)
{
    static const int first[] = {3, -1, -6};
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(RESULT("dsyevr", STYLE_LAPACKE, 4, "ecccipirriirpppip", COL, 'N', 'I', 'L', 9, AT(1), 9, 0.0, 0.0, first[i],
                            5, 0.0, AT(2), AT(3), NULL, 1, NULL),
                     i == 0 ? CANON_OK : CANON_ILLEGAL);
}

Test(canon, leading_dimensions_of_lapack)
{
    cr_expect_eq(RESULT("dgetrf", STYLE_FORTRAN, 4, "iipipp", 5, 3, AT(1), 4, AT(2), AT(9)), CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgetrf", STYLE_LAPACKE, 4, "eiipip", ROW, 5, 3, AT(1), 3, AT(2)), CANON_OK);
    cr_expect_eq(RESULT("dgetrf", STYLE_LAPACKE, 4, "eiipip", ROW, 5, 3, AT(1), 2, AT(2)), CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgels", STYLE_FORTRAN, 4, "ciiipipipip", 'N', 3, 8, 2, AT(1), 3, AT(2), 7, AT(3), 99, AT(9)),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgeev", STYLE_LAPACKE, 4, "eccipipppipi", COL, 'N', 'V', 4, AT(1), 4, AT(2), AT(3), NULL, 0, AT(4), 4),
                 CANON_ILLEGAL, "a leading dimension of 0 is refused even of what is not referenced");
    cr_expect_eq(RESULT("dgeev", STYLE_LAPACKE, 4, "eccipipppipi", COL, 'N', 'V', 4, AT(1), 4, AT(2), AT(3), NULL, 1, AT(4), 3),
                 CANON_ILLEGAL);
}

/* dposv and dsysv refuse ldb < n whatever nrhs is, and factor when it is 0. */
Test(canon, leading_dimension_without_right_hand_sides)
{
    cr_expect_eq(RESULT("dposv", STYLE_FORTRAN, 4, "ciipipip", 'U', 5, 0, AT(1), 5, AT(2), 1, AT(9)), CANON_ILLEGAL);
    cr_expect_eq(RESULT("dsysv", STYLE_FORTRAN, 4, "ciipippipip", 'U', 5, 0, AT(1), 5, AT(2), AT(3), 1, AT(4), 64, AT(9)),
                 CANON_ILLEGAL);
}

Test(canon, increments)
{
    static const int legal[] = {1, -1, 7, -7};
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(
            RESULT("dgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', 3, 4, 1.0, AT(1), 3, AT(2), legal[i], 1.0, AT(3), legal[3 - i]),
            CANON_OK);
    cr_expect_eq(RESULT("dgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', 3, 4, 1.0, AT(1), 3, AT(2), 0, 1.0, AT(3), 1),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', 3, 4, 1.0, AT(1), 3, AT(2), 1, 1.0, AT(3), 0),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemv", STYLE_CBLAS, 4, "eeiirpipirpi", ROW, NOTRANS, 3, 4, 1.0, AT(1), 4, AT(2), 0, 1.0, AT(3), 1),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemv", STYLE_FORTRAN, 8, "ciirpipIrpi", 'N', 3, 4, 1.0, AT(1), 3, AT(2), INT64_MIN, 1.0, AT(3), 1),
                 CANON_ILLEGAL);
}

Test(canon, shapes_that_no_memory_holds, .timeout = 5)
{
    const int64_t huge[] = {INT64_MAX, INT64_MAX / 2, (int64_t)1 << 40, (int64_t)1 << 33};
    for (size_t i = 0; i < 4; i++) {
        int64_t n = huge[i];
        cr_expect_eq(
            RESULT("dgemm", STYLE_FORTRAN, 8, "ccIIIrpIpIrpI", 'N', 'N', n, n, n, 1.0, AT(1), n, AT(2), n, 1.0, AT(3), n),
            CANON_ILLEGAL);
        cr_expect_eq(RESULT("zheev", STYLE_FORTRAN, 8, "ccIpIppipp", 'V', 'U', n, AT(1), n, AT(2), AT(3), 40, AT(4), AT(9)),
                     CANON_ILLEGAL);
        cr_expect_eq(RESULT("zgesdd", STYLE_FORTRAN, 8, "cIIpIppIpIpippp", 'S', n, n, AT(1), n, AT(2), AT(3), n, AT(4), n, AT(5),
                            999, AT(6), AT(7), AT(9)),
                     CANON_ILLEGAL);
        cr_expect_eq(RESULT("zgelsd", STYLE_FORTRAN, 8, "IIIpIpIprppippp", n, n, n, AT(1), n, AT(2), n, AT(3), -1.0, AT(4), AT(5),
                            999, AT(6), AT(7), AT(9)),
                     CANON_ILLEGAL);
    }
    cr_expect_eq(RESULT("dgemv", STYLE_FORTRAN, 8, "ciirpipIrpi", 'N', 3, 4, 1.0, AT(1), 3, AT(2), INT64_MAX / 4, 1.0, AT(3), 1),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dsyrk", STYLE_FORTRAN, 8, "cciirpIrpi", 'U', 'N', 4, 6, 2.0, AT(1), INT64_MAX / 4, 3.0, AT(3), 8),
                 CANON_ILLEGAL);
}

Test(canon, workspace_queries)
{
    cr_expect_eq(RESULT("dsyev", STYLE_FORTRAN, 4, "ccipippip", 'V', 'U', 5, AT(1), 5, AT(2), AT(3), -1, AT(9)), CANON_QUERY);
    cr_expect_eq(RESULT("dsyev", STYLE_FORTRAN, 8, "ccipippip", 'V', 'U', 5, AT(1), 5, AT(2), AT(3), -1, AT(9)), CANON_QUERY);
    cr_expect_eq(RESULT("dsyev", STYLE_FORTRAN, 4, "ccipippip", 'V', 'U', 5, NULL, 1, NULL, AT(3), -1, AT(9)), CANON_QUERY);
    cr_expect_eq(RESULT("dsyev", STYLE_LAPACKE_WORK, 4, "eccipippi", ROW, 'V', 'U', 5, AT(1), 5, AT(2), AT(3), -1), CANON_QUERY);
    cr_expect_eq(RESULT("dsyev", STYLE_FORTRAN, 4, "ccipippip", 'V', 'U', 5, AT(1), 5, AT(2), AT(3), -2, AT(9)), CANON_ILLEGAL);
    cr_expect_eq(RESULT("dsyevd", STYLE_FORTRAN, 4, "ccipippipip", 'V', 'U', 5, AT(1), 5, AT(2), AT(3), 99, AT(4), -1, AT(9)),
                 CANON_QUERY);
    cr_expect_eq(
        RESULT("zheevd", STYLE_FORTRAN, 4, "ccipippipipip", 'V', 'U', 5, AT(1), 5, AT(2), AT(3), 99, AT(4), -1, AT(5), 99, AT(9)),
        CANON_QUERY);
    cr_expect_eq(RESULT("dsyev", STYLE_LAPACKE, 4, "eccipip", COL, 'V', 'U', 5, AT(1), 5, AT(2)), CANON_OK);
}

/* The high-level function has neither work arrays nor LWORK nor info; the _work one has all but info. */
Test(canon, lapacke_positions)
{
    struct canon c, work;
    GOOD(&c, "dsyevr", STYLE_LAPACKE, 4, "ecccipirriirpppip", COL, 'V', 'I', 'L', 9, AT(1), 10, 0.0, 0.0, 3, 6, 0.125, AT(2),
         AT(3), AT(4), 11, AT(5));
    cr_expect(value(&c, "n") == 9 && value(&c, "lda") == 10 && value(&c, "il") == 3 && value(&c, "iu") == 6 &&
              value(&c, "ldz") == 11);
    cr_expect(pointer(&c, "A") == AT(1) && pointer(&c, "M") == AT(2) && pointer(&c, "W") == AT(3) && pointer(&c, "Z") == AT(4));
    cr_expect(pointer(&c, "isuppz") == AT(5) && pointer(&c, "work") == NULL && value(&c, "lwork") == 0);
    cr_expect(c.lapacke && !c.scratch && !c.row_major);
    GOOD(&work, "dsyevr", STYLE_LAPACKE_WORK, 4, "ecccipirriirpppippipi", ROW, 'V', 'I', 'L', 9, AT(1), 10, 0.0, 0.0, 3, 6, 0.125,
         AT(2), AT(3), AT(4), 11, AT(5), AT(6), 300, AT(7), 100);
    cr_expect(value(&work, "ldz") == 11 && pointer(&work, "isuppz") == AT(5) && pointer(&work, "work") == AT(6));
    cr_expect(value(&work, "lwork") == 300 && pointer(&work, "iwork") == AT(7) && value(&work, "liwork") == 100);
    cr_expect(!work.lapacke && work.scratch && work.row_major);
}

Test(canon, lapacke_extra_arguments)
{
    struct canon c;
    GOOD(&c, "zgesvd", STYLE_LAPACKE, 8, "ecciipippipip", ROW, 'S', 'S', 8, 5, AT(1), 5, AT(2), AT(3), 5, AT(4), 6, AT(5));
    cr_expect(pointer(&c, "superb") == AT(5) && pointer(&c, "VT") == AT(4) && value(&c, "ldvt") == 6 &&
              pointer(&c, "rwork") == NULL);
    cr_expect(c.row_major, "LAPACKE by rows is another computation and stays marked");
    cr_expect(value(&c, "m") == 8 && value(&c, "n") == 5, "and keeps its arguments");
    GOOD(&c, "zgesvd", STYLE_LAPACKE_WORK, 8, "ecciipippipipip", COL, 'S', 'S', 8, 5, AT(1), 8, AT(2), AT(3), 8, AT(4), 6, AT(5),
         99, AT(6));
    cr_expect(pointer(&c, "superb") == NULL && pointer(&c, "work") == AT(5) && pointer(&c, "rwork") == AT(6));
}

Test(canon, raw_positions)
{
    struct entry entry = {.op = op_find("dgesvd"), .style = STYLE_FORTRAN};
    int superb = argument_named(entry.op, "superb"), info = argument_named(entry.op, "info"), s = argument_named(entry.op, "S");
    static const struct {
        int style, superb, info, s;
    } want[] = {{STYLE_FORTRAN, -1, 13, 6}, {STYLE_LAPACKE, 12, -1, 7}, {STYLE_LAPACKE_WORK, -1, -1, 7}};
    for (size_t i = 0; i < 3; i++) {
        entry.style = (uint8_t)want[i].style;
        cr_expect_eq(call_raw_index(&entry, superb), want[i].superb, "style %d", want[i].style);
        cr_expect_eq(call_raw_index(&entry, info), want[i].info, "style %d", want[i].style);
        cr_expect_eq(call_raw_index(&entry, s), want[i].s, "style %d", want[i].style);
    }
}

/* Negative numbers survive the noise above 32 bits, and wide ones are not cut. */
Test(canon, integer_widths)
{
    struct canon c;
    GOOD(&c, "dgemv", STYLE_CBLAS, 4, "eeiirpipirpi", COL, NOTRANS, 3, 4, 1.0, AT(1), 5, AT(2), -2, 1.0, AT(3), 3);
    cr_expect(value(&c, "incx") == -2 && value(&c, "m") == 3);
    GOOD(&c, "dgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', 3, 4, 1.0, AT(1), 5, AT(2), -2, 1.0, AT(3), 3);
    cr_expect_eq(value(&c, "incx"), -2);
    int64_t wide = ((int64_t)1 << 32) + 3;
    GOOD(&c, "dgemv", STYLE_FORTRAN, 8, "ciirpIpirpi", 'N', 3, 4, 1.0, AT(1), wide, AT(2), 1, 1.0, AT(3), 1);
    cr_expect_eq(value(&c, "lda"), wide);
    GOOD(&c, "dgemv", STYLE_CBLAS, 8, "eeiirpIpirpi", COL, NOTRANS, 3, 4, 1.0, AT(1), wide, AT(2), 1, 1.0, AT(3), 1);
    cr_expect_eq(value(&c, "lda"), wide);
}

Test(canon, null_pointers)
{
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 3, 4, 5, 1.0, NULL, 7, AT(2), 8, 1.0, AT(3), 9),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 0.0, NULL, 9),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 3, 4, 5, 0.0, NULL, 7, NULL, 8, 1.0, AT(3), 9),
                 CANON_OK);
    cr_expect_eq(RESULT("dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 0, 4, 5, 1.0, NULL, 7, AT(2), 8, 1.0, NULL, 9),
                 CANON_OK);
    cr_expect_eq(RESULT("dgeev", STYLE_LAPACKE, 4, "eccipipppipi", COL, 'N', 'N', 4, AT(1), 4, AT(2), AT(3), NULL, 1, NULL, 1),
                 CANON_OK);
    cr_expect_eq(RESULT("dgeev", STYLE_LAPACKE, 4, "eccipipppipi", COL, 'V', 'N', 4, AT(1), 4, AT(2), AT(3), NULL, 4, NULL, 1),
                 CANON_ILLEGAL);
    cr_expect_eq(RESULT("dsyev", STYLE_FORTRAN, 4, "ccipippip", 'V', 'U', 5, AT(1), 5, AT(2), NULL, 40, AT(9)), CANON_ILLEGAL);
    cr_expect_eq(RESULT("dpotrf", STYLE_FORTRAN, 4, "cipip", 'U', 5, AT(1), 5, NULL), CANON_ILLEGAL, "no info");
    cr_expect_eq(RESULT("dpotrf", STYLE_FORTRAN, 4, "cppip", 'U', NULL, AT(1), 5, AT(9)), CANON_ILLEGAL, "no n");
    cr_expect_eq(RESULT("zgemm", STYLE_CBLAS, 4, "eeeiiipppppppp", COL, NOTRANS, NOTRANS, 3, 4, 5, NULL, AT(1), AT(1), AT(1),
                        AT(1), NULL, AT(3), AT(3)),
                 CANON_ILLEGAL, "no alpha");
}

/* vl and vu count only for range V, il and iu only for range I: what is not read may point anywhere. */
Test(canon, scalars_that_are_not_read)
{
    struct canon c;
    void *bad = (void *)(uintptr_t)16;
    GOOD(&c, "dsyevr", STYLE_FORTRAN, 4, "cccipippiirpppippipip", 'N', 'I', 'L', 9, AT(1), 9, bad, bad, 3, 6, 0.0, AT(2), AT(3),
         NULL, 1, NULL, AT(6), 300, AT(7), 100, AT(9));
    cr_expect(value(&c, "il") == 3 && value(&c, "iu") == 6 && value(&c, "vl") == 0);
    GOOD(&c, "dsyevr", STYLE_FORTRAN, 4, "cccipippppppppippipip", 'N', 'A', 'L', 9, AT(1), 9, bad, bad, bad, bad, &(double){0.5},
         AT(2), AT(3), NULL, 1, NULL, AT(6), 300, AT(7), 100, AT(9));
    cr_expect(value(&c, "il") == 0 && value(&c, "vu") == 0);
    GOOD(&c, "cheevr", STYLE_FORTRAN, 4, "cccipirrpprpppippipipip", 'N', 'V', 'L', 9, AT(1), 9, -1.0, 2.0, bad, bad, 0.0, AT(2),
         AT(3), NULL, 1, NULL, AT(6), 300, AT(8), 250, AT(7), 100, AT(9));
    float vu = 2.0f;
    cr_expect_arr_eq(c.a[argument_named(c.op, "vu")].bytes, &vu, sizeof vu);
}

/* In a register too: the noise in an unread argument must not reach the key. */
Test(canon, unread_registers_are_cleared)
{
    struct canon c;
    GOOD(&c, "dsyevr", STYLE_LAPACKE, 4, "ecccipirriirpppip", ROW, 'N', 'A', 'L', 9, AT(1), 10, 1.5, 2.5, 3, 6, 0.125, AT(2),
         AT(3), NULL, 1, NULL);
    cr_expect(value(&c, "vl") == 0 && value(&c, "vu") == 0 && value(&c, "il") == 0 && value(&c, "iu") == 0);
}

Test(canon, status)
{
    static struct built b;
    struct canon c;
    int32_t info = -7;
    build(&b, "dpotrf", STYLE_FORTRAN, 4, "cipip", 'U', 5, AT(1), 5, &info);
    cr_assert_eq(canon_of(&b, 4, &c), CANON_OK);
    cr_expect_eq(call_info(&b.call, &c, 99), -7);
    int64_t wide = -7;
    build(&b, "dgesvd", STYLE_FORTRAN, 8, "cciipippipipip", 'N', 'N', 8, 5, AT(1), 8, AT(2), NULL, 1, NULL, 1, AT(5), 99, &wide);
    cr_assert_eq(canon_of(&b, 8, &c), CANON_OK);
    cr_expect_eq(call_info(&b.call, &c, 99), -7);
    build(&b, "dpotrf", STYLE_LAPACKE, 4, "ecipi", COL, 'U', 5, AT(1), 5);
    cr_assert_eq(canon_of(&b, 4, &c), CANON_OK);
    cr_expect_eq(call_info(&b.call, &c, (int64_t)0xFEDCBA98FFFFFFFE), -2, "LAPACKE returns an int; what is above is noise");
    build(&b, "dpotrf", STYLE_LAPACKE_WORK, 8, "ecipi", COL, 'U', 5, AT(1), 5);
    cr_assert_eq(canon_of(&b, 8, &c), CANON_OK);
    cr_expect_eq(call_info(&b.call, &c, 3), 3);
    build(&b, "dtrsm", STYLE_FORTRAN, 4, "cccciirpipi", 'L', 'U', 'T', 'N', 3, 4, 2.0, AT(1), 5, AT(2), 6);
    cr_assert_eq(canon_of(&b, 4, &c), CANON_OK);
    cr_expect_eq(call_info(&b.call, &c, 99), 0);
}

/* What a style did not pass is not an operand of the call. */
Test(canon, uses_of_what_was_not_passed)
{
    struct canon c;
    struct use uses[OP_MAX_OPERANDS];
    GOOD(&c, "dsyev", STYLE_LAPACKE, 4, "eccipip", COL, 'V', 'U', 5, AT(1), 5, AT(2));
    memset(uses, 0xEE, sizeof uses);
    canon_uses(&c, uses);
    struct use *work = &uses[operand_named(c.op, "work")];
    cr_expect(work->rows == 0 && work->cols == 0 && work->first == 0);
    cr_expect_eq(uses[operand_named(c.op, "W")].rows, 5);
}

static const char letters[] = "sdcz";
ParameterizedTestParameters(canon, potrf_in_every_style)
{
    static int cases[4 * 3 * 2];
    for (int i = 0; i < 24; i++)
        cases[i] = i;
    return cr_make_param_array(int, cases, 24);
}

ParameterizedTest(const int *which, canon, potrf_in_every_style)
{
    static const int styles[] = {STYLE_FORTRAN, STYLE_LAPACKE, STYLE_LAPACKE_WORK};
    enum style style = (enum style)styles[*which / 2 % 3];
    int width = *which % 2 ? 8 : 4;
    char name[] = {letters[*which / 6], 'p', 'o', 't', 'r', 'f', 0};
    struct canon c;
    if (style == STYLE_FORTRAN)
        GOOD(&c, name, style, width, "cipip", 'l', 5, AT(1), 6, AT(9));
    else
        GOOD(&c, name, style, width, "ecipi", ROW, 'l', 5, AT(1), 6);
    cr_expect(value(&c, "uplo") == 'L' && value(&c, "n") == 5 && pointer(&c, "A") == AT(1) && value(&c, "lda") == 6);
    cr_expect_eq(c.row_major, style != STYLE_FORTRAN);
    cr_expect_eq(c.lapacke, style == STYLE_LAPACKE);
    cr_expect_eq(c.scratch, style != STYLE_LAPACKE);
    cr_expect_eq(c.int_bytes, width);
    cr_expect_eq(c.op->type, letters[*which / 6]);
}
