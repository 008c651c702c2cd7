/*
 * A run log as the DAG it stands for: leaves, items, mismatches and notes one by one, in the order of the log, with what the log
 * leaves out (loops' single items, Merkle hashes, heights) worked out again. The one way in which tools read items.
 *
 * Streaming: memory grows with the loops' patches and the window of references, not with the length of the log, however often a
 * loop went round. Trusts nothing in the log: what does not make sense is skipped. Not thread-safe.
 */
#ifndef BLASE_LINEAGE_EXPAND_H
#define BLASE_LINEAGE_EXPAND_H

#include "lineage/log_reader.h"

enum expand_kind {
    EXPAND_LEAF,
    EXPAND_ITEM,
    EXPAND_MISMATCH,
    EXPAND_NOTE,
    EXPAND_LOOP /* only when loops are kept whole: stands for `iterations` times `length` items */
};

/* Iterations of a loop that went the same way: the items first … first + iterations * length - 1 of one thread. */
struct expand_loop {
    uint64_t thread, patch;
    uint64_t defined; /* id of the first of the patch's items, which stand in the log by themselves */
    uint64_t from;    /* position in the patch of the first item: not 0 where an iteration is told in parts */
    uint64_t first;   /* id of the first item */
    uint64_t length, iterations;
    uint64_t call_ns, saved_ns; /* all of them together */
};

/*
 * Of an item that came out of a patch (in_loop) times are means over its patch, whose sum is right, and its outputs' fingerprints
 * are not known singly (all zero): where it `closes`, `digest` is step_chain (lineage/step.h) over the outputs' fingerprints of
 * all items in loops of its thread so far, operand by operand, from {0, 0}: of one closing item's digest the next one's goes on.
 */
struct expand_event {
    enum expand_kind kind;
    uint64_t stands_for; /* an item: of how many like it (1 but with EXPAND_COUNTED), over which its times are summed up; */
    uint64_t longest_ns; /* and the longest call_ns among them */
    bool in_loop;
    uint64_t patch;    /* in_loop: of which, */
    uint64_t position; /* and where in it */
    bool closes;       /* in_loop, an item: the log has a digest here */
    struct fp digest;
    struct log_leaf leaf;
    struct log_item item;
    struct log_mismatch mismatch;
    const char *note; /* until the next event */
    struct expand_loop loop;
};

struct expand;

/*
 * EXPAND_LOOPS: what came out of patches as EXPAND_LOOP. EXPAND_COUNTED is for who only counts: an item stands for all those of a
 * loop that tell nothing new, so that the time it takes follows from the bytes of the log. Of items in loops what they refer to
 * is not right then, and no hash or height is worked out.
 */
enum expand_how { EXPAND_SINGLY, EXPAND_LOOPS, EXPAND_COUNTED };

/* Over the records of `log`, from the first one; the log's own position is left alone. NULL: no memory. */
struct expand *expand_new(const struct log_reader *log, enum expand_how how);
void expand_free(struct expand *x);

/* The next event; false at the end. Large: keep one, not on a small stack. */
bool expand_next(struct expand *x, struct expand_event *e);

#endif
