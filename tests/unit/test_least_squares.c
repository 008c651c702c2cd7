/* gels as geqrf, ormqr and trtrs: when it is split, what each of them is given, where its factor is filed, and its first scalar.
 */
#include <fenv.h>
#include <math.h>

#include "reuse/plan.h"
#include "reuse/reflector.h"
#include "tests/unit/calls.h"

enum { M = 6, N = 2, RIGHT_SIDES = 3, LWORK = 64 };
static const struct op_place openblas = {2, 321}, other = {2, 0};
static const struct key_context context = {.provider = {1, 2}, .threads = 2};

struct problem {
    double a[M * N], b[M * RIGHT_SIDES], work[LWORK];
    int32_t info;
    struct built built;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct driver driver;
};

static void fill(struct problem *p)
{
    for (int i = 0; i < M * N; i++)
        p->a[i] = i - 3;
    for (int i = 0; i < M * RIGHT_SIDES; i++)
        p->b[i] = -i;
}

static bool split(struct problem *p, char trans, int m, int n, const struct op_place *where)
{
    const int ld = m > n ? m : n;
    build(&p->built, "dgels", STYLE_FORTRAN, 4, "ciiipipipip", trans, m, n, RIGHT_SIDES, p->a, m, p->b, ld, p->work, LWORK,
          &p->info);
    cr_assert_eq(canon_from_call(&p->built.call, 4, &p->canon), CANON_OK);
    canon_uses(&p->canon, p->use);
    if (!driver_split(&p->driver, &p->canon, p->use, where))
        return false;
    struct fp read[OP_MAX_OPERANDS] = {{7, 0}, {8, 0}};
    const bool reads[OP_MAX_OPERANDS] = {true, true};
    driver_keys(&p->driver, &p->canon, read, reads, &context);
    return true;
}

static bool tall(struct problem *p, const struct op_place *where)
{
    return split(p, 'N', M, N, where);
}

Test(least_squares, is_geqrf_ormqr_and_trtrs)
{
    static struct problem p;
    struct canon half;
    fill(&p);
    cr_assert(tall(&p, &openblas));
    const struct canon *factor = &p.driver.factor;
    cr_assert_str_eq(factor->op->name, "dgeqrf");
    cr_assert(factor->a[0].i == M && factor->a[1].i == N && factor->a[3].i == M);
    cr_assert(factor->a[2].p == p.a && factor->a[4].p == p.work && factor->a[5].p == p.work + N);
    cr_assert_eq(factor->a[6].i, LWORK - N);
    driver_half(&p.driver.halves->solve, &p.canon, &half);
    cr_assert_str_eq(half.op->name, "dormqr");
    cr_assert(half.a[0].i == 'L' && half.a[1].i == 'T' && half.a[2].i == M && half.a[3].i == RIGHT_SIDES && half.a[4].i == N);
    cr_assert(half.a[7].p == p.work && half.a[8].p == p.b && half.a[10].p == p.work + N && half.a[11].i == LWORK - N);
    driver_half(&p.driver.halves->finish, &p.canon, &half);
    cr_assert_str_eq(half.op->name, "dtrtrs");
    cr_assert(half.a[0].i == 'U' && half.a[3].i == N && half.a[5].p == p.a && half.a[7].p == p.b);
}

Test(least_squares, wide_transposed_and_lapacke_are_called)
{
    static struct problem p;
    struct use use[OP_MAX_OPERANDS];
    struct built b;
    struct canon c;
    fill(&p);
    cr_assert(split(&p, 'N', 3, 3, &openblas));
    cr_assert_not(split(&p, 'N', N, M, &openblas));
    cr_assert_not(split(&p, 'T', M, N, &openblas));
    build(&b, "dgels", STYLE_LAPACKE, 4, "eciiipipi", COL, 'N', M, N, 1, p.a, M, p.b, M);
    cr_assert_eq(canon_from_call(&b.call, 4, &c), CANON_OK);
    canon_uses(&c, use);
    cr_assert_not(driver_split(&p.driver, &c, use, &openblas), "its workspace, with tau, is gone");
}

/* LAPACK scales them, and then the factor is another matrix's. */
Test(least_squares, extreme_matrices_are_called)
{
    static struct problem p;
    const double extreme[] = {NAN, INFINITY, -0x1p+901, 0x1p+1000};
    for (size_t i = 0; i < sizeof extreme / sizeof *extreme; i++) {
        fill(&p);
        p.a[M * N - 1] = extreme[i];
        cr_assert_not(tall(&p, &openblas), "%g in A", extreme[i]);
        fill(&p);
        p.b[M] = extreme[i];
        cr_assert_not(tall(&p, &openblas), "%g in B", extreme[i]);
    }
    fill(&p);
    memset(p.a, 0, sizeof p.a);
    cr_assert_not(tall(&p, &openblas), "no more than 0");
    p.a[2] = -0x1p-901;
    cr_assert_not(tall(&p, &openblas), "tiny");
    p.a[2] = -0x1p-900;
    cr_assert(tall(&p, &openblas), "one is large enough");
    p.a[3] = 0x1p900;
    cr_assert_not(tall(&p, &openblas));
    p.a[3] = 0x1.fffffffffffffp899;
    cr_assert(tall(&p, &openblas));
}

static struct canon geqrf(struct built *b, void *tau, void *work, int lwork)
{
    struct canon c;
    build(b, "dgeqrf", STYLE_FORTRAN, 4, "iipippip", M, N, AT(1), M, tau, work, lwork, AT(4));
    cr_assert_eq(canon_from_call(&b->call, 4, &c), CANON_OK);
    return c;
}

/* It takes geqrf's result, where geqrf had the workspace that gels gives it; geqrf never takes its. */
Test(least_squares, keys)
{
    static struct problem p, q;
    struct fp read[OP_MAX_OPERANDS] = {{7, 0}};
    const bool reads[OP_MAX_OPERANDS] = {true};
    struct built b;
    fill(&p);
    cr_assert(tall(&p, &openblas));
    struct canon c = geqrf(&b, AT(2), AT(3), LWORK - N);
    cr_assert(fp_equal(p.driver.borrowed, key_of(&c, read, reads, &context)));
    cr_assert_not(fp_equal(p.driver.borrowed, p.driver.key));
    c = geqrf(&b, AT(2), AT(3), LWORK);
    cr_assert_not(fp_equal(p.driver.borrowed, key_of(&c, read, reads, &context)));
    fill(&q);
    cr_assert(tall(&q, &other));
    cr_assert(p.driver.alike && !q.driver.alike && q.driver.borrows);
    cr_assert(fp_equal(q.driver.borrowed, p.driver.borrowed));
    cr_assert_not(fp_equal(q.driver.borrowed_class, q.driver.class));
    q.canon.a[3].i = 1; /* one right-hand side: another workspace is left */
    canon_uses(&q.canon, q.use);
    cr_assert(driver_split(&q.driver, &q.canon, q.use, &openblas));
    driver_keys(&q.driver, &q.canon, read, reads, &context);
    cr_assert_not(fp_equal(q.driver.key, p.driver.key));
    cr_assert(fp_equal(q.driver.borrowed, p.driver.borrowed));
}

static void expect(struct cache *cache, struct problem *p, struct fp key, unsigned trusted, enum outcome outcome,
                   enum factor_found found)
{
    struct plan plan;
    plan_probe(&plan, cache, NULL, key, 1000);
    cr_assert_eq(plan_driver(&plan, cache, NULL, &p->driver, trusted), found);
    cr_assert_eq(plan.outcome, outcome);
    plan_done(&plan);
}

Test(least_squares, what_geqrf_computed_is_taken_if_it_is_proven)
{
    static struct problem p;
    const struct fp own = {3, 4}, unseen = {5, 6};
    struct cache *cache = cache_new(1 << 24, POLICY_LRU);
    fill(&p);
    cr_assert(tall(&p, &other));
    const struct driver *d = &p.driver;
    struct payload *factor = payload_capture(&d->factor, d->factor_use, snapshot_of_nothing(), cache_room(cache), 0);
    struct payload *rest = payload_capture(&p.canon, d->rest, snapshot_of_nothing(), cache_room(cache), 0);
    rest->rest = true;
    factor->raised = FE_INEXACT;
    cr_assert(cache_put(cache, own, rest));
    expect(cache, &p, own, FOUND_OWN | FOUND_BORROWED, OUTCOME_MISS, FOUND_NONE);
    payload_hold(factor);
    cr_assert(cache_put(cache, d->borrowed, factor));
    expect(cache, &p, own, FOUND_OWN, OUTCOME_MISS, FOUND_BORROWED);
    expect(cache, &p, unseen, FOUND_OWN, OUTCOME_MISS, FOUND_BORROWED);
    expect(cache, &p, own, FOUND_OWN | FOUND_BORROWED, OUTCOME_HIT, FOUND_BORROWED);
    expect(cache, &p, unseen, FOUND_OWN | FOUND_BORROWED, OUTCOME_PARTIAL, FOUND_BORROWED);
    p.driver.borrows = false;
    expect(cache, &p, unseen, FOUND_OWN | FOUND_BORROWED, OUTCOME_MISS, FOUND_NONE);
    p.driver.borrows = true;
    factor->raised = 0; /* nothing is known of the flags that gels raises beside it */
    expect(cache, &p, unseen, FOUND_OWN | FOUND_BORROWED, OUTCOME_MISS, FOUND_NONE);
    cr_assert(cache_put(cache, d->key, factor));
    expect(cache, &p, own, 0, OUTCOME_HIT, FOUND_OWN);
    expect(cache, &p, unseen, FOUND_OWN, OUTCOME_PARTIAL, FOUND_OWN);
    cache_free(cache);
}

Test(least_squares, first_scalar)
{
    double tau[2] = {9, 9};
    float narrow[2] = {9, 9};
    cr_assert(reflector_scalar('d', (double[]){3}, (double[]){-5}, tau));
    cr_assert(tau[0] == 8.0 / 5 && tau[1] == 9);
    cr_assert(reflector_scalar('d', (double[]){-3}, (double[]){-3}, tau), "nothing to eliminate");
    cr_assert(tau[0] == 0 && !signbit(tau[0]));
    cr_assert(reflector_scalar('z', (double[]){3, 4}, (double[]){-13, 0}, tau));
    cr_assert(tau[0] == 16.0 / 13 && tau[1] == 4.0 / 13);
    cr_assert(reflector_scalar('s', (float[]){3}, (float[]){-5}, narrow));
    cr_assert(narrow[0] == 8.0f / 5 && narrow[1] == 9);
    cr_assert(reflector_scalar('c', (float[]){3, 0}, (float[]){3, 0}, narrow));
    cr_assert(narrow[0] == 0 && narrow[1] == 0);
    cr_assert_not(reflector_scalar('d', (double[]){1e-300}, (double[]){-1e-299}, tau));
    cr_assert_not(reflector_scalar('d', (double[]){1}, (double[]){NAN}, tau));
    cr_assert_not(reflector_scalar('z', (double[]){1, 1}, (double[]){2, 1}, tau), "beta is real");
}
