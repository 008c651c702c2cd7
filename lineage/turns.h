/*
 * Turns of a thread's loops on their way to the log (records TURN and ROUNDS).
 *
 * Turns of one patch that follow each other share a record; those without any difference from what is foretold ("silent") add
 * nothing but to a number. And where silent records repeat themselves in a fixed order, as the records of two nested loops do
 * (the inner patch a hundred times, the outer one once, and again), rounds of that cycle are counted in one record. So a nest of
 * loops in which only numbers change that follow from the last turn takes no more room than one loop.
 *
 * Not thread-safe.
 */
#ifndef BLASE_LINEAGE_TURNS_H
#define BLASE_LINEAGE_TURNS_H

#include "lineage/log_writer.h"
#include "lineage/patch.h"

struct turns_entry {
    uint64_t patch, repeats;
};

/* Turns of one patch. */
struct pending_turns {
    struct patch *patch; /* NULL: none */
    uint32_t from, to;
    uint64_t repeats, start_ns, work_ns, silent;
    struct bytes fps, exceptions;
    uint64_t items, leaves; /* of the thread, behind it */
    struct fp digest;
};

/* Records that may begin to repeat themselves, or do. */
struct cycle {
    struct turns_entry entries[LOG_MOST_CYCLE], latest[2 * LOG_MOST_CYCLE];
    uint32_t length, at, nlatest; /* length 0: none is going round */
    uint64_t rounds, start_ns, work_ns;
    uint64_t items, leaves;
    struct fp digest;
};

struct turns {
    uint64_t thread, last_start;
    uint64_t items, leaves; /* of the thread, that stand in the log */
    uint64_t written;       /* turns */
    struct patch_before before;
    struct fp digest; /* step_chain over the outputs of all steps in loops so far */
    struct pending_turns pending;
    struct cycle cycle;
};

void turns_free(struct turns *t);

/* Steps from … from + count - 1 of the patch once more. Returns how many of their inputs were not foretold. */
unsigned turns_add(struct turns *t, struct log_writer *log, struct bytes *out, struct patch *patch, uint32_t from,
                   struct step *const *steps, uint32_t count);

/* All that waits is written. */
void turns_write(struct turns *t, struct log_writer *log, struct bytes *out);

#endif
