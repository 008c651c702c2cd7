/*
 * A call as it arrived, and how it is brought to canonical form.
 *
 * An entry point stores its arguments in `raw` as they came in: pointers, 64-bit integer registers (whose upper half is noise
 * when the provider's integers are 32-bit), floats, doubles. canon_from_call reads them by the entry's style. Thread-safe: works
 * on the caller's stack only.
 */
#ifndef BLASE_LINEAGE_CALL_H
#define BLASE_LINEAGE_CALL_H

#include "lineage/op.h"

union raw {
    void *p;
    int64_t i;
    double d;
    float f;
};

enum style { STYLE_FORTRAN, STYLE_CBLAS, STYLE_LAPACKE, STYLE_LAPACKE_WORK };

/* One exported spelling of a routine. */
struct entry {
    const char *symbol;
    const struct op *op;
    int64_t (*invoke)(void *fn, const union raw *raw); /* calls fn with the raw arguments; LAPACKE's info, else 0 */
    uint8_t style;                                     /* enum style */
    uint8_t width;                                     /* integer bytes the name promises; 0: ask the provider */
    uint8_t judged; /* how its entry point tells a tiny call by itself: 0 not, 1 flops, n flops <= n * dimension^3 */
};

struct call {
    const struct entry *entry;
    const void *ret; /* return address: who called */
    union raw raw[OP_MAX_ARGS];
};

enum canon_result {
    CANON_OK,
    CANON_QUERY,  /* a workspace query */
    CANON_ILLEGAL /* something only the real routine should judge: it is called and reports as ever */
};

/*
 * Reads and normalises the arguments. Nothing but scalars the routine reads is dereferenced. A call is CANON_OK only if every
 * argument the table can judge is legal, shapes fit size_t, and no array that is referenced is NULL.
 */
enum canon_result canon_from_call(const struct call *call, int int_bytes, struct canon *c);

/* With canon_uses' answer, which it needs itself. */
enum canon_result canon_with_uses(const struct call *call, int int_bytes, struct canon *c, struct use *use);

/* Fills use[0 .. noperands); operands that this style did not pass stay all zero. */
void canon_uses(const struct canon *c, struct use *use);

/* Index in call->raw of argument `arg`, -1 if this style does not take it. */
int call_raw_index(const struct entry *entry, int arg);

/* LAPACK's status after the call: `returned` for LAPACKE, the info argument for Fortran, 0 for BLAS. */
int64_t call_info(const struct call *call, const struct canon *c, int64_t returned);

#endif
