/*
 * A patch: the body of a loop as it ran once, and what its next turn will look like unless the log says otherwise.
 *
 * Everything a step has beside its signature is predicted from the last turn: scalars, outcome and status stay what they were; an
 * input that was a new leaf is a new leaf again; any other input is either the very leaf or item of last time (what the loop only
 * reads) or lies as far back as last time (what the loop hands on, within a turn or from turn to turn). Which of the two is a
 * mode of each input, chosen when the patch is made and flipped by the log when only the other one is right. Distances and modes
 * are kept twice, for a turn that enters the patch (from another path, or from no loop) and for one that continues it. A turn
 * then consists of the contents of its new leaves and of exceptions. Writer and reader keep the same state by the same function,
 * so nothing is lost whatever the loop does; a body that changes much merely has many exceptions.
 *
 * Cost: a comparison an input; memory: about 170 bytes an input and 200 a step. Not thread-safe.
 */
#ifndef BLASE_LINEAGE_PATCH_H
#define BLASE_LINEAGE_PATCH_H

#include "lineage/step.h"

struct patch_flow {
    struct flow last;
    bool constant; /* it was the very leaf or item of the turn before */
    struct {
        uint64_t distance, replaces_distance; /* how far back it lay */
        uint8_t by_distance;
    } when[2]; /* entered, continued */
};

struct patch_step {
    uint64_t signature;
    uint64_t source, kept_bytes;
    int64_t info;
    uint8_t outcome, unkept, ninputs, noutputs, nscalars;
    uint16_t nonfinite_in, nonfinite_out;
    unsigned char scalars[STEP_MAX_SCALARS][16];
    uint32_t first_flow;
    uint64_t turns; /* in which it took part, since it is a patch; with their times: */
    struct step_times sums;
    struct fp output; /* the writer's alone: the first output of its last turn, */
    bool recurs;      /* and whether it was that already the turn before */
};

struct patch {
    uint64_t id;
    uint32_t length, nflows;
    uint64_t untold; /* steps since its times were last written */
    struct patch_step *steps;
    struct patch_flow *flows;
};

/* From the steps of one turn, oldest first. NULL: no memory. */
struct patch *patch_new(uint64_t id, const struct step *const *steps, uint32_t length);
void patch_free(struct patch *p);
uint64_t patch_bytes(const struct patch *p);

/* Which turn came before in a thread's stream: 1 + its patch, 0 for none (a plain item came). */
struct patch_before {
    uint64_t patch;
    bool complete, continued;
};

/* Does the turn of positions from … to - 1 continue the one before, which it then is for what comes next? */
bool patch_goes_on(struct patch_before *before, const struct patch *p, uint64_t from, uint64_t to);

/*
 * Tells step `s`, of the signature at `position`, as its differences from what is predicted, and learns from it. Contents of new
 * leaves go to `fps`, exceptions to `exceptions`; `*silent` counts the steps without exception before it and is carried on.
 * Returns how many of the step's inputs were not foretold.
 */
unsigned patch_put(struct patch *p, uint32_t position, bool continued, const struct step *s, struct bytes *fps,
                   struct bytes *exceptions, uint64_t *silent);

/* Does a turn without exceptions bring new leaves, so that their contents must be told? */
bool patch_brings_leaves(const struct patch *p);

/* The way back. */
struct patch_reader {
    struct reader fps, exceptions;
    uint64_t silent; /* steps until the next exception */
};
void patch_read(struct patch_reader *r, struct reader *payload); /* what stands behind a TURN's head */

/* s->id and s->leaves are given; the rest is filled in but the times. Outputs are not known: all zero. False: it makes no sense.
 */
bool patch_get(struct patch *p, uint32_t position, bool continued, struct patch_reader *r, struct step *s);

#endif
