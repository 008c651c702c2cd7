/*
 * The quick way through.
 *
 * A tiny call takes 50 to 100 ns, so looking at it must take a few. What dispatch finds out about a call site once (whose it is,
 * whom it reaches) is published as an immutable record in a table indexed by return address, and the exported function is a stub
 * (generated, on the macros of stubs_x86_64.inc) that finds the record, computes the flops with integers where the record asks
 * for it, counts the call and jumps to the real function. Everything else, and every call on other processors, goes on to
 * `dispatch`.
 *
 * Why this is sound:
 * - The stub is assembly because its promises are beyond C: arguments, in registers or on the stack, stay exactly where they are,
 *   so the real function is called as if we were not there, hidden character lengths included; there is no frame of ours, so
 *   nothing can be unbalanced by longjmp, exceptions or cancellation; no floating-point instruction, so no flag and no trap.
 * - It reads only dimensions, which the real routine reads too; a NULL pointer, a negative or a large number goes to dispatch.
 * - A record says what can not change: the process is ready (it never is unready again, forked or passive), its settings (read
 *   once), the binding and its integer width. What can change is the object that a return address lies in: a record holds in the
 *   epoch of `unload.h` only. --trace=all publishes no tiny calls.
 * - A call that is due to be timed (timing.h), and any of a thread without counters, goes to dispatch.
 * - A real function that tail-calls another exported name would show it the program's return address, and the same call would be
 *   counted twice: LAPACKE's do so as a rule and have no tiny records; of others `dispatch` sees it at the first call (the return
 *   address lies in the shim then) and publishes none.
 *
 * Records are never freed; their number is bounded. Thread-safe, lock-free.
 */
#ifndef BLASE_SHIM_FAST_H
#define BLASE_SHIM_FAST_H

#ifdef FAST_STUBS /* -DFAST_STUBS=0 tries what other processors do */
#elif defined(__x86_64__) && defined(__LP64__) && defined(__linux__)
#define FAST_STUBS 1
#else
#define FAST_STUBS 0
#endif

/* Shared with the stubs, which find a record's slot by its return address and its entry's index. */
#define FAST_BITS 12
#define FAST_MIX 0x61c88647
#define FAST_SHIFT(index) ((index)&255)
#define FAST_SLOTS ((1 << FAST_BITS) + 256)

/* Products of two dimensions, 4 bytes each, that can be multiplied by a third and any constant; dimensions of 8 bytes. */
#define FAST_MOST_AREA 0x3ffffff
#define FAST_MOST_DIMENSION 0xffff

#define FAST_NARROW 0 /* tiny calls, integers of 4 bytes */
#define FAST_WIDE 1   /* tiny calls, integers of 8 bytes */
#define FAST_NESTED 2 /* every call, counted as nested */
#define FAST_OFF 3    /* every call, not counted */
#define FAST_TAG_OF(index, kind) ((index) << 2 | (kind))

#define FAST_RET 0
#define FAST_EPOCH 8
#define FAST_FN 16
#define FAST_LEAST 24
#define FAST_TAG 32
#define FAST_COUNTER 36
#define FAST_SITES 48

#ifndef __ASSEMBLER__

#include <stdatomic.h>
#include <stdint.h>

struct fast {
    const void *ret;
    _Atomic uint64_t epoch; /* the one thing that changes: it is renewed when the same is found in a later epoch */
    void *fn;
    uint64_t least;   /* tiny: fewer of the routine's own operations than these, or every dimension less than this */
    uint32_t tag;     /* the entry's index and the kind */
    uint32_t counter; /* offset in struct thread_state */
    struct fast *next;
};

/* Does nothing where there are no stubs, memory is out, or too many records are there. */
void fast_publish(const struct fast *record);

#endif
#endif
