#include "tools/recompute_call.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/*
 * Libraries call these on an illegal argument; the executable's own come first. Their defaults print and stop the program, but a
 * call that was refused in the run is refused again, and its status is what is compared.
 */
void xerbla_(const char *name, const void *info, size_t length);
void xerbla_(const char *name, const void *info, size_t length)
{
    (void)name;
    (void)info;
    (void)length;
}

void cblas_xerbla(int argument, const char *name, const char *form, ...);
void cblas_xerbla(int argument, const char *name, const char *form, ...)
{
    (void)argument;
    (void)name;
    (void)form;
}

enum { CBLAS_ROW_MAJOR = 101, CBLAS_COL_MAJOR = 102, ALIGNMENT = 64, SLACK = 256 };

static int style_of(const struct log_item *item)
{
    if (item->flags & ITEM_CBLAS_ROWS)
        return STYLE_CBLAS;
    if (item->flags & ITEM_LAPACKE)
        return STYLE_LAPACKE;
    return item->flags & ITEM_ROW_MAJOR ? STYLE_LAPACKE_WORK : STYLE_FORTRAN;
}

/* The log's routine is ours: same arguments of the same kinds. Logs of other versions may differ. */
static const struct op *known_op(const struct log_op *logged)
{
    const struct op *op = logged && logged->name ? op_find(logged->name) : NULL;
    bool same = op && logged->nargs == op->nargs && logged->noperands == op->noperands;
    for (int i = 0; same && i < op->nargs; i++)
        same = logged->args[i].kind == op->args[i].kind && strcmp(logged->args[i].name, op->args[i].name) == 0;
    return same ? op : NULL;
}

/* The canonical values as the log has them. Leading dimensions that it does not have are 0 as yet, increments 1. */
static const char *take_values(struct again *a, const struct log_item *item, bool seen[OP_MAX_ARGS])
{
    const struct op *op = a->canon.op;
    for (int arg = 0; arg < op->nargs; arg++)
        if (op->args[arg].kind == ARG_INC)
            a->canon.a[arg].i = 1;
    for (uint64_t i = 0; i < item->nvalues; i++) {
        const struct log_value *v = &item->values[i];
        if (v->arg >= op->nargs || v->kind != op->args[v->arg].kind)
            return "its arguments make no sense";
        seen[v->arg] = true;
        if (v->kind == ARG_SCALAR || v->kind == ARG_REAL_SCALAR)
            memcpy(a->canon.a[v->arg].bytes, v->bytes, sizeof v->bytes);
        else
            a->canon.a[v->arg].i = v->i;
    }
    for (int arg = 0; arg < op->nargs; arg++) {
        int kind = op->args[arg].kind;
        bool wanted = kind <= ARG_REAL_SCALAR || (kind == ARG_LWORK && a->canon.scratch);
        if (wanted && !seen[arg])
            return kind == ARG_LWORK ? "the log does not have its workspace size" : "the log does not have all its arguments";
    }
    return NULL;
}

/* Beyond that, dimensions and workspaces are nobody's. */
static bool absurd(const struct again *a)
{
    const int64_t limit = (int64_t)1 << 31;
    for (int arg = 0; arg < a->canon.op->nargs; arg++) {
        int kind = a->canon.op->args[arg].kind;
        int64_t value = a->canon.a[arg].i;
        if ((kind == ARG_INT && (value < 0 || value > limit)) || (kind == ARG_LWORK && (value < -1 || value > limit)) ||
            ((kind == ARG_LD || kind == ARG_INC) && (value < -limit || value > limit)))
            return true;
    }
    return false;
}

static int64_t largest_dimension(const struct canon *c)
{
    int64_t largest = 1;
    for (int arg = 0; arg < c->op->nargs; arg++)
        if (c->op->args[arg].kind == ARG_INT && c->a[arg].i > largest)
            largest = c->a[arg].i;
    return largest;
}

/*
 * Elements that the operand's array has. The table does not know how much of some outputs is written (eigenvectors in an interval
 * come in a number that only the call finds out): those get what any of them may take.
 */
static size_t elements_of(const struct again *a, int k, int64_t ld)
{
    const struct op_operand *o = &a->canon.op->operands[k];
    const struct use *u = &a->use[k];
    size_t fast = (size_t)(a->canon.row_major ? u->cols : u->rows), slow = (size_t)(a->canon.row_major ? u->rows : u->cols);
    if (o->has_inc)
        return u->rows > 0 ? (size_t)(u->rows - 1) * (size_t)(ld < 0 ? -ld : ld) + 1 : 0;
    size_t elements = o->ld_arg >= 0 ? slow * (size_t)ld : fast * slow;
    bool written = u->write.part != PART_NONE && u->write.rows > 0 && u->write.cols > 0;
    bool unsure = !a->canon.op->blas && (o->role == ROLE_MAYBE || (o->role == ROLE_OUT && !written));
    size_t most = (size_t)largest_dimension(&a->canon);
    size_t generous = most * (o->ld_arg >= 0 && (size_t)ld > most ? (size_t)ld : o->ld_arg >= 0 ? most : 2);
    return unsure && generous > elements ? generous : elements;
}

/* Memory for operand k, all zero, at the alignment that the log has for its argument. */
static bool place_operand(struct again *a, int k)
{
    const struct op_operand *o = &a->canon.op->operands[k];
    int64_t ld = o->ld_arg >= 0 ? a->canon.a[o->ld_arg].i : 0;
    size_t offset = (size_t)a->canon.a[o->arg].i % VALUE_ALIGNMENT, elements = elements_of(a, k, ld);
    if (elements > SIZE_MAX / 64)
        return false;
    a->memory[k] = calloc(elements * op_element_bytes(&a->canon, k) + ALIGNMENT + SLACK, 1);
    if (!a->memory[k])
        return false;
    uintptr_t at = ((uintptr_t)a->memory[k] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    a->canon.a[o->arg].p = (char *)a->memory[k] + (at - (uintptr_t)a->memory[k]) + offset;
    return true;
}

/* The least leading dimensions, where the log has none; and arrays. */
static const char *place_operands(struct again *a, const bool seen[OP_MAX_ARGS])
{
    canon_uses(&a->canon, a->use);
    for (int k = 0; k < a->canon.op->noperands; k++) {
        const struct op_operand *o = &a->canon.op->operands[k];
        int64_t fast = a->canon.row_major ? a->use[k].cols : a->use[k].rows;
        if (o->ld_arg >= 0 && !o->has_inc && !seen[o->ld_arg])
            a->canon.a[o->ld_arg].i = fast > 1 ? fast : 1;
        if (o->ld_arg >= 0 && !o->has_inc && a->canon.a[o->ld_arg].i < fast)
            return "its leading dimensions make no sense";
        if (!place_operand(a, k))
            return "out of memory";
    }
    return NULL;
}

static int64_t unflip_letter(int64_t letter, bool conjugate)
{
    switch (letter) {
    case 'U':
        return 'L';
    case 'L':
        return 'U';
    case 'N':
        return conjugate ? 'C' : 'T';
    case 'R':
        return 'C';
    default:
        return 'N';
    }
}

/* The row-major CBLAS call of which this is the canonical form: the table's steps undone, last one first. */
static struct canon by_rows(const struct canon *canonical)
{
    struct canon c = *canonical;
    for (int i = c.op->nrows - 1; i >= 0; i--) {
        const struct row_step *step = &c.op->rows[i];
        union cval *value = &c.a[step->a];
        if (step->kind == ROW_SWAP) {
            union cval held = *value;
            *value = c.a[step->b];
            c.a[step->b] = held;
        } else if (step->kind == ROW_CONJ) {
            value->bytes[2 * op_real_bytes(c.op) - 1] ^= 0x80;
        } else if (strcmp(c.op->args[step->a].letters, "LR") == 0) {
            value->i = value->i == 'L' ? 'R' : 'L';
        } else {
            value->i = unflip_letter(value->i, step->kind == ROW_FLIPC);
        }
    }
    return c;
}

static int cblas_value(const char *letters, int64_t letter)
{
    if (strcmp(letters, "UL") == 0)
        return letter == 'U' ? 121 : 122;
    if (strcmp(letters, "NU") == 0)
        return letter == 'N' ? 131 : 132;
    if (strcmp(letters, "LR") == 0)
        return letter == 'L' ? 141 : 142;
    return letter == 'N' ? 111 : letter == 'T' ? 112 : 113;
}

static union raw raw_of(struct again *a, const struct canon *c, int arg)
{
    const struct op *op = c->op;
    int kind = op->args[arg].kind, style = a->call.entry->style;
    union raw raw = {.i = 0};
    bool wide_scalar = kind == ARG_SCALAR && op_own_bytes(op) > op_real_bytes(op);
    a->cell[arg] = c->a[arg];
    if (kind == ARG_ARRAY)
        raw.p = c->a[arg].p;
    else if (style == STYLE_FORTRAN || wide_scalar)
        raw.p = &a->cell[arg];
    else if (kind == ARG_OPTION)
        raw.i = style == STYLE_CBLAS ? cblas_value(op->args[arg].letters, c->a[arg].i) : c->a[arg].i;
    else if (kind != ARG_SCALAR && kind != ARG_REAL_SCALAR)
        raw.i = c->a[arg].i;
    else if (op_real_bytes(op) == 4)
        memcpy(&raw.f, c->a[arg].bytes, sizeof raw.f);
    else
        memcpy(&raw.d, c->a[arg].bytes, sizeof raw.d);
    return raw;
}

static void pack(struct again *a, bool rows)
{
    const struct entry *e = a->call.entry;
    const struct canon c = e->style == STYLE_CBLAS && rows ? by_rows(&a->canon) : a->canon;
    if (e->style != STYLE_FORTRAN)
        a->call.raw[0].i = rows || a->canon.row_major ? CBLAS_ROW_MAJOR : CBLAS_COL_MAJOR;
    for (int arg = 0; arg < c.op->nargs; arg++) {
        int at = call_raw_index(e, arg);
        if (at >= 0)
            a->call.raw[at] = raw_of(a, &c, arg);
    }
    for (int arg = 0; arg < c.op->nargs; arg++) /* where the status arrives */
        if (c.op->args[arg].kind == ARG_INFO)
            a->canon.a[arg].p = &a->cell[arg];
}

/* The packed call must read as the one that the log has. */
static bool reads_alike(const struct again *a)
{
    struct canon c;
    if (canon_from_call(&a->call, a->canon.int_bytes, &c) != CANON_OK || c.row_major != a->canon.row_major ||
        c.lapacke != a->canon.lapacke)
        return false;
    for (int arg = 0; arg < c.op->nargs; arg++) {
        int kind = c.op->args[arg].kind;
        bool passed = call_raw_index(a->call.entry, arg) >= 0;
        if (passed && kind != ARG_ARRAY && kind != ARG_INFO &&
            memcmp(c.a[arg].bytes, a->canon.a[arg].bytes, sizeof c.a[arg].bytes) != 0)
            return false;
    }
    return true;
}

/* Where the style's own spelling is not there, the other one of the same library. */
static bool find_entry(struct again *a, const struct library *library, int style)
{
    const struct op *op = a->canon.op;
    int other = style == STYLE_CBLAS ? STYLE_FORTRAN : op->blas ? STYLE_CBLAS : STYLE_LAPACKE_WORK;
    a->call.entry = library_entry(library, op, style, a->canon.int_bytes, &a->function);
    if (!a->call.entry && (style == STYLE_FORTRAN || style == STYLE_CBLAS))
        a->call.entry = library_entry(library, op, other, a->canon.int_bytes, &a->function);
    return a->call.entry != NULL;
}

const char *again_prepare(struct again *a, const struct log_item *item, const struct log_op *op, const struct library *library,
                          int int_bytes)
{
    bool seen[OP_MAX_ARGS] = {false};
    memset(a, 0, sizeof *a);
    a->canon.op = known_op(op);
    if (!a->canon.op)
        return "this version does not know its routine";
    if (int_bytes != 4 && int_bytes != 8)
        return "the log does not have the width of its integers";
    int style = style_of(item);
    if (style != STYLE_FORTRAN && (style == STYLE_CBLAS) != (a->canon.op->blas != 0))
        return "its flags make no sense";
    a->canon.int_bytes = (uint8_t)int_bytes;
    a->modes = item_modes(item->flags);
    a->canon.row_major = (item->flags & ITEM_ROW_MAJOR) != 0;
    a->canon.lapacke = (item->flags & ITEM_LAPACKE) != 0;
    a->canon.scratch = !a->canon.lapacke;
    if (!find_entry(a, library, style))
        return "the library has no such routine";
    const char *why = take_values(a, item, seen);
    if (!why && absurd(a))
        why = "its arguments make no sense";
    if (!why)
        why = place_operands(a, seen);
    if (!why)
        pack(a, style == STYLE_CBLAS && a->call.entry->style == STYLE_CBLAS);
    return why ? why : reads_alike(a) ? NULL : "its arguments cannot be put back";
}

void again_free(struct again *a)
{
    for (int k = 0; k < OP_MAX_OPERANDS; k++)
        free(a->memory[k]);
}

/* True if the content has every element of a view that begins at its row and column. */
static bool covers(const struct view *content, int64_t row, int64_t col, const struct view *v)
{
    for (int64_t j = 0; j < v->cols; j++) {
        int64_t lo, hi, first, last;
        view_column(v, j, &lo, &hi);
        view_column(content, col + j, &first, &last);
        if (lo < hi && (row + lo < first || row + hi > last))
            return false;
    }
    return true;
}

/* Which elements of the content an operand is to get; false if the content does not have them. */
static bool choose(const struct view *content, struct log_slice s, const struct view *to, struct view *from)
{
    if (s.rows == 0)
        s = (struct log_slice){0, 0, content->rows, content->cols};
    if (content->vector && content->cols == 1 && s.rows == 1 && s.cols > 1) /* a strided vector, stored as a column */
        s = (struct log_slice){s.col, s.row, s.cols, s.rows};
    if (s.row < 0 || s.col < 0 || s.rows <= 0 || s.cols <= 0 || s.rows > content->rows || s.cols > content->cols ||
        s.row > content->rows - s.rows || s.col > content->cols - s.cols)
        return false;
    *from = *content;
    from->base += (s.row + s.col * content->ld) * (int64_t)content->element;
    from->rows = s.rows;
    from->cols = s.cols;
    bool alike = s.rows == to->rows && s.cols == to->cols, line = s.rows == 1 || s.cols == 1;
    from->part = alike ? to->part : PART_FULL;
    return (alike || (line && (to->rows == 1 || to->cols == 1))) && covers(content, s.row, s.col, from) &&
           from->element == to->element && from->type == to->type && view_count(from) == view_count(to);
}

const char *again_fill(struct again *a, const struct log_input *in, const struct view *content)
{
    if (in->operand >= a->canon.op->noperands)
        return "its operands make no sense";
    int k = (int)in->operand;
    struct view to = view_of(&a->canon, k, a->use[k].read), from;
    if (to.part == PART_FULL && in->part >= PART_UPPER && in->part <= PART_STRICT_LOWER) /* the rest is another input */
        to.part = (uint8_t)in->part;
    if (view_empty(&to) || view_empty(content) || !choose(content, in->slice, &to, &from))
        return "an input has another shape than the log says";
    void *packed = malloc(view_bytes(&to));
    if (!packed)
        return "out of memory";
    view_pack(&from, packed);
    view_unpack(&to, packed);
    free(packed);
    return NULL;
}

/* Modes are what fpenv_control (shim/fpenv.h) told of this kind of processor. */
static void use_modes(uint32_t modes)
{
#if defined(__x86_64__)
    const uint32_t flush = 0x8040, rounding = 0x6000; /* the x87 unit's rounding stands three bits lower */
    fesetround((int)((modes & rounding) >> 3));
    _mm_setcsr((_mm_getcsr() & ~flush) | (modes & flush));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)modes));
#else
    (void)modes;
#endif
}

int64_t again_make(struct again *a)
{
    use_modes(a->modes);
    int64_t returned = a->call.entry->invoke(a->function, a->call.raw);
    use_modes(0);
    return call_info(&a->call, &a->canon, returned);
}

struct view again_written(const struct again *a, int k)
{
    return view_of(&a->canon, k, a->use[k].write);
}
