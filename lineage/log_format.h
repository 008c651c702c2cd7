/*
 * What writer and reader of the run log share, and nothing else: the records (docs/log-format.md is the grammar in prose).
 *
 * A log file is LOG_MAGIC, then records `kind, length, payload`, kind and length varints. A reader skips kinds it does not know
 * and fields it does not expect at a payload's end, and stops at the first record that is not whole.
 */
#ifndef BLASE_LINEAGE_LOG_FORMAT_H
#define BLASE_LINEAGE_LOG_FORMAT_H

#include "lineage/bytes.h"
#include "lineage/fingerprint.h"

#define LOG_MAGIC "blaselog\x02"
enum { LOG_MAGIC_SIZE = 9, LOG_VERSION = 2 };
#define LOG_SUFFIX ".blog"
#define LOG_LAUNCH "launch" LOG_SUFFIX

/* The one table of records: RECORD(name, number). Numbers are never reused. */
#define LOG_RECORDS(RECORD) \
    RECORD(HEADER, 1)       \
    RECORD(PROVIDER, 2)     \
    RECORD(OP, 3)           \
    RECORD(CALLER, 4)       \
    RECORD(COUNTERS, 7)     \
    RECORD(END, 8)          \
    RECORD(MISMATCH, 9)     \
    RECORD(NOTE, 10)        \
    RECORD(EXIT, 11)        \
    RECORD(GOVERNOR, 12)    \
    RECORD(PASSED, 13)      \
    RECORD(SIGNATURE, 14)   \
    RECORD(ITEM, 15)        \
    RECORD(SPILL, 16)       \
    RECORD(PATCH, 17)       \
    RECORD(TURN, 18)        \
    RECORD(TIMES, 19)       \
    RECORD(LINEAGE, 20)     \
    RECORD(ROUNDS, 21)

#define LOG_RECORD_ENUM(name, number) LOG_##name = number,
enum log_kind { LOG_RECORDS(LOG_RECORD_ENUM) };

enum outcome { OUTCOME_MISS, OUTCOME_HIT, OUTCOME_PARTIAL, OUTCOME_WAIT, OUTCOME_UNPROBED };

/* Why a computed result was not kept. */
enum unkept {
    KEPT,
    UNKEPT_OFF,
    UNKEPT_RULE,
    UNKEPT_OVERLAP,
    UNKEPT_INFO,
    UNKEPT_CHANGED,
    UNKEPT_SIZE,
    UNKEPT_MEMORY,
    UNKEPT_WORTH,
    UNKEPT_SLOW
};

/*
 * Why a call was passed through and left no item, as far as it is counted; the governor's refusals are in its books, and the rest
 * of the bypassed calls were too small.
 */
enum passed { PASSED_QUERY, PASSED_ILLEGAL, PASSED_WIDTH, PASSED_TRAPS, PASSED_BUDGET, PASSED_GAIN, PASSED_REASONS };

/* HEADER and EXIT: key/value strings, in order: count, then key, value, …  */

struct log_provider {
    uint64_t id;
    char *path, *version, *core, *build_id;
    uint64_t threads, integer_bits;
};

/* One argument of an OP record, so that a log explains itself without the table that made it. */
struct log_op_arg {
    char *name;
    uint64_t kind; /* enum arg_kind */
};
struct log_op {
    uint64_t id;
    char *name;
    uint64_t nargs, noperands;
    struct log_op_arg *args;
    char **operands;
};

struct log_caller {
    uint64_t id;
    char *object;
};

enum replaces { REPLACES_UNKNOWN, REPLACES_LEAF, REPLACES_ITEM };
struct log_leaf {
    uint64_t id;
    struct fp fp;
    uint64_t type, part;
    int64_t rows, cols;
    uint64_t replaces; /* enum replaces: what its buffer held before, as far as known; then: */
    uint64_t replaces_ref, replaces_output;
};

/* Rows and columns of a producing operand, in the view's sense (rows run contiguously in memory); rows 0: all of it. */
struct log_slice {
    int64_t row, col, rows, cols;
};

/* Input: where an operand's content came from. Output: an operand written, with the fingerprint of the written part. */
struct log_input {
    uint64_t operand;
    uint64_t is_item;  /* 0: leaf */
    uint64_t ref;      /* leaf or item id */
    uint64_t output;   /* operand of the producing item */
    uint64_t part;     /* enum part that is read */
    uint64_t unproven; /* 1: by identity only; such an edge is never more than a hint */
    struct log_slice slice;
};
struct log_output {
    uint64_t operand, part;
    struct fp fp;
};
struct log_value {
    uint64_t arg;
    uint64_t kind; /* enum arg_kind */
    int64_t i;     /* of an ARG_ARRAY: its address modulo VALUE_ALIGNMENT */
    unsigned char bytes[16];
};
enum { VALUE_ALIGNMENT = 16 };

/* Part of what a call is, and of its Merkle hash; the other values tell where its arrays lie. */
static inline bool value_hashed(const struct log_value *v)
{
    return v->kind == ARG_OPTION || v->kind == ARG_INT || v->kind == ARG_SCALAR || v->kind == ARG_REAL_SCALAR;
}

enum item_flags {
    ITEM_ROW_MAJOR = 1,  /* row-major LAPACKE */
    ITEM_LAPACKE = 2,    /* high-level LAPACKE */
    ITEM_CBLAS_ROWS = 4, /* row-major CBLAS, recorded as the column-major call that it is: for showing slices; not hashed */
    ITEM_CHECKED = 8     /* --check-finite looked at it; not hashed */
};

/* Above them: rounding and flush modes as the processor's control register has them, 0 by default; not hashed. */
enum { ITEM_MODES_SHIFT = 16 };
static inline uint32_t item_modes(uint64_t flags)
{
    return (uint32_t)(flags >> ITEM_MODES_SHIFT);
}

/* What calls have in common that differ in scalars, contents and outcomes only. Written once, then referred to. */
struct log_signature_input {
    uint64_t operand, part, type;
    int64_t rows, cols; /* of the view */
};
struct log_signature_output {
    uint64_t operand, part;
};
struct log_signature {
    uint64_t id, op, caller, offset, provider, flags;
    uint64_t nvalues, ninputs, noutputs;
    struct log_value values[OP_MAX_ARGS]; /* in order; of scalars only which there are */
    struct log_signature_input inputs[OP_MAX_OPERANDS];
    struct log_signature_output outputs[OP_MAX_OPERANDS];
};

/* The items first … first + length - 1 of a thread, which stand in the log, are a patch from now on. Length 0: it forgets all it
 * has. */
struct log_patch {
    uint64_t id, thread, length;
};

/* Items from … to - 1 of a patch once more, or (repeats > 1) all of it several times over; what differs follows
 * (lineage/patch.h). */
struct log_turn {
    uint64_t thread, patch, from, to, repeats, start_ns;
    struct fp digest; /* step_chain over the outputs' fingerprints of all the thread's items in loops so far, from zero */
};

/*
 * Whole turns of several patches, one after the other, and all of that again: `rounds` times all entries, then the first `rest`
 * of them once more. Nothing differs from what is foretold.
 */
enum { LOG_MOST_CYCLE = 16 };
struct log_rounds {
    uint64_t thread, start_ns, rounds, rest, length;
    struct fp digest;
    struct {
        uint64_t patch, repeats;
    } entries[LOG_MOST_CYCLE];
};

/* What lineage holds and had to let go; the last one in a file counts. */
struct log_lineage {
    uint64_t items, leaves, patches, dedup_items, memory_bytes, limit_bytes;
    uint64_t dropped_contents, dropped_buffers; /* known contents and buffers that became unknown for want of memory */
};

/* An item as tools see it (lineage/expand.h); in the log it is a signature and a step (lineage/step.h). */
struct log_item {
    uint64_t id, op, thread, caller, offset, provider;
    uint64_t outcome, unkept, source;     /* source: 1 + id of the item a hit was served from, 0 none */
    uint64_t height, flags;               /* enum item_flags */
    uint64_t nonfinite_in, nonfinite_out; /* operands that held NaN or Inf before, after: bit by operand; ITEM_CHECKED only */
    int64_t info;
    struct fp merkle;
    uint64_t start_ns, call_ns, fingerprint_ns, fingerprint_bytes, copy_ns, saved_ns, trace_ns;
    uint64_t kept_bytes; /* what the result takes in the cache, or would */
    uint64_t nvalues, ninputs, noutputs;
    struct log_value values[OP_MAX_ARGS];
    struct log_input inputs[OP_MAX_OPERANDS];
    struct log_output outputs[OP_MAX_OPERANDS];
};

/* Totals so far; the last one in a file counts. Traced calls are counted by their items. */
struct log_op_count {
    uint64_t op, bypassed, bypassed_ns;
};
struct log_counters {
    uint64_t at_ns, nested;
    uint64_t budget_bytes, used_bytes, peak_bytes, entries, evictions;
    uint64_t verified, mismatches;
    uint64_t nops;
    struct log_op_count *ops;
};

/* What the governor has booked so far; the last one in a file counts. Times in nanoseconds. */
struct log_governor {
    uint64_t spent_ns, saved_ns, blas_ns;
    uint64_t sampled, looked, refused_budget, refused_gain, loans;
};

/* What went to disk and came back so far; the last one in a file counts. */
struct log_spill {
    uint64_t limit_bytes, peak_bytes, spills, restores, lost;
    uint64_t written_bytes, write_ns, read_bytes, read_ns;
};

/* Passed-through calls by enum passed, so far; the last one in a file counts. */
struct log_passed {
    uint64_t calls[PASSED_REASONS];
};

struct log_mismatch {
    uint64_t item, operand, offset; /* byte offset in the operand's extent; operand ~0: info or flags */
};

#endif
