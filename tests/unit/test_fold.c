/*
 * Loop deduplication loses nothing: a program's log with and without it expands to the same leaves and items, hashes and all,
 * whatever its loops do; and it is small, stays small, and finds the loops that are there.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lineage/expand.h"
#include "lineage/lineage.h"
#include "lineage/step.h"
#include "tests/unit/calls.h"
#include "tests/unit/scratch.h"

/* Seconds, for a machine with other things to do, and sanitizers. */
TestSuite(fold, .init = scratch_make, .fini = scratch_remove, .timeout = 900);

/* AddressSanitizer keeps what was freed: so little that it has that much before memory_stays_flat looks for the first time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=16";
}

enum { POOL = 12, MOST_THREADS = 3 };
static const uint64_t MEMORY = UINT64_C(64) << 20;

/* A program: buffers hold fingerprints only, so that millions of calls take no time; two recorders see each call. */
struct program {
    struct lineage *recorders[2]; /* with and without deduplication */
    struct fp buffers[POOL];
    uint64_t fresh; /* contents so far */
    uint64_t calls;
    uint32_t thread;
    struct canon canons[8]; /* of different shapes */
    struct use uses[8][OP_MAX_OPERANDS];
    struct built built[8];
};

static struct fp new_content(struct program *p)
{
    uint64_t n = ++p->fresh;
    return fingerprint_bytes(&n, sizeof n);
}

/* What a product is: its operands' contents and its scalar. */
static struct fp product(struct fp a, struct fp b, double alpha, int shape)
{
    struct {
        struct fp a, b;
        double alpha;
        uint64_t shape;
    } all = {a, b, alpha, (uint64_t)shape};
    return fingerprint_bytes(&all, sizeof all);
}

static void begin(struct program *p)
{
    memset(p, 0, sizeof *p);
    p->recorders[0] = lineage_new(log_writer_new(directory, "folded.blog"), true, MEMORY);
    p->recorders[1] = lineage_new(log_writer_new(directory, "plain.blog"), false, MEMORY);
    for (int s = 0; s < 8; s++) {
        int n = 2 + s;
        build(&p->built[s], "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', n, n, n, 1.0, AT(1), n, AT(2), n, 0.0, AT(3),
              n);
        cr_assert_eq(canon_of(&p->built[s], 4, &p->canons[s]), CANON_OK);
        canon_uses(&p->canons[s], p->uses[s]);
    }
    for (int i = 0; i < POOL; i++)
        p->buffers[i] = new_content(p);
}

/* buffers[c] = alpha * buffers[a] * buffers[b], of one of eight shapes. */
static void multiply(struct program *p, int shape, double alpha, int a, int b, int c)
{
    struct traced t;
    memset(&t, 0, sizeof t);
    memcpy(p->canons[shape].a[argument_named(p->canons[shape].op, "alpha")].bytes, &alpha, sizeof alpha);
    t.canon = &p->canons[shape];
    t.use = p->uses[shape];
    t.caller_object = "test";
    t.thread = p->thread;
    t.start_ns = p->calls++ * 1000;
    t.call_ns = 500 + p->calls % 7;
    t.trace_ns = 3;
    t.ninputs = 2;
    for (int k = 0; k < 2; k++)
        t.inputs[k] =
            (struct traced_input){.operand = k, .view = view_of(t.canon, k, t.use[k].read), .fp = p->buffers[k ? b : a]};
    p->buffers[c] = product(p->buffers[a], p->buffers[b], alpha, shape);
    t.noutputs = 1;
    t.outputs[0] = (struct traced_output){.operand = 2, .whole = {.fp = p->buffers[c], .part = PART_FULL}};
    for (int r = 0; r < 2; r++) {
        struct traced copy = t;
        cr_assert_neq(lineage_record(p->recorders[r], &copy), 0);
    }
}

static void end(struct program *p)
{
    for (int r = 0; r < 2; r++) {
        lineage_flush(p->recorders[r], true);
        lineage_free(p->recorders[r]);
    }
}

static bool same_inputs(const struct log_item *a, const struct log_item *b)
{
    return a->ninputs == b->ninputs && memcmp(a->inputs, b->inputs, a->ninputs * sizeof a->inputs[0]) == 0;
}

/* Items are compared thread by thread: their order between threads may differ. */
struct told {
    struct log_item *items;
    struct log_leaf *leaves;
    size_t nitems, nleaves;
    uint64_t call_ns;
};

/* Room for one more: doubles when the count is a power of two. */
static void *grown(void *array, size_t count, size_t size)
{
    return count & (count - 1) ? array : realloc(array, (count ? 2 * count : 1) * size);
}

static void tell(const char *name, uint64_t thread, struct told *told)
{
    static struct expand_event e;
    struct log_reader r;
    cr_assert(log_open(&r, path_of(name)));
    struct expand *x = expand_new(&r, EXPAND_SINGLY);
    memset(told, 0, sizeof *told);
    while (expand_next(x, &e)) {
        if (e.kind == EXPAND_LEAF && e.leaf.id >> 40 == thread) {
            told->leaves = grown(told->leaves, told->nleaves, sizeof *told->leaves);
            told->leaves[told->nleaves++] = e.leaf;
        } else if (e.kind == EXPAND_ITEM && e.item.thread == thread) {
            told->items = grown(told->items, told->nitems, sizeof *told->items);
            told->items[told->nitems++] = e.item;
            told->call_ns += e.item.call_ns;
        }
    }
    expand_free(x);
    log_reader_close(&r);
}

static void compare(uint64_t thread, unsigned seed)
{
    struct told folded, plain;
    tell("folded.blog", thread, &folded);
    tell("plain.blog", thread, &plain);
    cr_assert_eq(folded.nitems, plain.nitems, "seed %u: %zu items, not %zu", seed, folded.nitems, plain.nitems);
    cr_assert_eq(folded.nleaves, plain.nleaves, "seed %u: %zu leaves, not %zu", seed, folded.nleaves, plain.nleaves);
    for (size_t i = 0; i < plain.nleaves; i++)
        cr_assert_eq(memcmp(&folded.leaves[i], &plain.leaves[i], sizeof plain.leaves[i]), 0, "seed %u: leaf %zu", seed, i);
    for (size_t i = 0; i < plain.nitems; i++) {
        const struct log_item *a = &folded.items[i], *b = &plain.items[i];
        if (a->height != b->height || a->id != b->id || memcmp(a->values, b->values, a->nvalues * sizeof a->values[0]))
            printf("item %zu: id %lx %lx height %lu %lu\n", i, a->id, b->id, a->height, b->height);
        cr_assert(a->id == b->id && a->op == b->op && a->height == b->height && a->nvalues == b->nvalues &&
                      memcmp(a->values, b->values, a->nvalues * sizeof a->values[0]) == 0,
                  "seed %u: item %zu", seed, i);
        cr_assert(same_inputs(a, b), "seed %u: inputs of item %zu", seed, i);
        cr_assert(fp_equal(a->merkle, b->merkle), "seed %u: hash of item %zu", seed, i);
    }
    cr_assert_eq(folded.call_ns, plain.call_ns, "seed %u: %lu ns, not %lu", seed, folded.call_ns, plain.call_ns);
    free(folded.items);
    free(folded.leaves);
    free(plain.items);
    free(plain.leaves);
}

/* Loops kept whole stand for the very items that they are expanded to, and digests for their outputs. */
static void compare_whole(void)
{
    static struct expand_event e, f;
    struct log_reader folded, plain;
    uint64_t items[MOST_THREADS] = {0};
    struct fp chain[MOST_THREADS] = {{0, 0}};
    cr_assert(log_open(&folded, path_of("folded.blog")) && log_open(&plain, path_of("plain.blog")));
    struct expand *whole = expand_new(&folded, EXPAND_LOOPS);
    while (expand_next(whole, &e)) {
        if (e.kind == EXPAND_ITEM)
            cr_assert_eq(e.item.id, step_id(e.item.thread, items[e.item.thread]++));
        if (e.kind == EXPAND_LOOP) {
            cr_assert_eq(e.loop.first, step_id(e.loop.thread, items[e.loop.thread]));
            cr_assert(e.loop.iterations && e.loop.length);
            items[e.loop.thread] += e.loop.iterations * e.loop.length;
        }
    }
    expand_free(whole);
    for (uint64_t thread = 0; thread < MOST_THREADS; thread++) {
        struct expand *x = expand_new(&plain, false), *y = expand_new(&folded, EXPAND_SINGLY);
        while (expand_next(y, &e)) {
            if (e.kind != EXPAND_ITEM || e.item.thread != thread)
                continue;
            do
                cr_assert(expand_next(x, &f));
            while (f.kind != EXPAND_ITEM || f.item.thread != thread);
            items[thread]--;
            if (e.in_loop)
                chain[thread] = step_chain(chain[thread], f.item.outputs[0].fp);
            else
                cr_assert(fp_equal(e.item.outputs[0].fp, f.item.outputs[0].fp));
            if (e.closes)
                cr_assert(fp_equal(e.digest, chain[thread]));
        }
        cr_assert_eq(items[thread], 0);
        expand_free(x);
        expand_free(y);
    }
    log_reader_close(&folded);
    log_reader_close(&plain);
}

struct shape_of_log {
    uint64_t patches, turns, items;
};

static struct shape_of_log shape(const char *name)
{
    struct log_reader r;
    struct log_record record;
    struct shape_of_log s = {0};
    cr_assert(log_open(&r, path_of(name)));
    while (log_next(&r, &record)) {
        struct log_patch p;
        s.items += record.kind == LOG_ITEM;
        s.turns += record.kind == LOG_TURN;
        s.patches += record.kind == LOG_PATCH && log_decode_patch(&record.payload, &p) && p.length;
    }
    log_reader_close(&r);
    return s;
}

Test(fold, a_loop_of_40_calls_10000_times_takes_less_than_a_megabyte)
{
    struct program *p = malloc(sizeof *p);
    begin(p);
    for (int i = 0; i < 10000; i++) {
        p->buffers[0] = new_content(p); /* a mini-batch */
        for (int k = 0; k < 40; k++)
            multiply(p, k % 8, k == 5 ? 1.0 / (i + 1) : 1, k % 3 ? 1 : 0, k % POOL, 2 + k % 3);
    }
    end(p);
    compare(0, 0);
    struct shape_of_log s = shape("folded.blog");
    cr_expect_eq(s.patches, 1);
    cr_expect_leq(s.items, 160, "%lu items stand by themselves", s.items);
    cr_expect_leq(size_of("folded.blog"), 1000000, "%ld bytes", size_of("folded.blog"));
    printf("10,000 x 40 calls: %ld bytes folded, %ld not\n", size_of("folded.blog"), size_of("plain.blog"));
    free(p);
}

Test(fold, forty_like_calls_are_one_body)
{
    struct program *p = malloc(sizeof *p);
    begin(p);
    for (int i = 0; i < 300; i++) {
        p->buffers[0] = new_content(p);
        for (int k = 0; k < 40; k++)
            multiply(p, 0, 1, (k * 7) % POOL, (k * 5) % POOL, 1 + (k * 3) % (POOL - 1));
    }
    end(p);
    compare(0, 0);
    printf("forty alike: %ld bytes folded, %ld not, %lu patches\n", size_of("folded.blog"), size_of("plain.blog"),
           shape("folded.blog").patches);
    cr_expect_leq(shape("folded.blog").patches, 2);
    cr_expect_leq(size_of("folded.blog") * 10, size_of("plain.blog"));
    free(p);
}

static long nested(int outer, int inner, bool varies)
{
    struct program *p = malloc(sizeof *p);
    begin(p);
    for (int i = 0; i < outer; i++) {
        if (outer > 1)
            multiply(p, 5, 1, 4, 5, 6);
        for (int k = 0; k < inner; k++) {
            if (varies)
                p->buffers[0] = new_content(p);
            multiply(p, 0, 1, 0, 1, 2);
            multiply(p, 1, 1, 2, 3, 4);
            multiply(p, 2, 1, 4, 1, 3);
        }
        if (outer > 1)
            multiply(p, 6, 1, 3, 6, 5);
    }
    end(p);
    compare(0, 0);
    free(p);
    long size = size_of("folded.blog");
    unlink(path_of("folded.blog"));
    unlink(path_of("plain.blog"));
    return size;
}

Test(fold, two_nested_loops_take_at_most_twice_one)
{
    for (int varies = 0; varies < 2; varies++) {
        long one = nested(1, 10000, varies), two = nested(100, 100, varies);
        printf("one loop %ld bytes, nested %ld\n", one, two);
        cr_expect_leq(two, 2 * one, "varies %d: one loop %ld bytes, nested %ld", varies, one, two);
    }
}

Test(fold, three_branches_make_at_most_eight_patches)
{
    struct program *p = malloc(sizeof *p);
    begin(p);
    srand(1);
    for (int i = 0; i < 10000; i++) {
        p->buffers[0] = new_content(p);
        multiply(p, 0, 1, 0, 1, 2);
        for (int b = 0; b < 3; b++) {
            multiply(p, rand() % 2 ? 1 + 2 * b : 2 + 2 * b, 1, 2, 3 + b, 2);
            multiply(p, 7, 1, 2, 6 + b, 3 + b);
        }
    }
    end(p);
    compare(0, 0);
    struct shape_of_log s = shape("folded.blog");
    cr_expect_leq(s.patches, 8, "%lu patches", s.patches);
    cr_expect_leq(s.items, 1000, "%lu items stand by themselves", s.items);
    printf("three branches: %lu patches, %ld bytes folded, %ld not\n", s.patches, size_of("folded.blog"), size_of("plain.blog"));
    free(p);
}

/* Random programs: statements are calls, loops, branches, and new contents. */
static void run(struct program *p, int depth, unsigned *seed);

static void body(struct program *p, int depth, unsigned shape, unsigned *seed)
{
    unsigned own = shape;
    int statements = 1 + (int)(own % 5);
    for (int s = 0; s < statements; s++) {
        own = own * 1103515245u + 12345u;
        unsigned what = own >> 16;
        if (what % 11 == 0)
            p->buffers[what % POOL] = new_content(p);
        if (what % 13 == 0 && rand_r(seed) % 2)
            continue;
        if (what % 17 == 0)
            p->thread = (uint32_t)(rand_r(seed) % MOST_THREADS);
        double alpha = what % 5 ? 1 : rand_r(seed) % 3;
        int a = (int)(what % POOL), b = what % 7 ? (int)(what / 3 % POOL) : (int)(rand_r(seed) % POOL);
        multiply(p, (int)(what / 5 % 8), alpha, a, b, (int)(what / 11 % POOL));
        if (depth < 3 && what % 4 == 0)
            run(p, depth + 1, seed);
    }
}

static void run(struct program *p, int depth, unsigned *seed)
{
    unsigned shape = (unsigned)rand_r(seed);
    int turns = rand_r(seed) % (depth == 0 ? 60 : 12);
    for (int i = 0; i < turns && p->calls < 4000; i++)
        body(p, depth, shape, seed);
}

Test(fold, random_programs_lose_nothing)
{
    struct program *p = malloc(sizeof *p);
    for (unsigned seed = 1; seed <= 150; seed++) {
        unsigned dice = seed;
        begin(p);
        for (int i = 0; i < 6; i++)
            run(p, 0, &dice);
        end(p);
        for (uint64_t thread = 0; thread < MOST_THREADS; thread++)
            compare(thread, seed);
        compare_whole();
        unlink(path_of("folded.blog"));
        unlink(path_of("plain.blog"));
    }
    free(p);
}

/* The most so far: the tables of known contents come and go. */
static long resident(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * 1024;
}

/* The second recorder is left out: only one of millions of calls is asked about. */
Test(fold, memory_stays_flat)
{
    struct program *p = malloc(sizeof *p);
    begin(p);
    lineage_free(p->recorders[1]);
    p->recorders[1] = lineage_new(NULL, false, MEMORY);
    long early = 0;
    for (int i = 0; i < 100000; i++) {
        p->buffers[0] = new_content(p);
        for (int k = 0; k < 20; k++)
            multiply(p, k % 8, 1, k % 3 ? 1 : 0, k % POOL, 2 + k % 3);
        if (i == 50000)
            early = resident();
    }
    cr_expect_leq(resident() - early, 4 << 20, "%ld bytes more after another 1,000,000 calls", resident() - early);
    end(p);
    free(p);
}
