/*
 * Lineage: turns traced calls into items, joins their inputs to the items that produced them by content, and logs both.
 *
 * Each thread has a stream of its own (fold.h), in which loops are folded on their way to the log; streams refer to each other's
 * items and leaves by their ids. Merkle hashes are the reader's to work out (expand.h): they follow from what the log says. Safe
 * from any thread: takes the lineage guard; when the guard cannot be had the item is lost, the program goes on.
 */
#ifndef BLASE_LINEAGE_LINEAGE_H
#define BLASE_LINEAGE_LINEAGE_H

#include "lineage/call.h"
#include "lineage/identity.h"
#include "lineage/log_writer.h"

struct lineage;

/* One operand's content before the call. */
struct traced_input {
    int operand;
    struct view view;
    struct fp fp;
    struct found found; /* by lineage_recognise; its origin means nothing where nothing was found, or it is to come */
    bool foretold;      /* the fingerprint is there, as a loop foretold it */
    bool recurs;        /* a loop foretells it, and had no proof at hand */
    bool beside;        /* the rest of an operand of which the input before it is a triangle */
};

/* One operand's content after the call. */
struct traced_output {
    int operand;
    struct fp_whole whole;
};

struct sketch;

/* What lineage_produced made ready for lineage_record. */
struct traced_left {
    struct view view;
    struct sketch *sketch; /* NULL: none, or it is kept already */
    bool again;            /* it recurred: the sketch that is kept is of use */
};

/* A traced call, complete: what the log is told. Times in nanoseconds. */
struct traced {
    const struct canon *canon;
    const struct use *use; /* of its operands */
    bool cblas_rows;       /* arrived as a row-major CBLAS call */
    uint32_t modes;        /* rounding and flush modes */
    bool checked;          /* --check-finite; bit by operand: held NaN or Inf before, after */
    uint32_t nonfinite_in, nonfinite_out;
    enum outcome outcome;
    enum unkept unkept;
    uint64_t source; /* 1 + item that a hit was served from; 0 none or not of this process */
    int64_t info;
    uint32_t thread;
    uint64_t caller, caller_offset;
    const char *caller_object;
    const struct log_provider *provider;
    uint64_t start_ns, call_ns, fingerprint_ns, fingerprint_bytes, copy_ns, saved_ns, trace_ns;
    uint64_t kept_bytes;   /* what the result takes in the cache, or would */
    uint32_t height;       /* set by lineage_record: of the item in the DAG */
    bool goes_round;       /* set by lineage_foretell: a loop foretells this call, */
    struct fp recurring;   /* and what its first output may be; all zero: it does not */
    struct sketch *result; /* that can prove it; NULL: none */
    bool recurred;         /* set by lineage_recurs: it is that */
    int nheld;             /* by lineage_foretell, until lineage_record */
    int nleft;             /* set by lineage_produced */
    int ninputs, noutputs;
    struct traced_input inputs[OP_MAX_OPERANDS]; /* those beyond the counts hold anything */
    struct traced_output outputs[OP_MAX_OPERANDS];
    struct traced_left left[OP_MAX_OPERANDS];
    struct sketch *held[2 * OP_MAX_OPERANDS + 1]; /* what a loop foretold, what the memory held, the result */
};

/*
 * A recorder writing to `log` (NULL: items are numbered and joined, not written), folding loops or not, within about `memory`
 * bytes: what it has no room for any more it no longer knows. NULL: out of memory. Takes the log over.
 */
struct lineage *lineage_new(struct log_writer *log, bool dedup, uint64_t memory);

/*
 * From now on buffers have identities (identity.h); `thorough`: whatever it costs. Without, inputs are joined as wholes only.
 * Call once, at the start; false: no memory, and no identities.
 */
bool lineage_identify(struct lineage *l, bool thorough);

/* Ends it, unwritten records and all. The shim's own is never freed: BLAS may be called until the process is gone. */
void lineage_free(struct lineage *l);

/* Writes the header record; call once, first. */
void lineage_header(struct lineage *l, const char *const pairs[][2], int count);

/*
 * Before the inputs are fingerprinted: those whose content a loop foretells to be known are compared with what their memory held
 * last. Where it holds that still, fingerprint and origin are filled in. lineage_record must follow: until then what was compared
 * with is held, also if it is evicted meanwhile: a sketch for each operand of a call in flight, beyond the limit.
 */
void lineage_foretell(struct lineage *l, struct traced *t);

/*
 * After the call, which left `v`: is it what a loop foretold of its first output? Then the fingerprints are filled in, as
 * fingerprint_whole would have.
 */
bool lineage_recurs(struct traced *t, const struct view *v, struct traced_output *out);

/*
 * Around a call, if buffers are to have identities: what its inputs are, before it overwrites them; what its outputs are, once
 * they are fingerprinted. Outside of the guard for all that takes time. What the latter makes ready lineage_record takes over,
 * which must follow.
 */
void lineage_recognise(struct lineage *l, struct traced *t);
void lineage_produced(struct lineage *l, struct traced *t);

/* Joins, numbers and logs one call; returns 1 + the item's id, 0 when it was lost. */
uint64_t lineage_record(struct lineage *l, struct traced *t);

/* True if content is known already, so that it will not become a leaf; also when the guard cannot be had. */
bool lineage_knows(struct lineage *l, struct fp fp);

void lineage_counters(struct lineage *l, const struct log_counters *c);
void lineage_governor(struct lineage *l, const struct log_governor *g);
void lineage_spill(struct lineage *l, const struct log_spill *s);
void lineage_passed(struct lineage *l, const struct log_passed *p);
void lineage_mismatch(struct lineage *l, const struct log_mismatch *m);
void lineage_note(struct lineage *l, const char *text);

/* What is buffered goes to the file; `end` writes the END record first. */
void lineage_flush(struct lineage *l, bool end);

/* What was told so far goes to the file; what loops hold back stays. */
void lineage_write(struct lineage *l);

/* Around fork: before in the forking thread, then in each of the two. In the child the log is dropped unwritten, ids restart. */
bool lineage_before_fork(struct lineage *l);
void lineage_after_fork_parent(struct lineage *l, bool held);
void lineage_after_fork_child(struct lineage *l, bool held, struct log_writer *log);

/* True once the guard broke: nothing is recorded any more. */
bool lineage_broken(const struct lineage *l);

#endif
