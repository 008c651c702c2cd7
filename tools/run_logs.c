#include "tools/run_logs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/rundir.h"
#include "tools/text.h"

static void add_op(struct run_log *log, struct reader *payload)
{
    struct log_op op;
    if (!log_decode_op(payload, &op))
        return;
    log->ops = must_append(log->ops, log->nops, sizeof *log->ops);
    idmap_put(&log->op_index, op.id, log->nops);
    log->ops[log->nops++] = op;
}

static void add_caller(struct run_log *log, struct reader *payload)
{
    struct log_caller caller;
    if (!log_decode_caller(payload, &caller))
        return;
    log->callers = must_append(log->callers, log->ncallers, sizeof *log->callers);
    idmap_put(&log->caller_index, caller.id, log->ncallers);
    log->callers[log->ncallers++] = caller;
}

static void add_provider(struct run_log *log, struct reader *payload)
{
    struct log_provider provider;
    if (!log_decode_provider(payload, &provider))
        return;
    log->providers = must_append(log->providers, log->nproviders, sizeof *log->providers);
    log->providers[log->nproviders++] = provider;
}

static void index_record(struct run_log *log, struct log_record *record)
{
    switch (record->kind) {
    case LOG_HEADER:
        pairs_read(&log->header, &record->payload);
        break;
    case LOG_OP:
        add_op(log, &record->payload);
        break;
    case LOG_CALLER:
        add_caller(log, &record->payload);
        break;
    case LOG_PROVIDER:
        add_provider(log, &record->payload);
        break;
    default:
        break;
    }
}

static bool read_log(struct run_log *log, const char *path)
{
    struct log_record record;
    memset(log, 0, sizeof *log);
    if (!logfile_open(&log->log, path))
        return false;
    while (log_next(&log->log, &record))
        index_record(log, &record);
    log->name = must_copy(text_basename(path));
    log->pid = pairs_number(&log->header, "pid", logfile_pid(path));
    log->ppid = pairs_number(&log->header, "ppid", 0);
    log->started_ns = pairs_number(&log->header, "started_ns", 0);
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct run_log *x = a, *y = b;
    if (x->started_ns != y->started_ns)
        return x->started_ns < y->started_ns ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* A process that execs leaves several logs of one pid: those are numbered in their order. */
static void set_prefixes(struct run_logs *run)
{
    for (size_t i = 0; run->count > 1 && i < run->count; i++) {
        struct run_log *log = &run->log[i];
        unsigned long long pid = log->pid;
        size_t same = 0, earlier = 0;
        for (size_t j = 0; j < run->count; j++) {
            same += run->log[j].pid == pid;
            earlier += j < i && run->log[j].pid == pid;
        }
        if (same == 1)
            snprintf(log->prefix, sizeof log->prefix, "%llu:", pid);
        else
            snprintf(log->prefix, sizeof log->prefix, "%llu.%zu:", pid, earlier + 1);
    }
}

bool run_logs_read(struct run_logs *run, const char *directory)
{
    struct rundir_logs files;
    memset(run, 0, sizeof *run);
    if (!rundir_list(directory, &files))
        return false;
    run->log = must_alloc(files.count, sizeof *run->log);
    for (size_t i = 0; i < files.count; i++)
        if (read_log(&run->log[run->count], files.paths[i]))
            run->count++;
        else
            run->unreadable++;
    rundir_logs_free(&files);
    if (run->count)
        qsort(run->log, run->count, sizeof *run->log, by_start);
    set_prefixes(run);
    return true;
}

static void free_log(struct run_log *log)
{
    for (size_t i = 0; i < log->nops; i++)
        log_op_free(&log->ops[i]);
    for (size_t i = 0; i < log->ncallers; i++)
        free(log->callers[i].object);
    for (size_t i = 0; i < log->nproviders; i++)
        log_provider_free(&log->providers[i]);
    free(log->ops);
    free(log->callers);
    free(log->providers);
    free(log->name);
    pairs_free(&log->header);
    idmap_free(&log->op_index);
    idmap_free(&log->caller_index);
    log_reader_close(&log->log);
}

void run_logs_free(struct run_logs *run)
{
    for (size_t i = 0; i < run->count; i++)
        free_log(&run->log[i]);
    free(run->log);
    memset(run, 0, sizeof *run);
}

struct expand *run_log_expand(const struct run_log *log, enum expand_how how)
{
    struct expand *x = expand_new(&log->log, how);
    if (!x) {
        fputs("blase: out of memory\n", stderr);
        exit(memory_exit_status);
    }
    return x;
}

uint64_t run_log_count(const struct run_log *log)
{
    struct expand_event event;
    struct expand *x = run_log_expand(log, EXPAND_COUNTED);
    uint64_t count = 0;
    while (expand_next(x, &event))
        count += event.kind == EXPAND_ITEM ? event.stands_for : event.kind == EXPAND_LEAF;
    expand_free(x);
    return count;
}

bool run_logs_fit(const struct run_logs *run, uint64_t most)
{
    uint64_t count = 0;
    for (size_t i = 0; i < run->count; i++)
        count += run_log_count(&run->log[i]);
    if (count <= most)
        return true;
    fprintf(stderr, "blase: the run has %s items and leaves: more than the %s that can be gone through one by one\n",
            text_thousands(count).s, text_thousands(most).s);
    return false;
}

const struct log_op *run_log_op(const struct run_log *log, uint64_t id)
{
    uint64_t index;
    return idmap_get(&log->op_index, id, &index) ? &log->ops[index] : NULL;
}

const char *run_log_caller(const struct run_log *log, uint64_t id)
{
    uint64_t index;
    return idmap_get(&log->caller_index, id, &index) ? log->callers[index].object : NULL;
}

const struct log_provider *run_log_provider(const struct run_log *log, uint64_t id)
{
    for (size_t i = log->nproviders; i-- > 0;)
        if (log->providers[i].id == id)
            return &log->providers[i];
    return NULL;
}

/* A name out of the log, or "WHAT NUMBER" for want of one. */
static struct short_text name_or(const char *name, const char *what, uint64_t number)
{
    struct short_text out;
    if (name)
        snprintf(out.s, sizeof out.s, "%.40s", name);
    else
        snprintf(out.s, sizeof out.s, "%s%llu", what, (unsigned long long)number);
    for (char *p = out.s; *p; p++)
        if (!isprint((unsigned char)*p))
            *p = '?';
    return out;
}

struct short_text op_name(const struct log_op *op)
{
    return op ? name_or(op->name, "", 0) : (struct short_text){"unknown"};
}

struct short_text op_operand(const struct log_op *op, uint64_t operand)
{
    return name_or(op && operand < op->noperands ? op->operands[operand] : NULL, "operand", operand);
}

struct short_text op_argument(const struct log_op *op, uint64_t argument)
{
    return name_or(op && argument < op->nargs ? op->args[argument].name : NULL, "argument", argument);
}

/* A routine's scalars have the type that its name begins with, or the real type of the same precision. */
static int scalar_numbers(char type, bool real, const unsigned char *bytes, struct short_text out[2])
{
    int count = !real && (type == 'c' || type == 'z') ? 2 : 1;
    for (int i = 0; i < count; i++) {
        float f;
        double d;
        memcpy(&f, bytes + (size_t)i * sizeof f, sizeof f);
        memcpy(&d, bytes + (size_t)i * sizeof d, sizeof d);
        out[i] = type == 's' || type == 'c' ? text_float(f) : text_real(d);
    }
    return count;
}

int value_numbers(const struct log_op *op, const struct log_value *value, struct short_text out[2])
{
    if (value->kind == ARG_SCALAR || value->kind == ARG_REAL_SCALAR)
        return scalar_numbers(op && op->name[0] ? op->name[0] : 'd', value->kind == ARG_REAL_SCALAR, value->bytes, out);
    if (value->kind == ARG_OPTION && value->i > ' ' && value->i < 0x7f) {
        snprintf(out[0].s, sizeof out[0].s, "%c", (char)value->i);
        return 0;
    }
    snprintf(out[0].s, sizeof out[0].s, "%lld", (long long)value->i);
    return 1;
}
