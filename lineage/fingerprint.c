#include "lineage/fingerprint_internal.h"

#include <stdlib.h>
#include <string.h>

struct kernel {
    const char *name;
    struct fp (*chunk)(const struct view *v, int64_t i);
    struct fp (*bytes)(const void *bytes, size_t size);
};

static const struct kernel *kernel(void)
{
    static const struct kernel generic = {"generic", fp_generic_chunk, fp_generic_bytes};
#if defined(__x86_64__)
    static const struct kernel avx2 = {"avx2", fp_avx2_chunk, fp_avx2_bytes};
    if (__builtin_cpu_supports("avx2"))
        return &avx2;
#endif
    return &generic;
}

const char *fingerprint_kernel(void)
{
    return kernel()->name;
}

struct fp fingerprint_bytes(const void *bytes, size_t size)
{
    return kernel()->bytes(bytes, size);
}

/* What hashes a view: by which instructions, and with how many threads. */
struct hasher {
    const struct kernel *k;
    struct crew *crew; /* NULL: this thread alone */
    int threads;
};

/*
 * The node above the chunks: digests are gathered 60 at a time and folded, the running digest first. Folding keeps memory flat;
 * the header closes the tree, so equal digests under different shapes stay apart.
 */
enum { FOLD = 60 };
struct folder {
    const struct kernel *k;
    struct fp digests[FOLD + 1]; /* [0] is what was folded before */
    int held;
};

static void fold(struct folder *f)
{
    f->digests[0] = f->k->bytes(f->digests, sizeof f->digests[0] * (size_t)(f->held + 1));
    f->held = 0;
}

static void take(struct folder *f, struct fp digest)
{
    f->digests[++f->held] = digest;
    if (f->held == FOLD)
        fold(f);
}

/* Chunks by several threads: each leaves its digest in its place. */
struct together {
    const struct kernel *k;
    const struct view *v;
    struct fp *digests;
};

static void chunk_together(void *context, int64_t i)
{
    struct together *t = context;
    t->digests[i] = t->k->chunk(t->v, i);
}

/* A thread's share, at least. What fits the caches one thread hashes as fast as two. */
enum { SHARE_BYTES = 4 * 1024 * 1024 };

static bool take_together(const struct hasher *h, const struct view *v, int64_t count, struct folder *f)
{
    int64_t worth = (int64_t)(view_bytes(v) / SHARE_BYTES);
    struct together t = {h->k, v, NULL};
    if (count < 2 || !h->crew || h->threads < 2 || worth < 2 || !(t.digests = malloc((size_t)count * sizeof *t.digests)))
        return false;
    crew_run(h->crew, worth < h->threads ? (int)worth : h->threads, count, chunk_together, &t);
    for (int64_t i = 0; i < count; i++)
        take(f, t.digests[i]);
    free(t.digests);
    return true;
}

static struct fp stream(const struct hasher *h, const struct view *v)
{
    struct folder f = {.k = h->k, .held = 0};
    memset(&f.digests[0], 0, sizeof f.digests[0]);
    int64_t count = view_empty(v) ? 0 : chunks_of(v);
    if (!take_together(h, v, count, &f))
        for (int64_t i = 0; i < count; i++)
            take(&f, h->k->chunk(v, i));
    fold(&f);
    return f.digests[0];
}

/* The shape a fingerprint speaks of; a strided vector is the column that its copy would be. */
struct header {
    int64_t rows, cols;
    uint64_t type, part;
    struct fp content[3];
};

static struct header header_of(const struct view *v)
{
    struct header h;
    memset(&h, 0, sizeof h);
    bool strided_vector = v->vector && v->rows == 1;
    h.rows = strided_vector ? v->cols : v->rows;
    h.cols = strided_vector ? 1 : v->cols;
    h.type = (uint64_t)(unsigned char)v->type;
    h.part = v->part;
    if (view_empty(v))
        h.rows = h.cols = 0;
    return h;
}

static bool three_streams(const struct view *v)
{
    return !view_empty(v) && !v->vector && v->rows == v->cols && v->rows > 1;
}

static struct view with_part(const struct view *v, int part)
{
    struct view other = *v;
    other.part = (uint8_t)part;
    return other;
}

static struct fp diagonal(const struct hasher *h, const struct view *v)
{
    struct view d = *v;
    d.vector = true;
    d.part = PART_FULL;
    d.rows = 1;
    d.ld = v->ld + 1;
    return stream(h, &d);
}

/* Which of the three streams (strictly above, diagonal, strictly below) each part of a square matrix holds. */
static bool part_holds(int part, int which)
{
    static const bool holds[][3] = {
        [PART_NONE] = {false, false, false},        [PART_FULL] = {true, true, true},
        [PART_UPPER] = {true, true, false},         [PART_LOWER] = {false, true, true},
        [PART_STRICT_UPPER] = {true, false, false}, [PART_STRICT_LOWER] = {false, false, true},
    };
    return holds[part][which];
}

static struct fp close_square(const struct kernel *k, char type, int64_t order, int part, const struct fp streams[3])
{
    struct header h = {.rows = order, .cols = order, .type = (unsigned char)type, .part = (uint64_t)part};
    for (int s = 0; s < 3; s++)
        if (part_holds(part, s))
            h.content[s] = streams[s];
    return k->bytes(&h, sizeof h);
}

static void square_streams(const struct hasher *h, const struct view *v, int part, struct fp streams[3])
{
    if (part_holds(part, 0)) {
        struct view above = with_part(v, PART_STRICT_UPPER);
        streams[0] = stream(h, &above);
    }
    if (part_holds(part, 1))
        streams[1] = diagonal(h, v);
    if (part_holds(part, 2)) {
        struct view below = with_part(v, PART_STRICT_LOWER);
        streams[2] = stream(h, &below);
    }
}

static struct fp fingerprint_with(const struct hasher *h, const struct view *v)
{
    if (three_streams(v)) {
        struct fp streams[3];
        square_streams(h, v, v->part, streams);
        return close_square(h->k, v->type, v->rows, v->part, streams);
    }
    struct header header = header_of(v);
    header.content[0] = stream(h, v);
    return h->k->bytes(&header, sizeof header);
}

struct fp fingerprint(const struct view *v)
{
    return fingerprint_with(&(struct hasher){kernel(), NULL, 1}, v);
}

struct fp fingerprint_by(const struct view *v, struct crew *crew, int threads)
{
    return fingerprint_with(&(struct hasher){kernel(), crew, threads}, v);
}

struct fp_whole fingerprint_whole(const struct view *v, struct crew *crew, int threads)
{
    const struct hasher h = {kernel(), crew, threads};
    struct fp_whole w = {.part = v->part, .type = v->type, .square = three_streams(v) && v->part == PART_FULL};
    if (w.square) {
        w.order = v->rows;
        square_streams(&h, v, PART_FULL, w.streams);
        w.fp = close_square(h.k, v->type, v->rows, PART_FULL, w.streams);
    } else {
        w.fp = fingerprint_with(&h, v);
    }
    return w;
}

struct fp fingerprint_part(const struct fp_whole *square, int part)
{
    return close_square(kernel(), square->type, square->order, part, square->streams);
}
