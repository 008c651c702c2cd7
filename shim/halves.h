/*
 * Drivers carried out by halves (reuse/driver.h says why and when): the routine that remains is found in the library that the
 * driver itself is bound to, under the same spelling, and called on the caller's own memory.
 *
 * A struct halves is a traced call's own; d.halves is NULL when the call is no driver, or cannot be carried out by halves: the
 * solving routine is not in that library, or LAPACKE would find a NaN in the right-hand sides.
 */
#ifndef BLASE_SHIM_HALVES_H
#define BLASE_SHIM_HALVES_H

#include "reuse/driver.h"
#include "shim/trace.h"

struct trial;

struct halves {
    struct driver d;
    const struct binding *solve, *finish; /* of the solving routines; finish: NULL where there is one only */
    enum verdict verdict, borrowed;       /* on the driver's own factors; on those of the factor's routine, where it borrows */
    bool found;                           /* a factor is in the cache that may be put to a rest */
    bool unproven;                        /* one of the factor's routine is there, of which that is not known */
    unsigned char corner[16];             /* where there are scalars: the matrix's first element before the call */
    struct trial *trial;                  /* under way beside the real call; NULL */
    struct payload *fresh;                /* the factor this call computed, to be filed */
};

/* After plan_probe: looks for a factor and changes the plan accordingly. context is the driver's. */
void halves_plan(struct tracing *t, struct plan *plan, const struct fp *read, const bool *reads, struct key_context context);

/* What a COPY step does, on the operands of `canon`: the call's own or others laid out alike. */
void halves_copy(const struct tracing *t, const struct plan_step *step, const struct canon *canon);

/* CALL solve: with the arguments of `call` and its canonical form, after the factor was copied to its operands. */
struct real_result halves_solve(const struct tracing *t, const struct call *call, const struct canon *canon,
                                const struct payload *factor);

/* The same, with nothing of the factor's added. */
struct real_result halves_solve_alone(const struct tracing *t, const struct call *call, const struct canon *canon);

/* The first scalar of a factor that the driver left, where there are scalars; false: it cannot be told. Raises flags. */
bool halves_scalar(const struct tracing *t, void *scalar);

/* What the driver says about its workspace: asked of it, into 16 bytes. */
void halves_workspace(const struct tracing *t, unsigned char *answer);

/* What the call, computed in the way of `plan`, leaves to be kept as its rest; the factor, if it is new, goes to h->fresh. */
struct payload *halves_capture(struct tracing *t, const struct snapshot *snapshot, const struct real_result *real,
                               uint64_t until);

/*
 * A trial: does solving with the factor that a driver leaves give the driver's own solution, bit for bit? begin() before the real
 * call sets the right-hand sides aside, if a verdict on this class of calls is due; end() after it solves for them and compares.
 */
void trial_begin(struct tracing *t);
void trial_end(struct tracing *t, bool computed);

#endif
