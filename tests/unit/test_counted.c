/*
 * Counting a run without being shown every turn of its loops: what comes out is to the last nanosecond what stepping through them
 * gives, whatever the loops do, and takes no longer when a few bytes tell of millions of turns.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/expand.h"
#include "lineage/step.h"
#include "tests/unit/processor.h"
#include "tests/unit/recorded.h"
#include "tools/run_logs.h"
#include "tools/summary.h"

TestSuite(counted, .init = scratch_make, .fini = scratch_remove, .timeout = 120);

enum { POOL = 6, OPERATIONS = 8, CALLS = 80 };

struct sums {
    uint64_t items, leaves, edges, outcomes[8], unkept[8], offsets[16], last_ns, mismatches;
    uint64_t times[6];
};

static void add(struct sums *s, const struct expand_event *e)
{
    const struct log_item *i = &e->item;
    const uint64_t n = e->stands_for;
    s->leaves += e->kind == EXPAND_LEAF;
    s->mismatches += e->kind == EXPAND_MISMATCH;
    if (e->kind != EXPAND_ITEM)
        return;
    s->items += n;
    s->outcomes[i->outcome % 8] += n;
    s->unkept[i->unkept % 8] += n;
    s->offsets[i->offset % 16] += n;
    for (uint64_t k = 0; k < i->ninputs; k++)
        s->edges += i->inputs[k].is_item ? n : 0;
    const uint64_t times[] = {i->call_ns, i->fingerprint_ns, i->fingerprint_bytes, i->copy_ns, i->saved_ns, i->trace_ns};
    for (int k = 0; k < 6; k++)
        s->times[k] += times[k];
    if (i->start_ns + e->longest_ns > s->last_ns)
        s->last_ns = i->start_ns + e->longest_ns;
}

static struct expand_event event; /* large */

static struct sums sums_of(const struct log_reader *log, enum expand_how how, uint64_t *events)
{
    struct sums s;
    memset(&s, 0, sizeof s);
    struct expand *x = expand_new(log, how);
    for (*events = 0; expand_next(x, &event); ++*events)
        add(&s, &event);
    expand_free(x);
    return s;
}

/* Both ways; how many fewer events counting took. */
static uint64_t compare(const struct log_reader *log, const char *what, unsigned seed)
{
    uint64_t stepped, counted;
    const struct sums a = sums_of(log, EXPAND_SINGLY, &stepped), b = sums_of(log, EXPAND_COUNTED, &counted);
    cr_assert_eq(memcmp(&a, &b, sizeof a), 0, "%s %u: %lu items, %lu leaves, %lu ns; counted %lu, %lu, %lu", what, seed, a.items,
                 a.leaves, a.times[0], b.items, b.leaves, b.times[0]);
    return stepped - counted;
}

struct operation {
    int a, b, c;
    double alpha;
};

/* Nested loops of random bodies: some change scalars, some bring new content, some go another way now and then. */
static void record(unsigned seed)
{
    static double pool[POOL][RECORDED_SIZE];
    struct operation body[2][OPERATIONS];
    srand(seed);
    struct lineage *l = recorded_start("1-1.blog", true, "1", "1");
    for (int i = 0; i < POOL; i++)
        recorded_fill(pool[i], i + 1);
    for (int i = 0; i < 2 * OPERATIONS; i++)
        body[i / OPERATIONS][i % OPERATIONS] = (struct operation){rand() % POOL, rand() % POOL, rand() % POOL, 1 + rand() % 2};
    const int lengths[2] = {1 + rand() % OPERATIONS, rand() % OPERATIONS}, outer = 10 + rand() % 30, inner = 1 + rand() % 6;
    const int fresh = rand() % 3 ? 0 : 1 + rand() % 9, other = rand() % 3 ? 0 : 2 + rand() % 9;
    for (int i = 0; i < outer; i++) {
        for (int turn = 0; turn < inner + (other && i % other == 0); turn++)
            for (int k = 0; k < lengths[0]; k++)
                recorded_gemm(l, 0, body[0][k].alpha, pool[body[0][k].a], pool[body[0][k].b], pool[body[0][k].c]);
        for (int k = 0; k < lengths[1]; k++)
            recorded_gemm(l, 0, body[1][k].alpha + (other && i % other == 1), pool[body[1][k].a], pool[body[1][k].b],
                          pool[body[1][k].c]);
        if (fresh && i % fresh == 0)
            recorded_fill(pool[rand() % POOL], 100 + i);
    }
    recorded_end(l);
}

static void put_record(struct bytes *out, uint64_t kind, const uint8_t *payload, size_t size)
{
    put_varint(out, kind);
    put_varint(out, size);
    put_raw(out, payload, size);
}

static uint64_t forged_number(void)
{
    static const uint64_t some[] = {0, 1, 2, 3, 4, 5, 7, 12, 100};
    return some[(unsigned)rand() % (sizeof some / sizeof some[0])];
}

/* A turn that says it was there another number of times, rounds of any patches: what no writer writes is still counted right. */
static void forge_turn(struct bytes *out, struct reader payload)
{
    struct log_turn t;
    struct bytes b = {0};
    cr_assert(log_decode_turn(&payload, &t));
    if (t.repeats > 1 || rand() % 2)
        t.repeats = 1 + forged_number();
    log_encode_turn(&b, &t);
    put_raw(&b, payload.at, (size_t)(payload.end - payload.at));
    put_record(out, LOG_TURN, b.data, b.size);
    bytes_free(&b);
}

static void forge_rounds(struct bytes *out)
{
    const struct fp digest = {1, 2};
    struct bytes b = {0};
    const uint64_t length = 1 + (unsigned)rand() % 5;
    put_varint(&b, rand() % 8 ? 0 : UINT64_C(1) << 40); /* no such thread */
    put_zigzag(&b, rand() % 1000);
    put_raw(&b, &digest, sizeof digest);
    put_varint(&b, forged_number());
    put_varint(&b, (unsigned)rand() % length);
    put_varint(&b, length);
    for (uint64_t i = 0; i < length; i++) {
        put_varint(&b, (unsigned)rand() % 3);
        put_varint(&b, forged_number());
    }
    put_record(out, LOG_ROUNDS, b.data, b.size);
    bytes_free(&b);
}

/* The log with its loops' records changed and others among them. */
static void forge(const struct log_reader *from, struct log_reader *to)
{
    struct bytes out = {0};
    struct log_reader log = *from;
    struct log_record record;
    put_raw(&out, LOG_MAGIC, LOG_MAGIC_SIZE);
    while (log_next(&log, &record)) {
        if (record.kind == LOG_TURN && rand() % 3)
            forge_turn(&out, record.payload);
        else
            put_record(&out, record.kind, record.payload.at, (size_t)(record.payload.end - record.payload.at));
        if ((record.kind == LOG_TURN || record.kind == LOG_ROUNDS || record.kind == LOG_PATCH) && rand() % 2)
            forge_rounds(&out);
    }
    cr_assert(log_from_memory(to, out.data, out.size));
    bytes_free(&out);
}

Test(counted, is_what_stepping_gives)
{
    uint64_t spared = 0, spared_forged = 0;
    for (unsigned seed = 0; seed < 150; seed++) {
        struct log_reader log, forged;
        record(seed);
        cr_assert(log_open(&log, path_of("1-1.blog")));
        spared += compare(&log, "recorded", seed);
        for (int i = 0; i < 10; i++) {
            forge(&log, &forged);
            spared_forged += compare(&forged, "forged", seed);
            log_reader_close(&forged);
        }
        log_reader_close(&log);
        remove(path_of("1-1.blog"));
    }
    cr_expect_gt(spared, 1000, "%lu events were passed over", spared);
    cr_expect_gt(spared_forged, 10000, "%lu events were passed over", spared_forged);
}

/*
 * What is passed over leaves patches as stepping would: the turns told behind it refer to the same items.
 */
Test(counted, leaves_the_loops_as_they_were)
{
    static struct expand_event stepped;
    uint64_t compared = 0;
    for (unsigned seed = 0; seed < 200; seed++) {
        struct log_reader log, forged;
        bool exact = true;
        record(seed);
        cr_assert(log_open(&log, path_of("1-1.blog")));
        forge(&log, &forged);
        struct expand *x = expand_new(&forged, EXPAND_COUNTED), *y = expand_new(&forged, EXPAND_SINGLY);
        while (expand_next(x, &event)) {
            if (event.kind != EXPAND_ITEM)
                continue;
            do
                cr_assert(expand_next(y, &stepped));
            while (stepped.kind != EXPAND_ITEM || stepped.item.id != event.item.id);
            if (event.stands_for > 1) /* of the rounds behind those that were passed over, up to the next record of its own */
                exact = false;
            exact |= !event.in_loop;
            if (exact) {
                cr_assert_eq(memcmp(event.item.inputs, stepped.item.inputs, sizeof stepped.item.inputs), 0, "seed %u: item %lu",
                             seed, event.item.id);
                compared += event.in_loop;
            }
            if (event.closes)
                exact = true;
        }
        expand_free(x);
        expand_free(y);
        log_reader_close(&log);
        log_reader_close(&forged);
        remove(path_of("1-1.blog"));
    }
    cr_expect_gt(compared, 10000, "%lu items of loops were compared", compared);
}

/* A loop of one call that went round `turns` times more than it did, in one record. */
static void record_long_loop(uint64_t turns)
{
    static double pool[3][RECORDED_SIZE];
    struct bytes out = {0}, turn = {0};
    struct log_reader log;
    struct log_record record;
    struct log_turn last = {0};
    struct lineage *l = recorded_start("1-1.blog", true, "1", "1");
    recorded_fill(pool[0], 1);
    recorded_fill(pool[1], 2);
    for (int i = 0; i < CALLS; i++)
        recorded_gemm(l, 0, 1, pool[0], pool[1], pool[2]);
    recorded_end(l);
    cr_assert(log_open(&log, path_of("1-1.blog")));
    put_raw(&out, log.data, log.size);
    while (log_next(&log, &record))
        if (record.kind == LOG_TURN) {
            struct reader payload = record.payload;
            cr_assert(log_decode_turn(&payload, &last));
        }
    cr_assert_eq(last.to, 1);
    last.from = 0;
    last.repeats = turns;
    log_encode_turn(&turn, &last);
    put_varint(&turn, 0);
    put_record(&out, LOG_TURN, turn.data, turn.size);
    FILE *file = fopen(path_of("1-1.blog"), "w");
    cr_assert(file && fwrite(out.data, 1, out.size, file) == out.size && fclose(file) == 0);
    log_reader_close(&log);
    bytes_free(&out);
    bytes_free(&turn);
}

static uint64_t summed_up(uint64_t turns, double *seconds)
{
    struct summary s;
    record_long_loop(turns);
    const double began = processor_seconds();
    cr_assert(summary_read(&s, directory));
    *seconds = processor_seconds() - began;
    const uint64_t items = tally_traced(&s.total);
    cr_expect_eq(s.nroutines, 1);
    cr_expect_eq(tally_traced(&s.routines[0].tally), items);
    summary_free(&s);
    return items;
}

Test(counted, ten_million_turns_are_soon_summed_up)
{
    double seconds;
    cr_expect_eq(summed_up(10000000, &seconds), CALLS + 10000000);
    cr_expect_lt(seconds, 0.5, "%g s", seconds);
}

/* An item's number has 40 bits: a record that says more makes no sense. */
Test(counted, more_turns_than_there_are_numbers_make_no_sense)
{
    double seconds;
    const uint64_t all = UINT64_C(1) << STEP_THREAD_SHIFT;
    cr_expect_eq(summed_up(all - CALLS, &seconds), all);
    cr_expect_lt(seconds, 0.5, "%g s", seconds);
    remove(path_of("1-1.blog"));
    cr_expect_eq(summed_up(all - CALLS + 1, &seconds), CALLS);
    remove(path_of("1-1.blog"));
    cr_expect_eq(summed_up(UINT64_MAX, &seconds), CALLS);
}

Test(counted, a_run_that_cannot_be_gone_through_says_so)
{
    struct run_logs run;
    record_long_loop(100);
    cr_assert(run_logs_read(&run, directory));
    cr_expect_eq(run_log_count(&run.log[0]), 2 + CALLS + 100);
    cr_expect(run_logs_fit(&run, 2 + CALLS + 100));
    cr_assert_not_null(freopen(path_of("said"), "w", stderr));
    cr_expect_not(run_logs_fit(&run, 1 + CALLS + 100));
    fflush(stderr);
    cr_expect_gt(size_of("said"), 40);
    run_logs_free(&run);
}
