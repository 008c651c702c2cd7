/* The values that a call reads, with what the routine needs of them: definite or well-conditioned matrices, legal pivots. */
#include <math.h>
#include <string.h>

#include "tests/property/property.h"

struct value content[OP_MAX_OPERANDS][GRID][GRID];

static void draw_matrix(struct value (*grid)[GRID], int64_t extent, bool dominant, struct rng *r)
{
    double scale = dominant && extent > 0 ? 1.0 / (double)extent : 1;
    for (int64_t j = 0; j < extent; j++)
        for (int64_t i = 0; i < extent; i++) {
            grid[j][i] = (struct value){scale * rng_unit(r), scale * rng_unit(r)};
            if (dominant && i == j)
                grid[j][i].re += 2 + rng_unit(r) / 2;
        }
}

static void draw_pivots(struct value (*grid)[GRID], int64_t n, struct rng *r)
{
    for (int64_t i = 0; i < n; i++)
        grid[0][i].re = (double)(i + 1 + rng_below(r, n - i));
}

/* Bunch-Kaufman: single pivots, and pairs that share one negative index. Upper goes down from n, lower up from 1. */
static void draw_symmetric_pivots(struct value (*grid)[GRID], int64_t n, bool upper, struct rng *r)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t left = n - i; /* columns that are not factored yet, this one included */
        bool pair = left > 1 && rng_chance(r, 3);
        int64_t place = 1 + rng_below(r, pair ? left - 1 : left);
        int64_t index = upper ? place : n + 1 - place;
        grid[0][upper ? n - 1 - i : i].re = (double)(pair ? -index : index);
        if (pair) {
            i++;
            grid[0][upper ? n - 1 - i : i].re = (double)-index;
        }
    }
}

static void spoil(struct value (*grid)[GRID], int64_t rows, int64_t cols, const double *values, int count, struct rng *r)
{
    if (rows > 0 && cols > 0)
        grid[rng_below(r, cols)][rng_below(r, rows)].re = values[rng_below(r, count)];
}

static void specials(const struct problem *p, const struct use *u, struct value (*grid)[GRID], struct rng *r)
{
    static const double any[] = {NAN, INFINITY, -INFINITY, -0.0, 1e-310, 1e38};
    static const double nan[] = {NAN};
    if (p->entry->op->blas && rng_chance(r, 8))
        spoil(grid, u->rows, u->cols, any, 6, r);
    /* Elsewhere a NaN could keep an iteration from ending; the high-level interface refuses it first. */
    if (p->entry->style == STYLE_LAPACKE && rng_chance(r, 16))
        spoil(grid, u->rows, u->cols, nan, 1, r);
}

static void draw_operand(const struct problem *p, const struct canon *c, const struct use *u, int k, int64_t extent,
                         struct rng *r)
{
    struct value(*grid)[GRID] = content[k];
    const struct op *op = c->op;
    enum content kind = rules_content(op, k);
    int uplo = rules_argument(op, "uplo");
    draw_matrix(grid, extent, kind == CONTENT_DOMINANT, r);
    if (kind == CONTENT_PIVOTS)
        draw_pivots(grid, extent, r);
    if (kind == CONTENT_SYMMETRIC_PIVOTS)
        draw_symmetric_pivots(grid, extent, c->a[uplo].i == 'U', r);
    for (int64_t i = 0; i < extent; i++) {
        if (kind == CONTENT_FLAGS)
            grid[0][i].re = (double)rng_below(r, 2);
        if (kind == CONTENT_TAU)
            grid[0][i].re = rng_chance(r, 8) ? 0 : 1 + rng_unit(r) / 2;
        if (rules_real_diagonal(op, k))
            grid[i][i].im = 0;
    }
    if (rules_deficient(op) && kind == CONTENT_ANY && extent > 2 && rng_chance(r, 4))
        memcpy(grid[2], grid[0], sizeof grid[0]);
    if (op->operands[k].etype == ETYPE_OWN)
        specials(p, u, grid, r);
}

/* Square, so that a changed option still finds values: extent[k] rows and columns. */
void content_draw(const struct problem *p, const struct canon *c, const struct use *use, int64_t *extent, struct rng *r)
{
    for (int k = 0; k < c->op->noperands; k++) {
        bool input = c->op->operands[k].role == ROLE_IN || c->op->operands[k].role == ROLE_INOUT;
        extent[k] = !input ? 0 : use[k].rows > use[k].cols ? use[k].rows : use[k].cols;
        draw_operand(p, c, &use[k], k, extent[k], r);
    }
}

static void store(const struct canon *c, int k, unsigned char *to, struct value v)
{
    size_t size = op_element_bytes(c, k);
    if (c->op->operands[k].etype == ETYPE_INT) {
        int32_t i = (int32_t)v.re;
        memcpy(to, &i, sizeof i);
    } else if (op_real_bytes(c->op) == 4) {
        float pair[2] = {(float)v.re, (float)v.im};
        memcpy(to, pair, size);
    } else {
        memcpy(to, &v, size);
    }
}

void content_scatter(const struct canon *c, const struct use *use)
{
    for (int k = 0; k < c->op->noperands; k++)
        for (int64_t j = 0; j < use[k].read.cols; j++)
            for (int64_t i = 0; i < use[k].read.rows; i++)
                if (in_part(use[k].read.part, i, j))
                    store(c, k, element_at(c, &use[k], k, i, j), content[k][j][i]);
}
