/*
 * Loop deduplication, on line (LIMA's, for programs whose loops nobody told us): the essay stands above fold.c.
 *
 * A fold is one thread's stream of items on its way to the log. Not thread-safe: the lineage guard is held around every function.
 */
#ifndef BLASE_LINEAGE_FOLD_H
#define BLASE_LINEAGE_FOLD_H

#include "lineage/log_writer.h"
#include "lineage/step.h"

enum { FOLD_MOST_STEPS = 1000 }; /* of a loop's body */

/* What the folds of a process share. */
struct folding {
    struct log_writer *log; /* NULL: nothing is written */
    bool dedup;
    struct bytes out;      /* a record being made */
    uint64_t patches;      /* made so far: their ids */
    uint64_t dedup_items;  /* turns written */
    uint64_t bytes, limit; /* of memory in folds */
};

struct fold;

/* NULL: no memory. */
struct fold *fold_new(struct folding *shared, uint64_t thread);
void fold_free(struct folding *shared, struct fold *f);

/*
 * The next step, to be filled in: its ids are given, signature to outputs are the caller's. Until fold_add nothing else may be
 * asked of the fold; asking again gives the same step. Leaves that the step makes new are counted by fold_add. NULL: no memory.
 */
struct step *fold_step(struct folding *shared, struct fold *f);

/* The step is complete. `token`: equal for steps whose like a loop would bring again, data flow included. */
void fold_add(struct folding *shared, struct fold *f, uint64_t token);

/* What is held back goes to the log (which may still buffer it), with the times of the loops' items so far. */
void fold_settle(struct folding *shared, struct fold *f);

/*
 * The log has item (or leaf) `ref` of this thread when it returns: called before another thread's step refers to it, so that the
 * log tells nothing before what it came from.
 */
void fold_catch_up(struct folding *shared, struct fold *f, bool is_item, uint64_t ref);

/*
 * What a loop that goes round foretells of an input of the next step: nothing (also where it will be a new leaf), content that is
 * known, or just what it was last turn. A guess: which step comes next is not known for sure.
 */
enum foretold_how { FORETOLD_NOTHING, FORETOLD_KNOWN, FORETOLD_SAME };
struct foretold {
    enum foretold_how how;
    struct fp content; /* all zero: not known */
};

/*
 * Of the next step's inputs, and of its first output: what it was in the last two turns, or all zero. How many inputs; -1: no
 * loop goes round.
 */
int fold_foretells(const struct fold *f, struct foretold inputs[OP_MAX_OPERANDS], struct fp *output);

/* Ids it has given out so far. */
uint64_t fold_items(const struct fold *f);
uint64_t fold_leaves(const struct fold *f);

#endif
