/*
 * The logs of a run, and what they tell of their processes, routines, callers and providers. What a log does not explain gets a
 * name all the same. Items and leaves are read with run_log_expand, or looked up in tools/graph.h.
 */
#ifndef BLASE_TOOLS_RUN_LOGS_H
#define BLASE_TOOLS_RUN_LOGS_H

#include "lineage/expand.h"
#include "tools/idmap.h"
#include "tools/logfile.h"
#include "tools/names.h"

/*
 * As many items and leaves are gone through one by one, and as many where no memory is taken by each: a log of a few bytes may
 * tell of any number of turns of a loop.
 */
static const uint64_t RUN_LOGS_HELD = 1u << 24, RUN_LOGS_PASSED = 1u << 26;

struct run_log {
    char *name;               /* of the file */
    char prefix[NAME_PREFIX]; /* of ids: empty when the run has one process, else "4711:", or "4711.2:" after an exec */
    uint64_t pid, ppid, started_ns;
    struct pairs header;
    struct log_reader log;
    struct log_op *ops;
    struct log_caller *callers;
    struct log_provider *providers;
    size_t nops, ncallers, nproviders;
    struct idmap op_index, caller_index;
};

struct run_logs {
    struct run_log *log;
    size_t count;
    size_t unreadable;
};

/* In the order in which the processes started; false with errno set when there is no such directory. */
bool run_logs_read(struct run_logs *run, const char *directory);
void run_logs_free(struct run_logs *run);

/* From the log's beginning, for expand_next; the caller frees it. */
struct expand *run_log_expand(const struct run_log *log, enum expand_how how);

/* Items and leaves that the log stands for; soon told, however many they are. */
uint64_t run_log_count(const struct run_log *log);

/* False, which is said in one line on stderr, where they are more than `most` in all logs. */
bool run_logs_fit(const struct run_logs *run, uint64_t most);

/* NULL when the log does not say. */
const struct log_op *run_log_op(const struct run_log *log, uint64_t id);
const char *run_log_caller(const struct run_log *log, uint64_t id);
const struct log_provider *run_log_provider(const struct run_log *log, uint64_t id);

/* Names out of an OP record (op may be NULL), fit for a terminal. */
struct short_text op_name(const struct log_op *op);
struct short_text op_operand(const struct log_op *op, uint64_t operand);
struct short_text op_argument(const struct log_op *op, uint64_t argument);

/* The numbers of an argument's value: 1, or 2 for a complex scalar; 0 for an option, whose letter is in out[0]. */
int value_numbers(const struct log_op *op, const struct log_value *value, struct short_text out[2]);

#endif
