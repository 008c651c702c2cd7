/*
 * What lineage should say, worked out the simple way: every content that was ever produced is kept whole, every view that held
 * one is remembered, and each question is a search through all of them, element by element and byte by byte. Shares nothing with
 * lineage/ but the plain struct view and which rows a part has in a column.
 */
#ifndef BLASE_TESTS_UNIT_IDENTITY_MODEL_H
#define BLASE_TESTS_UNIT_IDENTITY_MODEL_H

#include <stdlib.h>
#include <string.h>

#include "lineage/log_format.h"
#include "lineage/view.h"

enum { MODEL_BYTES = 1024, MODEL_MOST = 128, MODEL_LEAST = 4 };

struct model_origin {
    bool is_item;
    uint64_t ref, output;
};

/* A matrix without gaps; of a part other than full only those elements count. */
struct model_content {
    unsigned char bytes[MODEL_BYTES];
    int64_t rows, cols;
    uint32_t element;
    char type;
    uint8_t part;
    bool vector;
};

struct model_production {
    struct model_content content;
    struct model_origin origin;
};
struct model_known { /* what may be found in part */
    struct model_content content;
    uint64_t seq;
};
struct model_hold {
    struct view view;
    struct model_content content;
    struct model_origin origin;
    uint64_t seq;
    bool gone, crossed;
};

struct model {
    struct model_production productions[MODEL_MOST];
    struct model_known known[MODEL_MOST];
    struct model_hold holds[MODEL_MOST];
    int nproductions, nknown, nholds;
    uint64_t seq, items, leaves;
};

enum model_how { MODEL_LEAF, MODEL_WHOLE, MODEL_SLICE };
struct model_answer {
    enum model_how how;
    struct model_origin origin;
    struct log_slice slice;
    bool whole_known; /* the rest of a square matrix of which a triangle is known */
};

static inline bool model_strided(const struct view *v)
{
    return v->vector && v->rows == 1;
}

/* Extents in which a vector is a column. */
static inline int64_t model_rows(const struct view *v)
{
    return model_strided(v) ? v->cols : v->rows;
}
static inline int64_t model_cols(const struct view *v)
{
    return model_strided(v) ? 1 : v->cols;
}

static inline const char *model_at(const struct view *v, int64_t i, int64_t j)
{
    return v->base + (model_strided(v) ? i * v->ld : j * v->ld + i) * (int64_t)v->element;
}

static inline bool model_in_part(int part, int64_t rows, int64_t cols, int64_t i, int64_t j)
{
    int64_t lo, hi;
    const struct view v = {.rows = rows, .cols = cols, .part = (uint8_t)part};
    view_column(&v, j, &lo, &hi);
    return i >= lo && i < hi;
}

static inline struct model_content model_read(const struct view *v)
{
    struct model_content c = {.rows = model_rows(v),
                              .cols = model_cols(v),
                              .element = v->element,
                              .type = v->type,
                              .part = v->part,
                              .vector = v->vector};
    for (int64_t j = 0; j < c.cols; j++)
        for (int64_t i = 0; i < c.rows; i++)
            if (model_in_part(c.part, c.rows, c.cols, i, j))
                memcpy(c.bytes + (j * c.rows + i) * (int64_t)c.element, model_at(v, i, j), c.element);
    return c;
}

static inline const unsigned char *model_element(const struct model_content *c, int64_t i, int64_t j)
{
    return c->bytes + (j * c->rows + i) * (int64_t)c->element;
}

/* Is `asked` all of `part` of the content? */
static inline bool model_equal(const struct model_content *c, int part, const struct model_content *asked)
{
    if (c->rows != asked->rows || c->cols != asked->cols || c->type != asked->type || part != asked->part)
        return false;
    for (int64_t j = 0; j < c->cols; j++)
        for (int64_t i = 0; i < c->rows; i++)
            if (model_in_part(part, c->rows, c->cols, i, j) &&
                memcmp(model_element(c, i, j), model_element(asked, i, j), c->element) != 0)
                return false;
    return true;
}

/* As a whole; of a square matrix that an item wrote also a triangle. */
static inline bool model_is(const struct model_production *p, const struct model_content *asked)
{
    const struct model_content *c = &p->content;
    bool square = p->origin.is_item && c->part == PART_FULL && !c->vector && c->rows == c->cols && c->rows > 1;
    return model_equal(c, square ? asked->part : c->part, asked);
}

static inline const struct model_production *model_latest(const struct model *m, const struct model_content *asked)
{
    for (int k = m->nproductions - 1; k >= 0; k--)
        if (model_is(&m->productions[k], asked))
            return &m->productions[k];
    return NULL;
}

static inline struct model_known *model_find_known(struct model *m, const struct model_content *asked)
{
    for (int k = 0; k < m->nknown; k++)
        if (model_equal(&m->known[k].content, m->known[k].content.part, asked))
            return &m->known[k];
    return NULL;
}

static inline void model_know(struct model *m, const struct model_content *c)
{
    struct model_known *known = model_find_known(m, c);
    if (!known) {
        if (m->nknown == MODEL_MOST)
            abort();
        known = &m->known[m->nknown++];
        known->content = *c;
    }
    known->seq = ++m->seq;
}

/* Is the input just this part of the content? `along`: a vector, as a row. */
static inline bool model_part_is(const struct model_content *c, const struct log_slice *s, const struct model_content *in)
{
    bool along = in->vector && s->cols > 1;
    if (c->type != in->type || s->row < 0 || s->col < 0 || s->row + s->rows > c->rows || s->col + s->cols > c->cols)
        return false;
    for (int64_t j = 0; j < s->cols; j++)
        for (int64_t i = 0; i < s->rows; i++) {
            int64_t row = along ? j : i, col = along ? 0 : j;
            if (!model_in_part(in->part, in->rows, in->cols, row, col))
                continue;
            if (!model_in_part(c->part, c->rows, c->cols, s->row + i, s->col + j))
                return false;
            if (memcmp(model_element(c, s->row + i, s->col + j), model_element(in, row, col), c->element) != 0)
                return false;
        }
    return true;
}

static inline bool model_search(const struct model_content *c, const struct model_content *in, struct log_slice *s)
{
    for (int along = 0; along <= in->vector; along++) {
        *s = (struct log_slice){0, 0, along ? 1 : in->rows, along ? in->rows : in->cols};
        for (s->col = 0; s->col + s->cols <= c->cols; s->col++)
            for (s->row = 0; s->row + s->rows <= c->rows; s->row++)
                if (model_part_is(c, s, in))
                    return true;
    }
    return false;
}

static inline int model_count(const struct model_content *c)
{
    int count = 0;
    for (int64_t j = 0; j < c->cols; j++)
        for (int64_t i = 0; i < c->rows; i++)
            count += model_in_part(c->part, c->rows, c->cols, i, j);
    return count;
}

static inline bool model_worth_searching(const struct model_content *in)
{
    bool alike = true;
    const unsigned char *first = NULL;
    for (int64_t j = 0; j < in->cols; j++)
        for (int64_t i = 0; i < in->rows; i++)
            if (model_in_part(in->part, in->rows, in->cols, i, j)) {
                first = first ? first : model_element(in, i, j);
                alike &= memcmp(first, model_element(in, i, j), in->element) == 0;
            }
    return model_count(in) >= MODEL_LEAST && !alike;
}

/* Is the byte one of the view's? */
static inline bool model_has_byte(const struct view *v, const char *byte)
{
    for (int64_t j = 0; j < model_cols(v); j++)
        for (int64_t i = 0; i < model_rows(v); i++)
            if (model_in_part(v->part, model_rows(v), model_cols(v), i, j) && byte >= model_at(v, i, j) &&
                byte < model_at(v, i, j) + v->element)
                return true;
    return false;
}

/* How many of `a`'s elements have bytes in `b`: none, some, all (every byte of each). */
enum model_common { MODEL_APART, MODEL_SOME, MODEL_ALL };
static inline enum model_common model_common(const struct view *a, const struct view *b)
{
    bool some = false, all = true;
    for (int64_t j = 0; j < model_cols(a); j++)
        for (int64_t i = 0; i < model_rows(a); i++)
            for (uint32_t k = 0; k < a->element && model_in_part(a->part, model_rows(a), model_cols(a), i, j); k += 4)
                if (model_has_byte(b, model_at(a, i, j) + k))
                    some = true;
                else
                    all = false;
    return !some ? MODEL_APART : all ? MODEL_ALL : MODEL_SOME;
}

static inline bool model_same_view(const struct view *a, const struct view *b)
{
    return a->base == b->base && a->rows == b->rows && a->cols == b->cols && a->type == b->type && a->part == b->part &&
           a->vector == b->vector && (a->cols == 1 || a->ld == b->ld);
}

/* Where the inner view lies in the outer one, element upon element. */
static inline bool model_locate(const struct view *outer, const struct view *inner, struct log_slice *s)
{
    int64_t n = model_rows(inner);
    bool backwards = model_strided(outer) && outer->ld < 0 && outer->cols > 1;
    if (outer->type != inner->type || backwards)
        return false;
    for (int along = 0; along <= inner->vector; along++) {
        int64_t rows = along ? 1 : n, cols = along ? n : model_cols(inner);
        for (int64_t col = 0; col + cols <= model_cols(outer); col++)
            for (int64_t row = 0; row + rows <= model_rows(outer); row++) {
                bool there = true;
                for (int64_t j = 0; j < cols; j++)
                    for (int64_t i = 0; i < rows; i++)
                        there &= model_at(outer, row + i, col + j) == (along ? model_at(inner, j, 0) : model_at(inner, i, j));
                if (there) {
                    *s = (struct log_slice){row, col, rows, cols};
                    return true;
                }
            }
    }
    return false;
}

static inline struct model_hold *model_hold_of(struct model *m, const struct view *v)
{
    for (int k = 0; k < m->nholds; k++)
        if (!m->holds[k].gone && model_same_view(&m->holds[k].view, v))
            return &m->holds[k];
    return NULL;
}

static inline void model_put(struct model *m, const struct view *v, const struct model_content *c, struct model_origin origin)
{
    struct model_hold *same = model_hold_of(m, v);
    if (same && !same->crossed) {
        if (same->origin.is_item == origin.is_item && same->origin.ref == origin.ref && same->origin.output == origin.output &&
            model_equal(&same->content, same->content.part, c))
            return;
    } else {
        for (int k = 0; k < m->nholds; k++) {
            struct model_hold *h = &m->holds[k];
            enum model_common common = h->gone ? MODEL_APART : model_common(&h->view, v);
            h->gone |= common == MODEL_ALL || h == same;
            h->crossed |= common == MODEL_SOME;
        }
        if (m->nholds == MODEL_MOST)
            abort();
        same = &m->holds[m->nholds++];
    }
    *same = (struct model_hold){*v, *c, origin, ++m->seq, false, false};
}

static inline bool model_by_identity(struct model *m, const struct view *v, const struct model_content *in, bool items,
                                     struct model_answer *a)
{
    for (uint64_t before = UINT64_MAX;;) {
        const struct model_hold *best = NULL;
        struct log_slice s;
        for (int k = 0; k < m->nholds; k++)
            if (!m->holds[k].gone && m->holds[k].seq < before && (!best || m->holds[k].seq > best->seq) &&
                model_locate(&m->holds[k].view, v, &s))
                best = &m->holds[k];
        if (!best)
            return false;
        before = best->seq;
        model_locate(&best->view, v, &s);
        if (best->origin.is_item != items || !model_find_known(m, &best->content) || !model_part_is(&best->content, &s, in))
            continue;
        *a = (struct model_answer){.how = MODEL_SLICE, .origin = best->origin, .slice = s};
        return true;
    }
}

static inline bool model_by_content(const struct model *m, const struct model_content *in, bool items, struct model_answer *a)
{
    if (!model_worth_searching(in))
        return false;
    for (uint64_t before = UINT64_MAX;;) {
        const struct model_known *best = NULL;
        for (int k = 0; k < m->nknown; k++)
            if (m->known[k].seq < before && (!best || m->known[k].seq > best->seq))
                best = &m->known[k];
        if (!best)
            return false;
        before = best->seq;
        const struct model_production *p = model_latest(m, &best->content);
        if (!p || p->origin.is_item != items || !model_search(&best->content, in, &a->slice))
            continue;
        a->how = MODEL_SLICE;
        a->origin = p->origin;
        return true;
    }
}

/* What shared memory with the view last; NULL: nothing did. */
static inline const struct model_hold *model_newest(const struct model *m, const struct view *v)
{
    const struct model_hold *newest = NULL;
    for (int k = 0; k < m->nholds; k++)
        if (!m->holds[k].gone && (!newest || m->holds[k].seq > newest->seq) && model_common(&m->holds[k].view, v) != MODEL_APART)
            newest = &m->holds[k];
    return newest;
}

/* What an input is, before its call. */
static inline struct model_answer model_ask(struct model *m, const struct view *v)
{
    struct model_answer a = {.how = MODEL_WHOLE};
    const struct model_content in = model_read(v);
    const struct model_hold *same = model_hold_of(m, v);
    const struct model_production *p = model_latest(m, &in);
    if (same && !same->crossed && model_equal(&same->content, same->content.part, &in)) {
        a.origin = same->origin;
        return a;
    }
    if (p) {
        a.origin = p->origin;
        return a;
    }
    if (model_count(&in) > 0 && (model_by_identity(m, v, &in, true, &a) || model_by_identity(m, v, &in, false, &a) ||
                                 model_by_content(m, &in, true, &a) || model_by_content(m, &in, false, &a)))
        return a;
    a = (struct model_answer){.how = MODEL_LEAF};
    return a;
}

static inline void model_produce(struct model *m, const struct model_content *c, struct model_origin origin)
{
    if (m->nproductions == MODEL_MOST)
        abort();
    m->productions[m->nproductions++] = (struct model_production){*c, origin};
}

#endif
