/* Draws the arguments of one call: options over their legal letters, sizes 0 to 40, scalars with a liking for 0, 1, -1 and NaN.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "tests/property/property.h"

static int64_t draw_size(struct rng *r)
{
    int64_t kind = rng_below(r, 20);
    if (kind == 0)
        return 0;
    if (kind < 3)
        return kind;
    return kind < 8 ? 1 + rng_below(r, 8) : 1 + rng_below(r, LARGEST);
}

static double draw_component(struct rng *r)
{
    static const double favourites[] = {0, 1, -1, 0, 1, -0.0};
    int64_t kind = rng_below(r, 16);
    if (kind < 6)
        return favourites[kind];
    return kind == 6 && rng_chance(r, 3) ? NAN : 2 * rng_unit(r);
}

static void draw_scalar(const struct op *op, int arg, unsigned char *bytes, struct rng *r)
{
    size_t real = op_real_bytes(op), size = op->args[arg].kind == ARG_SCALAR ? op_own_bytes(op) : real;
    bool real_valued = rng_chance(r, 2);
    memset(bytes, 0, 16);
    for (size_t at = 0; at < size; at += real) {
        double value = at && real_valued ? 0 : draw_component(r);
        float narrow = (float)value;
        memcpy(bytes + at, real == 4 ? (void *)&narrow : (void *)&value, real);
    }
}

static char draw_letter(const struct problem *p, int arg, struct rng *r)
{
    const char *letters = p->entry->op->args[arg].letters;
    bool fold = p->entry->style != STYLE_CBLAS && !rules_upper_case(p->entry->op, arg);
    int letter = letters[rng_below(r, (int64_t)strlen(letters))];
    return (char)(fold && rng_chance(r, 4) ? tolower(letter) : letter);
}

static void draw_arguments(struct problem *p, int64_t (*size)(struct rng *), struct rng *r)
{
    const struct op *op = p->entry->op;
    for (int a = 0; a < op->nargs; a++) {
        const struct op_arg *arg = &op->args[a];
        if (arg->kind == ARG_OPTION)
            p->letter[a] = draw_letter(p, a, r);
        else if (arg->kind == ARG_INT)
            p->integer[a] = size(r);
        else if (arg->kind == ARG_SCALAR || arg->kind == ARG_REAL_SCALAR)
            draw_scalar(op, a, p->scalar[a], r);
        else
            p->integer[a] = 1;
    }
    rules_draw(p, r);
}

static void draw(struct problem *p, const struct entry *entry, void *function, int64_t (*size)(struct rng *), struct rng *r)
{
    memset(p, 0, sizeof *p);
    p->entry = entry;
    p->function = function;
    p->layout_code = 101 + (int)rng_below(r, 2);
    p->noise = rng_next(r);
    do
        draw_arguments(p, size, r);
    while (!rules_legal(p));
}

void problem_draw(struct problem *p, const struct entry *entry, void *function, struct rng *r)
{
    draw(p, entry, function, draw_size, r);
}

static int64_t draw_few(struct rng *r)
{
    return 3 + rng_below(r, 3);
}

void problem_draw_small(struct problem *p, const struct entry *entry, void *function, struct rng *r)
{
    draw(p, entry, function, draw_few, r);
}

bool is_scratch_size(const struct op *op, int arg)
{
    return op->args[arg].kind == ARG_LWORK;
}

/* Any change is welcome that keeps the call legal in the same buffers. */
static bool change_one(struct problem *p, int arg, struct rng *r)
{
    const struct op *op = p->entry->op;
    switch (op->args[arg].kind) {
    case ARG_OPTION:
        if (rules_fixed_shape(op) && strcmp(op->args[arg].name, "uplo") == 0)
            return false;
        p->letter[arg] = draw_letter(p, arg, r);
        return true;
    case ARG_INT:
        if (rules_fixed_shape(op) || p->integer[arg] < 2)
            return false;
        p->integer[arg]--;
        return true;
    case ARG_SCALAR:
        p->scalar[arg][0] ^= 1;
        return true;
    default:
        return false;
    }
}

static bool still_fits(const struct problem *p, const struct layout *l, const int64_t *extent)
{
    struct call call;
    struct canon c;
    struct use use[OP_MAX_OPERANDS];
    pack_cells(p);
    pack_call(p, l, &call);
    if (!rules_legal(p) || canon_from_call(&call, INT_BYTES, &c) != CANON_OK)
        return false;
    canon_uses(&c, use);
    for (int k = 0; k < c.op->noperands; k++)
        if (use[k].read.part != PART_NONE && (use[k].rows > extent[k] || use[k].cols > extent[k]))
            return false;
    return layout_fits(l, &c, use);
}

bool problem_change(struct problem *p, const struct layout *l, const int64_t *extent, struct rng *r, char *what, size_t size)
{
    const struct op *op = p->entry->op;
    for (int attempt = 0; attempt < 12; attempt++) {
        struct problem changed = *p;
        int arg = (int)rng_below(r, op->nargs);
        if (!change_one(&changed, arg, r) || memcmp(&changed, p, sizeof changed) == 0 || !still_fits(&changed, l, extent))
            continue;
        *p = changed;
        snprintf(what, size, "%s", op->args[arg].name);
        return true;
    }
    return false;
}
