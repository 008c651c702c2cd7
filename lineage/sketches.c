#include "lineage/sketches.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 2 * SKETCHES_MOST, SHAPES = 64, WORDS = SKETCHES_MOST / 64, SIGNED_AT_ONCE = 8 };

/* Sketches of one shape; the last one takes all shapes that found no place. */
struct sketch_shape {
    int64_t rows, cols;
    struct sketch *unsigned_first;
    uint32_t count;
    char type;
    uint8_t part, kind;
    bool searched;
};

struct sketches {
    size_t limit, bytes;
    uint64_t seq, dropped;
    uint32_t count;
    atomic_uint hashed;
    int nshapes; /* places ever used */
    struct sketch *newest, *oldest;
    struct sketch *buckets[BUCKETS], *slots[SKETCHES_MOST];
    uint16_t vacant[SKETCHES_MOST];
    uint64_t slices[WORDS][SKETCH_SLICES];
    struct sketch_shape shapes[SHAPES + 1];
};

struct sketches *sketches_new(size_t limit_bytes)
{
    struct sketches *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->limit = limit_bytes;
    for (int i = 0; i < SKETCHES_MOST; i++)
        all->vacant[i] = (uint16_t)i;
    return all;
}

void sketches_free(struct sketches *all)
{
    if (all)
        sketches_clear(all);
    free(all);
}

static struct sketch **bucket_of(struct sketches *all, struct fp content)
{
    return &all->buckets[content.lo % BUCKETS];
}

struct sketch *sketches_find(const struct sketches *all, struct fp content)
{
    struct sketch *s = all->buckets[content.lo % BUCKETS];
    while (s && !fp_equal(s->content, content))
        s = s->bucket_next;
    return s;
}

bool sketches_have(const struct sketches *all, const struct sketch *s)
{
    return all->slots[s->slot] == s;
}

static struct sketch_shape *find_shape(const struct sketches *all, const struct sketch_shape *like)
{
    for (int i = 0; i < all->nshapes; i++) {
        const struct sketch_shape *shape = &all->shapes[i];
        if (shape->count && shape->rows == like->rows && shape->cols == like->cols && shape->type == like->type &&
            shape->part == like->part && shape->kind == like->kind)
            return (struct sketch_shape *)(uintptr_t)shape;
    }
    return NULL;
}

static struct sketch_shape *shape_of(struct sketches *all, const struct sketch *s)
{
    struct sketch_shape like = {.rows = s->rows, .cols = s->cols, .type = s->type, .part = s->part, .kind = s->kind};
    struct sketch_shape *shape = find_shape(all, &like);
    for (int i = 0; i < all->nshapes && !shape; i++)
        if (!all->shapes[i].count)
            shape = &all->shapes[i];
    if (!shape && all->nshapes == SHAPES)
        return &all->shapes[SHAPES];
    if (!shape)
        shape = &all->shapes[all->nshapes++];
    if (!shape->count)
        *shape = like;
    return shape;
}

static void link_newest(struct sketches *all, struct sketch *s)
{
    s->seq = ++all->seq;
    s->older = all->newest;
    s->newer = NULL;
    *(all->newest ? &all->newest->newer : &all->oldest) = s;
    all->newest = s;
}

static void unlink_sketch(struct sketches *all, struct sketch *s)
{
    *(s->newer ? &s->newer->older : &all->newest) = s->older;
    *(s->older ? &s->older->newer : &all->oldest) = s->newer;
}

static void link_unsigned(struct sketch *s)
{
    struct sketch **first = &s->shape->unsigned_first;
    s->unsigned_back = NULL;
    s->unsigned_next = *first;
    if (*first)
        (*first)->unsigned_back = s;
    *first = s;
}

static void unlink_unsigned(struct sketch *s)
{
    *(s->unsigned_back ? &s->unsigned_back->unsigned_next : &s->shape->unsigned_first) = s->unsigned_next;
    if (s->unsigned_next)
        s->unsigned_next->unsigned_back = s->unsigned_back;
}

/* Sets, or takes back, the sketch's bit in its slices. */
static void mark(struct sketches *all, const struct sketch *s, bool set)
{
    sketch_mark(s, all->slices[s->slot / 64], (uint64_t)1 << s->slot % 64, set);
}

/* A place in the slices; where the shape is one of those that found none, too. */
static void place(struct sketches *all, struct sketch *s)
{
    s->slot = all->vacant[SKETCHES_MOST - 1 - all->count];
    all->slots[s->slot] = s;
    s->shape = shape_of(all, s);
    s->shape->count++;
    if (s->is_signed)
        mark(all, s, true);
    else
        link_unsigned(s);
}

static void displace(struct sketches *all, struct sketch *s)
{
    if (s->is_signed)
        mark(all, s, false);
    else
        unlink_unsigned(s);
    all->slots[s->slot] = NULL;
    all->vacant[SKETCHES_MOST - all->count] = s->slot;
    s->shape->count--;
}

static void remove_sketch(struct sketches *all, struct sketch *s)
{
    struct sketch **at = bucket_of(all, s->content);
    while (*at != s)
        at = &(*at)->bucket_next;
    *at = s->bucket_next;
    unlink_sketch(all, s);
    displace(all, s);
    all->bytes -= s->bytes;
    all->count--;
    if (s->kind == SKETCH_HASHES)
        atomic_fetch_sub_explicit(&all->hashed, 1, memory_order_relaxed);
    sketch_release(s);
}

void sketches_clear(struct sketches *all)
{
    while (all->oldest)
        remove_sketch(all, all->oldest);
}

void sketches_add(struct sketches *all, struct sketch *s)
{
    struct sketch *same = sketches_find(all, s->content);
    if (s->bytes > all->limit) {
        all->dropped++;
        sketch_release(s);
        return;
    }
    if (same)
        remove_sketch(all, same);
    while (all->count == SKETCHES_MOST || all->bytes + s->bytes > all->limit) {
        all->dropped++;
        remove_sketch(all, all->oldest);
    }
    struct sketch **bucket = bucket_of(all, s->content);
    s->bucket_next = *bucket;
    *bucket = s;
    link_newest(all, s);
    place(all, s);
    all->bytes += s->bytes;
    all->count++;
    if (s->kind == SKETCH_HASHES)
        atomic_fetch_add_explicit(&all->hashed, 1, memory_order_relaxed);
}

void sketches_touch(struct sketches *all, struct sketch *s)
{
    if (s == all->newest)
        return;
    unlink_sketch(all, s);
    link_newest(all, s);
}

/* Can any sketch of this shape hold the input? The last group has all shapes. */
static bool shape_fits(const struct sketches *all, const struct sketch_shape *shape, const struct probe *p)
{
    if (!shape->count)
        return false;
    if (shape == &all->shapes[SHAPES])
        return true;
    return sketch_has_room(shape->type, shape->part, shape->rows, shape->cols, p);
}

int sketches_room(const struct sketches *all, const struct probe *p)
{
    int highest = -1;
    for (int i = 0; i <= all->nshapes; i++) {
        const struct sketch_shape *shape = &all->shapes[i < all->nshapes ? i : SHAPES];
        if (!shape_fits(all, shape, p))
            continue;
        int level = shape->kind == SKETCH_COPY ? sketch_level(shape->rows, shape->cols) : 0;
        if (i == all->nshapes)
            level = SKETCH_LEVELS - 1;
        highest = level > highest ? level : highest;
    }
    return highest;
}

bool sketches_searched(const struct sketches *all, const struct view *v, enum sketch_kind kind)
{
    struct sketch_shape like = {.type = v->type, .part = v->part, .kind = (uint8_t)kind};
    sketch_extents(v, &like.rows, &like.cols);
    const struct sketch_shape *shape = find_shape(all, &like);
    return shape && shape->searched;
}

bool sketches_sign(struct sketches *all, const struct probe *p)
{
    int left = SIGNED_AT_ONCE;
    for (int i = 0; i <= all->nshapes; i++) {
        struct sketch_shape *shape = &all->shapes[i < all->nshapes ? i : SHAPES];
        if (!shape_fits(all, shape, p))
            continue;
        shape->searched = true;
        while (shape->unsigned_first) {
            struct sketch *s = shape->unsigned_first;
            if (left-- == 0)
                return false;
            unlink_unsigned(s);
            sketch_sign(s);
            mark(all, s, true);
        }
    }
    return true;
}

/* The sketches, by their places, that have a bit in all slices that the probe asks for in one of its ways. */
static void answers(const struct sketches *all, const struct probe *p, uint64_t found[WORDS])
{
    memset(found, 0, WORDS * sizeof *found);
    for (int way = 0; way < SKETCH_WAYS; way++) {
        uint16_t slices[SKETCH_KEYS];
        const int n = probe_slices(p, slices, way);
        if (!n)
            continue;
        for (int k = n; k < SKETCH_KEYS; k++) /* asked twice, it says the same */
            slices[k] = slices[0];
        for (int word = 0; word < WORDS; word++) {
            const uint64_t *here = all->slices[word];
            found[word] |= here[slices[0]] & here[slices[1]] & here[slices[2]] & here[slices[3]];
        }
    }
}
_Static_assert(SKETCH_KEYS == 4, "answers");

struct sketch *sketches_next(const struct sketches *all, const struct probe *p, uint64_t before)
{
    struct sketch *best = NULL;
    uint64_t found[WORDS];
    answers(all, p, found);
    for (int word = 0; word < WORDS; word++)
        for (uint64_t bits = found[word]; bits; bits &= bits - 1) {
            struct sketch *s = all->slots[word * 64 + __builtin_ctzll(bits)];
            if (s->seq < before && (!best || s->seq > best->seq) && sketch_may_hold(s, p))
                best = s;
        }
    return best;
}

bool sketches_hashed(const struct sketches *all)
{
    return atomic_load_explicit(&all->hashed, memory_order_relaxed) > 0;
}

uint64_t sketches_bytes(const struct sketches *all)
{
    return all->bytes;
}

uint64_t sketches_dropped(const struct sketches *all)
{
    return all->dropped;
}
