/* Where two runs part: random programs that differ in one known way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/recorded.h"
#include "tools/differ.h"

TestSuite(differ, .init = scratch_make, .fini = scratch_remove);

enum { POOL = 5, CALLS = 80 };
enum change { NOTHING, SCALAR, CONTENT, LEFT_OUT, SWAPPED };

struct side {
    struct run_logs run;
    struct graph graph;
};

/* Two calls of the program, from the same state: what they read is not what they write. */
static void record_two(struct lineage *l, double (*pool)[RECORDED_SIZE], bool swapped)
{
    for (int i = 0; i < 2; i++)
        recorded_gemm(l, 0, i == swapped ? 5 : 7, pool[0], pool[1], pool[i == swapped ? 2 : 3]);
}

/* The program that a seed is, with one thing changed at call `at`. */
static void record(const char *file, unsigned seed, enum change change, int at, bool dedup)
{
    static double pool[POOL][RECORDED_SIZE];
    struct lineage *l = recorded_start(file, dedup, "1", "1");
    srand(seed);
    for (int i = 0; i < POOL; i++)
        recorded_fill(pool[i], i + 1);
    for (int i = 0; i < CALLS; i++) {
        int a = rand() % POOL, b = rand() % POOL, c = rand() % POOL, alpha = 2 + rand() % 3;
        if (i == at)
            record_two(l, pool, change == SWAPPED);
        if (i == at && change == CONTENT)
            recorded_fill(pool[a], 77);
        if (i != at || change != LEFT_OUT)
            recorded_gemm(l, 0, i == at && change == SCALAR ? 1.5 : alpha, pool[a], pool[b], pool[c]);
    }
    recorded_end(l);
}

/* A run of its own, in a directory below. */
static void make_side(struct side *s, const char *name, unsigned seed, enum change change, int at, bool dedup)
{
    char below[256], file[64];
    snprintf(below, sizeof below, "%s/%s", directory, name);
    mkdir(below, 0700);
    snprintf(file, sizeof file, "%s/1-1.blog", name);
    record(file, seed, change, at, dedup);
    cr_assert(run_logs_read(&s->run, below));
    graph_load(&s->graph, &s->run, GRAPH_HASHES);
}

static void drop_side(struct side *s)
{
    graph_free(&s->graph);
    run_logs_free(&s->run);
}

static void compare(unsigned seed, enum change change, int at,
                    void (*check)(const struct differ *d, const struct stream_pair *p, int at))
{
    static struct side a, b;
    struct differ d;
    char name[2][32];
    snprintf(name[0], sizeof name[0], "a%u", seed);
    snprintf(name[1], sizeof name[1], "b%u", seed);
    make_side(&a, name[0], seed, NOTHING, at, seed % 2);
    make_side(&b, name[1], seed, change, at, seed / 2 % 2);
    differ_run(&d, &a.graph, &b.graph);
    cr_assert(d.npairs == 1, "%zu pairs of threads", d.npairs);
    check(&d, &d.pair[0], at);
    differ_free(&d);
    drop_side(&a);
    drop_side(&b);
}

static unsigned causes_of(const struct stream_pair *p)
{
    unsigned causes = 0;
    for (size_t i = 0; i < p->ndifferences; i++)
        causes |= p->difference[i].causes;
    return causes;
}

static void is_nothing(const struct differ *d, const struct stream_pair *p, int at)
{
    (void)d, (void)at;
    cr_assert(p->ndifferences == 0 && p->follow == 0 && p->matched == CALLS + 2, "%zu differences", p->ndifferences);
}

static void is_scalar(const struct differ *d, const struct stream_pair *p, int at)
{
    cr_assert(p->ndifferences == 1, "%zu differences, causes %x", p->ndifferences, causes_of(p));
    cr_assert(p->difference[0].causes == CAUSE_SCALAR, "causes %x", p->difference[0].causes);
    cr_assert(d->a->node[p->difference[0].a].id == (uint64_t)at + 2 && d->b->node[p->difference[0].b].id == (uint64_t)at + 2);
}

/* Of others that read the new content, too, each says so. */
static void is_content(const struct differ *d, const struct stream_pair *p, int at)
{
    cr_assert(p->ndifferences >= 1 && p->matched == CALLS + 2);
    cr_assert(!(causes_of(p) & ~(unsigned)(CAUSE_CONTENT | CAUSE_ORIGIN)), "causes %x", causes_of(p));
    cr_assert(d->a->node[p->difference[0].a].id == (uint64_t)at + 2);
}

static void is_left_out(const struct differ *d, const struct stream_pair *p, int at)
{
    size_t alone = 0;
    (void)d, (void)at;
    for (size_t i = 0; i < p->ndifferences; i++)
        alone += p->difference[i].causes == CAUSE_ALONE && p->difference[i].b == GRAPH_NONE;
    cr_assert(alone == 1 && p->matched == CALLS + 1, "%zu only in the first, causes %x", alone, causes_of(p));
}

static void is_swapped(const struct differ *d, const struct stream_pair *p, int at)
{
    cr_assert(p->ndifferences == 1 && p->difference[0].causes == CAUSE_MOVED, "%zu differences, causes %x", p->ndifferences,
              causes_of(p));
    cr_assert(p->follow == 0 && p->matched == CALLS + 2);
    uint64_t first = d->a->node[p->difference[0].a].id, second = d->b->node[p->difference[0].b].id;
    cr_assert(first + second == 2 * (uint64_t)at + 1, "#%llu and #%llu", (unsigned long long)first, (unsigned long long)second);
}

Test(differ, nothing)
{
    for (unsigned seed = 0; seed < 40; seed++)
        compare(seed, NOTHING, (int)seed, is_nothing);
}

Test(differ, one_scalar)
{
    for (unsigned seed = 0; seed < 100; seed++)
        compare(seed, SCALAR, (int)(seed * 7 % CALLS), is_scalar);
}

Test(differ, content)
{
    for (unsigned seed = 0; seed < 100; seed++)
        compare(seed, CONTENT, (int)(seed * 7 % CALLS), is_content);
}

Test(differ, left_out)
{
    for (unsigned seed = 0; seed < 100; seed++)
        compare(seed, LEFT_OUT, (int)(seed * 7 % CALLS), is_left_out);
}

Test(differ, swapped)
{
    for (unsigned seed = 0; seed < 100; seed++)
        compare(seed, SWAPPED, (int)(seed * 7 % CALLS), is_swapped);
}
