#include "tools/summary.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/expand.h"
#include "tools/idmap.h"
#include "tools/logfile.h"
#include "tools/memory.h"
#include "tools/progress.h"
#include "tools/rundir.h"
#include "tools/text.h"

/* One process while its log is read. */
struct process {
    struct pairs header;
    struct idmap routines; /* op id of this log to index of the summary's routine */
    struct idmap objects;  /* caller id to index of the object */
    struct log_counters counters;
    struct log_governor governor;
    struct log_spill spill;
    struct log_passed passed;
    struct log_lineage lineage;
    bool governed;
    uint64_t pid, started_ns, last_ns; /* last_ns: since the start */
    uint64_t mismatches;
};

double summary_spill_ns(const struct summary *s)
{
    return (double)s->spill.write_ns + (double)s->spill.read_ns;
}

/* The governor books samples of calls that it then let pass, too; items only tell of traced calls. */
double summary_overhead_ns(const struct summary *s)
{
    double items = (double)s->fingerprint_ns + (double)s->copy_ns + (double)s->trace_ns + summary_spill_ns(s);
    return s->governed && (double)s->governor.spent_ns > items ? (double)s->governor.spent_ns : items;
}

double summary_regret_ratio(const struct summary *s)
{
    double regret = -summary_net_ns(s), blas = tally_ns(&s->total);
    return regret > 0 && blas > 0 ? regret / blas : 0;
}

double summary_net_ns(const struct summary *s)
{
    return (double)s->total.saved_ns - summary_overhead_ns(s);
}

static size_t routine_named(struct summary *s, const char *op)
{
    for (size_t i = 0; i < s->nroutines; i++)
        if (strcmp(s->routines[i].op, op) == 0)
            return i;
    s->routines = must_append(s->routines, s->nroutines, sizeof *s->routines);
    s->routines[s->nroutines] = (struct summary_routine){.op = must_copy(op)};
    return s->nroutines++;
}

/* The routine of an op id; ids that no OP record explains share one row. */
static struct tally *routine(struct summary *s, struct process *p, uint64_t op)
{
    uint64_t index;
    if (!idmap_get(&p->routines, op, &index)) {
        index = routine_named(s, "unknown");
        idmap_put(&p->routines, op, index);
    }
    return &s->routines[index].tally;
}

static void later(struct process *p, uint64_t ns)
{
    if (ns > p->last_ns)
        p->last_ns = ns;
}

static void add_op(struct summary *s, struct process *p, struct reader *payload)
{
    struct log_op op;
    if (!log_decode_op(payload, &op))
        return;
    idmap_put(&p->routines, op.id, routine_named(s, op.name));
    log_op_free(&op);
}

static void add_provider(struct summary *s, struct reader *payload)
{
    struct log_provider provider;
    if (s->provider_path || !log_decode_provider(payload, &provider))
        return;
    s->provider_path = must_copy(provider.path);
    s->provider_version = must_copy(provider.version);
    s->provider_threads = provider.threads;
    s->provider_integer_bits = provider.integer_bits;
    log_provider_free(&provider);
}

/* The object of a caller id; those that no CALLER record explains share one. */
static size_t object(struct summary *s, struct process *p, uint64_t caller)
{
    uint64_t index;
    if (!idmap_get(&p->objects, caller, &index)) {
        index = callers_object(&s->callers, "");
        idmap_put(&p->objects, caller, index);
    }
    return index;
}

static void add_caller(struct summary *s, struct process *p, struct reader *payload)
{
    struct log_caller caller = {0};
    if (log_decode_caller(payload, &caller))
        idmap_put(&p->objects, caller.id, callers_object(&s->callers, caller.object));
    free(caller.object);
}

static void add_items(struct summary *s, struct process *p, const struct expand_event *e)
{
    const struct log_item *item = &e->item;
    const uint64_t count = e->stands_for;
    tally_items(routine(s, p, item->op), item, count);
    tally_items(&s->total, item, count);
    callers_count(&s->callers, object(s, p, item->caller), item, count);
    if (item->outcome == OUTCOME_MISS || item->outcome == OUTCOME_UNPROBED)
        s->unkept[item->unkept < UNKEPTS ? item->unkept : KEPT] += count;
    s->fingerprint_ns += item->fingerprint_ns;
    s->fingerprint_bytes += item->fingerprint_bytes;
    s->copy_ns += item->copy_ns;
    s->trace_ns += item->trace_ns;
    for (uint64_t i = 0; i < item->ninputs; i++)
        s->edges += item->inputs[i].is_item ? count : 0;
    later(p, item->start_ns + e->longest_ns);
}

static void add_events(struct summary *s, struct process *p, const struct log_reader *log)
{
    struct expand_event event;
    struct expand *x = expand_new(log, EXPAND_COUNTED);
    if (!x) {
        fputs("blase: out of memory\n", stderr);
        exit(memory_exit_status);
    }
    while (expand_next(x, &event)) {
        s->leaves += event.kind == EXPAND_LEAF;
        p->mismatches += event.kind == EXPAND_MISMATCH;
        if (event.kind == EXPAND_ITEM)
            add_items(s, p, &event);
        progress_step();
    }
    expand_free(x);
}

static void take_counters(struct process *p, struct reader *payload)
{
    struct log_counters counters;
    if (!log_decode_counters(payload, &counters))
        return;
    free(p->counters.ops);
    p->counters = counters;
    later(p, counters.at_ns);
}

static void add_spill(struct log_spill *sum, const struct log_spill *s)
{
    if (s->limit_bytes > sum->limit_bytes)
        sum->limit_bytes = s->limit_bytes;
    sum->peak_bytes += s->peak_bytes;
    sum->spills += s->spills;
    sum->restores += s->restores;
    sum->lost += s->lost;
    sum->written_bytes += s->written_bytes;
    sum->write_ns += s->write_ns;
    sum->read_bytes += s->read_bytes;
    sum->read_ns += s->read_ns;
}

static void add_lineage(struct log_lineage *sum, const struct log_lineage *l)
{
    sum->patches += l->patches;
    sum->dedup_items += l->dedup_items;
    sum->memory_bytes += l->memory_bytes;
    sum->dropped_contents += l->dropped_contents;
    sum->dropped_buffers += l->dropped_buffers;
}

/* Counters are totals so far, so only a process's last ones are added, when its log has been read. */
static void add_counters(struct summary *s, struct process *p)
{
    const struct log_counters *c = &p->counters;
    for (uint64_t i = 0; i < c->nops; i++) {
        struct tally *const both[] = {routine(s, p, c->ops[i].op), &s->total};
        for (int k = 0; k < 2; k++) {
            both[k]->bypassed += c->ops[i].bypassed;
            both[k]->bypassed_ns += c->ops[i].bypassed_ns;
        }
    }
    const struct log_governor *g = &p->governor;
    s->governed |= p->governed;
    s->governor.spent_ns += g->spent_ns;
    s->governor.saved_ns += g->saved_ns;
    s->governor.blas_ns += g->blas_ns;
    s->governor.sampled += g->sampled;
    s->governor.looked += g->looked;
    s->governor.refused_budget += g->refused_budget;
    s->governor.refused_gain += g->refused_gain;
    s->governor.loans += g->loans;
    add_spill(&s->spill, &p->spill);
    add_lineage(&s->lineage, &p->lineage);
    for (int i = 0; i < PASSED_REASONS; i++)
        s->passed.calls[i] += p->passed.calls[i];
    s->nested += c->nested;
    s->verified += c->verified;
    s->mismatches += c->mismatches > p->mismatches ? c->mismatches : p->mismatches;
    if (c->budget_bytes > s->budget_bytes)
        s->budget_bytes = c->budget_bytes;
    s->peak_bytes += c->peak_bytes;
    s->entries += c->entries;
    s->evictions += c->evictions;
}

static void add_record(struct summary *s, struct process *p, struct log_record *record)
{
    switch (record->kind) {
    case LOG_HEADER:
        pairs_read(&p->header, &record->payload);
        break;
    case LOG_PROVIDER:
        add_provider(s, &record->payload);
        break;
    case LOG_OP:
        add_op(s, p, &record->payload);
        break;
    case LOG_CALLER:
        add_caller(s, p, &record->payload);
        break;
    case LOG_COUNTERS:
        take_counters(p, &record->payload);
        break;
    case LOG_GOVERNOR:
        p->governed |= log_decode_governor(&record->payload, &p->governor);
        break;
    case LOG_SPILL:
        log_decode_spill(&record->payload, &p->spill);
        break;
    case LOG_LINEAGE:
        log_decode_lineage(&record->payload, &p->lineage);
        break;
    case LOG_PASSED:
        log_decode_passed(&record->payload, &p->passed);
        break;
    default: /* a kind of a later version, or one that counts nothing */
        break;
    }
}

/* The run is called what its first process was, unless the launcher says otherwise. */
static void add_process(struct summary *s, const struct process *p, uint64_t *first_ns, uint64_t *end_ns)
{
    uint64_t end = p->started_ns + p->last_ns;
    if (end >= p->started_ns && end > *end_ns)
        *end_ns = end;
    if (s->processes++ > 0 && p->started_ns >= *first_ns)
        return;
    *first_ns = p->started_ns;
    s->pid = p->pid;
    free(s->command);
    free(s->level);
    free(s->trace);
    const char *command = pairs_get(&p->header, "argv"), *level = pairs_get(&p->header, "setting.reuse");
    const char *trace = pairs_get(&p->header, "setting.trace");
    s->command = must_copy(command ? command : "");
    s->level = text_clean(level ? level : "");
    s->trace = text_clean(trace ? trace : "");
}

static void read_process(struct summary *s, const char *path, uint64_t *first_ns, uint64_t *end_ns)
{
    struct process p = {.pid = logfile_pid(path)};
    struct log_reader log;
    struct log_record record;
    if (!logfile_open(&log, path)) {
        s->unreadable++;
        return;
    }
    while (log_next(&log, &record))
        add_record(s, &p, &record);
    add_events(s, &p, &log);
    add_counters(s, &p);
    s->log_bytes += log.size;
    s->truncated += log.truncated;
    p.pid = pairs_number(&p.header, "pid", p.pid);
    p.started_ns = pairs_number(&p.header, "started_ns", 0);
    add_process(s, &p, first_ns, end_ns);
    log_reader_close(&log);
    free(p.counters.ops);
    idmap_free(&p.routines);
    idmap_free(&p.objects);
    pairs_free(&p.header);
}

static void set_text(char **text, const char *value)
{
    if (!value || !*value)
        return;
    free(*text);
    *text = must_copy(value);
}

/* What the launcher wrote wins over what the processes tell. */
static void read_launch(struct summary *s, const char *directory)
{
    char path[PATH_MAX];
    struct log_reader log;
    struct log_record record;
    struct pairs header = {0}, end = {0};
    int length = snprintf(path, sizeof path, "%s/%s", directory, LOG_LAUNCH);
    if (length < 0 || (size_t)length >= sizeof path || !logfile_open(&log, path))
        return;
    while (log_next(&log, &record))
        if (record.kind == LOG_HEADER)
            pairs_read(&header, &record.payload);
        else if (record.kind == LOG_EXIT)
            pairs_read(&end, &record.payload);
    s->log_bytes += log.size;
    log_reader_close(&log);
    set_text(&s->command, pairs_get(&header, "command"));
    const char *level = pairs_get(&header, "setting.reuse");
    if (!*s->level && level) {
        free(s->level);
        s->level = text_clean(level);
    }
    if (s->pid == 0)
        s->pid = pairs_number(&header, "pid", 0);
    s->started_ns = pairs_number(&header, "started_ns", s->started_ns);
    s->exited = pairs_get(&end, "status") != NULL;
    s->status = pairs_number(&end, "status", 0);
    s->signal = pairs_number(&end, "signal", 0);
    const char *seconds = pairs_get(&end, "seconds");
    double number = seconds ? strtod(seconds, NULL) : 0;
    if (number > 0 && number < 1e12)
        s->seconds = number;
    pairs_free(&header);
    pairs_free(&end);
}

static int dearest_first(const void *a, const void *b)
{
    const struct summary_routine *x = a, *y = b;
    double left = tally_ns(&x->tally) + (double)x->tally.saved_ns, right = tally_ns(&y->tally) + (double)y->tally.saved_ns;
    if (left != right)
        return left > right ? -1 : 1;
    return strcmp(x->op, y->op);
}

/* A log names every routine that the process might call; rows are for those that were called. */
static void order_routines(struct summary *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->nroutines; i++)
        if (tally_calls(&s->routines[i].tally))
            s->routines[kept++] = s->routines[i];
        else
            free(s->routines[i].op);
    s->nroutines = kept;
    if (kept)
        qsort(s->routines, kept, sizeof *s->routines, dearest_first);
}

bool summary_untraced(const struct summary *s)
{
    return strcmp(s->trace, "off") == 0 && tally_calls(&s->total) == 0;
}

bool summary_read(struct summary *s, const char *directory)
{
    struct rundir_logs logs;
    uint64_t first_ns = 0, end_ns = 0;
    memset(s, 0, sizeof *s);
    if (!rundir_list(directory, &logs))
        return false;
    s->id = must_copy(text_basename(directory));
    progress_begin("reading", "items and leaves");
    for (size_t i = 0; i < logs.count; i++)
        read_process(s, logs.paths[i], &first_ns, &end_ns);
    progress_end();
    rundir_logs_free(&logs);
    if (!s->command)
        s->command = must_copy("");
    if (!s->level)
        s->level = must_copy("");
    if (!s->trace)
        s->trace = must_copy("");
    s->started_ns = first_ns;
    s->seconds = end_ns > first_ns ? (double)(end_ns - first_ns) / 1e9 : 0;
    read_launch(s, directory);
    order_routines(s);
    callers_order(&s->callers);
    return true;
}

void summary_free(struct summary *s)
{
    for (size_t i = 0; i < s->nroutines; i++)
        free(s->routines[i].op);
    free(s->routines);
    callers_free(&s->callers);
    free(s->id);
    free(s->command);
    free(s->level);
    free(s->trace);
    free(s->provider_path);
    free(s->provider_version);
    memset(s, 0, sizeof *s);
}
