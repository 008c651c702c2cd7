#include "lineage/sketches.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 2 * SKETCHES_MOST, SHAPES = 64 };

/* Sketches of one shape; the last one takes all shapes that found no place. */
struct sketch_shape {
    int64_t rows, cols;
    struct sketch *newest;
    uint32_t count;
    char type;
    uint8_t part, kind;
};

struct sketches {
    size_t limit, bytes;
    uint64_t seq, dropped;
    uint32_t count;
    atomic_uint hashed;
    int nshapes; /* places ever used */
    struct sketch *newest, *oldest;
    struct sketch *buckets[BUCKETS];
    struct sketch_shape shapes[SHAPES + 1];
};

struct sketches *sketches_new(size_t limit_bytes)
{
    struct sketches *all = calloc(1, sizeof *all);
    if (all)
        all->limit = limit_bytes;
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

static struct sketch_shape *shape_of(struct sketches *all, const struct sketch *s)
{
    struct sketch_shape *vacant = NULL;
    for (int i = 0; i < all->nshapes; i++) {
        struct sketch_shape *shape = &all->shapes[i];
        if (!shape->count)
            vacant = vacant ? vacant : shape;
        else if (shape->rows == s->rows && shape->cols == s->cols && shape->type == s->type && shape->part == s->part &&
                 shape->kind == s->kind)
            return shape;
    }
    if (!vacant && all->nshapes < SHAPES)
        vacant = &all->shapes[all->nshapes++];
    if (!vacant)
        return &all->shapes[SHAPES];
    *vacant = (struct sketch_shape){s->rows, s->cols, NULL, 0, s->type, s->part, s->kind};
    return vacant;
}

static void link_newest(struct sketches *all, struct sketch *s)
{
    struct sketch_shape *shape = shape_of(all, s);
    s->seq = ++all->seq;
    s->older = all->newest;
    s->newer = NULL;
    *(all->newest ? &all->newest->newer : &all->oldest) = s;
    all->newest = s;
    s->shape = shape;
    s->shape_older = shape->newest;
    s->shape_newer = NULL;
    if (shape->newest)
        shape->newest->shape_newer = s;
    shape->newest = s;
    shape->count++;
}

static void unlink_sketch(struct sketches *all, struct sketch *s)
{
    *(s->newer ? &s->newer->older : &all->newest) = s->older;
    *(s->older ? &s->older->newer : &all->oldest) = s->newer;
    *(s->shape_newer ? &s->shape_newer->shape_older : &s->shape->newest) = s->shape_older;
    if (s->shape_older)
        s->shape_older->shape_newer = s->shape_newer;
    s->shape->count--;
}

static void remove_sketch(struct sketches *all, struct sketch *s)
{
    struct sketch **at = bucket_of(all, s->content);
    while (*at != s)
        at = &(*at)->bucket_next;
    *at = s->bucket_next;
    unlink_sketch(all, s);
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

bool sketches_room(const struct sketches *all, const struct probe *p)
{
    for (int i = 0; i < all->nshapes; i++)
        if (shape_fits(all, &all->shapes[i], p))
            return true;
    return shape_fits(all, &all->shapes[SHAPES], p);
}

struct sketch *sketches_next(const struct sketches *all, const struct probe *p, uint64_t before)
{
    struct sketch *best = NULL;
    for (int i = 0; i <= SHAPES; i++) {
        const struct sketch_shape *shape = &all->shapes[i];
        if (i == all->nshapes)
            shape = &all->shapes[i = SHAPES];
        if (!shape_fits(all, shape, p))
            continue;
        struct sketch *s = shape->newest;
        while (s && (!best || s->seq > best->seq) && (s->seq >= before || !sketch_may_hold(s, p)))
            s = s->shape_older;
        if (s && (!best || s->seq > best->seq))
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
