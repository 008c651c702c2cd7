/*
 * Placeholders: calls in flight. The first thread to miss a key owns its placeholder while it computes; others that ask for the
 * key wait for it instead of computing the same, for a bounded time.
 *
 * Why nothing can hang, whatever owner and waiters do:
 * - a waiter holds nothing: no guard, and no placeholder, since a thread that owns one neither waits nor takes another. So no
 *   circle of waiters exists, and a call made from a signal handler inside a computing call does not wait for it either;
 * - a wait ends at the placeholder's deadline, set by its owner when it started: PLACEHOLDER_LEAST_NS and PLACEHOLDER_PATIENCE
 *   times what the call is expected to take, at most PLACEHOLDER_MOST_NS. From then on the placeholder is stale: it counts as
 *   none, and the next thread takes it over;
 * - it ends sooner when the owner publishes or gives up (futex), and when the owner's thread is found to be gone (cancelled,
 *   exited: asked in growing intervals). An owner that jumped away out of the real call is found out at its next miss from the
 * same or an outer stack frame. Both are guesses that may be wrong at no harm: a placeholder is only ever a reason to wait;
 * - after one wait that did not lead to a result the thread computes;
 * - a forked child starts without any.
 *
 * Slots are part of the cache and never freed, so a late wake-up or a stale claim finds valid memory; `turn` tells whether the
 * slot is still about the same call. Fields are read and written under the guard of the shard, `turn` also outside.
 */
#ifndef BLASE_REUSE_PLACEHOLDER_H
#define BLASE_REUSE_PLACEHOLDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lineage/fingerprint.h"

static const uint64_t PLACEHOLDER_LEAST_NS = 1000000000, PLACEHOLDER_MOST_NS = 30000000000u;
enum { PLACEHOLDER_PATIENCE = 4 };

struct shard;

struct placeholder {
    struct fp key;
    bool taken;
    int thread; /* kernel's id of the owner */
    uint64_t deadline_ns;
    _Atomic uint32_t turn; /* the futex: changes when the placeholder ends */
    _Atomic uint32_t waiters;
};

/* A thread's side of a placeholder: of its own, or of the one it met. Plain data, on the stack of the call. */
struct claim {
    struct shard *shard;
    struct placeholder *at; /* NULL: none */
    uint32_t turn;
    bool owned;
    int thread; /* the owner, when another thread's was met */
    uint64_t deadline_ns;
};

/* The calling thread forgets a claim of its own that was never ended: the cache that it is of goes. */
void placeholder_forget(void);

/* Guard held: the live placeholder of the key among `count`; NULL if none, or stale. With `now` 0 stale ones count as well. */
struct placeholder *placeholder_find(struct placeholder *slots, int count, struct fp key, uint64_t now);

/*
 * Guard held: takes a slot for the key and makes *claim its owner's; false when all are in use. `frame` is where the caller's
 * stack stands. Waiters of a stale call may have been in the slot: placeholder_wake it outside.
 */
bool placeholder_claim(struct placeholder *slots, int count, struct fp key, uint64_t now, uint64_t expected_ns, const char *frame,
                       struct claim *claim);

/* Guard held: describes a placeholder met to one who may wait for it. */
void placeholder_meet(struct placeholder *p, struct claim *claim);

/* Guard held: ends it. Waiters are to be woken outside. */
void placeholder_end(struct placeholder *p);
void placeholder_wake(struct placeholder *p);

/* Does the claim still stand for its slot? No guard needed. */
bool placeholder_current(const struct claim *claim);

/* No guard held: sleeps until the placeholder met has ended, its deadline has passed, or its owner is gone (*gone). */
void placeholder_wait(const struct claim *claim, bool *gone);

/* Does the calling thread own a live placeholder? Then it must neither wait nor take another. */
bool placeholder_owner(uint64_t now);

/* The claim that the calling thread jumped out of, to be ended; false when there is none. */
bool placeholder_jumped(const char *frame, struct claim *left);

#endif
