/*
 * Buffer identities: what an operand is when its fingerprint as a whole is unknown (DESIGN 6).
 *
 * An input is resolved in this order:
 *   1. whole, by content: the fingerprint is in the content index. Of several producers of equal content the one that the
 * buffer's region names (regions.h) is taken, else the latest.
 *   2. slice, by identity: the operand lies in a region with the same leading dimension and element type, newest first, and a
 *      sketch (sketch.h) of what the region held *proves* that the operand has just that part of it.
 *   3. slice, by content: some sketch, newest first, has the operand as a part: a copied slice. In both an item is preferred to a
 *      leaf: where part of a buffer was overwritten and all of it read since, the rest still comes from the item.
 *   4. slice, unproven: as 2, with the newest region that shares memory with the operand, when nothing can prove it and samples
 *      agree. The edge says so, and never serves reuse.
 *   5. leaf: it names the newest region that shared memory with it, as what it replaces.
 * Where a loop foretells what an input is (fold.h), step 1 is taken before its fingerprint: the sketch of what the region holds,
 * or of the content foretold, is compared with the memory, and what it proves has that sketch's fingerprint. Contents that a loop
 * reads in every turn have sketches of their own for that (invariants.h), which nothing is searched in.
 *
 * So no address ever decides: freed and reused memory, and writes that nobody saw, cost an attempt at a proof and no more.
 *
 * Sketches are taken of outputs when they are fingerprinted and of leaves before their call, and cost about twice what another
 * fingerprint would. Under --trace=all every output and leaf gets one. Under --trace=auto nobody asked for slices, so a budget
 * bounds all of it: sketching and recognising take at most a two hundredth of the time in BLAS so far and 2 ms to start. Where
 * hashes are dear for their call (over that share of its own time, as in a product of two matrices of order 1000) they are taken
 * only of shapes in which a slice was looked for in vain before, and until then samples stand in for them. So a program that
 * never slices pays for the small sketches, and one that does pays from its second slice on. A long vector or large triangle has
 * samples only, whatever the mode.
 *
 * The guard is the lineage's own. Held for table operations alone: proving, searching and sketching work on references taken
 * under it, and read nothing but the operand's own elements.
 */
#ifndef BLASE_LINEAGE_IDENTITY_H
#define BLASE_LINEAGE_IDENTITY_H

#include "lineage/content.h"
#include "lineage/guard.h"
#include "lineage/log_format.h"

struct identity;
struct region_held;

/*
 * What an input was found to be. Of a whole that was proven before its fingerprint the origin may be to come: identity_settle,
 * with the guard held, says whose it is.
 */
enum found_how { FOUND_NOTHING, FOUND_WHOLE, FOUND_SLICE, FOUND_UNPROVEN };
struct found {
    enum found_how how;
    bool to_come;
    struct region_held *by_region; /* FOUND_WHOLE: the view's region, if that says so */
    struct origin origin;
    struct log_slice slice; /* of the origin's operand */
};

/* Of a recorder's guard and content index; `thorough`: no budget of time. NULL: out of memory. */
struct identity *identity_new(struct guard *guard, struct content *content, size_t limit_bytes, bool thorough);
void identity_free(struct identity *id);
void identity_clear(struct identity *id); /* with the guard held */

/* With the guard held: step 1; false: not known as a whole. */
bool identity_whole(const struct identity *id, const struct view *v, struct fp fp, struct found *found);

/* Before a fingerprint is taken: what the view's memory may hold, and what can prove it. */
struct hint {
    struct origin origin;          /* as the view's region has it, */
    struct region_held *by_region; /* if it has */
    struct sketch *sketch;         /* held until identity_ends */
};

/* With the guard held: what the view's region says, or else this content. False: nothing is kept of either. */
bool identity_hints(struct identity *id, const struct view *v, struct fp content, struct hint *hint);

/*
 * With the guard held: what can prove that an input is this content, held until identity_ends; NULL: nothing is kept of it. And
 * without the guard: is it?
 */
struct sketch *identity_proof(struct identity *id, struct fp content);
bool identity_is(const struct sketch *proof, const struct view *v);

/* With the guard held: false if the content is no longer known. */
bool identity_settle(struct identity *id, const struct view *v, struct fp fp, struct found *found);

/* With the guard held: what can prove that an output is this content, held; NULL: nothing is kept of it. */
struct sketch *identity_result(struct identity *id, struct fp content);
void identity_ends(struct sketch *held); /* with the guard held */

/* Without the guard: is the hint true? Where the view's region gave it, it is what step 1 would have found. */
bool identity_proves(const struct hint *hint, const struct view *v, struct fp *fp, struct found *found);

/* Without the guard: the view, of this fingerprint, will be asked for again as it is. */
void identity_expects(struct identity *id, const struct view *v, struct fp fp);

/*
 * With the guard held. The view holds this content from now on: what a call has just made; or what it read, which may be what is
 * known already, by the view's own region if `found` there.
 */
void identity_made(struct identity *id, const struct view *v, const struct origin *origin);
void identity_holds(struct identity *id, const struct view *v, const struct origin *origin, struct region_held *found);

/* With the guard held: what the view's memory held before; NULL: not known. */
const struct origin *identity_before(const struct identity *id, const struct view *v);

/* Memory in use, and how much was forgotten for want of it. */
struct identity_sums {
    uint64_t bytes, dropped_regions, dropped_sketches;
};
struct identity_sums identity_sums(const struct identity *id);

/* Without the guard: steps 2 to 4 for an input before its call. What stays FOUND_NOTHING will be a leaf, and is sketched. */
void identity_recognise(struct identity *id, const struct view *v, struct fp fp, struct found *found);

/* Without the guard: a call took this long; what it left in each output. */
void identity_called(struct identity *id, uint64_t call_ns);
void identity_produced(struct identity *id, const struct view *v, struct fp fp, const struct fp_whole *whole, uint64_t call_ns);

/*
 * The same in steps, of which the first ask nobody: what a loop leaves is hardly ever known. Before the call it is announced.
 * NULL: it is not to be done so. Then, with the guard held, the sketch is taken over; or it is told that the content was produced
 * once more.
 */
void identity_announce(const struct view *v);
struct sketch *identity_sketch(struct identity *id, const struct view *v, struct fp fp, const struct fp_whole *whole);
void identity_keep(struct identity *id, struct sketch *s);
void identity_again(struct identity *id, struct sketch *s);

/* Without the guard: does the view hold what the result is a sketch of? Then its parts are what they were. */
bool identity_left(const struct sketch *result, const struct view *v, struct fp_whole *whole);

#endif
