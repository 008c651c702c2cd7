/*
 * What a loop foretells changes nothing: of random loops, whose operands overlap, are cut from one another, and are written by
 * the program now and then, a recorder that folds and compares before it fingerprints finds the same inputs as one that does
 * neither, and the two logs expand to the same leaves and items. The fingerprint of what was foretold is that of the memory.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineage/expand.h"
#include "lineage/lineage.h"
#include "tests/unit/calls.h"
#include "tests/unit/scratch.h"

TestSuite(foretell, .init = scratch_make, .fini = scratch_remove, .timeout = 240);

enum { ARENA = 3 * 80 * 80, MOST_CALLS = 7, FOLDS = 0, PLAIN = 1 };

struct body_call {
    int what, n, k, lda, ldb, ldc, a, b, c; /* places in the arena */
};

struct loops {
    struct lineage *recorders[2];
    double arena[ARENA], saved[ARENA];
    struct body_call body[MOST_CALLS];
    int length, largest;
    unsigned seed;
    uint64_t state, calls, inputs, foretold, recurred;
    double alpha;
};

static int below(struct loops *p, int limit)
{
    uint64_t z = p->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (int)((z ^ (z >> 31)) % (uint64_t)limit);
}

static double number(struct loops *p)
{
    static const double few[] = {0.0, -0.0, 1.0, 2.5};
    return p->seed % 3 ? below(p, 1 << 30) * 0x1p-20 : few[below(p, 4)];
}

static void draw_body(struct loops *p)
{
    const int room = p->largest * (p->largest + 2), places = 3 + below(p, 3), step = ARENA / 2 / places;
    p->length = 1 + below(p, MOST_CALLS);
    for (int i = 0; i < p->length; i++) {
        struct body_call *c = &p->body[i];
        int *const at[] = {&c->a, &c->b, &c->c};
        *c = (struct body_call){.what = below(p, 4), .n = 2 + below(p, p->largest - 1)};
        c->k = below(p, 3) ? c->n : 1 + below(p, p->largest);
        c->lda = (c->n > c->k ? c->n : c->k) + below(p, 2);
        c->ldb = (c->n > c->k ? c->n : c->k) + below(p, 2);
        c->ldc = c->n + below(p, 2);
        for (int k = 0; k < 3; k++) {
            *at[k] = below(p, places) * step + (below(p, 3) ? 0 : below(p, 2 * p->largest));
            *at[k] = *at[k] + room > ARENA ? 0 : *at[k];
        }
    }
}

/* What the program does between two calls: writes an element, a place, puts all back as it once was, copies. */
static void disturb(struct loops *p)
{
    const int at = below(p, ARENA - 256), from = below(p, ARENA - 256);
    switch (below(p, 60)) {
    case 0:
        p->arena[at] = number(p);
        break;
    case 1:
        for (int i = 0; i < 200; i++)
            p->arena[at + i] = number(p);
        break;
    case 2:
        memcpy(p->arena, p->saved, sizeof p->arena);
        break;
    case 3:
        memcpy(p->saved, p->arena, sizeof p->arena);
        break;
    case 4:
        memmove(p->arena + at, p->arena + from, 200 * sizeof p->arena[0]);
        break;
    default:
        break;
    }
}

static void build_call(struct loops *p, const struct body_call *c, struct built *call)
{
    double *a = p->arena + c->a, *b = p->arena + c->b, *out = p->arena + c->c;
    if (c->what == 0)
        build(call, "dsyrk", STYLE_FORTRAN, 4, "cciirpirpi", 'U', 'N', c->n, c->k, p->alpha, a, c->lda, 0.0, out, c->ldc);
    else if (c->what == 1)
        build(call, "dgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', c->n, c->k, p->alpha, a, c->lda, b, 2, 0.0, out, 1);
    else
        build(call, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', c->n, c->n, c->k, p->alpha, a, c->lda, b, c->ldb,
              c->what == 2 ? 0.0 : 1.0, out, c->ldc);
}

/* As the shim does before a call. */
static void read_inputs(struct loops *p, int recorder, struct traced *t)
{
    for (int k = 0; k < t->canon->op->noperands; k++) {
        struct view v = view_of(t->canon, k, t->use[k].read);
        if (!view_empty(&v))
            t->inputs[t->ninputs++] = (struct traced_input){.operand = k, .view = v};
    }
    lineage_foretell(p->recorders[recorder], t);
    for (int i = 0; i < t->ninputs; i++) {
        const struct fp fp = fingerprint(&t->inputs[i].view);
        if (recorder == PLAIN)
            cr_assert_not(t->inputs[i].foretold);
        else if (t->inputs[i].foretold)
            cr_assert(fp_equal(t->inputs[i].fp, fp), "seed %u, call %lu: input %d is not what was foretold", p->seed, p->calls,
                      i);
        p->inputs += recorder == FOLDS;
        p->foretold += t->inputs[i].foretold;
        t->inputs[i].fp = fp;
    }
    lineage_recognise(p->recorders[recorder], t);
}

static void same_inputs(const struct loops *p, const struct traced *a, const struct traced *b)
{
    cr_assert_eq(a->ninputs, b->ninputs);
    for (int i = 0; i < a->ninputs; i++) {
        const struct found *x = &a->inputs[i].found, *y = &b->inputs[i].found;
        cr_assert_eq(x->how, y->how, "seed %u, call %lu, input %d: found %d, not %d", p->seed, p->calls, i, (int)x->how,
                     (int)y->how);
        if (x->how == FOUND_NOTHING)
            continue;
        cr_assert(x->origin.ref == y->origin.ref && x->origin.is_item == y->origin.is_item &&
                      x->origin.operand == y->origin.operand && x->origin.height == y->origin.height,
                  "seed %u, call %lu, input %d: of %lu, not %lu", p->seed, p->calls, i, x->origin.ref, y->origin.ref);
        if (x->how != FOUND_WHOLE)
            cr_assert_eq(memcmp(&x->slice, &y->slice, sizeof x->slice), 0);
    }
}

/* Every element it writes follows from all that it reads. */
static void compute(const struct traced *t, double alpha)
{
    double sum = alpha;
    const int out = t->canon->op->noperands - 1;
    struct view v = view_of(t->canon, out, t->use[out].write);
    for (int i = 0; i < t->ninputs; i++)
        sum += (double)(t->inputs[i].fp.lo >> 40) * (i + 1);
    for (int64_t j = 0; j < v.cols; j++) {
        int64_t lo, hi;
        view_column(&v, j, &lo, &hi);
        for (int64_t i = lo; i < hi; i++)
            memcpy(v.base + (j * v.ld + i) * 8, &(double){sum + (double)(i * 3 + j)}, 8);
    }
}

/* What recurs has the fingerprints of what is there, those of its parts, too. */
static void foretell_output(struct loops *p, int recorder, struct traced *t, const struct view *v)
{
    const struct traced_output *is = &t->outputs[0];
    struct traced_output found = {.operand = is->operand};
    if (!lineage_recurs(t, v, &found))
        return;
    cr_assert_eq(recorder, FOLDS);
    cr_assert(found.whole.part == is->whole.part && fp_equal(found.whole.fp, is->whole.fp), "seed %u, call %lu", p->seed,
              p->calls);
    cr_assert_eq(found.whole.square, is->whole.square, "seed %u, call %lu", p->seed, p->calls);
    for (int part = PART_UPPER; part <= PART_STRICT_LOWER && is->whole.square; part++)
        cr_assert(fp_equal(fingerprint_part(&found.whole, part), fingerprint_part(&is->whole, part)),
                  "seed %u, call %lu, part %d", p->seed, p->calls, part);
    p->recurred++;
}

static void call(struct loops *p, const struct body_call *c)
{
    struct built built;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    struct traced t[2];
    build_call(p, c, &built);
    cr_assert_eq(canon_of(&built, 4, &canon), CANON_OK);
    canon_uses(&canon, use);
    for (int r = 0; r < 2; r++) {
        memset(&t[r], 0, sizeof t[r]);
        t[r].canon = &canon;
        t[r].use = use;
        t[r].caller_object = "test";
        t[r].start_ns = p->calls * 1000;
        t[r].call_ns = 500;
        read_inputs(p, r, &t[r]);
    }
    compute(&t[0], p->alpha);
    for (int r = 0; r < 2; r++) {
        const int out = canon.op->noperands - 1;
        struct view v = view_of(&canon, out, use[out].write);
        t[r].noutputs = 1;
        t[r].outputs[0].operand = out;
        t[r].outputs[0].whole = fingerprint_whole(&v, NULL, 1);
        foretell_output(p, r, &t[r], &v);
        lineage_produced(p->recorders[r], &t[r]);
        cr_assert_neq(lineage_record(p->recorders[r], &t[r]), 0);
    }
    same_inputs(p, &t[0], &t[1]);
    p->calls++;
}

static void same_logs(unsigned seed)
{
    static struct expand_event e[2];
    struct log_reader readers[2];
    cr_assert(log_open(&readers[0], path_of("folded.blog")) && log_open(&readers[1], path_of("plain.blog")));
    struct expand *x[2] = {expand_new(&readers[0], false), expand_new(&readers[1], false)};
    while (expand_next(x[PLAIN], &e[PLAIN])) {
        cr_assert(expand_next(x[FOLDS], &e[FOLDS]), "seed %u", seed);
        cr_assert_eq(e[0].kind, e[1].kind, "seed %u", seed);
        const struct log_item *a = &e[0].item, *b = &e[1].item;
        if (e[0].kind == EXPAND_LEAF)
            cr_assert_eq(memcmp(&e[0].leaf, &e[1].leaf, sizeof e[0].leaf), 0, "seed %u: leaf %lu", seed, e[0].leaf.id);
        if (e[0].kind == EXPAND_ITEM)
            cr_assert(a->id == b->id && a->op == b->op && a->height == b->height && fp_equal(a->merkle, b->merkle) &&
                          a->ninputs == b->ninputs && memcmp(a->inputs, b->inputs, a->ninputs * sizeof a->inputs[0]) == 0,
                      "seed %u: item %lu", seed, a->id);
    }
    cr_assert_not(expand_next(x[FOLDS], &e[FOLDS]), "seed %u", seed);
    for (int r = 0; r < 2; r++) {
        expand_free(x[r]);
        log_reader_close(&readers[r]);
    }
}

static void run(struct loops *p, unsigned seed, int turns, int largest, uint64_t memory)
{
    *p = (struct loops){.seed = seed, .state = seed, .largest = largest, .alpha = 1};
    for (int r = 0; r < 2; r++) {
        p->recorders[r] = lineage_new(log_writer_new(directory, r == FOLDS ? "folded.blog" : "plain.blog"), r == FOLDS, memory);
        cr_assert(p->recorders[r] && lineage_identify(p->recorders[r], true));
    }
    for (int i = 0; i < ARENA; i++)
        p->arena[i] = p->saved[i] = number(p);
    draw_body(p);
    const int fresh = below(p, 3) ? p->body[0].a : -1, scalar = below(p, 2), calm = below(p, 2);
    for (int turn = 0; turn < turns; turn++) {
        if (fresh >= 0)
            p->arena[fresh] = number(p);
        p->alpha = scalar ? 1 + turn : 1;
        for (int i = 0; i < p->length; i++) {
            call(p, &p->body[i]);
            if (!calm || turn % 16 == 15)
                disturb(p);
        }
    }
    for (int r = 0; r < 2; r++) {
        lineage_flush(p->recorders[r], true);
        lineage_free(p->recorders[r]);
    }
    same_logs(seed);
    unlink(path_of("folded.blog"));
    unlink(path_of("plain.blog"));
}

Test(foretell, random_loops)
{
    static struct loops p;
    uint64_t inputs = 0, foretold = 0, calls = 0, recurred = 0;
    for (unsigned seed = 1; seed <= 400; seed++) {
        run(&p, seed, 40, seed % 50 ? 6 : 72, (uint64_t)64 << 20);
        inputs += p.inputs;
        foretold += p.foretold;
        calls += p.calls;
        recurred += p.recurred;
    }
    printf("foretell: %lu of %lu inputs and %lu of %lu outputs foretold\n", foretold, inputs, recurred, calls);
    cr_expect_gt(foretold, inputs / 5);
    cr_expect_gt(recurred, calls / 30);
}

/* More turns than sketches are kept of, and than what little memory remembers. */
Test(foretell, long_loops)
{
    static struct loops p;
    for (unsigned seed = 1; seed <= 6; seed++) {
        run(&p, seed, 1500, 6, (uint64_t)64 << 20);
        cr_expect_gt(p.foretold, 0, "seed %u", seed);
    }
}
