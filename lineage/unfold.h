/*
 * The way back from a log to steps: what fold.c made of the threads' streams is undone record by record. Streaming: it holds each
 * stream's patches and last items, and nothing of what was told. Trusts nothing in the log: a record that makes no sense is
 * skipped. Not thread-safe.
 */
#ifndef BLASE_LINEAGE_UNFOLD_H
#define BLASE_LINEAGE_UNFOLD_H

#include "lineage/fold.h"
#include "lineage/log_reader.h"
#include "lineage/paths.h"

/* A signature as it is kept: what the log says, without the room that it does not need. */
struct known_signature {
    struct log_signature s;
    uint8_t nscalars;
};

struct known_patch {
    struct patch *patch;
    uint64_t defined;
    struct reader times;       /* of its TIMES record, behind its head */
    struct step_times *totals; /* by position, once it was asked for */
    uint64_t *turns;
    uint64_t owed; /* whole turns that were passed over: the next one stands for them, too */
};

/* One thread's stream, as far as it was read. */
struct stream {
    uint64_t items, leaves, last_start;
    struct step *recent[FOLD_MOST_STEPS]; /* by sequence */
    uint64_t nrecent;                     /* plain items without a turn between them, up to the last */
    struct known_patch patches[PATHS_MOST];
    uint32_t npatches;
    struct patch_before before;
};

struct turning {
    struct known_patch *at; /* NULL: no turn is being told */
    struct log_turn turn;
    struct patch_reader reader;
    uint64_t position, repeat;
    bool continued;           /* the turn at hand */
    uint64_t stands_for;      /* turns: itself, and those like it that were passed over */
    struct log_rounds rounds; /* length 0: the turn stands by itself; else it is one of its entries: */
    uint64_t round, entry;
};

/*
 * Who only counts need not be shown every turn (`counting`): turns of a record without anything to tell are alike in all but what
 * they refer to, so most of them are passed over, and one stands for them. Times are then sums. What a log of a few bytes says so
 * takes a time that follows from its bytes, however many calls it stands for.
 */
struct unfold {
    bool counting;
    struct stream *streams[STEP_MAX_THREADS];
    uint16_t known[STEP_MAX_THREADS]; /* the threads that have one */
    uint32_t nknown;
    struct known_signature **signatures;
    size_t nsignatures;
    struct reader *times; /* by patch: the last TIMES record's payload */
    size_t ntimes;
    struct turning turning;
    bool fresh;                      /* a step was read: */
    struct step step;                /* its times, out of a patch, are means whose sum is right */
    uint64_t stands_for, longest_ns; /* steps, and the longest call among them */
    const struct log_signature *signature;
    uint64_t thread;
};

/* Over the records of `log`, of which it looks through all for the times of patches. */
void unfold_init(struct unfold *x, const struct log_reader *log, bool counting);
void unfold_free(struct unfold *x);

/* Takes a record of items and loops (others it leaves alone). Then x->fresh: it is a step; x->turning.at: turns are to be told.
 */
void unfold_record(struct unfold *x, struct log_record *record);

/* While x->turning.at: the next step of the turns; *closes: the last one of its record. False when they make no sense. */
bool unfold_turn(struct unfold *x, bool *closes);

#endif
