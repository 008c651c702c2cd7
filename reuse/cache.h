/*
 * The cache: payloads by key within a byte budget, shared by all threads.
 *
 * Keys are spread over CACHE_SHARDS shards, each with a guard and tables of its own, so that threads seldom meet. No two guards
 * are held at once, except around fork, which takes all of them in order; memory is taken, freed and waited for outside them.
 *
 * Budget: payloads, entries, tables, what is remembered of evicted keys and the cache itself are taken from one room
 * (reuse/room), which charges before it gives: the budget is never exceeded, payloads included that are captured but not
 * published yet, or evicted and still being copied out. A result that alone exceeds it is refused before anything goes. Victims
 * are picked over all shards by the policy's score (reuse/policy): each shard publishes its least, the least of those goes.
 *
 * Calls in flight have placeholders (reuse/placeholder): see cache_claim. When a guard cannot be had every probe misses.
 */
#ifndef BLASE_REUSE_CACHE_H
#define BLASE_REUSE_CACHE_H

#include "reuse/payload.h"
#include "reuse/placeholder.h"
#include "reuse/policy.h"

enum { CACHE_SHARDS = 32 };
#define CACHE_GENERATION 1.5 /* budgets evicted until counts are halved (reuse/policy.h) */

struct cache;

struct cache_totals {
    uint64_t budget_bytes, used_bytes, peak_bytes, entries, evictions;
};

/* NULL: out of memory, or the budget is less than the cache itself takes. */
struct cache *cache_new(uint64_t budget_bytes, enum cache_policy policy);
size_t cache_least_bytes(void);

/* No payload of its room may be held any more. */
void cache_free(struct cache *cache);

/* Where payloads for this cache take their memory. Calls on it may evict: hold no guard. */
struct room *cache_room(struct cache *cache);

/* The payload under the key with a reference for the caller (payload_drop), or NULL. */
struct payload *cache_take(struct cache *cache, struct fp key);

/*
 * As cache_take, for one who will compute what is not there, in about `expected_ns`. On NULL the claim says which:
 * - claim->owned: a placeholder was made; end it by cache_put of that key, or by cache_abandon;
 * - claim->at: another thread computes it; cache_wait;
 * - neither: compute, nobody waits.
 */
struct payload *cache_claim(struct cache *cache, struct fp key, uint64_t expected_ns, struct claim *claim);

/*
 * Waits for the placeholder that was met and takes what it led to. NULL: compute, perhaps as the new owner (claim->owned). Adds
 * the time waited to *waited_ns. Returns NULL at once when waiting does not pay in this program: time waited in vain exceeds
 * what successful waits spared, in computing time, by more than CACHE_WAIT_GRACE_NS. So over all a program loses by waiting at
 * most that and the waits then under way, each as bounded as reuse/placeholder says.
 */
static const uint64_t CACHE_WAIT_GRACE_NS = 100000000;
struct payload *cache_wait(struct cache *cache, struct fp key, uint64_t expected_ns, struct claim *claim, uint64_t *waited_ns);

/* Ends an owned claim that led to nothing; its waiters compute. Anything else is left alone, a claim that has ended included. */
void cache_abandon(struct claim *claim);

/*
 * Publishes a payload from cache_room; takes over the caller's reference and ends the key's placeholder. False if refused: too
 * large, already there, no memory.
 */
bool cache_put(struct cache *cache, struct fp key, struct payload *payload);

/* True if a payload of that size could ever be kept. */
bool cache_could_keep(const struct cache *cache, size_t payload_bytes);

/*
 * Makes room for a payload of that size, which took so long to compute, before it is captured; false when the policy would rather
 * have what is there (policy_yields). What others wait for always comes in. Who takes memory unasked gets it at the cost of the
 * least.
 */
bool cache_admit(struct cache *cache, struct fp key, size_t payload_bytes, uint64_t cost_ns);

/*
 * Has fn called with every victim, by the thread that needs the room, outside any guard and before its memory is given back; the
 * payload is the cache's reference: hold it to keep it longer. Set it before other threads use the cache.
 */
typedef void (*cache_evict_fn)(void *context, struct fp key, struct payload *payload);
void cache_on_evict(struct cache *cache, cache_evict_fn fn, void *context);

struct cache_totals cache_totals(struct cache *cache);
bool cache_broken(const struct cache *cache);

/*
 * Around fork, as lineage's: takes every guard in order of shards, or none (false). A child keeps what its parent had, but for
 * placeholders.
 */
bool cache_before_fork(struct cache *cache);
void cache_after_fork(struct cache *cache, bool held, bool child);

#endif
