/*
 * The part of fingerprint.c that is compiled once per instruction set (fingerprint_generic.c, fingerprint_avx2.c). Include with
 * KERNEL_NAME(x) defined; everything else here is static to the including file. All instruction sets give the same digests.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "lineage/fingerprint_internal.h"

enum { PACK_BYTES = 4096, RUN_BYTES = 1024 };

/*
 * Feeds runs of one chunk; those shorter than RUN_BYTES are gathered first, because XXH3 takes small updates slowly. What fits
 * the gathering buffer whole is hashed in one go, to the same digest, and never pays for a streaming state.
 */
struct feeder {
    XXH3_state_t *state;
    bool started; /* the state holds something */
    size_t held;
    unsigned char *pack;
};

static void feed_state(struct feeder *f, const void *data, size_t size)
{
    if (!f->started)
        XXH3_128bits_reset(f->state);
    f->started = true;
    XXH3_128bits_update(f->state, data, size);
}

static void feed_flush(struct feeder *f)
{
    if (f->held)
        feed_state(f, f->pack, f->held);
    f->held = 0;
}

static void feed(struct feeder *f, const char *run, size_t size)
{
    if (size >= RUN_BYTES) {
        feed_flush(f);
        feed_state(f, run, size);
        return;
    }
    if (f->held + size > PACK_BYTES)
        feed_flush(f);
    memcpy(f->pack + f->held, run, size);
    f->held += size;
}

static struct fp to_fp(XXH128_hash_t h)
{
    return (struct fp){h.low64, h.high64};
}

/* Columns [from, to) of a view, rows [top, bottom) of each at most, as one chunk. */
static struct fp chunk_digest(const struct view *v, int64_t from, int64_t to, int64_t top, int64_t bottom)
{
    size_t element = v->element;
    if (v->part == PART_FULL && (to - from == 1 || (v->ld == v->rows && top == 0 && bottom == v->rows)))
        return to_fp(
            XXH3_128bits(v->base + (from * v->ld + top) * (int64_t)element, (size_t)((to - from) * (bottom - top)) * element));
    XXH3_state_t state;
    unsigned char pack[PACK_BYTES];
    struct feeder f = {&state, false, 0, pack};
    for (int64_t j = from; j < to; j++) {
        int64_t lo, hi;
        view_column(v, j, &lo, &hi);
        lo = lo < top ? top : lo;
        hi = hi > bottom ? bottom : hi;
        if (lo < hi)
            feed(&f, v->base + (j * v->ld + lo) * (int64_t)element, (size_t)(hi - lo) * element);
    }
    if (!f.started)
        return to_fp(XXH3_128bits(pack, f.held));
    feed_flush(&f);
    return to_fp(XXH3_128bits_digest(&state));
}

struct fp KERNEL_NAME(chunk)(const struct view *v, int64_t i)
{
    struct cut cut = cut_of(v);
    int64_t from = i / cut.pieces * cut.columns, top = i % cut.pieces * cut.rows;
    int64_t to = from + cut.columns < v->cols ? from + cut.columns : v->cols;
    return chunk_digest(v, from, to, top, top + cut.rows < v->rows ? top + cut.rows : v->rows);
}

struct fp KERNEL_NAME(bytes)(const void *bytes, size_t size)
{
    return to_fp(XXH3_128bits(bytes, size));
}
