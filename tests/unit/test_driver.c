/* Drivers as two halves: how calls are split, where factors are filed, and which plans come of it. */
#include <stdlib.h>

#include "reuse/plan.h"
#include "tests/unit/calls.h"

enum { N = 6, RIGHT_SIDES = 2 };
static const struct op_place one_thread = {1, 330}, threaded = {2, 330}, measured = {2, 321};
static const struct key_context context = {.provider = {1, 2}, .threads = 2};

/* One gesv, its memory, and its split. */
struct solve {
    double a[N * N], b[N * RIGHT_SIDES];
    int32_t ipiv[N], info;
    struct built built;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct driver driver;
};

static void keys(struct solve *s, uint64_t content)
{
    struct fp read[OP_MAX_OPERANDS] = {{content, 0}, {0, 0}, {content + 1, 0}};
    const bool reads[OP_MAX_OPERANDS] = {true, false, true};
    driver_keys(&s->driver, &s->canon, read, reads, &context);
}

static void make(struct solve *s, const char *routine, const struct op_place *where)
{
    for (int i = 0; i < N * N; i++)
        s->a[i] = i;
    for (int i = 0; i < N * RIGHT_SIDES; i++)
        s->b[i] = -i;
    for (int i = 0; i < N; i++)
        s->ipiv[i] = i + 1;
    build(&s->built, routine, STYLE_FORTRAN, 4, "iipippip", N, RIGHT_SIDES, s->a, N, s->ipiv, s->b, N, &s->info);
    cr_assert_eq(canon_from_call(&s->built.call, 4, &s->canon), CANON_OK);
    canon_uses(&s->canon, s->use);
    cr_assert(driver_split(&s->driver, &s->canon, s->use, where));
    keys(s, 7);
}

static struct payload *factor_of(const struct solve *s, struct cache *cache)
{
    struct payload *p = payload_capture(&s->driver.factor, s->driver.factor_use, snapshot_of_nothing(), cache_room(cache), 0);
    cr_assert_not_null(p);
    return p;
}

static struct payload *rest_of(const struct solve *s, struct cache *cache)
{
    struct payload *p = payload_capture(&s->canon, s->driver.rest, NULL, cache_room(cache), 0);
    cr_assert_not_null(p);
    p->rest = true;
    return p;
}

Test(driver, splits_gesv_into_getrf_and_getrs)
{
    static struct solve s;
    make(&s, "dgesv", &one_thread);
    cr_assert_str_eq(s.driver.factor.op->name, "dgetrf");
    cr_assert_eq(s.driver.factor.a[0].i, N);
    cr_assert_eq(s.driver.factor.a[1].i, N);
    cr_assert_eq(s.driver.factor.a[2].p, s.a);
    cr_assert_eq(s.driver.factor.a[4].p, s.ipiv);
    struct canon solve;
    driver_half(&s.driver.halves->solve, &s.canon, &solve);
    cr_assert_str_eq(solve.op->name, "dgetrs");
    cr_assert_eq(solve.a[0].i, 'N');
    cr_assert_eq(solve.a[2].i, RIGHT_SIDES);
    cr_assert_eq(solve.a[6].p, s.b);
    cr_assert(s.driver.share > 0 && s.driver.share < DRIVER_WHOLE);
}

Test(driver, a_factor_is_filed_as_the_factor_routines_result)
{
    static struct solve s;
    make(&s, "dgesv", &one_thread);
    struct built b;
    struct canon c;
    build(&b, "dgetrf", STYLE_FORTRAN, 4, "iipipp", N, N, AT(1), N + 3, AT(2), AT(3));
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    struct fp read[OP_MAX_OPERANDS] = {{7, 0}};
    bool reads[OP_MAX_OPERANDS] = {true};
    cr_assert(fp_equal(s.driver.key, key_of(&c, read, reads, &context)));
    struct fp before = s.driver.key;
    keys(&s, 8);
    cr_assert_not(fp_equal(s.driver.key, before), "another matrix");
}

/* Where bits are not known to be the same, the key holds the driver and its dimensions. */
Test(driver, a_factor_that_need_not_have_the_same_bits_is_filed_apart)
{
    static struct solve s, t;
    make(&s, "dgesv", &one_thread);
    make(&t, "dgesv", &threaded);
    cr_assert(s.driver.alike);
    cr_assert_not(t.driver.alike);
    cr_assert_not(fp_equal(s.driver.key, t.driver.key));
    struct fp class = t.driver.class, key = t.driver.key;
    t.canon.a[1].i = 1; /* one right-hand side */
    canon_uses(&t.canon, t.use);
    cr_assert(driver_split(&t.driver, &t.canon, t.use, &threaded));
    keys(&t, 7);
    cr_assert_not(fp_equal(t.driver.class, class));
    cr_assert_not(fp_equal(t.driver.key, key));
    t.canon.a[0].i = 200;
    cr_assert(t.canon.op->driver->alike(&t.canon, &measured));
    t.canon.a[0].i = 199;
    cr_assert_not(t.canon.op->driver->alike(&t.canon, &measured));
}

Test(driver, only_drivers_and_only_where_the_table_says)
{
    static struct solve s;
    struct built b;
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    for (int lwork = N - 1; lwork <= N; lwork++) { /* sysv solves with sytrs where the workspace is short */
        build(&b, "dsysv", STYLE_FORTRAN, 4, "ciipippipip", 'U', N, 1, AT(1), N, AT(2), AT(3), N, AT(4), lwork, AT(5));
        cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
        canon_uses(&c, use);
        cr_assert_eq(driver_split(&s.driver, &c, use, &one_thread), lwork >= N);
        cr_assert_eq(s.driver.halves != NULL, lwork >= N);
    }
    build(&b, "dsysv", STYLE_LAPACKE, 4, "eciipippi", COL, 'U', N, 1, AT(1), N, AT(2), AT(3), N);
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    canon_uses(&c, use);
    cr_assert(driver_split(&s.driver, &c, use, &one_thread));
    build(&b, "dgetrf", STYLE_FORTRAN, 4, "iipipp", N, N, AT(1), N, AT(2), AT(3));
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    canon_uses(&c, use);
    cr_assert_not(driver_split(&s.driver, &c, use, &one_thread));
    cr_assert_null(s.driver.halves);
}

Test(driver, halves_restore_what_the_whole_wrote)
{
    static struct solve s, to;
    struct cache *cache = cache_new(1 << 24, POLICY_LRU);
    make(&s, "dgesv", &one_thread);
    make(&to, "dgesv", &one_thread);
    struct payload *factor = factor_of(&s, cache), *rest = rest_of(&s, cache);
    cr_assert_lt(rest->bytes, sizeof *rest + sizeof s.a, "the rest holds the factor too");
    memset(to.a, 0, sizeof to.a);
    memset(to.b, 0, sizeof to.b);
    memset(to.ipiv, 0, sizeof to.ipiv);
    payload_restore(factor, &to.driver.factor, to.driver.factor_use);
    cr_assert_arr_eq(to.a, s.a, sizeof s.a);
    cr_assert_arr_eq(to.ipiv, s.ipiv, sizeof s.ipiv);
    cr_assert_eq(to.b[1], 0);
    payload_restore(rest, &to.canon, to.driver.rest);
    cr_assert_arr_eq(to.b, s.b, sizeof s.b);
    payload_drop(factor);
    payload_drop(rest);
    cache_free(cache);
}

static void expect_plan(struct cache *cache, const struct solve *s, struct fp key, bool trusted, enum outcome outcome, int steps,
                        bool found)
{
    struct plan plan;
    plan_probe(&plan, cache, NULL, key, 1000);
    cr_assert_eq(plan_driver(&plan, cache, NULL, &s->driver, trusted), found);
    cr_assert_eq(plan.outcome, outcome);
    cr_assert_eq(plan.nsteps, steps);
    if (outcome == OUTCOME_PARTIAL)
        cr_assert(plan.steps[0].half == HALF_FACTOR && plan.steps[1].kind == STEP_CALL && plan.steps[1].half == HALF_SOLVE);
    if (outcome == OUTCOME_HIT && steps == 2)
        cr_assert(plan.steps[0].half == HALF_FACTOR && plan.steps[1].kind == STEP_COPY && plan.steps[1].half == HALF_REST);
    plan_done(&plan);
}

Test(driver, plans)
{
    static struct solve s;
    const struct fp own = {3, 4}, other = {5, 6}, whole = {7, 8};
    struct cache *cache = cache_new(1 << 24, POLICY_LRU);
    make(&s, "dgesv", &one_thread);
    expect_plan(cache, &s, own, true, OUTCOME_MISS, 1, false);
    cr_assert(cache_put(cache, own, rest_of(&s, cache)));
    expect_plan(cache, &s, own, true, OUTCOME_MISS, 1, false); /* its factor is not there */
    cr_assert(cache_put(cache, s.driver.key, factor_of(&s, cache)));
    expect_plan(cache, &s, own, true, OUTCOME_HIT, 2, true);
    expect_plan(cache, &s, other, true, OUTCOME_PARTIAL, 2, true);
    expect_plan(cache, &s, other, false, OUTCOME_MISS, 1, true); /* its bits are not proven yet */
    struct payload *all = payload_capture(&s.canon, s.use, NULL, cache_room(cache), 0);
    cr_assert(cache_put(cache, whole, all));
    expect_plan(cache, &s, whole, true, OUTCOME_HIT, 1, false);
    struct payload *factor = cache_take(cache, s.driver.key);
    cr_assert_eq(atomic_load(&factor->refs), 2, "a plan kept its reference");
    payload_drop(factor);
    cache_free(cache);
}

Test(driver, verdicts_are_of_one_class)
{
    static struct proofs proofs;
    const struct fp one = {0x1235, 9}, two = {0x9999, 9 + PROOF_SLOTS};
    cr_assert_eq(proofs_find(&proofs, one), VERDICT_NONE);
    proofs_note(&proofs, one, VERDICT_EQUAL);
    cr_assert_eq(proofs_find(&proofs, one), VERDICT_EQUAL);
    cr_assert_eq(proofs_find(&proofs, two), VERDICT_NONE);
    proofs_note(&proofs, two, VERDICT_DIFFERENT);
    cr_assert_eq(proofs_find(&proofs, two), VERDICT_DIFFERENT);
    cr_assert_eq(proofs_find(&proofs, one), VERDICT_NONE);
}

/* Every driver of the table: its halves' arguments are of the right kind and its operands tie up. */
Test(driver, every_driver_of_the_table_splits)
{
    int drivers = 0;
    for (int i = 0; i < op_count; i++) {
        const struct op *op = &op_table[i];
        if (!op->driver)
            continue;
        drivers++;
        struct canon c = {.op = op, .int_bytes = 4, .scratch = true};
        struct use use[OP_MAX_OPERANDS];
        static struct driver d;
        static unsigned char memory[8 * 8 * 16]; /* what an array holds matters for gels alone */
        memset(memory, 0x3f, sizeof memory);
        for (int arg = 0; arg < op->nargs; arg++)
            if (op->args[arg].kind == ARG_OPTION)
                c.a[arg].i = op->args[arg].letters[0];
            else if (op->args[arg].kind == ARG_ARRAY)
                c.a[arg].p = memory;
            else
                c.a[arg].i = 8;
        canon_uses(&c, use);
        cr_assert(driver_split(&d, &c, use, &one_thread), "%s", op->name);
        cr_assert(d.alike);
        cr_assert(op_flops(&d.factor) > 0 && op_flops(&d.factor) < op_flops(&c), "%s", op->name);
    }
    cr_assert_eq(drivers, 4 + 4 + 4 + 2 + 4);
}
