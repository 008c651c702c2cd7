/* Runs recorded by hand, as the shim would: products of small matrices whose "results" follow from what they read. */
#ifndef BLASE_TESTS_UNIT_RECORDED_H
#define BLASE_TESTS_UNIT_RECORDED_H

#include "lineage/lineage.h"
#include "tests/unit/calls.h"
#include "tests/unit/scratch.h"

enum { RECORDED_N = 4, RECORDED_SIZE = RECORDED_N * RECORDED_N };

static inline struct lineage *recorded_start(const char *file, bool dedup, const char *pid, const char *started_ns)
{
    const char *const pairs[][2] = {{"pid", pid}, {"argv", "recorded"}, {"started_ns", started_ns}, {"setting.trace", "all"}};
    struct lineage *l = lineage_new(log_writer_new(directory, file), dedup, (uint64_t)64 << 20);
    cr_assert_not_null(l);
    lineage_header(l, pairs, 4);
    return l;
}

static inline void recorded_end(struct lineage *l)
{
    lineage_flush(l, true);
    lineage_free(l);
}

static inline void recorded_fill(double *m, int seed)
{
    for (int i = 0; i < RECORDED_SIZE; i++)
        m[i] = seed * 1000 + i;
}

/* c = alpha * (something made of a and b), a call of dgemm by a thread; what is returned is 1 + its id. */
static inline uint64_t recorded_gemm(struct lineage *l, uint32_t thread, double alpha, const double *a, const double *b,
                                     double *c)
{
    struct built call;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    double result[RECORDED_SIZE];
    struct traced t;
    const int n = RECORDED_N;
    static uint64_t now_ns;
    build(&call, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', n, n, n, alpha, a, n, b, n, 0.0, c, n);
    cr_assert_eq(canon_of(&call, 4, &canon), CANON_OK);
    canon_uses(&canon, use);
    memset(&t, 0, sizeof t);
    t.canon = &canon;
    t.use = use;
    t.caller_object = "test";
    t.thread = thread;
    t.start_ns = now_ns += 1000;
    t.call_ns = 500;
    for (int k = 0; k < 2; k++) {
        struct view v = view_of(&canon, k, use[k].read);
        t.inputs[t.ninputs++] = (struct traced_input){.operand = k, .view = v, .fp = fingerprint(&v)};
    }
    for (int i = 0; i < RECORDED_SIZE; i++)
        result[i] = alpha * (a[i] / 3 + b[RECORDED_SIZE - 1 - i] / 7 + 1);
    memcpy(c, result, sizeof result);
    struct view out = view_of(&canon, 2, use[2].write);
    t.noutputs = 1;
    t.outputs[0].operand = 2;
    t.outputs[0].whole = fingerprint_whole(&out, NULL, 1);
    return lineage_record(l, &t);
}

#endif
