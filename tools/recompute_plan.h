/*
 * What of a log must be computed again, and how long each content is needed, found with memory for what is live at one time only.
 *
 * A first pass over the log notes items, leaves and references in a file on disk, some fifteen bytes a call, which nobody else
 * sees and which goes with the process. That file is read from its end to its beginning: the first reference met to a content is
 * its last use, and what nobody refers to any more is not needed. What was found is noted in the file and read in order in the
 * second pass, the one that computes. Both passes hold the contents, or their names, that are live then, and nothing else,
 * however long the log and however often its loops went round.
 */
#ifndef BLASE_TOOLS_RECOMPUTE_PLAN_H
#define BLASE_TOOLS_RECOMPUTE_PLAN_H

#include "tools/livemap.h"

struct plan;

/* What is to be done at one item or leaf. */
struct plan_step {
    bool needed;
    uint16_t last; /* bit by input: nobody needs that content afterwards */
    uint16_t keep; /* bit by operand: somebody will need what is written there; of a leaf bit 0 */
};

/* NULL with errno set when there is no place for the file ($TMPDIR or /tmp). */
struct plan *plan_new(void);
void plan_free(struct plan *p);

/* The first pass, in the order of the log. */
void plan_leaf(struct plan *p, uint64_t id);
void plan_item(struct plan *p, const struct log_item *item);

/* Items first … last of one thread. */
struct plan_range {
    uint64_t first, last;
};

/*
 * Between the passes: everything (`wanted` NULL), or only these items and what they are made from. Returns how many items are
 * needed, -1 with errno set when the file could not be written or read.
 */
int64_t plan_settle(struct plan *p, const struct plan_range *wanted);

/* The second pass: the next step; false at the end. */
bool plan_next(struct plan *p, struct plan_step *step);

#endif
