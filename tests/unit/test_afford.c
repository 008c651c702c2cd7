/*
 * What lineage alone may cost, against simulated programs: true costs are made up, the bound is checked after every call.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "reuse/afford.h"
#include "tests/unit/calls.h"

/* One kind of call: `n` gives its size, so that kinds are classes of their own; true times in nanoseconds. */
struct kind {
    int n;
    double call_ns, cost_ns;
    uint64_t calls, traced;
};

struct world {
    struct afford *a;
    double slack;             /* how far a call may cost beyond what was expected of it */
    double spent_ns, blas_ns; /* as they really are */
};

static void program_begins(struct world *w, double slack)
{
    *w = (struct world){.a = afford_new(), .slack = slack};
    cr_assert_not_null(w->a);
}

static void check_bound(const struct world *w)
{
    struct log_governor books = afford_books(w->a);
    double bound = AFFORD_GRACE_NS + AFFORD_SHARE * w->blas_ns;
    cr_assert_leq((double)books.spent_ns, bound + w->slack, "booked %g of %g", (double)books.spent_ns, bound);
    cr_assert_leq(w->spent_ns, bound + w->slack, "spent %g of %g", w->spent_ns, bound);
    cr_assert_leq(fabs((double)books.blas_ns - w->blas_ns), 1 + 1e-6 * w->blas_ns);
    cr_assert_eq(books.saved_ns, 0);
}

static double a[16], b[16], c[16]; /* never read: costs come from the shapes */

/* A call of a kind goes by; true if it was traced. */
static bool program_calls(struct world *w, struct kind *k)
{
    struct built built;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct afforded d;
    build(&built, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', k->n, k->n, k->n, 1.0, a, k->n, b, k->n, 0.0, c, k->n);
    cr_assert_eq(canon_of(&built, 4, &canon), CANON_OK);
    canon_uses(&canon, use);
    bool traced = afford_may_look(w->a, &d, canon.op, op_flops(&canon), k) && afford_admit(w->a, &d, &canon, use);
    w->blas_ns += k->call_ns;
    w->spent_ns += traced ? k->cost_ns : 0;
    if (traced)
        afford_traced(w->a, &d, (uint64_t)k->cost_ns, (uint64_t)k->call_ns);
    else
        afford_passed(w->a, &d, (uint64_t)k->call_ns, 1);
    k->calls++;
    k->traced += traced;
    check_bound(w);
    return traced;
}

static double seconds_traced(const struct kind *k)
{
    return (double)k->traced * k->call_ns / 1e9;
}

Test(afford, calls_that_pay_for_themselves_are_all_traced)
{
    struct world w;
    struct kind large = {.n = 4000, .call_ns = 1e9, .cost_ns = 7e6};
    program_begins(&w, 30e6); /* the first is expected to cost what the gate's rates say */
    for (int i = 0; i < 100; i++)
        program_calls(&w, &large);
    cr_expect_geq(large.traced, 98);
    afford_free(w.a);
}

/* What little there is to spend goes to those calls of which the same money traces more seconds. */
Test(afford, cheap_to_trace_comes_first)
{
    struct world w;
    struct kind gemm = {.n = 1500, .call_ns = 100e6, .cost_ns = 0.8e6}, gemv = {.n = 300, .call_ns = 300e3, .cost_ns = 280e3};
    program_begins(&w, 10e6);
    for (int i = 0; i < 200; i++) {
        program_calls(&w, &gemm);
        for (int j = 0; j < 300; j++)
            program_calls(&w, &gemv);
    }
    cr_expect_geq(gemm.traced, 198, "%d of 200 gemms", (int)gemm.traced);
    cr_expect_gt(gemv.traced, 0, "what is left is not used");
    afford_free(w.a);
}

/* One call's tracing costs a second's income: it is saved up for, and not spent bit by bit on calls that give less for it. */
Test(afford, dear_but_worthwhile_calls_are_saved_up_for)
{
    struct world w;
    struct kind gram = {.n = 2000, .call_ns = 200e6, .cost_ns = 10e6}, gemv = {.n = 300, .call_ns = 300e3, .cost_ns = 280e3};
    program_begins(&w, 20e6);
    for (int i = 0; i < 300; i++) {
        program_calls(&w, &gram);
        for (int j = 0; j < 300; j++)
            program_calls(&w, &gemv);
    }
    /* 0.9 % of 87 seconds */
    cr_expect_gt((double)gram.traced * gram.cost_ns, 0.8 * w.spent_ns, "%d grams, %d gemvs", (int)gram.traced, (int)gemv.traced);
    cr_expect_gt(w.spent_ns, 0.8 * AFFORD_SHARE * w.blas_ns);
    afford_free(w.a);
}

/* Calls that are not made any more hold no money back. */
Test(afford, phases)
{
    struct world w;
    struct kind gram = {.n = 2000, .call_ns = 200e6, .cost_ns = 40e6}, gemv = {.n = 300, .call_ns = 300e3, .cost_ns = 280e3};
    program_begins(&w, 60e6);
    for (int i = 0; i < 100; i++)
        program_calls(&w, &gram);
    for (int i = 0; i < 100000; i++)
        program_calls(&w, &gemv);
    cr_expect_gt(seconds_traced(&gemv), 0.5 * AFFORD_SHARE * 30, "%d gemvs", (int)gemv.traced);
    afford_free(w.a);
}

/* A machine that hashes ten times as slowly as the gate believes: known after the first call, and spent accordingly. */
Test(afford, costs_are_learnt)
{
    struct world w;
    struct kind k = {.n = 1000, .call_ns = 20e6, .cost_ns = 20e6};
    program_begins(&w, 20e6);
    for (int i = 0; i < 5000; i++)
        program_calls(&w, &k);
    cr_expect_leq(w.spent_ns, AFFORD_GRACE_NS + AFFORD_SHARE * w.blas_ns + 1e6, "the first mistake is paid back");
    cr_expect_gt(k.traced, 20);
    afford_free(w.a);
}

/* Small calls that can never be afforded: even looking at them is. */
Test(afford, looks_are_paid_for)
{
    struct world w;
    struct kind k[64];
    program_begins(&w, 1e5);
    for (int i = 0; i < 64; i++)
        k[i] = (struct kind){.n = 60, .call_ns = 9e3, .cost_ns = 50e3};
    for (int i = 0; i < 200000; i++)
        program_calls(&w, &k[i % 64]);
    struct log_governor books = afford_books(w.a);
    cr_expect_leq((double)books.refused_budget * AFFORD_LOOK_NS, AFFORD_GRACE_NS + 0.01 * w.blas_ns);
    afford_free(w.a);
}

/* One outlier (a page fault, another program's turn) does not end the tracing of its class. */
Test(afford, an_outlier_is_forgiven)
{
    struct world w;
    struct kind k = {.n = 1500, .call_ns = 100e6, .cost_ns = 0.8e6};
    program_begins(&w, 90e6);
    for (int i = 0; i < 2000; i++) {
        k.cost_ns = i == 20 ? 80e6 : 0.8e6;
        program_calls(&w, &k);
    }
    cr_expect_gt(k.traced, 1000, "%d traced", (int)k.traced);
    afford_free(w.a);
}

/* Calls in flight on many threads have been charged; one that never comes back has paid. */
Test(afford, what_is_in_flight_is_charged)
{
    struct world w;
    struct built built;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    uint64_t admitted = 0;
    program_begins(&w, 0);
    build(&built, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 1000, 1000, 1000, 1.0, a, 1000, b, 1000, 0.0, c, 1000);
    cr_assert_eq(canon_of(&built, 4, &canon), CANON_OK);
    canon_uses(&canon, use);
    for (int i = 0; i < 1000; i++) {
        struct afforded d;
        admitted += afford_may_look(w.a, &d, canon.op, op_flops(&canon), NULL) && afford_admit(w.a, &d, &canon, use);
    }
    cr_expect_geq(admitted, 1);
    cr_expect_leq((double)afford_books(w.a).spent_ns, AFFORD_GRACE_NS + AFFORD_SHARE * gate_estimate(&canon, use).call_ns + 1e5);
    afford_restart(w.a);
    cr_expect_eq(afford_books(w.a).spent_ns, 0);
    afford_free(w.a);
}
