/*
 * Run logs with any bytes in them, through everything that reads logs: record by record, expanded, and as the commands do that
 * print runs. Built with libFuzzer and the address and undefined-behaviour sanitizers (`make fuzz`); what it checks beside them
 * is that reading ends, twice the same way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineage/expand.h"
#include "tests/fuzz/mutate.h"
#include "tools/differ.h"
#include "tools/items.h"
#include "tools/summary.h"

enum { EVENTS = 2000 }; /* a few bytes may stand for more iterations of a loop than anyone can wait for */

static char directory[64], path[96];

/* Commands print to stdout; libFuzzer to stderr. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, sizeof directory, "%s/blase-fuzz-XXXXXX", base);
    if (!mkdtemp(directory) || !freopen("/dev/null", "w", stdout))
        abort();
    snprintf(path, sizeof path, "%s/17-1" LOG_SUFFIX, directory);
    return 0;
}

__attribute__((destructor)) static void clean_up(void)
{
    unlink(path);
    rmdir(directory);
}

static void ignore_pair(void *context, const char *key, const char *value)
{
    *(size_t *)context += strlen(key) + strlen(value);
}

/* Whatever the kind says, every decoder must stand it. */
static void decode(const struct log_record *record)
{
    static struct log_signature signature;
    struct log_provider provider;
    struct log_op op;
    struct log_caller caller;
    struct log_patch patch;
    struct log_turn turn;
    struct log_rounds rounds;
    struct log_lineage lineage;
    struct log_counters counters;
    struct log_governor governor;
    struct log_spill spill;
    struct log_passed passed;
    struct log_mismatch mismatch;
    size_t length = 0;
    struct reader r = record->payload;
    log_decode_pairs(&r, ignore_pair, &length);
    r = record->payload;
    if (log_decode_provider(&r, &provider))
        log_provider_free(&provider);
    r = record->payload;
    if (log_decode_op(&r, &op))
        log_op_free(&op);
    r = record->payload;
    if (log_decode_caller(&r, &caller))
        free(caller.object);
    r = record->payload;
    if (log_decode_counters(&r, &counters))
        free(counters.ops);
    r = record->payload;
    log_decode_signature(&r, &signature);
    r = record->payload;
    log_decode_patch(&r, &patch);
    r = record->payload;
    log_decode_turn(&r, &turn);
    r = record->payload;
    log_decode_rounds(&r, &rounds);
    r = record->payload;
    log_decode_lineage(&r, &lineage);
    r = record->payload;
    log_decode_governor(&r, &governor);
    r = record->payload;
    log_decode_spill(&r, &spill);
    r = record->payload;
    log_decode_passed(&r, &passed);
    r = record->payload;
    log_decode_mismatch(&r, &mismatch);
}

/* Events, and what they add up to. */
struct told {
    size_t events;
    uint64_t items, leaves, call_ns, ids;
};

static struct told tell(const struct log_reader *log, enum expand_how how)
{
    static struct expand_event event;
    struct expand *x = expand_new(log, how);
    struct told told = {0};
    while (x && told.events < EVENTS && expand_next(x, &event)) {
        told.events += event.kind != EXPAND_NOTE || event.note;
        told.leaves += event.kind == EXPAND_LEAF;
        if (event.kind == EXPAND_ITEM) {
            told.items += event.stands_for;
            told.call_ns += event.item.call_ns;
            told.ids += event.item.id;
        }
    }
    expand_free(x);
    return told;
}

static bool same(struct told a, struct told b)
{
    return a.items == b.items && a.leaves == b.leaves && a.call_ns == b.call_ns;
}

/* How many items there are, if that is soon known; EVENTS otherwise. */
static size_t read_in_memory(const uint8_t *data, size_t size)
{
    struct log_reader log;
    struct log_record record;
    if (!log_from_memory(&log, data, size))
        return 0;
    const struct told told = tell(&log, EXPAND_SINGLY), counted = tell(&log, EXPAND_COUNTED);
    if (told.events < EVENTS && !same(told, counted))
        abort();
    if (size % 8 == 0 && tell(&log, EXPAND_SINGLY).ids != told.ids)
        abort();
    if (told.events < EVENTS) /* a loop told whole is gone through item by item all the same */
        tell(&log, EXPAND_LOOPS);
    while (log_next(&log, &record))
        decode(&record);
    log_reader_close(&log);
    return told.events;
}

static void write_log(const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "w");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

static void summarise(void)
{
    struct summary summary;
    if (summary_read(&summary, directory))
        summary_free(&summary);
}

static void compare(const struct graph *g, struct run_logs *run)
{
    struct graph other;
    struct differ differ;
    graph_load(&other, run, GRAPH_HASHES);
    differ_run(&differ, g, &other);
    differ_free(&differ);
    graph_free(&other);
}

static void go_up_and_down(const struct graph *g)
{
    uint32_t *distance = malloc((g->nnodes + 1) * sizeof *distance);
    for (int down = 0; down < 2 && distance && g->nnodes; down++) {
        memset(distance, 0xff, g->nnodes * sizeof *distance);
        distance[g->nnodes / 2] = 0;
        (down ? graph_down : graph_up)(g, distance, 5);
    }
    free(distance);
}

/* One of the commands an input: they take longer than reading. */
static void read_as_commands_do(unsigned command)
{
    static void (*const formats[])(const struct items *) = {items_text, items_json, items_dot};
    struct run_logs run;
    struct graph g;
    if (!run_logs_read(&run, directory))
        return;
    graph_load(&g, &run, command == 6 ? GRAPH_HASHES : 0);
    const struct items items = {.graph = &g, .expand = command >= 3};
    if (command < 6)
        formats[command % 3](&items);
    else
        compare(&g, &run);
    go_up_and_down(&g);
    graph_free(&g);
    run_logs_free(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool few = read_in_memory(data, size) < EVENTS;
    if (size % 8 != 7 && !few)
        return 0;
    write_log(data, size);
    if (size % 8 == 7) /* loops of any length */
        summarise();
    else
        read_as_commands_do(size % 8);
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    size_t mutated = mutate_records(data, size, room, seed, LLVMFuzzerMutate);
    return mutated ? mutated : LLVMFuzzerMutate(data, size, room);
}
