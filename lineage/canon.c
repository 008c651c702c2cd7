/*
 * Canonical form (DESIGN 3, step 3). Row-major CBLAS becomes the column-major call that it computes, by the table's `rowmajor`
 * directives; row-major LAPACKE keeps its arguments and is marked, because it really is another computation (transpose,
 * factorise, transpose back). Letters are folded; for real types C and T are one.
 */
#include <string.h>

#include "lineage/call.h"

enum { CBLAS_ROW_MAJOR = 101, CBLAS_COL_MAJOR = 102 };

static const struct {
    int value;
    char letter;
} cblas_letters[] = {{111, 'N'}, {112, 'T'}, {113, 'C'}, {121, 'U'}, {122, 'L'}, {131, 'N'}, {132, 'U'}, {141, 'L'}, {142, 'R'}};

int call_raw_index(const struct entry *entry, int arg)
{
    const struct op *op = entry->op;
    switch (entry->style) {
    case STYLE_FORTRAN:
        return op->args[arg].lapacke_only ? -1 : arg;
    case STYLE_CBLAS:
        return arg + 1;
    case STYLE_LAPACKE:
        return op->lapacke_place[arg];
    default:
        return op->args[arg].lapacke_only || op->args[arg].kind == ARG_INFO ? -1 : arg + 1;
    }
}

static int64_t narrow(int64_t value, int int_bytes)
{
    return int_bytes == 4 ? (int32_t)value : value;
}

static int64_t load_integer(const void *p, int int_bytes)
{
    int32_t narrow_value;
    int64_t wide;
    if (int_bytes == 4) {
        memcpy(&narrow_value, p, sizeof narrow_value);
        return narrow_value;
    }
    memcpy(&wide, p, sizeof wide);
    return wide;
}

/* CBLAS numbers its options by kind: 11x transposition, 12x triangle, 13x diagonal, 14x side. One of another kind is illegal. */
static int cblas_letter(int value, const char *letters)
{
    int kind = strcmp(letters, "UL") == 0 ? 12 : strcmp(letters, "NU") == 0 ? 13 : strcmp(letters, "LR") == 0 ? 14 : 11;
    for (size_t i = 0; i < sizeof cblas_letters / sizeof cblas_letters[0]; i++)
        if (cblas_letters[i].value == value && value / 10 == kind)
            return cblas_letters[i].letter;
    return 0;
}

static int upper(int letter)
{
    return letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter;
}

static int letter_of(const struct call *call, int arg, union raw raw)
{
    if (call->entry->style == STYLE_CBLAS)
        return cblas_letter((int32_t)raw.i, call->entry->op->args[arg].letters);
    if (call->entry->style == STYLE_FORTRAN)
        return raw.p ? upper(*(const unsigned char *)raw.p) : 0;
    return upper((unsigned char)raw.i);
}

static bool is_among(const char *letters, int letter)
{
    while (*letters && *letters != letter)
        letters++;
    return *letters != 0;
}

/* One option letter: legal ones only, with the real types' C folded into T. */
static bool read_option(const struct call *call, const struct op *op, int arg, union raw raw, union cval *out)
{
    int letter = letter_of(call, arg, raw);
    if (letter == 0 || !is_among(op->args[arg].letters, letter))
        return false;
    bool real_type = op->type == 's' || op->type == 'd';
    if (real_type && letter == 'C' && is_among(op->args[arg].letters, 'T'))
        letter = 'T';
    out->i = letter;
    return true;
}

/* Copied by a constant size: most calls have one or two of them. */
static void load_scalar(union cval *out, const void *at, size_t size)
{
    if (size == 8)
        memcpy(out->bytes, at, 8);
    else if (size == 4)
        memcpy(out->bytes, at, 4);
    else
        memcpy(out->bytes, at, 16);
}

static bool read_scalar(const struct call *call, const struct op *op, int arg, union raw raw, union cval *out)
{
    bool own = op->args[arg].kind == ARG_SCALAR;
    size_t size = own ? op_own_bytes(op) : op_real_bytes(op);
    bool complex_value = size > op_real_bytes(op);
    if (call->entry->style == STYLE_FORTRAN || complex_value) {
        if (!raw.p)
            return false;
        load_scalar(out, raw.p, size);
    } else if (size == 4) {
        memcpy(out->bytes, &raw.f, size);
    } else {
        memcpy(out->bytes, &raw.d, size);
    }
    return true;
}

static bool read_integer(const struct call *call, union raw raw, int int_bytes, union cval *out)
{
    if (call->entry->style != STYLE_FORTRAN) {
        out->i = narrow(raw.i, int_bytes);
        return true;
    }
    if (!raw.p)
        return false;
    out->i = load_integer(raw.p, int_bytes);
    return true;
}

static bool is_scalar(int kind)
{
    return kind == ARG_SCALAR || kind == ARG_REAL_SCALAR;
}

static bool read_argument(const struct call *call, struct canon *c, int arg)
{
    const struct op_arg *described = &c->op->args[arg];
    int at = arg;
    union cval *out = &c->a[arg];
    memset(out, 0, sizeof *out);
    if (call->entry->style != STYLE_FORTRAN || described->lapacke_only)
        at = call_raw_index(call->entry, arg);
    if (at < 0)
        return true;
    int kind = described->kind;
    union raw raw = call->raw[at];
    if (kind == ARG_OPTION)
        return read_option(call, c->op, arg, raw, out);
    if (kind == ARG_ARRAY || kind == ARG_INFO) {
        out->p = raw.p;
        return kind == ARG_ARRAY || raw.p;
    }
    if (c->op->arg_read && !c->op->arg_read(c, arg))
        return true;
    return is_scalar(kind) ? read_scalar(call, c->op, arg, raw, out) : read_integer(call, raw, c->int_bytes, out);
}

/* Options come first in every signature that conditions a scalar, so one pass in order sees them before they are asked for. */
static bool read_arguments(const struct call *call, struct canon *c)
{
    for (int arg = 0; arg < c->op->nargs; arg++)
        if (!read_argument(call, c, arg))
            return false;
    return true;
}

static bool read_layout(const struct call *call, struct canon *c)
{
    if (call->entry->style == STYLE_FORTRAN)
        return true;
    int layout = (int32_t)call->raw[0].i;
    c->row_major = layout == CBLAS_ROW_MAJOR;
    return layout == CBLAS_ROW_MAJOR || layout == CBLAS_COL_MAJOR;
}

static int64_t flip_letter(int64_t letter, bool conjugate)
{
    switch (letter) {
    case 'U':
        return 'L';
    case 'L':
        return 'U';
    case 'T':
        return 'N';
    case 'C':
        return conjugate ? 'N' : 'R';
    default:
        return conjugate ? 'C' : 'T';
    }
}

static int64_t flip_option(const char *letters, int64_t letter, bool conjugate)
{
    if (strcmp(letters, "LR") == 0)
        return letter == 'L' ? 'R' : 'L';
    return flip_letter(letter, conjugate);
}

static void conjugate(struct canon *c, int arg)
{
    size_t real = op_real_bytes(c->op);
    c->a[arg].bytes[2 * real - 1] ^= 0x80; /* sign bit of the imaginary part, little endian */
}

static void apply_row_steps(struct canon *c)
{
    for (int i = 0; i < c->op->nrows; i++) {
        const struct row_step *step = &c->op->rows[i];
        union cval *a = &c->a[step->a];
        if (step->kind == ROW_SWAP) {
            union cval held = *a;
            *a = c->a[step->b];
            c->a[step->b] = held;
        } else if (step->kind == ROW_CONJ) {
            conjugate(c, step->a);
        } else {
            a->i = flip_option(c->op->args[step->a].letters, a->i, step->kind == ROW_FLIPC);
        }
    }
    c->row_major = false;
}

/* A dimension so large that rows * cols * 16 bytes could not be addressed is not ours to judge. */
static bool fits(int64_t rows, int64_t cols)
{
    int64_t elements;
    return rows >= 0 && cols >= 0 && !__builtin_mul_overflow(rows, cols, &elements) && elements <= INT64_MAX / 64;
}

static bool legal_operand(const struct canon *c, int k, const struct use *use)
{
    const struct op_operand *o = &c->op->operands[k];
    if (!fits(use->rows, use->cols))
        return false;
    bool empty = use->rows == 0 || use->cols == 0;
    if (o->ld_arg >= 0) {
        int64_t ld = c->a[o->ld_arg].i;
        if (o->has_inc ? ld == 0 || ld == INT64_MIN : ld < 1)
            return false;
        int64_t fast = c->row_major ? use->cols : use->rows;
        int64_t slow = c->row_major ? use->rows : use->cols;
        if (o->has_inc ? !fits(ld < 0 ? -ld : ld, use->rows) : ld < fast || !fits(ld, slow))
            return false;
    }
    bool referenced = use->read.part != PART_NONE || use->write.part != PART_NONE || o->role >= ROLE_MAYBE;
    return empty || !referenced || c->a[o->arg].p;
}

/*
 * A question for the size of workspaces, or no call to be judged: dimensions beyond what any memory holds would overflow the
 * shapes, and are as little ours as negative ones.
 */
static enum canon_result judge_integers(const struct canon *c)
{
    const int64_t limit = (int64_t)1 << 30;
    bool absurd = false;
    for (int arg = 0; arg < c->op->nargs; arg++) {
        const int kind = c->op->args[arg].kind;
        if (kind == ARG_INT)
            absurd |= c->a[arg].i < 0 || c->a[arg].i > limit;
        else if (kind == ARG_LWORK && c->scratch && c->a[arg].i == -1)
            return CANON_QUERY;
    }
    return absurd ? CANON_ILLEGAL : CANON_OK;
}

void canon_uses(const struct canon *c, struct use *use)
{
    memset(use, 0, sizeof *use * c->op->noperands);
    c->op->shape(c, use);
    for (int k = 0; k < c->op->noperands; k++) {
        const struct op_operand *o = &c->op->operands[k];
        bool passed = o->role == ROLE_WORK ? c->scratch : !c->op->args[o->arg].lapacke_only || c->lapacke;
        if (!passed)
            memset(&use[k], 0, sizeof use[k]);
        /* LAPACKE's high-level functions look for NaN in the whole array, also where the routine reads a part of it. */
        if (c->lapacke && use[k].read.part == PART_FULL)
            use[k].read = (struct region){PART_FULL, use[k].rows, use[k].cols};
    }
}

enum canon_result canon_with_uses(const struct call *call, int int_bytes, struct canon *c, struct use *use)
{
    c->op = call->entry->op;
    c->int_bytes = (uint8_t)int_bytes;
    c->row_major = false;
    c->lapacke = call->entry->style == STYLE_LAPACKE;
    c->scratch = !c->lapacke;
    if (!read_layout(call, c) || !read_arguments(call, c))
        return CANON_ILLEGAL;
    const enum canon_result judged = judge_integers(c);
    if (judged != CANON_OK)
        return judged;
    if (c->op->blas && c->row_major)
        apply_row_steps(c);
    canon_uses(c, use);
    for (int k = 0; k < c->op->noperands; k++)
        if (!legal_operand(c, k, &use[k]))
            return CANON_ILLEGAL;
    return CANON_OK;
}

enum canon_result canon_from_call(const struct call *call, int int_bytes, struct canon *c)
{
    struct use use[OP_MAX_OPERANDS];
    return canon_with_uses(call, int_bytes, c, use);
}

int64_t call_info(const struct call *call, const struct canon *c, int64_t returned)
{
    if (call->entry->style == STYLE_LAPACKE || call->entry->style == STYLE_LAPACKE_WORK)
        return narrow(returned, c->int_bytes);
    int last = c->op->nfortran - 1;
    return c->op->args[last].kind == ARG_INFO ? load_integer(c->a[last].p, c->int_bytes) : 0;
}
