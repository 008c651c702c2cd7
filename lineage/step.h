/*
 * A step: what one traced call adds to what its signature says already. Writer (fold) and reader (expand) of the log both think
 * in steps; a signature is everything about a call that a loop's next iteration repeats: routine, options, dimensions, caller,
 * provider, and the shapes of what is read and written.
 *
 * Ids: a thread's items are numbered from 0, and so are its leaves; the thread's number stands above them, so that ids are unique
 * in a process and neither loops nor references need any order between threads. Plain data.
 */
#ifndef BLASE_LINEAGE_STEP_H
#define BLASE_LINEAGE_STEP_H

#include "lineage/log_format.h"

enum { STEP_THREAD_SHIFT = 40, STEP_MAX_THREADS = 4096, STEP_MAX_SCALARS = 4 };

static inline uint64_t step_id(uint64_t thread, uint64_t sequence)
{
    return thread << STEP_THREAD_SHIFT | (sequence & ((UINT64_C(1) << STEP_THREAD_SHIFT) - 1));
}
static inline uint64_t step_thread(uint64_t id)
{
    return id >> STEP_THREAD_SHIFT;
}

/* Where an input came from. FLOW_NEW: it is the thread's next leaf, its content `fp`. */
enum flow_kind { FLOW_LEAF, FLOW_ITEM, FLOW_NEW };
struct flow {
    uint8_t kind;     /* enum flow_kind */
    uint8_t unproven; /* by identity only */
    uint8_t output;   /* FLOW_ITEM: operand of the producing item */
    uint8_t replaces; /* FLOW_NEW: what stood there before: 0 not known, 1 leaf, 2 item */
    uint8_t replaces_output;
    uint64_t ref; /* of the leaf or item */
    uint64_t replaces_ref;
    struct log_slice slice; /* rows 0: all of it */
    struct fp fp;
};

struct step_times {
    uint64_t call_ns, fingerprint_ns, fingerprint_bytes, copy_ns, saved_ns, trace_ns;
};

struct step {
    uint64_t signature;
    uint64_t id, leaves; /* of this item; of the thread's next leaf before it */
    uint64_t start_ns;
    uint64_t token; /* the fold's, not in the log */
    uint8_t outcome, unkept;
    uint16_t nonfinite_in, nonfinite_out;
    uint8_t ninputs, noutputs, nscalars;
    uint64_t source, kept_bytes;
    int64_t info;
    struct step_times times;
    unsigned char scalars[STEP_MAX_SCALARS][16];
    struct flow inputs[OP_MAX_OPERANDS];
    struct fp outputs[OP_MAX_OPERANDS];
};

/* The thread's next leaf after the step. */
uint64_t step_next_leaf(const struct step *s);

/* Only what is in use is copied. */
void step_copy(struct step *to, const struct step *from);

/* Step bodies as they stand in ITEM and TURN records; `get_*` fail the reader on what cannot be. */
void put_step(struct bytes *b, const struct step *s, uint64_t last_start);
void get_step(struct reader *r, struct step *s, uint64_t last_start); /* id, leaves and the three counts are given */
void put_flow(struct bytes *b, const struct flow *f, uint64_t id, uint64_t leaf);
void get_flow(struct reader *r, struct flow *f, uint64_t id, uint64_t leaf);
void put_status(struct bytes *b, const struct step *s);
void get_status(struct reader *r, struct step *s);
void put_scalars(struct bytes *b, const struct step *s);
void get_scalars(struct reader *r, struct step *s);

/* The chain over a loop's outputs: order counts, nothing is lost. */
static inline uint64_t step_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}
static inline struct fp step_chain(struct fp chain, struct fp output)
{
    return (struct fp){step_mix(chain.lo + UINT64_C(0x9e3779b97f4a7c15) + output.lo),
                       step_mix((chain.hi ^ output.hi) + UINT64_C(0xd1b54a32d192ed03))};
}

#endif
