/* Items: inputs join the calls that produced their content, everything else is a leaf, and equal computations have equal hashes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineage/expand.h"
#include "lineage/lineage.h"
#include "lineage/log_reader.h"
#include "tests/unit/calls.h"

enum { N = 4 };

/* One dgemm of n x n matrices as trace_call would tell it: inputs are fingerprinted now, the output is what C holds now. */
static uint64_t gemm(struct lineage *l, double alpha, double *a, double *b, double *c)
{
    struct built call;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    build(&call, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', N, N, N, alpha, a, N, b, N, 0.0, c, N);
    cr_assert_eq(canon_of(&call, 4, &canon), CANON_OK);
    canon_uses(&canon, use);
    struct traced t;
    memset(&t, 0, sizeof t);
    t.canon = &canon;
    t.caller_object = "test";
    for (int k = 0; k < 2; k++) {
        struct view v = view_of(&canon, k, use[k].read);
        t.inputs[t.ninputs++] = (struct traced_input){.operand = k, .view = v, .fp = fingerprint(&v)};
    }
    struct view out = view_of(&canon, 2, use[2].write);
    t.noutputs = 1;
    t.outputs[0].operand = 2;
    t.outputs[0].whole = fingerprint_whole(&out, NULL, 1);
    return lineage_record(l, &t);
}

struct logged {
    struct log_item items[16];
    int nitems, nleaves, nops;
};

static void read_back(const char *directory, struct logged *logged)
{
    static struct expand_event e;
    char path[256];
    struct log_reader r;
    struct log_record record;
    snprintf(path, sizeof path, "%s/one.blog", directory);
    cr_assert(log_open(&r, path));
    memset(logged, 0, sizeof *logged);
    struct expand *x = expand_new(&r, EXPAND_SINGLY);
    while (expand_next(x, &e)) {
        logged->nleaves += e.kind == EXPAND_LEAF;
        if (e.kind == EXPAND_ITEM)
            logged->items[logged->nitems++] = e.item;
    }
    expand_free(x);
    while (log_next(&r, &record))
        logged->nops += record.kind == LOG_OP;
    cr_assert_not(r.truncated);
    log_reader_close(&r);
    unlink(path);
    rmdir(directory);
}

static struct lineage *start(char *directory)
{
    strcpy(directory, "/tmp/blase-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    return lineage_new(log_writer_new(directory, "one.blog"), true, UINT64_C(64) << 20);
}

static void finish(struct lineage *l)
{
    lineage_flush(l, true);
    lineage_free(l);
}

static void fill(double *m, double first)
{
    for (int i = 0; i < N * N; i++)
        m[i] = first + i;
}

Test(lineage, joins_by_content_and_forgets_what_was_overwritten)
{
    char directory[64];
    double a[N * N], b[N * N], c[N * N], copy[N * N], d[N * N];
    struct logged log;
    struct lineage *l = start(directory);
    fill(a, 1);
    fill(b, 50);
    fill(c, 200);
    fill(d, 300);
    cr_assert_eq(gemm(l, 1, a, b, c), 1); /* item 0: two leaves */
    memcpy(copy, c, sizeof c);
    cr_assert_eq(gemm(l, 1, copy, a, d), 2); /* item 1: a copy of item 0's output, and a leaf seen before */
    c[3] += 1;
    cr_assert_eq(gemm(l, 1, c, d, b), 3); /* item 2: the overwritten output is a new leaf, d is item 1's */
    finish(l);
    read_back(directory, &log);
    cr_assert_eq(log.nitems, 3);
    cr_assert_eq(log.nops, 1);
    cr_assert_eq(log.nleaves, 3);
    cr_assert_not(log.items[0].inputs[0].is_item);
    cr_assert(log.items[1].inputs[0].is_item);
    cr_assert_eq(log.items[1].inputs[0].ref, 0);
    cr_assert_eq(log.items[1].inputs[0].output, 2);
    cr_assert_not(log.items[1].inputs[1].is_item);
    cr_assert_eq(log.items[1].inputs[1].ref, log.items[0].inputs[0].ref);
    cr_assert_not(log.items[2].inputs[0].is_item);
    cr_assert_eq(log.items[2].inputs[0].ref, 2);
    cr_assert_eq(log.items[2].inputs[1].ref, 1);
    cr_assert_eq(log.items[0].height, 1);
    cr_assert_eq(log.items[1].height, 2);
    cr_assert_eq(log.items[2].height, 3);
}

Test(lineage, equal_computations_have_equal_hashes)
{
    char first[64], second[64];
    struct logged one, two;
    double alphas[2][3] = {{1, 2, 1}, {1, 2, 3}};
    for (int run = 0; run < 2; run++) {
        struct lineage *l = start(run ? second : first);
        double a[N * N], b[N * N], c[N * N];
        fill(a, 1);
        fill(b, 2);
        fill(c, 3);
        for (int i = 0; i < 3; i++)
            gemm(l, alphas[run][i], a, b, c);
        finish(l);
    }
    read_back(first, &one);
    read_back(second, &two);
    cr_assert(fp_equal(one.items[0].merkle, two.items[0].merkle));
    cr_assert(fp_equal(one.items[1].merkle, two.items[1].merkle));
    cr_assert_not(fp_equal(one.items[2].merkle, two.items[2].merkle));
    cr_assert(fp_equal(one.items[0].merkle, one.items[2].merkle), "the same call again is the same lineage");
    cr_assert_not(fp_equal(one.items[0].merkle, one.items[1].merkle));
}

Test(lineage, triangle_of_a_product_is_that_product)
{
    char directory[64];
    double a[N * N], b[N * N], c[N * N];
    struct logged log;
    struct lineage *l = start(directory);
    fill(a, 1);
    fill(b, 50);
    fill(c, 200);
    gemm(l, 1, a, b, c);
    struct built call;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    int32_t info = 0;
    build(&call, "dpotrf", STYLE_FORTRAN, 4, "cipip", 'L', N, c, N, &info);
    canon_of(&call, 4, &canon);
    canon_uses(&canon, use);
    struct traced t;
    memset(&t, 0, sizeof t);
    t.canon = &canon;
    t.caller_object = "test";
    struct view v = view_of(&canon, 0, use[0].read);
    t.inputs[t.ninputs++] = (struct traced_input){.operand = 0, .view = v, .fp = fingerprint(&v)};
    lineage_record(l, &t);
    finish(l);
    read_back(directory, &log);
    cr_assert_eq(log.nitems, 2);
    cr_assert(log.items[1].inputs[0].is_item);
    cr_assert_eq(log.items[1].inputs[0].part, PART_LOWER);
}
