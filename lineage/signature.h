/*
 * The table of call signatures: each is written to the log once and then referred to by its number. Bounded: a program that never
 * makes a call of the same shape twice starts the table anew after SIGNATURES_MOST, numbers going on. Not thread-safe.
 */
#ifndef BLASE_LINEAGE_SIGNATURE_H
#define BLASE_LINEAGE_SIGNATURE_H

#include "lineage/lineage.h"

enum { SIGNATURES_MOST = 1 << 14 };

struct signature_slot {
    struct fp key;
    uint32_t id; /* 1 + the number; 0: free */
};

/* What a call had that was signed lately: the next one from its place is compared, rather than hashed. */
enum { SIGNATURE_MEMOS = 64 };
struct signature_memo {
    const struct op *op; /* NULL: free */
    uint32_t told;       /* bit by argument */
    uint32_t number;
    uint64_t caller, offset, flags;
    int64_t provider;
    int ninputs, noutputs;
    int64_t values[OP_MAX_ARGS];
    int64_t rows[OP_MAX_OPERANDS], cols[OP_MAX_OPERANDS];
    uint32_t inputs[OP_MAX_OPERANDS], outputs[OP_MAX_OPERANDS];
};

struct signatures {
    struct signature_slot *slots;
    uint32_t capacity, count;
    uint32_t next; /* number of the next one */
    struct signature_memo memos[SIGNATURE_MEMOS];
};

void signatures_free(struct signatures *table);

/* The number of the call's signature; *fresh if it is to be told first. UINT32_MAX: no memory. */
uint32_t signature_of(struct signatures *table, const struct traced *t, bool *fresh);

/* What the log says of it. */
void signature_describe(const struct traced *t, uint32_t number, struct log_signature *out);

/* The call's scalars in the order of the signature; how many. */
uint8_t signature_scalars(const struct canon *c, unsigned char scalars[][16]);

#endif
