/*
 * The logs of a run, indexed so that items, leaves, and what they refer to can be looked up and get names that are unique over
 * the run. References stay within a log: ids start anew in a forked child. What the log does not explain gets a name all the
 * same. Records are read again and again with run_log_rewind.
 */
#ifndef BLASE_TOOLS_RUN_LOGS_H
#define BLASE_TOOLS_RUN_LOGS_H

#include "tools/idmap.h"
#include "tools/logfile.h"
#include "tools/text.h"

struct run_log {
    char *name;      /* of the file */
    char prefix[48]; /* of ids: empty when the run has one process, else "4711:", or "4711.2:" after an exec */
    uint64_t pid, ppid, started_ns;
    struct pairs header;
    struct log_reader log;
    struct log_op *ops;
    struct log_caller *callers;
    struct log_provider *providers;
    size_t nops, ncallers, nproviders;
    struct idmap op_index, caller_index;
    struct idmap item_ops, leaves; /* item id to op id; leaf id to nothing */
};

struct run_logs {
    struct run_log *log;
    size_t count;
    size_t unreadable;
};

/* In the order in which the processes started; false with errno set when there is no such directory. */
bool run_logs_read(struct run_logs *run, const char *directory);
void run_logs_free(struct run_logs *run);

/* Goes back to the first record; log_next(&log->log, …) goes on from there. */
void run_log_rewind(struct run_log *log);

/* NULL when the log does not say. */
const struct log_op *run_log_op(const struct run_log *log, uint64_t id);
const char *run_log_caller(const struct run_log *log, uint64_t id);

/* The routine of an item of this log; false if there is no such item. *op is NULL if the log does not explain it. */
bool run_log_item(const struct run_log *log, uint64_t id, const struct log_op **op);

/* Names for people: "#12", "#4711:12", "leaf 3"; a reference to what the log does not have ends in "?". */
struct short_text item_name(const struct run_log *log, uint64_t id);
struct short_text leaf_name(const struct run_log *log, uint64_t id);
struct short_text reference_name(const struct run_log *log, bool item, uint64_t id);

/* Names out of an OP record (op may be NULL), fit for a terminal. */
struct short_text op_name(const struct log_op *op);
struct short_text op_operand(const struct log_op *op, uint64_t operand);
struct short_text op_argument(const struct log_op *op, uint64_t argument);

/* The numbers of an argument's value: 1, or 2 for a complex scalar; 0 for an option, whose letter is in out[0]. */
int value_numbers(const struct log_op *op, const struct log_value *value, struct short_text out[2]);

#endif
