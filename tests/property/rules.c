/* What the op table does not say about legal arguments: how dimensions depend on each other, what an operand must hold. */
#include <ctype.h>
#include <string.h>

#include "tests/property/property.h"

const char *base_name(const struct op *op)
{
    return op->name + 1;
}

bool name_in(const char *name, const char *list)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0))
            return true;
    return false;
}

int64_t rules_least_ld(const struct canon *c, int operand)
{
    const struct op *op = c->op;
    if (c->row_major && name_in(base_name(op), "gesdd") && strcmp(op->operands[operand].name, "VT") == 0)
        return c->a[rules_argument(op, "n")].i; /* LAPACKE asks for it even when VT is not referenced */
    return 1;
}

int rules_argument(const struct op *op, const char *name)
{
    for (int a = 0; a < op->nargs; a++)
        if (strcmp(op->args[a].name, name) == 0)
            return a;
    return -1;
}

static int64_t value_of(const struct problem *p, const char *name)
{
    return p->integer[rules_argument(p->entry->op, name)];
}

static int option_of(const struct problem *p, const char *name)
{
    return toupper((unsigned char)p->letter[rules_argument(p->entry->op, name)]);
}

static void put_real(struct problem *p, const char *name, double value)
{
    unsigned char *bytes = p->scalar[rules_argument(p->entry->op, name)];
    float narrow = (float)value;
    if (op_real_bytes(p->entry->op) == 4)
        memcpy(bytes, &narrow, sizeof narrow);
    else
        memcpy(bytes, &value, sizeof value);
}

/* Selected eigenvalues: indices in range, an interval that is one; whatever is not asked for stays noise. */
static void draw_selection(struct problem *p, struct rng *r)
{
    const struct op *op = p->entry->op;
    int64_t n = value_of(p, "n");
    int64_t il = n > 0 ? 1 + rng_below(r, n) : 1;
    if (option_of(p, "range") == 'I') {
        p->integer[rules_argument(op, "il")] = il;
        p->integer[rules_argument(op, "iu")] = n > 0 ? il + rng_below(r, n - il + 1) : 0;
    }
    if (option_of(p, "range") == 'V') {
        put_real(p, "vl", -0.5);
        put_real(p, "vu", 1.5);
    }
    put_real(p, "abstol", rng_chance(r, 3) ? 1e-5 : 0);
}

void rules_draw(struct problem *p, struct rng *r)
{
    const char *name = base_name(p->entry->op);
    if (name_in(name, "syevr heevr"))
        draw_selection(p, r);
    if (name_in(name, "gelsd gelss gelsy"))
        put_real(p, "rcond", rng_chance(r, 2) ? 1e-4 : rng_chance(r, 2) ? -1 : 1e-6);
}

bool rules_endless(const struct problem *p)
{
    return name_in(base_name(p->entry->op), "gemv") && p->entry->style == STYLE_CBLAS && p->layout_code == 101 &&
           option_of(p, "trans") == 'C' && (value_of(p, "m") <= 0 || value_of(p, "n") <= 0);
}

bool rules_upper_case(const struct op *op, int arg)
{
    return name_in(base_name(op), "trtrs") && name_in(op->args[arg].name, "uplo diag");
}

bool rules_legal(const struct problem *p)
{
    const char *name = base_name(p->entry->op);
    if (rules_endless(p))
        return false;
    if (name_in(name, "orgqr ungqr"))
        return value_of(p, "k") <= value_of(p, "n") && value_of(p, "n") <= value_of(p, "m");
    if (name_in(name, "ormqr unmqr"))
        return value_of(p, "k") <= value_of(p, option_of(p, "side") == 'L' ? "m" : "n");
    /* Without right-hand sides netlib's gelss still goes through the first column of B. */
    if (name_in(name, "gelss") && value_of(p, "nrhs") == 0)
        return false;
    if (name_in(name, "gesvd"))
        return option_of(p, "jobu") != 'O' || option_of(p, "jobvt") != 'O';
    if (name_in(name, "syevr heevr") && option_of(p, "range") == 'I') {
        int64_t n = value_of(p, "n"), il = value_of(p, "il"), iu = value_of(p, "iu");
        return n == 0 ? il == 1 && iu == 0 : 1 <= il && il <= iu && iu <= n;
    }
    return true;
}

enum content rules_content(const struct op *op, int operand)
{
    const char *name = base_name(op), *array = op->operands[operand].name;
    if (strcmp(array, "A") == 0 && name_in(name, "trsm trtrs trtri potrf potrs potri posv getrs getri sytrs hetrs sytrs2 hetrs2"))
        return CONTENT_DOMINANT;
    if (strcmp(array, "ipiv") == 0)
        return name_in(name, "sytrs hetrs sytrs2 hetrs2") ? CONTENT_SYMMETRIC_PIVOTS : CONTENT_PIVOTS;
    if (strcmp(array, "jpvt") == 0)
        return CONTENT_FLAGS;
    if (strcmp(array, "tau") == 0)
        return CONTENT_TAU;
    return CONTENT_ANY;
}

bool rules_real_diagonal(const struct op *op, int operand)
{
    return strcmp(op->operands[operand].name, "A") == 0 &&
           name_in(base_name(op), "potrf potrs potri posv hetrf hetrs hesv heev heevd heevr");
}

bool rules_deficient(const struct op *op)
{
    return name_in(base_name(op), "gelsd gelss gelsy gesvd gesdd geqp3");
}

bool rules_fixed_shape(const struct op *op)
{
    for (int k = 0; k < op->noperands; k++)
        if (op->operands[k].etype == ETYPE_INT && op->operands[k].role == ROLE_IN)
            return true;
    return false;
}

bool rules_unknown_extent(const struct canon *c, int operand, int64_t *rows, int64_t *cols)
{
    const struct op *op = c->op;
    if (!name_in(base_name(op), "syevr heevr") || c->a[rules_argument(op, "range")].i != 'V')
        return false;
    const char *name = op->operands[operand].name;
    bool vectors = strcmp(name, "Z") == 0 && c->a[rules_argument(op, "jobz")].i == 'V';
    if (!vectors && strcmp(name, "isuppz") != 0)
        return false;
    int64_t n = c->a[rules_argument(op, "n")].i;
    *rows = vectors ? n : 2 * n;
    *cols = vectors ? n : 1;
    return true;
}
