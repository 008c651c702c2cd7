/*
 * One process's log computed again: items in the order of the log, contents held as long as somebody needs them (recompute_plan).
 */
#ifndef BLASE_TOOLS_RECOMPUTE_RUN_H
#define BLASE_TOOLS_RECOMPUTE_RUN_H

#include "tools/json.h"
#include "tools/recompute_provider.h"

enum verdict {
    VERDICT_SAME,     /* bit-equal to what the run saw */
    VERDICT_GUESSED,  /* likewise, with an input that the log knows by identity only: the guess was right, if not proven */
    VERDICT_DIFFERS,  /* from the same inputs another result */
    VERDICT_FOLLOWS,  /* another result, but also from other inputs */
    VERDICT_UNTOLD,   /* computed, but the log has one digest for a part of a loop of which not all was */
    VERDICT_UNPROVEN, /* another result, with such an input: nothing is claimed */
    VERDICT_CANNOT,   /* not computed */
    VERDICTS
};

struct recompute_totals {
    uint64_t verdicts[VERDICTS];
    bool unclaimed;      /* the target is among those that are not told by themselves */
    uint64_t peak_bytes; /* of contents held at one time */
};

struct recompute {
    const char *directory; /* of the run */
    const struct libraries *libraries;
    const uint64_t *target; /* an item: it and what it is made from; NULL: all */
    bool force;             /* also with libraries that are not the run's */
    bool progress;          /* on stderr */
    cJSON *findings;        /* an array that takes what is found, instead of stdout; NULL */
};

/* "bit_equal": the key of a verdict in JSON. */
const char *verdict_key(enum verdict verdict);

/*
 * Tells every item that is not bit-equal, and the target; false if nothing could be done, which was said. Of
 * items in loops the log has digests over many, a turn or several turns of the loop: those are judged together.
 */
bool recompute_log(const struct recompute *how, struct run_log *log, struct recompute_totals *totals);

#endif
