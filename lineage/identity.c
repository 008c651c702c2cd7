#include "lineage/identity.h"

#include <stdlib.h>

#include "lineage/clock.h"
#include "lineage/invariants.h"
#include "lineage/regions.h"
#include "lineage/sketches.h"

enum { REGIONS_SHARE = 8, INVARIANTS_SHARE = 8, BOOKS_SHARE = 200, WANTED = 64, REGIONS_TRIED = 32, SKETCHES_TRIED = 64 };
static const uint64_t BOOKS_START_NS = 2000000; /* of the governor's grace, which admission needs, a part */

struct identity {
    struct guard *guard;
    struct content *content;
    struct regions *regions;
    struct sketches *sketches;
    struct invariants invariants;
    bool thorough;
    _Atomic uint64_t blas_ns, spent_ns;
    _Atomic uint64_t wanted[WANTED]; /* shapes in which a slice was looked for in vain, by their hash */
};

struct identity *identity_new(struct guard *guard, struct content *content, size_t limit_bytes, bool thorough)
{
    struct identity *id = calloc(1, sizeof *id);
    if (!id)
        return NULL;
    id->guard = guard;
    id->content = content;
    id->thorough = thorough;
    id->regions = regions_new(limit_bytes / REGIONS_SHARE);
    id->invariants.limit = limit_bytes / INVARIANTS_SHARE;
    id->sketches = sketches_new(limit_bytes - limit_bytes / REGIONS_SHARE - limit_bytes / INVARIANTS_SHARE);
    if (id->regions && id->sketches)
        return id;
    identity_free(id);
    return NULL;
}

void identity_free(struct identity *id)
{
    if (!id)
        return;
    regions_free(id->regions);
    sketches_free(id->sketches);
    invariants_clear(&id->invariants);
    free(id);
}

void identity_clear(struct identity *id)
{
    regions_clear(id->regions);
    sketches_clear(id->sketches);
    invariants_clear(&id->invariants);
    atomic_store(&id->blas_ns, 0);
    atomic_store(&id->spent_ns, 0);
}

struct identity_sums identity_sums(const struct identity *id)
{
    return (struct identity_sums){regions_bytes(id->regions) + sketches_bytes(id->sketches) + id->invariants.bytes,
                                  regions_dropped(id->regions), sketches_dropped(id->sketches)};
}

bool identity_whole(const struct identity *id, const struct view *v, struct fp fp, struct found *found)
{
    const struct region_held *held = regions_same(id->regions, v);
    const struct origin *origin =
        held && fp_equal(held->origin.content, fp) ? &held->origin : content_find(id->content, fp, v->part != PART_FULL);
    if (!origin)
        return false;
    *found = (struct found){.how = FOUND_WHOLE, .origin = *origin};
    return true;
}

void identity_made(struct identity *id, const struct view *v, const struct origin *origin)
{
    regions_put(id->regions, v, origin);
}

void identity_holds(struct identity *id, const struct view *v, const struct origin *origin, struct region_held *found)
{
    struct region_held *held = found && regions_still(found, v) ? found : regions_same(id->regions, v);
    bool known = held && held->origin.is_item == origin->is_item && held->origin.ref == origin->ref &&
                 held->origin.operand == origin->operand && fp_equal(held->origin.content, origin->content);
    if (!known) {
        regions_put(id->regions, v, origin);
        return;
    }
    held->origin.touched = origin->touched;
    held->origin.age = origin->age;
}

const struct origin *identity_before(const struct identity *id, const struct view *v)
{
    const struct region_held *held = regions_newest(id->regions, v);
    return held ? &held->origin : NULL;
}

static uint64_t shape_hash(char type, int64_t rows, int64_t cols)
{
    uint64_t mixed = ((uint64_t)rows * 0x9E3779B97F4A7C15u + (uint64_t)cols) * 0xBF58476D1CE4E5B9u + (uint64_t)type;
    return mixed ^ mixed >> 29;
}

static void want(struct identity *id, const struct sketch *s)
{
    uint64_t shape = shape_hash(s->type, s->rows, s->cols);
    if (s->kind == SKETCH_SAMPLES_ONLY)
        atomic_store_explicit(&id->wanted[shape % WANTED], shape, memory_order_relaxed);
}

static bool is_wanted(const struct identity *id, const struct view *v)
{
    uint64_t shape = shape_hash(v->type, v->rows, v->cols);
    return atomic_load_explicit(&id->wanted[shape % WANTED], memory_order_relaxed) == shape;
}

static bool affordable(const struct identity *id, uint64_t cost_ns)
{
    uint64_t blas = atomic_load_explicit(&id->blas_ns, memory_order_relaxed);
    return atomic_load_explicit(&id->spent_ns, memory_order_relaxed) + cost_ns <= BOOKS_START_NS + blas / BOOKS_SHARE;
}

static uint64_t books_begin(const struct identity *id)
{
    return id->thorough ? 0 : clock_ns();
}

static void books_end(struct identity *id, uint64_t began)
{
    if (!id->thorough)
        atomic_fetch_add_explicit(&id->spent_ns, clock_ns() - began, memory_order_relaxed);
}

static struct sketch *proof_of(struct identity *id, struct fp content)
{
    struct sketch *s = sketches_find(id->sketches, content);
    if (!s)
        s = invariants_find(&id->invariants, content);
    return s && s->kind != SKETCH_SAMPLES_ONLY ? s : NULL;
}

bool identity_hints(struct identity *id, const struct view *v, struct fp content, struct hint *hint)
{
    struct region_held *held = regions_same(id->regions, v);
    struct sketch *s = held ? proof_of(id, held->origin.content) : NULL;
    hint->by_region = s ? held : NULL;
    if (s)
        hint->origin = held->origin;
    else
        s = proof_of(id, content);
    hint->sketch = s ? sketch_hold(s) : NULL;
    return s != NULL;
}

struct sketch *identity_proof(struct identity *id, struct fp content)
{
    struct sketch *s = proof_of(id, content);
    return s ? sketch_hold(s) : NULL;
}

bool identity_is(const struct sketch *proof, const struct view *v)
{
    return sketch_proves(proof, v);
}

bool identity_settle(struct identity *id, const struct view *v, struct fp fp, struct found *found)
{
    struct region_held *held = regions_same(id->regions, v);
    found->to_come = false;
    if (!held || !fp_equal(held->origin.content, fp))
        return identity_whole(id, v, fp, found);
    found->by_region = held;
    found->origin = held->origin;
    return true;
}

void identity_ends(struct sketch *held)
{
    sketch_release(held);
}

bool identity_proves(const struct hint *hint, const struct view *v, struct fp *fp, struct found *found)
{
    const bool proven = sketch_proves(hint->sketch, v);
    if (proven)
        *fp = hint->sketch->content;
    if (proven && hint->by_region) {
        found->how = FOUND_WHOLE;
        found->by_region = hint->by_region;
        found->origin = hint->origin;
        found->slice = (struct log_slice){0};
    }
    return proven;
}

void identity_expects(struct identity *id, const struct view *v, struct fp fp)
{
    const enum sketch_kind kind = sketch_best(v);
    if (kind < SKETCH_HASHES || !guard_enter(id->guard))
        return;
    const bool room = invariants_room(&id->invariants, fp) && !sketches_find(id->sketches, fp);
    guard_leave(id->guard);
    uint64_t began = books_begin(id);
    struct sketch *s = room && (id->thorough || affordable(id, sketch_cost_ns(v, kind))) ? sketch_new(v, fp, kind) : NULL;
    books_end(id, began);
    if (!s)
        return;
    if (!guard_enter(id->guard)) {
        sketch_release(s);
        return;
    }
    invariants_put(&id->invariants, s);
    guard_leave(id->guard);
}

/* What is sketched of a view: the essay says why not always the best. */
static enum sketch_kind kind_for(const struct identity *id, const struct view *v, uint64_t call_ns)
{
    enum sketch_kind best = sketch_best(v);
    uint64_t cost = sketch_cost_ns(v, best);
    if (id->thorough || best == SKETCH_NONE)
        return best;
    bool dear = best == SKETCH_HASHES && cost > call_ns / BOOKS_SHARE && !is_wanted(id, v);
    if (!dear && affordable(id, cost))
        return best;
    return best == SKETCH_HASHES && affordable(id, sketch_cost_ns(v, SKETCH_SAMPLES_ONLY)) ? SKETCH_SAMPLES_ONLY : SKETCH_NONE;
}

/* The content is sketched unless it is already. */
static void keep(struct identity *id, const struct view *v, struct fp fp, const struct fp_whole *whole, uint64_t call_ns)
{
    enum sketch_kind kind = kind_for(id, v, call_ns);
    if (kind == SKETCH_NONE || !guard_enter(id->guard))
        return;
    struct sketch *known = sketches_find(id->sketches, fp);
    if (known)
        sketches_touch(id->sketches, known);
    bool enough = known && known->kind >= kind, searched = sketches_searched(id->sketches, v, kind);
    guard_leave(id->guard);
    if (enough)
        return;
    uint64_t began = books_begin(id);
    struct sketch *s = sketch_new(v, fp, kind);
    if (s && whole)
        s->whole = *whole;
    if (s && searched)
        sketch_sign(s);
    books_end(id, began);
    if (!s)
        return;
    if (!guard_enter(id->guard)) {
        sketch_release(s);
        return;
    }
    sketches_add(id->sketches, s);
    guard_leave(id->guard);
}

void identity_called(struct identity *id, uint64_t call_ns)
{
    if (!id->thorough)
        atomic_fetch_add_explicit(&id->blas_ns, call_ns, memory_order_relaxed);
}

void identity_produced(struct identity *id, const struct view *v, struct fp fp, const struct fp_whole *whole, uint64_t call_ns)
{
    keep(id, v, fp, whole, call_ns);
}

void identity_announce(const struct view *v)
{
    if (sketch_best(v) == SKETCH_COPY)
        sketch_announce(v, SKETCH_COPY);
}

struct sketch *identity_sketch(struct identity *id, const struct view *v, struct fp fp, const struct fp_whole *whole)
{
    const enum sketch_kind kind = sketch_best(v);
    if (kind != SKETCH_COPY || (!id->thorough && !affordable(id, sketch_cost_ns(v, kind))))
        return NULL;
    uint64_t began = books_begin(id);
    struct sketch *s = sketch_new(v, fp, kind);
    if (s && whole)
        s->whole = *whole;
    books_end(id, began);
    return s;
}

void identity_keep(struct identity *id, struct sketch *s)
{
    struct sketch *known = sketches_find(id->sketches, s->content);
    if (known && known->kind >= s->kind) {
        sketches_touch(id->sketches, known);
        sketch_release(s);
        return;
    }
    sketches_add(id->sketches, s);
}

void identity_again(struct identity *id, struct sketch *s)
{
    struct sketch *known = sketches_have(id->sketches, s) ? s : sketches_find(id->sketches, s->content);
    if (known)
        sketches_touch(id->sketches, known);
}

struct sketch *identity_result(struct identity *id, struct fp content)
{
    struct sketch *s = sketches_find(id->sketches, content);
    return s && s->kind == SKETCH_COPY && s->whole.part ? sketch_hold(s) : NULL;
}

bool identity_left(const struct sketch *result, const struct view *v, struct fp_whole *whole)
{
    if (result->vector != v->vector || !sketch_proves(result, v))
        return false;
    *whole = result->whole;
    return true;
}

/* A region that the operand lies in, with what is kept of it; taken under the guard, in place of the last one, judged outside. */
struct candidate {
    struct origin origin;
    struct sketch *sketch;
    struct log_slice slice;
    uint64_t seq;
    bool newest; /* nothing newer shares memory with the operand */
};

static void let_go(struct candidate *c)
{
    if (c->sketch)
        sketch_release(c->sketch);
    c->sketch = NULL;
}

/* After the last one. */
static void end(const struct identity *id, struct candidate *c)
{
    if (!c->sketch || !guard_enter(id->guard))
        return;
    let_go(c);
    guard_leave(id->guard);
}

static bool next_region(const struct identity *id, const struct view *v, uint64_t before, struct candidate *c)
{
    if (!guard_enter(id->guard))
        return false;
    let_go(c);
    const struct region_held *held = regions_around(id->regions, v, before, &c->slice);
    if (held) {
        c->origin = held->origin;
        c->seq = held->seq;
        c->newest = held == regions_newest(id->regions, v);
        c->sketch = sketches_find(id->sketches, held->origin.content);
        if (c->sketch)
            sketch_hold(c->sketch);
    }
    guard_leave(id->guard);
    return held != NULL;
}

static void take(struct found *found, enum found_how how, const struct candidate *c)
{
    found->how = how;
    found->origin = c->origin;
    found->slice = c->slice;
}

/* The first one found, but an item rather than a leaf; true when that is settled. */
static bool prove(struct found *found, const struct candidate *c)
{
    if (found->how == FOUND_NOTHING || c->origin.is_item)
        take(found, FOUND_SLICE, c);
    return c->origin.is_item;
}

static bool is_all(const struct sketch *s, const struct log_slice *slice)
{
    return slice->rows == s->rows && slice->cols == s->cols;
}

static enum verdict judge(struct identity *id, struct probe *p, const struct candidate *c)
{
    if (!c->sketch)
        return REFUTED;
    enum verdict verdict = sketch_check(c->sketch, p, &c->slice);
    if (verdict == LIKELY) {
        want(id, c->sketch);
        if (!c->newest || is_all(c->sketch, &c->slice)) /* the whole has another fingerprint, that much is known */
            verdict = REFUTED;
    }
    return verdict;
}

/* Step 2; what is likely is returned for step 4. */
static void by_identity(struct identity *id, const struct view *v, struct probe *p, struct found *found, struct found *likely)
{
    struct candidate c = {.seq = UINT64_MAX};
    for (int tries = 0; tries < REGIONS_TRIED && next_region(id, v, c.seq, &c); tries++) {
        enum verdict verdict = judge(id, p, &c);
        if (verdict == LIKELY)
            take(likely, FOUND_UNPROVEN, &c);
        if (verdict == PROVEN && prove(found, &c))
            break;
    }
    end(id, &c);
}

static bool next_sketch(const struct identity *id, const struct probe *p, uint64_t before, struct candidate *c)
{
    if (!guard_enter(id->guard))
        return false;
    let_go(c);
    struct sketch *s = sketches_next(id->sketches, p, before);
    if (s) {
        const struct origin *origin = content_find(id->content, s->content, s->part != PART_FULL);
        c->sketch = origin ? sketch_hold(s) : NULL;
        c->seq = s->seq;
        if (origin)
            c->origin = *origin;
    }
    guard_leave(id->guard);
    return s != NULL;
}

/* The highest level to ask at; -1: no sketch has room for the input. */
static int levels_to_search(const struct identity *id, const struct probe *p)
{
    if (!guard_enter(id->guard))
        return -1;
    int highest = sketches_room(id->sketches, p);
    guard_leave(id->guard);
    return highest;
}

/* Signs what the input may be part of, a few sketches at a time: others get in between. */
static bool sign(struct identity *id, const struct probe *p)
{
    for (bool done = false; !done;) {
        if (!guard_enter(id->guard))
            return false;
        done = sketches_sign(id->sketches, p);
        guard_leave(id->guard);
    }
    return true;
}

/* Step 3. */
static void by_content(struct identity *id, struct probe *p, struct found *found)
{
    struct candidate c = {.seq = UINT64_MAX};
    int highest = levels_to_search(id, p);
    if (highest < 0)
        return;
    probe_prepare(p, highest, sketches_hashed(id->sketches));
    bool settled = !p->searchable || !sign(id, p);
    for (int tries = 0; tries < SKETCHES_TRIED && !settled && next_sketch(id, p, c.seq, &c); tries++) {
        if (c.sketch)
            settled = sketch_search(c.sketch, p, &c.slice) && prove(found, &c);
    }
    end(id, &c);
}

static void recognise(struct identity *id, const struct view *v, struct found *found)
{
    struct probe p;
    struct found likely = {.how = FOUND_NOTHING};
    if (!probe_begin(&p, v))
        return;
    by_identity(id, v, &p, found, &likely);
    if (found->how == FOUND_NOTHING)
        by_content(id, &p, found);
    if (found->how == FOUND_NOTHING)
        *found = likely;
    probe_end(&p);
}

void identity_recognise(struct identity *id, const struct view *v, struct fp fp, struct found *found)
{
    if (view_count(v) == 0 || (!id->thorough && !affordable(id, 0))) /* the strict triangle of a 1 x 1 matrix has no elements */
        return;
    uint64_t began = books_begin(id);
    recognise(id, v, found);
    books_end(id, began);
    if (found->how == FOUND_NOTHING)
        keep(id, v, fp, NULL, 0);
}
