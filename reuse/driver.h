/*
 * Drivers as two halves: gesv is getrf and getrs, and a gesv that was never seen may take a factor that was (DESIGN 7,
 * multi-level). Which routines those are, and with which arguments, the op table says.
 *
 * What a driver computed is kept as two payloads: the *factor*, filed as the result of the factor's own routine, and the *rest*
 * (the solution), filed under the driver's key. So a matrix's factor is kept once however many right-hand sides are solved for,
 * serves getrf as well, and has its own place in the cache; a rest whose factor was evicted is a miss.
 *
 * The bits. A library's gesv need not give what its getrf and getrs give: with threads, OpenBLAS decides by size whether to use
 * them, and not by the same rule in all three. Where the table's `alike` says that halves and whole are equal to the last bit
 * (measured, or one thread), factors travel freely. Elsewhere a factor found by a driver is filed under a key of its own, with
 * the driver and all its dimensions, and is taken only by the same driver at the same dimensions, after a trial has shown for
 * this class of calls that solving with it gives the driver's own bits (struct proofs). So what is served is always what the
 * driver itself would have computed, and --verify compares with just that.
 *
 * gels is geqrf, ormqr and trtrs, and what geqrf tells in tau stands at the head of its workspace (`scalars`). It may take what
 * geqrf computed, but cannot give it back as such: what geqrf leaves in its own workspace is not to be had from it. So its factor
 * is filed with the driver and all its dimensions everywhere (the workspace it leaves depends on them), and geqrf's is looked for
 * when that is not there; where halves are not known to be `alike`, only after a trial has shown that the two are the same.
 *
 * Pure functions of the call, but for the table of proofs: lock-free, lossy.
 */
#ifndef BLASE_REUSE_DRIVER_H
#define BLASE_REUSE_DRIVER_H

#include <stdatomic.h>

#include "reuse/key.h"

enum { DRIVER_WHOLE = 1 << 12 };

/* A driver's call as its halves. */
struct driver {
    const struct op_driver *halves;         /* NULL: no driver, or not these arguments */
    bool alike;                             /* factors travel freely */
    int8_t scalars;                         /* the factor's operand that stands in the driver's workspace (tau); -1: none does */
    bool borrows;                           /* then: the factor routine's own result may be taken as well */
    struct canon factor;                    /* the call of the factor's routine */
    struct use factor_use[OP_MAX_OPERANDS]; /* what that call reads and writes */
    int8_t operand[OP_MAX_OPERANDS];        /* the driver's operand that each of the factor's is */
    struct use rest[OP_MAX_OPERANDS];       /* what the driver does beside it */
    uint32_t share;                         /* of the driver's work that is the factor's, in DRIVER_WHOLE parts */
    struct fp key;                          /* where the factor is filed */
    struct fp class;                        /* what a trial holds for: routine, options, dimensions, library, threads */
    struct fp borrowed, borrowed_class;     /* if there are scalars: where the factor routine's own result is; and its trials */
};

/* Splits a call. False, and halves NULL, if it is not a driver that the table says how to split. */
bool driver_split(struct driver *d, const struct canon *c, const struct use *use, const struct op_place *where);

/* One half as a call of its own, on the driver's operands. */
void driver_half(const struct op_half *half, const struct canon *c, struct canon *out);

/* Fills the keys and classes. read and reads are the driver's, its operands not hashed again; context is the factor routine's. */
void driver_keys(struct driver *d, const struct canon *c, const struct fp *read, const bool *reads,
                 const struct key_context *context);

/* What trials have shown. */
enum verdict { VERDICT_NONE, VERDICT_EQUAL, VERDICT_DIFFERENT };
enum { PROOF_SLOTS = 512 };
struct proofs {
    _Atomic uint64_t slots[PROOF_SLOTS]; /* a class, its lowest bits the verdict */
};
enum verdict proofs_find(struct proofs *p, struct fp class);
void proofs_note(struct proofs *p, struct fp class, enum verdict verdict);

#endif
