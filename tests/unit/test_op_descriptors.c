/*
 * The op table against the documentation of the reference BLAS and LAPACK. What is expected is written by hand from there, call
 * by call; nothing here is derived from the table.
 */
#include <math.h>

#include "tests/unit/calls.h"

#define NONE            \
    {                   \
        PART_NONE, 0, 0 \
    }
#define FULL(r, c)      \
    {                   \
        PART_FULL, r, c \
    }
#define UP(n)            \
    {                    \
        PART_UPPER, n, n \
    }
#define LO(n)            \
    {                    \
        PART_LOWER, n, n \
    }
#define SUP(n)                  \
    {                           \
        PART_STRICT_UPPER, n, n \
    }
#define SLO(n)                  \
    {                           \
        PART_STRICT_LOWER, n, n \
    }

struct want {
    const char *name;
    int role;
    char type;
    int64_t rows, cols;
    struct region read, write;
    int64_t first;
};

static bool same_region(struct region got, struct region want)
{
    if (want.part == PART_NONE || want.rows == 0 || want.cols == 0)
        return got.part == PART_NONE || got.rows == 0 || got.cols == 0;
    return got.part == want.part && got.rows == want.rows && got.cols == want.cols;
}

static void check_operand(const struct canon *c, const struct use *uses, const struct want *w)
{
    const char *op = c->op->name;
    int k = operand_named(c->op, w->name);
    const struct use *u = &uses[k];
    cr_expect_eq(c->op->operands[k].role, w->role, "%s %s: role %d", op, w->name, c->op->operands[k].role);
    cr_expect_eq(op_element_type(c, k), w->type, "%s %s: type %c", op, w->name, op_element_type(c, k));
    cr_expect(u->rows == w->rows && u->cols == w->cols, "%s %s: shape %ld x %ld", op, w->name, (long)u->rows, (long)u->cols);
    cr_expect(same_region(u->read, w->read), "%s %s: reads part %d of %ld x %ld", op, w->name, u->read.part, (long)u->read.rows,
              (long)u->read.cols);
    cr_expect(same_region(u->write, w->write), "%s %s: writes part %d of %ld x %ld", op, w->name, u->write.part,
              (long)u->write.rows, (long)u->write.cols);
    cr_expect_eq(u->first, w->first, "%s %s: first %ld", op, w->name, (long)u->first);
}

static void check_uses(const struct canon *c, const struct want *wants, size_t count)
{
    struct use uses[OP_MAX_OPERANDS];
    memset(uses, 0xEE, sizeof uses);
    canon_uses(c, uses);
    cr_expect_eq(c->op->noperands, count, "%s has %d operands", c->op->name, c->op->noperands);
    for (size_t i = 0; i < count; i++)
        check_operand(c, uses, &wants[i]);
}

#define USES(c, ...)                                               \
    do {                                                           \
        const struct want wants_[] = {__VA_ARGS__};                \
        check_uses((c), wants_, sizeof wants_ / sizeof wants_[0]); \
    } while (0)

#define IN(name, type, r, c, reads)               \
    {                                             \
        name, ROLE_IN, type, r, c, reads, NONE, 0 \
    }
#define OUT(name, type, r, c)                           \
    {                                                   \
        name, ROLE_OUT, type, r, c, NONE, FULL(r, c), 0 \
    }
#define INOUT(name, type, r, c, ...)                 \
    {                                                \
        name, ROLE_INOUT, type, r, c, __VA_ARGS__, 0 \
    }
#define MAYBE(name, type, n, first)                     \
    {                                                   \
        name, ROLE_MAYBE, type, n, 1, NONE, NONE, first \
    }
#define WORK(name, type, n, first)                     \
    {                                                  \
        name, ROLE_WORK, type, n, 1, NONE, NONE, first \
    }
#define ABSENT(name, role, type)              \
    {                                         \
        name, role, type, 0, 0, NONE, NONE, 0 \
    }

/* `slack`: the share by which a count whose textbooks differ may be off. */
static void check_flops(const struct canon *c, double want, double slack)
{
    double got = op_flops(c);
    cr_expect(fabs(got - want) <= want * (slack + 1e-12), "%s: %.17g flops, %.17g expected", c->op->name, got, want);
}

Test(op_descriptors, gemm)
{
    struct canon c;
    GOOD(&c, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'T', 3, 4, 5, 1.0, AT(1), 7, AT(2), 8, 1.0, AT(3), 9);
    USES(&c, IN("A", 'd', 3, 5, FULL(3, 5)), IN("B", 'd', 4, 5, FULL(4, 5)), INOUT("C", 'd', 3, 4, FULL(3, 4), FULL(3, 4)));
    check_flops(&c, 2.0 * 3 * 4 * 5, 0);
    GOOD(&c, "zgemm", STYLE_FORTRAN, 8, "cciiizpipizpi", 'C', 'N', 3, 4, 5, 0.0, 1e-300, AT(1), 7, AT(2), 8, -0.0, 0.0, AT(3), 9);
    USES(&c, IN("A", 'z', 5, 3, FULL(5, 3)), IN("B", 'z', 5, 4, FULL(5, 4)), INOUT("C", 'z', 3, 4, NONE, FULL(3, 4)));
    check_flops(&c, 8.0 * 3 * 4 * 5, 0);
}

Test(op_descriptors, gemm_scalars_that_are_zero_or_nan)
{
    struct canon c;
    GOOD(&c, "sgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'T', 'T', 3, 4, 5, -0.0, NULL, 7, NULL, 8, (double)NAN, AT(3), 9);
    USES(&c, IN("A", 's', 5, 3, NONE), IN("B", 's', 4, 5, NONE), INOUT("C", 's', 3, 4, FULL(3, 4), FULL(3, 4)));
    GOOD(&c, "cgemm", STYLE_FORTRAN, 4, "cciiizpipizpi", 'N', 'N', 3, 4, 5, (double)NAN, 0.0, AT(1), 7, AT(2), 8, 0.0, 0.0, AT(3),
         9);
    USES(&c, IN("A", 'c', 3, 5, FULL(3, 5)), IN("B", 'c', 5, 4, FULL(5, 4)), INOUT("C", 'c', 3, 4, NONE, FULL(3, 4)));
}

Test(op_descriptors, symm_and_hemm)
{
    struct canon c;
    GOOD(&c, "csymm", STYLE_FORTRAN, 4, "cciizpipizpi", 'R', 'L', 3, 4, 1.0, 0.0, AT(1), 4, AT(2), 3, 1.0, 0.0, AT(3), 3);
    USES(&c, IN("A", 'c', 4, 4, LO(4)), IN("B", 'c', 3, 4, FULL(3, 4)), INOUT("C", 'c', 3, 4, FULL(3, 4), FULL(3, 4)));
    check_flops(&c, 8.0 * 3 * 4 * 4, 0);
    GOOD(&c, "zhemm", STYLE_FORTRAN, 4, "cciizpipizpi", 'L', 'U', 3, 4, 1.0, 0.0, AT(1), 4, AT(2), 3, 0.0, 0.0, AT(3), 3);
    USES(&c, IN("A", 'z', 3, 3, UP(3)), IN("B", 'z', 3, 4, FULL(3, 4)), INOUT("C", 'z', 3, 4, NONE, FULL(3, 4)));
    check_flops(&c, 8.0 * 3 * 3 * 4, 0);
}

Test(op_descriptors, rank_k_updates)
{
    struct canon c;
    GOOD(&c, "ssyrk", STYLE_FORTRAN, 4, "cciirpirpi", 'U', 'T', 4, 6, 1.0, AT(1), 6, 1.0, AT(3), 5);
    USES(&c, IN("A", 's', 6, 4, FULL(6, 4)), INOUT("C", 's', 4, 4, UP(4), UP(4)));
    check_flops(&c, 4.0 * 5 * 6, 0);
    GOOD(&c, "zherk", STYLE_FORTRAN, 4, "cciirpirpi", 'L', 'N', 4, 6, 1.0, AT(1), 6, 0.0, AT(3), 5);
    USES(&c, IN("A", 'z', 4, 6, FULL(4, 6)), INOUT("C", 'z', 4, 4, NONE, LO(4)));
    check_flops(&c, 4 * 4.0 * 5 * 6, 0);
    GOOD(&c, "csyrk", STYLE_FORTRAN, 4, "cciizpizpi", 'L', 'T', 4, 6, 0.0, 0.0, NULL, 6, 0.0, 2.0, AT(3), 5);
    USES(&c, IN("A", 'c', 6, 4, NONE), INOUT("C", 'c', 4, 4, LO(4), LO(4)));
    GOOD(&c, "dsyr2k", STYLE_FORTRAN, 4, "cciirpipirpi", 'L', 'N', 4, 6, 1.0, AT(1), 6, AT(2), 4, 1.0, AT(3), 5);
    USES(&c, IN("A", 'd', 4, 6, FULL(4, 6)), IN("B", 'd', 4, 6, FULL(4, 6)), INOUT("C", 'd', 4, 4, LO(4), LO(4)));
    check_flops(&c, 2 * 4.0 * 5 * 6, 0);
    GOOD(&c, "cher2k", STYLE_FORTRAN, 4, "cciizpipirpi", 'U', 'C', 4, 6, 1.0, 0.0, AT(1), 6, AT(2), 6, 0.0, AT(3), 5);
    USES(&c, IN("A", 'c', 6, 4, FULL(6, 4)), IN("B", 'c', 6, 4, FULL(6, 4)), INOUT("C", 'c', 4, 4, NONE, UP(4)));
    check_flops(&c, 8 * 4.0 * 5 * 6, 0);
}

Test(op_descriptors, triangular_products_and_solves)
{
    struct canon c;
    GOOD(&c, "dtrsm", STYLE_FORTRAN, 4, "cccciirpipi", 'L', 'L', 'N', 'U', 3, 5, 1.0, AT(1), 3, AT(2), 3);
    USES(&c, IN("A", 'd', 3, 3, SLO(3)), INOUT("B", 'd', 3, 5, FULL(3, 5), FULL(3, 5)));
    check_flops(&c, 3.0 * 3 * 5, 0);
    GOOD(&c, "ctrsm", STYLE_FORTRAN, 4, "cccciizpipi", 'R', 'U', 'C', 'N', 3, 5, 1.0, 0.0, AT(1), 5, AT(2), 3);
    USES(&c, IN("A", 'c', 5, 5, UP(5)), INOUT("B", 'c', 3, 5, FULL(3, 5), FULL(3, 5)));
    check_flops(&c, 4 * 3.0 * 5 * 5, 0);
    GOOD(&c, "strmm", STYLE_FORTRAN, 4, "cccciirpipi", 'R', 'U', 'T', 'U', 3, 5, 0.0, NULL, 5, AT(2), 3);
    USES(&c, IN("A", 's', 5, 5, NONE), INOUT("B", 's', 3, 5, NONE, FULL(3, 5)));
    check_flops(&c, 3.0 * 5 * 5, 0);
}

Test(op_descriptors, gemv)
{
    struct canon c;
    GOOD(&c, "sgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'T', 3, 4, 1.0, AT(1), 3, AT(2), 2, 1.0, AT(3), -1);
    USES(&c, IN("A", 's', 3, 4, FULL(3, 4)), IN("X", 's', 3, 1, FULL(3, 1)), INOUT("Y", 's', 4, 1, FULL(4, 1), FULL(4, 1)));
    check_flops(&c, 2.0 * 3 * 4, 0);
    GOOD(&c, "zgemv", STYLE_FORTRAN, 4, "ciizpipizpi", 'N', 3, 4, 1.0, 0.0, AT(1), 3, AT(2), 2, 0.0, 0.0, AT(3), -1);
    USES(&c, IN("A", 'z', 3, 4, FULL(3, 4)), IN("X", 'z', 4, 1, FULL(4, 1)), INOUT("Y", 'z', 3, 1, NONE, FULL(3, 1)));
    check_flops(&c, 8.0 * 3 * 4, 0);
}

Test(op_descriptors, getrf_and_getrs)
{
    struct canon c;
    GOOD(&c, "sgetrf", STYLE_FORTRAN, 4, "iipipp", 5, 3, AT(1), 5, AT(2), AT(9));
    USES(&c, INOUT("A", 's', 5, 3, FULL(5, 3), FULL(5, 3)), OUT("ipiv", 'i', 3, 1));
    check_flops(&c, 5.0 * 3 * 3 - 27.0 / 3, 0); /* m n^2 - n^3/3 */
    GOOD(&c, "zgetrs", STYLE_FORTRAN, 8, "ciipippip", 'C', 5, 2, AT(1), 5, AT(2), AT(3), 5, AT(9));
    USES(&c, IN("A", 'z', 5, 5, FULL(5, 5)), IN("ipiv", 'l', 5, 1, FULL(5, 1)), INOUT("B", 'z', 5, 2, FULL(5, 2), FULL(5, 2)));
    check_flops(&c, 8.0 * 5 * 5 * 2, 0);
}

Test(op_descriptors, gesv)
{
    struct canon c;
    GOOD(&c, "dgesv", STYLE_FORTRAN, 8, "iipippip", 6, 2, AT(1), 6, AT(2), AT(3), 6, AT(9));
    USES(&c, INOUT("A", 'd', 6, 6, FULL(6, 6), FULL(6, 6)), OUT("ipiv", 'l', 6, 1),
         INOUT("B", 'd', 6, 2, FULL(6, 2), FULL(6, 2)));
    check_flops(&c, 2.0 / 3 * 216 + 2.0 * 36 * 2, 0);
    cr_expect_eq(op_element_bytes(&c, operand_named(c.op, "ipiv")), 8);
    GOOD(&c, "cgesv", STYLE_FORTRAN, 4, "iipippip", 6, 0, AT(1), 6, AT(2), AT(3), 6, AT(9));
    cr_expect_eq(op_flops(&c), 0, "a quick return must count nothing");
    cr_expect_eq(op_element_bytes(&c, operand_named(c.op, "ipiv")), 4);
    cr_expect_eq(op_element_bytes(&c, operand_named(c.op, "A")), 8);
}

Test(op_descriptors, getri)
{
    struct canon c;
    GOOD(&c, "cgetri", STYLE_FORTRAN, 4, "ipippip", 5, AT(1), 5, AT(2), AT(3), 40, AT(9));
    USES(&c, INOUT("A", 'c', 5, 5, FULL(5, 5), FULL(5, 5)), IN("ipiv", 'i', 5, 1, FULL(5, 1)), WORK("work", 'c', 40, 1));
    check_flops(&c, 4 * 4.0 / 3 * 125, 0);
}

Test(op_descriptors, cholesky)
{
    struct canon c;
    GOOD(&c, "spotrf", STYLE_FORTRAN, 4, "cipip", 'L', 5, AT(1), 6, AT(9));
    USES(&c, INOUT("A", 's', 5, 5, LO(5), LO(5)));
    check_flops(&c, 125.0 / 3, 0);
    GOOD(&c, "zposv", STYLE_FORTRAN, 4, "ciipipip", 'U', 5, 3, AT(1), 6, AT(2), 5, AT(9));
    USES(&c, INOUT("A", 'z', 5, 5, UP(5), UP(5)), INOUT("B", 'z', 5, 3, FULL(5, 3), FULL(5, 3)));
    check_flops(&c, 4 * (125.0 / 3 + 2 * 25 * 3), 0);
    GOOD(&c, "dpotrs", STYLE_FORTRAN, 4, "ciipipip", 'U', 5, 3, AT(1), 6, AT(2), 5, AT(9));
    USES(&c, IN("A", 'd', 5, 5, UP(5)), INOUT("B", 'd', 5, 3, FULL(5, 3), FULL(5, 3)));
    GOOD(&c, "cpotri", STYLE_FORTRAN, 4, "cipip", 'U', 5, AT(1), 6, AT(9));
    USES(&c, INOUT("A", 'c', 5, 5, UP(5), UP(5)));
    check_flops(&c, 4 * 2 * 125.0 / 3, 0);
}

Test(op_descriptors, triangular_inverse)
{
    struct canon c;
    GOOD(&c, "ztrtri", STYLE_FORTRAN, 4, "ccipip", 'U', 'U', 5, AT(1), 6, AT(9));
    USES(&c, INOUT("A", 'z', 5, 5, SUP(5), SUP(5)));
    check_flops(&c, 4 * 125.0 / 3, 0);
    GOOD(&c, "strtri", STYLE_FORTRAN, 4, "ccipip", 'L', 'N', 5, AT(1), 6, AT(9));
    USES(&c, INOUT("A", 's', 5, 5, LO(5), LO(5)));
    GOOD(&c, "dtrtrs", STYLE_FORTRAN, 4, "ccciipipip", 'L', 'T', 'U', 5, 2, AT(1), 6, AT(2), 5, AT(9));
    USES(&c, IN("A", 'd', 5, 5, SLO(5)), INOUT("B", 'd', 5, 2, FULL(5, 2), FULL(5, 2)));
    check_flops(&c, 25.0 * 2, 0);
}

Test(op_descriptors, symmetric_indefinite)
{
    struct canon c;
    GOOD(&c, "dsytrf", STYLE_FORTRAN, 4, "cipippip", 'L', 5, AT(1), 5, AT(2), AT(3), 64, AT(9));
    USES(&c, INOUT("A", 'd', 5, 5, LO(5), LO(5)), OUT("ipiv", 'i', 5, 1), WORK("work", 'd', 64, 1));
    check_flops(&c, 125.0 / 3, 0);
    GOOD(&c, "chetrf", STYLE_FORTRAN, 8, "cipippip", 'U', 5, AT(1), 5, AT(2), AT(3), 64, AT(9));
    USES(&c, INOUT("A", 'c', 5, 5, UP(5), UP(5)), OUT("ipiv", 'l', 5, 1), WORK("work", 'c', 64, 1));
    GOOD(&c, "ssysv", STYLE_FORTRAN, 4, "ciipippipip", 'U', 5, 2, AT(1), 5, AT(2), AT(3), 5, AT(4), 64, AT(9));
    USES(&c, INOUT("A", 's', 5, 5, UP(5), UP(5)), OUT("ipiv", 'i', 5, 1), INOUT("B", 's', 5, 2, FULL(5, 2), FULL(5, 2)),
         WORK("work", 's', 64, 1));
}

Test(op_descriptors, syev)
{
    struct canon c;
    GOOD(&c, "dsyev", STYLE_FORTRAN, 4, "ccipippip", 'N', 'L', 10, AT(1), 10, AT(2), AT(3), 40, AT(9));
    USES(&c, INOUT("A", 'd', 10, 10, LO(10), LO(10)), OUT("W", 'd', 10, 1), WORK("work", 'd', 40, 1));
    check_flops(&c, 4.0 / 3 * 1000, 0);
    GOOD(&c, "ssyev", STYLE_FORTRAN, 4, "ccipippip", 'V', 'U', 10, AT(1), 10, AT(2), AT(3), 40, AT(9));
    USES(&c, INOUT("A", 's', 10, 10, UP(10), FULL(10, 10)), OUT("W", 's', 10, 1), WORK("work", 's', 40, 1));
    check_flops(&c, 9.0 * 1000, 0);
    GOOD(&c, "cheev", STYLE_FORTRAN, 4, "ccipippipp", 'V', 'U', 10, AT(1), 10, AT(2), AT(3), 40, AT(4), AT(9));
    USES(&c, INOUT("A", 'c', 10, 10, UP(10), FULL(10, 10)), OUT("W", 's', 10, 1), WORK("work", 'c', 40, 1),
         WORK("rwork", 's', 28, 0));
}

Test(op_descriptors, syevr)
{
    struct canon c;
    GOOD(&c, "dsyevr", STYLE_FORTRAN, 8, "cccipirriirpppippipip", 'V', 'I', 'L', 9, AT(1), 9, 0.0, 0.0, 3, 6, 0.0, AT(2), AT(3),
         AT(4), 9, AT(5), AT(6), 300, AT(7), 100, AT(9));
    USES(&c, INOUT("A", 'd', 9, 9, LO(9), LO(9)), OUT("M", 'l', 1, 1), MAYBE("W", 'd', 9, 4), OUT("Z", 'd', 9, 4),
         MAYBE("isuppz", 'l', 8, 0), WORK("work", 'd', 300, 1), WORK("iwork", 'l', 100, 1));
    cr_expect(c.op->reuse(&c));
    GOOD(&c, "ssyevr", STYLE_FORTRAN, 4, "cccipirriirpppippipip", 'N', 'A', 'U', 9, AT(1), 9, 0.0, 0.0, 3, 6, 0.0, AT(2), AT(3),
         NULL, 1, NULL, AT(6), 300, AT(7), 100, AT(9));
    USES(&c, INOUT("A", 's', 9, 9, UP(9), UP(9)), OUT("M", 'i', 1, 1), MAYBE("W", 's', 9, 9), ABSENT("Z", ROLE_OUT, 's'),
         ABSENT("isuppz", ROLE_MAYBE, 'i'), WORK("work", 's', 300, 1), WORK("iwork", 'i', 100, 1));
    check_flops(&c, 4.0 / 3 * 729, 0);
    GOOD(&c, "zheevr", STYLE_FORTRAN, 4, "cccipirriirpppippipipip", 'V', 'V', 'U', 9, AT(1), 9, 0.5, 1.5, 3, 6, 0.0, AT(2), AT(3),
         AT(4), 9, AT(5), AT(6), 300, AT(7), 250, AT(8), 100, AT(9));
    cr_expect_not(c.op->reuse(&c), "the number of columns is not known before");
    cr_expect_eq(op_element_type(&c, operand_named(c.op, "W")), 'd');
    cr_expect_eq(op_element_type(&c, operand_named(c.op, "Z")), 'z');
}

Test(op_descriptors, gels)
{
    struct canon c;
    GOOD(&c, "sgels", STYLE_FORTRAN, 4, "ciiipipipip", 'N', 8, 3, 2, AT(1), 8, AT(2), 8, AT(3), 99, AT(9));
    USES(&c, INOUT("A", 's', 8, 3, FULL(8, 3), FULL(8, 3)), INOUT("B", 's', 8, 2, FULL(8, 2), FULL(8, 2)),
         WORK("work", 's', 99, 1));
    check_flops(&c, 2.0 * 8 * 9 - 2.0 / 3 * 27 + 4.0 * 8 * 3 * 2, 0.2);
    GOOD(&c, "dgels", STYLE_FORTRAN, 4, "ciiipipipip", 'N', 3, 8, 2, AT(1), 3, AT(2), 8, AT(3), 99, AT(9));
    USES(&c, INOUT("A", 'd', 3, 8, FULL(3, 8), FULL(3, 8)), INOUT("B", 'd', 8, 2, FULL(3, 2), FULL(8, 2)),
         WORK("work", 'd', 99, 1));
    GOOD(&c, "zgels", STYLE_FORTRAN, 4, "ciiipipipip", 'C', 8, 3, 2, AT(1), 8, AT(2), 8, AT(3), 99, AT(9));
    USES(&c, INOUT("A", 'z', 8, 3, FULL(8, 3), FULL(8, 3)), INOUT("B", 'z', 8, 2, FULL(3, 2), FULL(8, 2)),
         WORK("work", 'z', 99, 1));
    GOOD(&c, "zgels", STYLE_FORTRAN, 4, "ciiipipipip", 'N', 8, 3, 0, AT(1), 8, AT(2), 8, AT(3), 99, AT(9));
    cr_expect_eq(op_flops(&c), 0);
}

/* LIWORK = max(1, 3 minmn nlvl + 11 minmn); nlvl = max(0, int(log2(minmn / (smlsiz + 1))) + 1), smlsiz = 25. */
Test(op_descriptors, gelsd)
{
    struct canon c;
    GOOD(&c, "dgelsd", STYLE_FORTRAN, 4, "iiipipiprppipp", 120, 100, 2, AT(1), 120, AT(2), 120, AT(3), -1.0, AT(4), AT(5), 9999,
         AT(6), AT(9));
    USES(&c, INOUT("A", 'd', 120, 100, FULL(120, 100), FULL(120, 100)), INOUT("B", 'd', 120, 2, FULL(120, 2), FULL(120, 2)),
         OUT("S", 'd', 100, 1), OUT("rank", 'i', 1, 1), WORK("work", 'd', 9999, 1),
         WORK("iwork", 'i', 3 * 100 * 2 + 11 * 100, 1));
    GOOD(&c, "zgelsd", STYLE_FORTRAN, 4, "iiipipiprppippp", 10, 12, 2, AT(1), 10, AT(2), 12, AT(3), -1.0, AT(4), AT(5), 999,
         AT(6), AT(7), AT(9));
    USES(&c, INOUT("A", 'z', 10, 12, FULL(10, 12), FULL(10, 12)), INOUT("B", 'z', 12, 2, FULL(10, 2), FULL(12, 2)),
         OUT("S", 'd', 10, 1), OUT("rank", 'i', 1, 1), WORK("work", 'z', 999, 1),
         WORK("rwork", 'd', 10 * 10 + 2 * 10 * 25 + 3 * 25 * 2 + 26 * 26, 1), WORK("iwork", 'i', 110, 1));
}

Test(op_descriptors, geqrf_and_geqp3)
{
    struct canon c;
    GOOD(&c, "cgeqrf", STYLE_FORTRAN, 4, "iipippip", 9, 4, AT(1), 9, AT(2), AT(3), 50, AT(9));
    USES(&c, INOUT("A", 'c', 9, 4, FULL(9, 4), FULL(9, 4)), OUT("tau", 'c', 4, 1), WORK("work", 'c', 50, 1));
    check_flops(&c, 4 * (2.0 * 9 * 16 - 2.0 / 3 * 64), 0);
    GOOD(&c, "dgeqp3", STYLE_FORTRAN, 4, "iipipppip", 4, 9, AT(1), 4, AT(2), AT(3), AT(4), 50, AT(9));
    USES(&c, INOUT("A", 'd', 4, 9, FULL(4, 9), FULL(4, 9)), INOUT("jpvt", 'i', 9, 1, FULL(9, 1), FULL(9, 1)),
         OUT("tau", 'd', 4, 1), WORK("work", 'd', 50, 1));
    check_flops(&c, 2.0 * 9 * 16 - 2.0 / 3 * 64, 0);
    GOOD(&c, "cgeqp3", STYLE_FORTRAN, 4, "iipipppipp", 4, 9, AT(1), 4, AT(2), AT(3), AT(4), 50, AT(5), AT(9));
    USES(&c, INOUT("A", 'c', 4, 9, FULL(4, 9), FULL(4, 9)), INOUT("jpvt", 'i', 9, 1, FULL(9, 1), FULL(9, 1)),
         OUT("tau", 'c', 4, 1), WORK("work", 'c', 50, 1), WORK("rwork", 's', 18, 0));
}

Test(op_descriptors, orthogonal_factors)
{
    struct canon c;
    GOOD(&c, "dorgqr", STYLE_FORTRAN, 4, "iiipippip", 9, 6, 4, AT(1), 9, AT(2), AT(3), 50, AT(9));
    USES(&c, INOUT("A", 'd', 9, 6, FULL(9, 4), FULL(9, 6)), IN("tau", 'd', 4, 1, FULL(4, 1)), WORK("work", 'd', 50, 1));
    check_flops(&c, 4.0 * 9 * 6 * 4 - 2.0 * 15 * 16 + 4.0 / 3 * 64, 0);
    GOOD(&c, "cungqr", STYLE_FORTRAN, 4, "iiipippip", 9, 6, 6, AT(1), 9, AT(2), AT(3), 50, AT(9));
    USES(&c, INOUT("A", 'c', 9, 6, FULL(9, 6), FULL(9, 6)), IN("tau", 'c', 6, 1, FULL(6, 1)), WORK("work", 'c', 50, 1));
    GOOD(&c, "zunmqr", STYLE_FORTRAN, 4, "cciiipippipip", 'R', 'C', 9, 6, 4, AT(1), 6, AT(2), AT(3), 9, AT(4), 50, AT(9));
    USES(&c, IN("A", 'z', 6, 4, FULL(6, 4)), IN("tau", 'z', 4, 1, FULL(4, 1)), INOUT("C", 'z', 9, 6, FULL(9, 6), FULL(9, 6)),
         WORK("work", 'z', 50, 1));
    check_flops(&c, 4 * (4.0 * 9 * 6 * 4 - 2.0 * 9 * 16), 0);
}

Test(op_descriptors, geev)
{
    struct canon c;
    GOOD(&c, "dgeev", STYLE_FORTRAN, 4, "ccipipppipipip", 'V', 'N', 7, AT(1), 7, AT(2), AT(3), AT(4), 7, NULL, 1, AT(5), 60,
         AT(9));
    USES(&c, INOUT("A", 'd', 7, 7, FULL(7, 7), FULL(7, 7)), OUT("WR", 'd', 7, 1), OUT("WI", 'd', 7, 1), OUT("VL", 'd', 7, 7),
         ABSENT("VR", ROLE_OUT, 'd'), WORK("work", 'd', 60, 1));
    check_flops(&c, 25.0 * 343, 0.1);
    GOOD(&c, "cgeev", STYLE_FORTRAN, 4, "ccipippipipipp", 'N', 'V', 7, AT(1), 7, AT(2), NULL, 1, AT(4), 7, AT(5), 60, AT(6),
         AT(9));
    USES(&c, INOUT("A", 'c', 7, 7, FULL(7, 7), FULL(7, 7)), OUT("W", 'c', 7, 1), ABSENT("VL", ROLE_OUT, 'c'),
         OUT("VR", 'c', 7, 7), WORK("work", 'c', 60, 1), WORK("rwork", 's', 14, 0));
    GOOD(&c, "sgeev", STYLE_FORTRAN, 4, "ccipipppipipip", 'N', 'N', 7, AT(1), 7, AT(2), AT(3), NULL, 1, NULL, 1, AT(5), 60,
         AT(9));
    check_flops(&c, 10.0 * 343, 0.1);
}

Test(op_descriptors, gesvd)
{
    struct canon c;
    GOOD(&c, "dgesvd", STYLE_FORTRAN, 4, "cciipippipipip", 'A', 'S', 8, 5, AT(1), 8, AT(2), AT(3), 8, AT(4), 5, AT(5), 99, AT(9));
    USES(&c, INOUT("A", 'd', 8, 5, FULL(8, 5), FULL(8, 5)), OUT("S", 'd', 5, 1), OUT("U", 'd', 8, 8), OUT("VT", 'd', 5, 5),
         WORK("work", 'd', 99, 1), ABSENT("superb", ROLE_MAYBE, 'd'));
    GOOD(&c, "sgesvd", STYLE_FORTRAN, 4, "cciipippipipip", 'S', 'A', 5, 8, AT(1), 5, AT(2), AT(3), 5, AT(4), 8, AT(5), 99, AT(9));
    USES(&c, INOUT("A", 's', 5, 8, FULL(5, 8), FULL(5, 8)), OUT("S", 's', 5, 1), OUT("U", 's', 5, 5), OUT("VT", 's', 8, 8),
         WORK("work", 's', 99, 1), ABSENT("superb", ROLE_MAYBE, 's'));
    GOOD(&c, "zgesvd", STYLE_FORTRAN, 4, "cciipippipipipp", 'O', 'S', 5, 8, AT(1), 5, AT(2), NULL, 1, AT(4), 5, AT(5), 99, AT(6),
         AT(9));
    USES(&c, INOUT("A", 'z', 5, 8, FULL(5, 8), FULL(5, 8)), OUT("S", 'd', 5, 1), ABSENT("U", ROLE_OUT, 'z'), OUT("VT", 'z', 5, 8),
         WORK("work", 'z', 99, 1), WORK("rwork", 'd', 25, 0), ABSENT("superb", ROLE_MAYBE, 'd'));
    GOOD(&c, "dgesvd", STYLE_LAPACKE, 4, "ecciipippipip", COL, 'N', 'N', 8, 5, AT(1), 8, AT(2), NULL, 1, NULL, 1, AT(5));
    USES(&c, INOUT("A", 'd', 8, 5, FULL(8, 5), FULL(8, 5)), OUT("S", 'd', 5, 1), ABSENT("U", ROLE_OUT, 'd'),
         ABSENT("VT", ROLE_OUT, 'd'), ABSENT("work", ROLE_WORK, 'd'), MAYBE("superb", 'd', 4, 0));
}

Test(op_descriptors, gesvd_flops_grow_with_vectors)
{
    struct canon c;
    GOOD(&c, "dgesvd", STYLE_FORTRAN, 4, "cciipippipipip", 'N', 'N', 80, 50, AT(1), 80, AT(2), NULL, 1, NULL, 1, AT(5), 999,
         AT(9));
    check_flops(&c, 4.0 * 80 * 2500 - 4.0 / 3 * 125000, 0.3);
    GOOD(&c, "dgesvd", STYLE_FORTRAN, 4, "cciipippipipip", 'S', 'S', 80, 50, AT(1), 80, AT(2), AT(3), 80, AT(4), 50, AT(5), 999,
         AT(9));
    check_flops(&c, 14.0 * 80 * 2500 + 8.0 * 125000, 0.5);
}

/* jobz O: m >= n puts U into A and references VT; else V goes into A and U is referenced. */
Test(op_descriptors, gesdd_jobz_o)
{
    struct canon c;
    GOOD(&c, "sgesdd", STYLE_FORTRAN, 4, "ciipippipipipp", 'O', 8, 5, AT(1), 8, AT(2), NULL, 1, AT(4), 5, AT(5), 999, AT(6),
         AT(9));
    USES(&c, INOUT("A", 's', 8, 5, FULL(8, 5), FULL(8, 5)), OUT("S", 's', 5, 1), ABSENT("U", ROLE_OUT, 's'), OUT("VT", 's', 5, 5),
         WORK("work", 's', 999, 1), WORK("iwork", 'i', 40, 0));
    GOOD(&c, "zgesdd", STYLE_FORTRAN, 8, "ciipippipipippp", 'O', 5, 8, AT(1), 5, AT(2), AT(3), 5, NULL, 1, AT(5), 999, AT(6),
         AT(7), AT(9));
    USES(&c, INOUT("A", 'z', 5, 8, FULL(5, 8), FULL(5, 8)), OUT("S", 'd', 5, 1), OUT("U", 'z', 5, 5), ABSENT("VT", ROLE_OUT, 'z'),
         WORK("work", 'z', 999, 1), WORK("rwork", 'd', 5 * 25 + 5 * 5, 0), WORK("iwork", 'l', 40, 0));
}

Test(op_descriptors, gesdd_other_jobs)
{
    struct canon c;
    GOOD(&c, "dgesdd", STYLE_FORTRAN, 4, "ciipippipipipp", 'S', 8, 5, AT(1), 8, AT(2), AT(3), 8, AT(4), 5, AT(5), 999, AT(6),
         AT(9));
    USES(&c, INOUT("A", 'd', 8, 5, FULL(8, 5), FULL(8, 5)), OUT("S", 'd', 5, 1), OUT("U", 'd', 8, 5), OUT("VT", 'd', 5, 5),
         WORK("work", 'd', 999, 1), WORK("iwork", 'i', 40, 0));
    GOOD(&c, "dgesdd", STYLE_FORTRAN, 4, "ciipippipipipp", 'A', 5, 8, AT(1), 8, AT(2), AT(3), 8, AT(4), 8, AT(5), 999, AT(6),
         AT(9));
    USES(&c, INOUT("A", 'd', 5, 8, FULL(5, 8), FULL(5, 8)), OUT("S", 'd', 5, 1), OUT("U", 'd', 5, 5), OUT("VT", 'd', 8, 8),
         WORK("work", 'd', 999, 1), WORK("iwork", 'i', 40, 0));
    GOOD(&c, "cgesdd", STYLE_FORTRAN, 4, "ciipippipipippp", 'N', 8, 5, AT(1), 8, AT(2), NULL, 1, NULL, 1, AT(5), 999, AT(6),
         AT(7), AT(9));
    USES(&c, INOUT("A", 'c', 8, 5, FULL(8, 5), FULL(8, 5)), OUT("S", 's', 5, 1), ABSENT("U", ROLE_OUT, 'c'),
         ABSENT("VT", ROLE_OUT, 'c'), WORK("work", 'c', 999, 1), WORK("rwork", 's', 25, 0), WORK("iwork", 'i', 40, 0));
    check_flops(&c, 4 * (4.0 * 8 * 25 - 4.0 / 3 * 125), 0.3);
}

Test(op_descriptors, sizes_of_types)
{
    static const struct {
        const char *name;
        size_t own, real;
    } cases[] = {{"sgemm", 4, 4}, {"dgemm", 8, 8}, {"cgemm", 8, 4}, {"zgemm", 16, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct op *op = op_find(cases[i].name);
        cr_assert_not_null(op);
        cr_expect_eq(op_own_bytes(op), cases[i].own);
        cr_expect_eq(op_real_bytes(op), cases[i].real);
    }
    cr_expect_null(op_find("gemm"));
    cr_expect_null(op_find(""));
    cr_expect_null(op_find("chesv_"));
}

/* What every reader of a descriptor relies on. */
Test(op_descriptors, every_record_is_sound)
{
    for (int i = 0; i < op_count; i++) {
        const struct op *op = &op_table[i];
        cr_expect_eq(op_find(op->name), op, "%s stands there twice", op->name);
        cr_expect(op->nargs <= OP_MAX_ARGS && op->noperands <= OP_MAX_OPERANDS && op->nfortran <= op->nargs, "%s", op->name);
        cr_expect_eq(op->type, op->name[0]);
        for (int k = 0; k < op->noperands; k++) {
            const struct op_operand *o = &op->operands[k];
            cr_expect(o->arg < op->nargs && op->args[o->arg].kind == ARG_ARRAY && op->args[o->arg].operand == k, "%s %s",
                      op->name, o->name);
            int kind = o->ld_arg < 0 ? -1 : op->args[o->ld_arg].kind;
            cr_expect(kind == -1 || kind == (o->has_inc ? ARG_INC : ARG_LD), "%s %s", op->name, o->name);
        }
        bool lapack = op->args[op->nfortran - 1].kind == ARG_INFO;
        cr_expect_neq(lapack, (bool)op->blas, "%s", op->name);
        cr_expect_eq(op->lapacke_place != NULL, lapack, "%s", op->name);
    }
}

Test(op_descriptors, a_product_with_alpha_zero_is_not_reused)
{
    struct built b;
    struct canon c;
    build(&b, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 4, 4, 4, -0.0, AT(1), 4, AT(2), 4, 1.0, AT(3), 4);
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    cr_expect_not(c.op->reuse(&c), "whether A and B are read is the provider's secret");
    build(&b, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 4, 4, 4, 1.0, AT(1), 4, AT(2), 4, 0.0, AT(3), 4);
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    cr_expect(c.op->reuse(&c));
}
