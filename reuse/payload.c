#include "reuse/payload.h"

#include <stddef.h>
#include <string.h>

#include "lineage/clock.h"
#include "reuse/populate.h"

/* The mark: a byte pattern that no computed real, index or status has. */
enum { MARK = 0xA7 };
enum { SCRATCH_FREE_BYTES = 128 * 1024, SCRATCH_RATIO = 3, PIECE = 1024 * 1024 };

struct view maybe_view(const struct canon *c, const struct use *use, int k)
{
    struct region whole = {PART_NONE, 0, 0};
    if (c->op->operands[k].role >= ROLE_MAYBE)
        whole = (struct region){PART_FULL, use[k].rows, use[k].cols};
    return view_of(c, k, whole);
}

struct snapshot {
    size_t bytes;
    bool scratch; /* work arrays are in it */
    unsigned char data[];
};

const struct snapshot *snapshot_of_nothing(void)
{
    static const struct snapshot nothing = {0, false};
    return &nothing;
}

static bool is_scratch(const struct canon *c, int k)
{
    return c->op->operands[k].role == ROLE_WORK;
}

static size_t array_bytes(const struct canon *c, const struct use *use, bool scratch)
{
    size_t bytes = 0;
    for (int k = 0; k < c->op->noperands; k++) {
        struct view v = maybe_view(c, use, k);
        bytes += is_scratch(c, k) == scratch ? view_bytes(&v) : 0;
    }
    return bytes;
}

/* Copying scratch must stay cheap beside the rest. */
static bool scratch_is_small(const struct canon *c, const struct use *use)
{
    return array_bytes(c, use, true) <= SCRATCH_FREE_BYTES + SCRATCH_RATIO * payload_packed_bytes(c, use);
}

size_t snapshot_bytes(const struct canon *c, const struct use *use)
{
    return array_bytes(c, use, false) + array_bytes(c, use, true);
}

/* The part of an array that the snapshot holds. */
static struct view held_view(const struct snapshot *s, const struct canon *c, const struct use *use, int k)
{
    struct view v = maybe_view(c, use, k);
    if (is_scratch(c, k) && !s->scratch)
        v.part = PART_NONE;
    return v;
}

struct snapshot *snapshot_take(const struct canon *c, const struct use *use)
{
    bool scratch = scratch_is_small(c, use);
    size_t bytes = array_bytes(c, use, false) + (scratch ? array_bytes(c, use, true) : 0), at = 0;
    struct snapshot *s = room_take(NULL, sizeof *s + bytes);
    if (!s)
        return NULL;
    s->bytes = bytes;
    s->scratch = scratch;
    for (int k = 0; k < c->op->noperands; k++) {
        struct view v = held_view(s, c, use, k);
        at += view_pack(&v, s->data + at);
        if (!is_scratch(c, k) && !view_empty(&v))
            memset(v.base, MARK, view_bytes(&v));
    }
    return s;
}

struct snapshot *snapshot_beyond(const struct snapshot *s, size_t skip)
{
    const size_t bytes = s && s->scratch && s->bytes > skip ? s->bytes - skip : 0;
    struct snapshot *part = room_take(NULL, sizeof *part + bytes);
    if (!part)
        return NULL;
    part->bytes = bytes;
    part->scratch = bytes > 0;
    if (bytes)
        memcpy(part->data, s->data + skip, bytes);
    return part;
}

static bool element_marked(const struct view *v, int64_t i)
{
    const unsigned char *bytes = (const unsigned char *)v->base + (size_t)i * v->element;
    for (uint32_t b = 0; b < v->element; b++)
        if (bytes[b] != MARK)
            return false;
    return true;
}

void snapshot_settle(const struct snapshot *s, const struct canon *c, const struct use *use)
{
    size_t at = 0;
    for (int k = 0; s && k < c->op->noperands; k++) {
        struct view v = held_view(s, c, use, k);
        int64_t n = !is_scratch(c, k) && !view_empty(&v) ? v.rows * v.cols : 0;
        for (int64_t i = 0; i < n; i++)
            if (element_marked(&v, i))
                memcpy(v.base + i * (int64_t)v.element, s->data + at + (size_t)i * v.element, v.element);
        at += view_bytes(&v);
    }
}

void snapshot_free(struct snapshot *s)
{
    if (s)
        room_give(NULL, s, sizeof *s + s->bytes);
}

/* A stretch of elements of a `maybe` array that the call changed; its bytes follow the header, padded to 8. */
struct run {
    int64_t operand, first, count;
};

/* Called for every changed stretch, in order. */
typedef void (*run_visitor)(void *context, const struct run *run, const char *bytes, size_t size);

/* Was element i written? `before` is its array's old content, NULL for one that was marked. */
static bool element_changed(const struct view *v, int64_t i, const unsigned char *before)
{
    if (!before)
        return !element_marked(v, i);
    return memcmp(v->base + i * (int64_t)v->element, before + (size_t)i * v->element, v->element) != 0;
}

static void runs_of_array(const struct view *v, int k, int64_t first, const unsigned char *before, run_visitor visit,
                          void *context)
{
    int64_t n = v->rows * v->cols, i = 0;
    while (i < n) {
        int64_t start = i;
        while (i < n && (i < first || element_changed(v, i, before)))
            i++;
        if (i > start) {
            const struct run run = {k, start, i - start};
            visit(context, &run, v->base + start * (int64_t)v->element, (size_t)(i - start) * v->element);
        }
        while (i < n && !element_changed(v, i, before))
            i++;
    }
}

static void each_run(const struct canon *c, const struct use *use, const struct snapshot *s, run_visitor visit, void *context)
{
    size_t at = 0;
    for (int k = 0; s && k < c->op->noperands; k++) {
        struct view whole = maybe_view(c, use, k), v = held_view(s, c, use, k);
        if (view_empty(&whole))
            continue;
        if (view_empty(&v)) { /* not copied: the sure elements, as if it ended there */
            whole.rows = use[k].first < whole.rows ? use[k].first : whole.rows;
            runs_of_array(&whole, k, whole.rows, NULL, visit, context);
            continue;
        }
        runs_of_array(&v, k, use[k].first, is_scratch(c, k) ? s->data + at : NULL, visit, context);
        at += view_bytes(&v);
    }
}

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static void measure_run(void *context, const struct run *run, const char *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)context += sizeof *run + padded(size);
}

struct run_writer {
    struct payload *payload;
    unsigned char *at;
};

static void store_run(void *context, const struct run *run, const char *bytes, size_t size)
{
    struct run_writer *w = context;
    memcpy(w->at, run, sizeof *run);
    memcpy(w->at + sizeof *run, bytes, size);
    w->at += sizeof *run + padded(size);
    w->payload->nruns++;
}

size_t payload_packed_bytes(const struct canon *c, const struct use *use)
{
    size_t bytes = 0;
    for (int k = 0; k < c->op->noperands; k++) {
        if (use[k].write.part == PART_NONE)
            continue;
        struct view v;
        view_put(&v, c, k, &use[k].write);
        bytes += view_bytes(&v);
    }
    return bytes;
}

static struct payload *begin(struct room *room, void *memory, size_t bytes)
{
    struct payload *p = memory;
    if (!p)
        return NULL;
    memset(p, 0, sizeof *p);
    atomic_init(&p->refs, 1);
    p->room = room;
    p->bytes = bytes;
    return p;
}

struct payload *payload_new(struct room *room, size_t bytes)
{
    return begin(room, room_take(room, bytes), bytes);
}

/* Where a copy has come to. */
struct filling {
    unsigned char *to, *ready, *end; /* up to `ready` there are pages */
    size_t unwatched;                /* bytes since the clock was read: columns may be short */
    uint64_t until;                  /* 0: as long as it takes */
};

/* False: it took too long. */
static bool fill(struct filling *f, const char *from, size_t bytes)
{
    for (size_t now; bytes; bytes -= now, from += now) {
        now = bytes < PIECE ? bytes : PIECE;
        for (size_t left; f->ready < f->to + now; f->ready += left < PIECE ? left : PIECE) {
            left = (size_t)(f->end - f->ready);
            populate_block(f->ready, left < PIECE ? left : PIECE);
        }
        memcpy(f->to, from, now);
        f->to += now;
        f->unwatched += now;
        if (f->unwatched < PIECE)
            continue;
        f->unwatched = 0;
        if (f->until && clock_ns() > f->until)
            return false;
    }
    return true;
}

/* As view_pack, large ones a piece at a time. */
static bool pack(struct filling *f, const struct view *v)
{
    if (f->ready >= f->end && (!f->until || view_bytes(v) <= PIECE)) {
        f->to += view_pack(v, f->to);
        return true;
    }
    if (view_empty(v))
        return true;
    if (view_contiguous(v))
        return fill(f, v->base, view_bytes(v));
    for (int64_t j = 0; j < v->cols; j++) {
        int64_t lo, hi;
        view_column(v, j, &lo, &hi);
        if (!fill(f, v->base + (j * v->ld + lo) * (int64_t)v->element, (size_t)(hi - lo) * v->element))
            return false;
    }
    return true;
}

static struct payload *captured(const struct canon *c, const struct use *use, const struct snapshot *snapshot, struct payload *p,
                                bool bare, uint64_t until)
{
    unsigned char *start = (unsigned char *)p, *end = start + p->bytes;
    struct filling f = {.to = p->data, .ready = bare ? start : end, .end = end, .until = until};
    for (int k = 0; k < c->op->noperands; k++) {
        struct view v = view_of(c, k, use[k].write);
        if (!pack(&f, &v)) {
            payload_drop(p);
            return NULL;
        }
    }
    struct run_writer writer = {p, p->data + p->packed};
    each_run(c, use, snapshot, store_run, &writer);
    return p;
}

struct payload *payload_capture(const struct canon *c, const struct use *use, const struct snapshot *snapshot, struct room *room,
                                uint64_t until)
{
    size_t packed = padded(payload_packed_bytes(c, use)), runs = 0, bytes;
    bool bare = false;
    each_run(c, use, snapshot, measure_run, &runs);
    bytes = sizeof(struct payload) + packed + runs;
    struct payload *p = begin(room, room_take_bare(room, bytes, &bare), bytes);
    if (!p)
        return NULL;
    p->packed = packed;
    return captured(c, use, snapshot, p, bare, until);
}

void payload_restore_runs(const struct payload *p, const struct canon *c)
{
    const unsigned char *at = p->data + p->packed;
    for (int64_t i = 0; i < p->nruns; i++) {
        struct run run;
        memcpy(&run, at, sizeof run);
        size_t element = op_element_bytes(c, (int)run.operand), size = (size_t)run.count * element;
        char *base = c->a[c->op->operands[run.operand].arg].p;
        memcpy(base + (size_t)run.first * element, at + sizeof run, size);
        at += sizeof run + padded(size);
    }
}

void payload_restore(const struct payload *p, const struct canon *c, const struct use *use)
{
    size_t at = 0;
    for (int k = 0; k < c->op->noperands; k++) {
        struct view v = view_of(c, k, use[k].write);
        populate_ahead(&v);
        at += view_unpack(&v, p->data + at);
    }
    payload_restore_runs(p, c);
}

void payload_hold(struct payload *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}

void payload_drop(struct payload *p)
{
    if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
        room_give(p->room, p, p->bytes);
}

enum { IMAGE_FROM = offsetof(struct payload, item) };

size_t payload_image_bytes(const struct payload *p)
{
    return p->bytes - IMAGE_FROM;
}

void *payload_image(struct payload *p)
{
    return (char *)p + IMAGE_FROM;
}

struct payload *payload_blank(size_t image_bytes, struct room *room)
{
    size_t bytes = IMAGE_FROM + image_bytes;
    return bytes >= sizeof(struct payload) ? payload_new(room, bytes) : NULL;
}
