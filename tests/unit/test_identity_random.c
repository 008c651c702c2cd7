/*
 * Ten thousand random programs: calls on views of a few pieces of memory that are cut, copied, overwritten, freed and had again.
 * Each input must be found to be what the model says (identity_model.h), and what it is said to be must be true; the log, read
 * back, must be the model's DAG.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lineage/expand.h"
#include "lineage/lineage.h"
#include "tests/unit/calls.h"
#include "tests/unit/identity_model.h"

enum { PROGRAMS = 10000, STEPS = 14, ARENAS = 3, ARENA_BYTES = 3072, PAGE = 4096, MOST_VIEWS = 4 * STEPS, SIDE = 6 };

/* An item's input as the log must tell it; of a new leaf also what it replaces. */
struct told {
    struct model_origin origin, replaced;
    struct log_slice slice;
    bool fresh, replaces;
};

struct random_program {
    uint64_t seed, state;
    int number, step;
    int palette;                   /* 0: no two elements alike; 1: three values; 2: mostly zero */
    char *arenas[ARENAS], *freed;  /* a page each; what is freed cannot be read, and is what is had next */
    struct view views[MOST_VIEWS]; /* operands so far: good places to look at again */
    int nviews;
    struct lineage *lineage;
    struct model model;
    struct told told[STEPS][OP_MAX_OPERANDS];
    int ntold[STEPS];
    char directory[64], path[96];
    struct expand_event event;
    int wholes, slices, leaves, triangles;
};

static uint64_t draw(struct random_program *p)
{
    uint64_t z = p->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t below(struct random_program *p, int64_t limit)
{
    return (int64_t)(draw(p) % (uint64_t)limit);
}

static bool often(struct random_program *p, int percent)
{
    return below(p, 100) < percent;
}

static void fill_element(struct random_program *p, char *at, uint32_t element)
{
    static const double few[] = {0, 1, -2.5};
    for (uint32_t k = 0; k < element; k += 4) {
        uint32_t word = (uint32_t)draw(p);
        float value = (float)(p->palette == 1 ? few[below(p, 3)] : often(p, 80) ? 0 : few[below(p, 3)]);
        if (p->palette != 0)
            memcpy(&word, &value, sizeof word);
        memcpy(at + k, &word, sizeof word);
    }
}

static void fill_view(struct random_program *p, const struct view *v)
{
    for (int64_t j = 0; j < model_cols(v); j++)
        for (int64_t i = 0; i < model_rows(v); i++)
            if (model_in_part(v->part, model_rows(v), model_cols(v), i, j))
                fill_element(p, (char *)(uintptr_t)model_at(v, i, j), v->element);
}

static uint32_t element_of(char type)
{
    return type == 's' || type == 'i' ? 4 : type == 'z' ? 16 : 8;
}

/* Anywhere in an arena; at least two elements from column to column. */
static struct view anywhere(struct random_program *p, char type, int64_t rows, int64_t cols)
{
    uint32_t element = element_of(type);
    int64_t ld = rows + (often(p, 50) ? 0 : below(p, 3));
    struct view v = {.rows = rows, .cols = cols, .ld = ld < 2 ? 2 : ld, .element = element, .type = type, .part = PART_FULL};
    int64_t bytes = ((cols - 1) * v.ld + rows) * (int64_t)element;
    v.base = p->arenas[below(p, ARENAS)] + below(p, (ARENA_BYTES - bytes) / (int64_t)element + 1) * (int64_t)element;
    return v;
}

/* A matrix (of `rows` rows, when that is not 0): part of an operand that was there before, or any. */
static struct view pick(struct random_program *p, char type, int64_t rows)
{
    for (int tries = 0; tries < 8 && p->nviews && often(p, 85); tries++) {
        struct view v = p->views[below(p, p->nviews)];
        if (v.type != type || v.ld < 2 || v.vector)
            continue;
        int64_t top = often(p, 40) ? 0 : below(p, v.rows), left = often(p, 40) ? 0 : below(p, v.cols);
        int64_t high = often(p, 50) ? v.rows - top : 1 + below(p, v.rows - top);
        if (rows && v.rows - top < rows)
            continue;
        v.base += (left * v.ld + top) * (int64_t)v.element;
        v.rows = rows ? rows : high;
        v.cols = often(p, 50) ? v.cols - left : 1 + below(p, v.cols - left);
        v.part = PART_FULL;
        return v;
    }
    return anywhere(p, type, rows ? rows : 1 + below(p, SIDE), 1 + below(p, SIDE));
}

/* The same elements at another place, another distance from column to column. */
static struct view copied(struct random_program *p, const struct view *v)
{
    struct view to = anywhere(p, v->type, v->rows, v->cols);
    const struct model_content content = model_read(v);
    for (int64_t j = 0; j < v->cols; j++)
        for (int64_t i = 0; i < v->rows; i++)
            memcpy((char *)(uintptr_t)model_at(&to, i, j), model_element(&content, i, j), v->element);
    return to;
}

static struct view input(struct random_program *p, char type, int64_t rows)
{
    struct view v = pick(p, type, rows);
    return often(p, 20) ? copied(p, &v) : v;
}

/* Frees one piece of memory and gets another: the one freed before, as it was left or cleared. */
static void free_and_allocate(struct random_program *p, int arena)
{
    char *old = p->arenas[arena];
    int kept = 0;
    for (int k = 0; k < p->nviews; k++)
        if (p->views[k].base < old || p->views[k].base >= old + PAGE)
            p->views[kept++] = p->views[k];
    p->nviews = kept;
    cr_assert_eq(mprotect(old, PAGE, PROT_NONE), 0);
    cr_assert_eq(mprotect(p->freed, PAGE, PROT_READ | PROT_WRITE), 0);
    p->arenas[arena] = p->freed;
    p->freed = old;
    if (often(p, 50))
        memset(p->arenas[arena], 0, ARENA_BYTES);
}

static void disturb(struct random_program *p)
{
    int arena = (int)below(p, ARENAS);
    char *at = p->arenas[arena];
    if (often(p, 20)) {
        free_and_allocate(p, arena);
    } else if (often(p, 50) && p->nviews) {
        struct view v = p->views[below(p, p->nviews)];
        if (often(p, 50))
            v.rows = v.cols = 1;
        fill_view(p, &v);
    } else {
        int64_t from = below(p, ARENA_BYTES / 8);
        for (int64_t k = from; k < ARENA_BYTES / 8 && k < from + 40; k++)
            fill_element(p, at + 8 * k, 8);
    }
}

struct made {
    struct built call;
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    int32_t info, ipiv[SIDE];
};

static void make_gemm(struct random_program *p, struct made *m, char type)
{
    struct view a = input(p, type, 0), b = input(p, type, a.cols), c = often(p, 50) ? pick(p, type, a.rows) : a;
    if (c.rows != a.rows || c.cols < 1)
        c = anywhere(p, type, a.rows, 1 + below(p, SIDE));
    int64_t n = b.cols < c.cols ? b.cols : c.cols;
    char name[] = "?gemm";
    const double alpha[2] = {1, 0}, beta[2] = {0, 0};
    name[0] = type;
    if (type == 'z')
        build(&m->call, name, STYLE_FORTRAN, 4, "cciiizpipizpi", 'N', 'N', (int)a.rows, (int)n, (int)a.cols, alpha[0], alpha[1],
              a.base, (int)a.ld, b.base, (int)b.ld, beta[0], beta[1], c.base, (int)c.ld);
    else
        build(&m->call, name, STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', (int)a.rows, (int)n, (int)a.cols, 1.0, a.base,
              (int)a.ld, b.base, (int)b.ld, 0.0, c.base, (int)c.ld);
}

/* The vector is a row or a column of something, forwards or backwards. */
static void make_gemv(struct random_program *p, struct made *m)
{
    struct view a = input(p, 'd', 0), x = input(p, 'd', 0), y = pick(p, 'd', 0);
    int64_t n = x.cols > 1 && often(p, 70) ? x.cols : x.rows, inc = n == x.cols && x.cols > 1 ? x.ld : 1;
    int64_t yn = y.cols > 1 && often(p, 50) ? y.cols : y.rows, yinc = yn == y.cols && y.cols > 1 ? y.ld : 1;
    int64_t rows = a.rows < yn ? a.rows : yn, cols = a.cols < n ? a.cols : n;
    if (often(p, 10))
        inc = -inc;
    build(&m->call, "dgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', (int)rows, (int)cols, 1.0, a.base, (int)a.ld, x.base, (int)inc,
          0.0, y.base, (int)yinc);
}

static void make_syrk(struct random_program *p, struct made *m)
{
    struct view a = input(p, 'd', 0), c = pick(p, 'd', a.rows);
    if (c.cols < a.rows)
        c = anywhere(p, 'd', a.rows, a.rows);
    build(&m->call, "dsyrk", STYLE_FORTRAN, 4, "cciirpirpi", often(p, 50) ? 'L' : 'U', 'N', (int)a.rows, (int)a.cols, 1.0, a.base,
          (int)a.ld, 0.0, c.base, (int)c.ld);
}

static void make_potrf(struct random_program *p, struct made *m)
{
    struct view a = input(p, 'd', 0);
    int64_t n = a.rows < a.cols ? a.rows : a.cols;
    build(&m->call, "dpotrf", STYLE_FORTRAN, 4, "cipip", often(p, 50) ? 'L' : 'U', (int)n, a.base, (int)a.ld, &m->info);
}

static void make_trsm(struct random_program *p, struct made *m)
{
    struct view b = input(p, 'd', 0), a = input(p, 'd', b.rows);
    if (a.cols < b.rows)
        a = anywhere(p, 'd', b.rows, b.rows);
    build(&m->call, "dtrsm", STYLE_FORTRAN, 4, "cccciirpipi", 'L', often(p, 50) ? 'L' : 'U', 'N', often(p, 50) ? 'U' : 'N',
          (int)b.rows, (int)b.cols, 1.0, a.base, (int)a.ld, b.base, (int)b.ld);
}

static void make_getrf(struct random_program *p, struct made *m)
{
    struct view a = input(p, 'd', 0);
    build(&m->call, "dgetrf", STYLE_FORTRAN, 4, "iipipp", (int)a.rows, (int)a.cols, a.base, (int)a.ld, m->ipiv, &m->info);
}

static void make_call(struct random_program *p, struct made *m)
{
    memset(m, 0, sizeof *m);
    switch (below(p, 8)) {
    case 0:
        make_gemv(p, m);
        break;
    case 1:
        make_syrk(p, m);
        break;
    case 2:
        make_potrf(p, m);
        break;
    case 3:
        make_trsm(p, m);
        break;
    case 4:
        make_getrf(p, m);
        break;
    default:
        make_gemm(p, m, "dddsz"[below(p, 5)]);
        break;
    }
    cr_assert_eq(canon_of(&m->call, 4, &m->canon), CANON_OK);
    canon_uses(&m->canon, m->use);
}

static void remember(struct random_program *p, const struct view *v)
{
    if (!v->vector && p->nviews < MOST_VIEWS)
        p->views[p->nviews++] = *v;
}

#define WHERE "seed %llu, program %d, step %d, operand %d: "
#define HERE (unsigned long long)p->seed, p->number, p->step, in->operand

/* Does what the origin produced hold the input, there? */
static void check_truth(struct random_program *p, const struct traced_input *in)
{
    const struct found *f = &in->found;
    const struct model_content content = model_read(&in->view);
    bool true_edge = false;
    for (int k = 0; k < p->model.nproductions && f->how != FOUND_NOTHING; k++) {
        const struct model_production *made = &p->model.productions[k];
        if (made->origin.is_item != f->origin.is_item || made->origin.ref != f->origin.ref ||
            made->origin.output != f->origin.operand)
            continue;
        true_edge |= f->how == FOUND_WHOLE ? model_is(made, &content) : model_part_is(&made->content, &f->slice, &content);
    }
    cr_assert(f->how == FOUND_NOTHING || true_edge, WHERE "false edge to %s %llu, output %u, rows %lld+%lld, columns %lld+%lld",
              HERE, f->origin.is_item ? "item" : "leaf", (unsigned long long)f->origin.ref, f->origin.operand,
              (long long)f->slice.row, (long long)f->slice.rows, (long long)f->slice.col, (long long)f->slice.cols);
}

static void check_input(struct random_program *p, const struct traced_input *in, const struct model_answer *a)
{
    static const enum found_how expected[] = {
        [MODEL_LEAF] = FOUND_NOTHING, [MODEL_WHOLE] = FOUND_WHOLE, [MODEL_SLICE] = FOUND_SLICE};
    const struct found *f = &in->found;
    check_truth(p, in);
    cr_assert_eq(f->how, expected[a->how], WHERE "found %d, should be %d", HERE, (int)f->how, (int)expected[a->how]);
    if (a->how == MODEL_LEAF)
        return;
    cr_assert(f->origin.is_item == a->origin.is_item && f->origin.ref == a->origin.ref && f->origin.operand == a->origin.output,
              WHERE "%s %llu output %u, should be %s %llu output %llu", HERE, f->origin.is_item ? "item" : "leaf",
              (unsigned long long)f->origin.ref, f->origin.operand, a->origin.is_item ? "item" : "leaf",
              (unsigned long long)a->origin.ref, (unsigned long long)a->origin.output);
    if (a->how == MODEL_SLICE)
        cr_assert_eq(memcmp(&f->slice, &a->slice, sizeof a->slice), 0,
                     WHERE "rows %lld+%lld columns %lld+%lld, should be %lld+%lld, %lld+%lld", HERE, (long long)f->slice.row,
                     (long long)f->slice.rows, (long long)f->slice.col, (long long)f->slice.cols, (long long)a->slice.row,
                     (long long)a->slice.rows, (long long)a->slice.col, (long long)a->slice.cols);
}

static void commit_inputs(struct random_program *p, const struct traced *t, const struct model_content *contents,
                          const struct model_answer *answers)
{
    struct model *m = &p->model;
    for (int i = 0; i < t->ninputs; i++) {
        struct model_origin origin = answers[i].origin;
        const struct model_production *made = model_latest(m, &contents[i]);
        struct told *told = &p->told[p->step][i];
        *told = (struct told){.slice = answers[i].slice};
        p->wholes += answers[i].how == MODEL_WHOLE;
        p->slices += answers[i].how == MODEL_SLICE;
        told->origin = origin;
        if (answers[i].how == MODEL_SLICE)
            continue;
        if (answers[i].whole_known && !made) { /* the rest beside a triangle: nothing else is known of it */
            p->leaves++;
            origin = (struct model_origin){false, m->leaves++, 0};
            model_produce(m, &contents[i], origin);
            told->fresh = true;
            told->origin = origin;
            continue;
        }
        if (answers[i].how == MODEL_LEAF && made) { /* the same new content as an earlier operand's */
            origin = made->origin;
        } else if (answers[i].how == MODEL_LEAF) {
            p->leaves++;
            origin = (struct model_origin){false, m->leaves++, 0};
            model_produce(m, &contents[i], origin);
            const struct model_hold *before = model_newest(m, &t->inputs[i].view);
            told->fresh = true;
            told->replaces = before != NULL;
            told->replaced = before ? before->origin : (struct model_origin){0};
        }
        told->origin = origin;
        model_put(m, &t->inputs[i].view, &contents[i], origin);
    }
    p->ntold[p->step] = t->ninputs;
}

/* A square operand that nothing explains is split where its triangle is an output, and triangles of its order were written
 * before. */
static bool model_triangle(const struct model *m, const struct view *v, struct view *triangle, struct view *rest,
                           struct model_answer *a)
{
    bool wanted = false;
    if (v->part != PART_FULL || v->vector || v->rows != v->cols || v->rows < 2)
        return false;
    for (int k = 0; k < m->nproductions; k++) {
        const struct model_production *p = &m->productions[k];
        wanted |= p->origin.is_item && p->content.part != PART_FULL && p->content.type == v->type && p->content.rows == v->rows &&
                  p->content.cols == v->rows;
    }
    for (int lower = 1; wanted && lower >= 0; lower--) {
        *triangle = *rest = *v;
        triangle->part = lower ? PART_LOWER : PART_UPPER;
        rest->part = lower ? PART_STRICT_UPPER : PART_STRICT_LOWER;
        const struct model_content content = model_read(triangle);
        const struct model_production *made = model_latest(m, &content);
        if (!made || !made->origin.is_item)
            continue;
        *a = (struct model_answer){.how = MODEL_WHOLE, .origin = made->origin};
        return true;
    }
    return false;
}

struct asked {
    struct model_content contents[OP_MAX_OPERANDS];
    struct model_answer answers[OP_MAX_OPERANDS];
    int count;
};

static void ask(struct random_program *p, const struct view *v, struct asked *asked)
{
    struct view triangle, rest;
    struct model_answer a = model_ask(&p->model, v), part;
    const struct model_content whole = model_read(v);
    if (a.how == MODEL_LEAF && model_triangle(&p->model, v, &triangle, &rest, &part)) {
        asked->contents[asked->count] = model_read(&triangle);
        asked->answers[asked->count++] = part;
        asked->contents[asked->count] = model_read(&rest);
        a.whole_known = true;
        asked->answers[asked->count++] = a;
        p->triangles++;
    } else {
        asked->contents[asked->count] = whole;
        asked->answers[asked->count++] = a;
    }
}

static void read_inputs(struct random_program *p, struct made *made, struct traced *t, struct asked *asked)
{
    struct view views[OP_MAX_OPERANDS];
    int operands = 0, at = 0;
    asked->count = 0;
    for (int k = 0; k < made->canon.op->noperands; k++) {
        struct view v = view_of(&made->canon, k, made->use[k].read);
        if (view_empty(&v))
            continue;
        ask(p, &v, asked);
        views[operands++] = v;
        t->inputs[t->ninputs++] = (struct traced_input){.operand = k, .view = v, .fp = fingerprint(&v)};
    }
    lineage_recognise(p->lineage, t);
    cr_assert_eq(t->ninputs, asked->count, "seed %llu, program %d, step %d: %d inputs, should be %d", (unsigned long long)p->seed,
                 p->number, p->step, t->ninputs, asked->count);
    for (int i = 0; i < t->ninputs; i++)
        check_input(p, &t->inputs[i], &asked->answers[i]);
    for (int i = 0; i < operands; i++, at++) { /* what was looked for in vain is known from now on, as a whole */
        if (asked->answers[at].how == MODEL_WHOLE && at + 1 < asked->count && asked->answers[at + 1].whole_known)
            at++;
        const struct model_content whole = model_read(&views[i]);
        if (asked->answers[at].how == MODEL_LEAF)
            model_know(&p->model, &whole);
    }
}

/* Computes: anything will do, now and then what an earlier call gave. */
static void write_outputs(struct random_program *p, struct made *made, struct traced *t)
{
    for (int k = 0; k < made->canon.op->noperands; k++) {
        struct view v = view_of(&made->canon, k, made->use[k].write);
        if (view_empty(&v))
            continue;
        const struct model_production *again =
            p->model.nproductions && often(p, 30) ? &p->model.productions[below(p, p->model.nproductions)] : NULL;
        fill_view(p, &v);
        if (again && again->content.rows == model_rows(&v) && again->content.cols == model_cols(&v) &&
            again->content.type == v.type)
            for (int64_t j = 0; j < model_cols(&v); j++)
                for (int64_t i = 0; i < model_rows(&v); i++)
                    if (model_in_part(v.part, model_rows(&v), model_cols(&v), i, j))
                        memcpy((char *)(uintptr_t)model_at(&v, i, j), model_element(&again->content, i, j), v.element);
        t->outputs[t->noutputs].operand = k;
        t->outputs[t->noutputs].whole = fingerprint_whole(&v, NULL, 1);
        t->noutputs++;
        remember(p, &v);
    }
}

static void commit_outputs(struct random_program *p, struct made *made, const struct traced *t)
{
    for (int i = 0; i < t->noutputs; i++) {
        int k = t->outputs[i].operand;
        struct view v = view_of(&made->canon, k, made->use[k].write);
        struct model_content content = model_read(&v);
        struct model_origin origin = {true, p->model.items, (uint64_t)k};
        model_know(&p->model, &content);
        model_produce(&p->model, &content, origin);
        model_put(&p->model, &v, &content, origin);
    }
    p->model.items++;
}

static void call(struct random_program *p)
{
    struct made made;
    struct traced t;
    struct asked asked;
    make_call(p, &made);
    memset(&t, 0, sizeof t);
    t.canon = &made.canon;
    t.use = made.use;
    t.caller_object = "test";
    read_inputs(p, &made, &t, &asked);
    for (int i = 0; i < t.ninputs; i++)
        remember(p, &t.inputs[i].view);
    write_outputs(p, &made, &t);
    lineage_produced(p->lineage, &t);
    uint64_t item = lineage_record(p->lineage, &t);
    cr_assert_eq(item, p->model.items + 1);
    commit_inputs(p, &t, asked.contents, asked.answers);
    commit_outputs(p, &made, &t);
}

static void check_leaf(struct random_program *p, const struct log_leaf *leaf)
{
    for (int step = 0; step < STEPS; step++)
        for (int i = 0; i < p->ntold[step]; i++) {
            const struct told *t = &p->told[step][i];
            if (!t->fresh || t->origin.ref != leaf->id)
                continue;
            uint64_t kind = !t->replaces ? REPLACES_UNKNOWN : t->replaced.is_item ? REPLACES_ITEM : REPLACES_LEAF;
            cr_assert(leaf->replaces == kind && leaf->replaces_ref == t->replaced.ref &&
                          leaf->replaces_output == t->replaced.output,
                      "seed %llu, program %d, leaf %llu: replaces %d %llu.%llu, should be %d %llu.%llu",
                      (unsigned long long)p->seed, p->number, (unsigned long long)leaf->id, (int)leaf->replaces,
                      (unsigned long long)leaf->replaces_ref, (unsigned long long)leaf->replaces_output, (int)kind,
                      (unsigned long long)t->replaced.ref, (unsigned long long)t->replaced.output);
            return;
        }
    cr_assert_fail("seed %llu, program %d: leaf %llu should not be", (unsigned long long)p->seed, p->number,
                   (unsigned long long)leaf->id);
}

static void check_item(struct random_program *p, const struct log_item *item)
{
    cr_assert_lt(item->id, STEPS);
    cr_assert_eq((int)item->ninputs, p->ntold[item->id]);
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_input *in = &item->inputs[i];
        const struct told *t = &p->told[item->id][i];
        cr_assert(in->is_item == t->origin.is_item && in->ref == t->origin.ref && in->output == t->origin.output &&
                      !in->unproven && memcmp(&in->slice, &t->slice, sizeof t->slice) == 0,
                  "seed %llu, program %d, item %llu, input %llu: the log says otherwise", (unsigned long long)p->seed, p->number,
                  (unsigned long long)item->id, (unsigned long long)i);
    }
}

/* The log, read back, is the DAG of the model. */
static void check_log(struct random_program *p)
{
    struct log_reader log;
    int items = 0;
    cr_assert(log_open(&log, p->path));
    struct expand *expand = expand_new(&log, EXPAND_SINGLY);
    cr_assert_not_null(expand);
    while (expand_next(expand, &p->event)) {
        if (p->event.kind == EXPAND_LEAF)
            check_leaf(p, &p->event.leaf);
        if (p->event.kind == EXPAND_ITEM)
            check_item(p, &p->event.item);
        items += p->event.kind == EXPAND_ITEM;
    }
    cr_assert_eq(items, STEPS);
    expand_free(expand);
    log_reader_close(&log);
    unlink(p->path);
}

static void run(struct random_program *p)
{
    p->palette = (int)below(p, 3);
    p->nviews = 0;
    memset(&p->model, 0, sizeof p->model);
    p->lineage = lineage_new(log_writer_new(p->directory, "program.blog"), true, 4 << 20);
    cr_assert(p->lineage && lineage_identify(p->lineage, true));
    for (int i = 0; i < ARENAS; i++)
        memset(p->arenas[i], 0, ARENA_BYTES);
    for (p->step = 0; p->step < STEPS; p->step++) {
        if (often(p, 30))
            disturb(p);
        call(p);
    }
    lineage_flush(p->lineage, true);
    lineage_free(p->lineage);
    check_log(p);
}

/* BLASE_TEST_SEED repeats a run. */
static uint64_t first_seed(void)
{
    const char *asked = getenv("BLASE_TEST_SEED");
    return asked ? strtoull(asked, NULL, 10) : (uint64_t)time(NULL);
}

Test(identity_random, says_what_the_model_says, .timeout = 300)
{
    struct random_program *p = calloc(1, sizeof *p);
    char *pages = mmap(NULL, (ARENAS + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(p && pages != MAP_FAILED);
    for (int i = 0; i < ARENAS; i++)
        p->arenas[i] = pages + (size_t)i * PAGE;
    p->freed = pages + (size_t)ARENAS * PAGE;
    strcpy(p->directory, "/tmp/blase-unit-XXXXXX");
    cr_assert_not_null(mkdtemp(p->directory));
    snprintf(p->path, sizeof p->path, "%s/program.blog", p->directory);
    p->seed = first_seed();
    printf("identity_random: seed %llu\n", (unsigned long long)p->seed);
    fflush(stdout);
    for (p->number = 0; p->number < PROGRAMS; p->number++) {
        p->state = p->seed * 1000003u + (uint64_t)p->number;
        run(p);
    }
    printf("identity_random: %d programs: %d wholes, %d slices, %d triangles, %d leaves\n", PROGRAMS, p->wholes, p->slices,
           p->triangles, p->leaves);
    cr_assert_gt(p->wholes, PROGRAMS);
    cr_assert_gt(p->slices, PROGRAMS);
    cr_assert_gt(p->triangles, 100);
    cr_assert_gt(p->leaves, PROGRAMS);
    rmdir(p->directory);
    munmap(pages, (ARENAS + 1) * PAGE);
    free(p);
}
