/* Puts a problem into the registers and memory cells of its spelling. */
#include <ctype.h>
#include <string.h>

#include "tests/property/property.h"

unsigned char *cell_of(int arg)
{
    return arena + CELL_BYTES / 2 + arg * CELL_BYTES;
}

static int cblas_value(const char *letters, char letter)
{
    static const struct {
        const char *set;
        char letter;
        int value;
    } values[] = {{"UL", 'U', 121}, {"UL", 'L', 122}, {"NU", 'N', 131}, {"NU", 'U', 132}, {"LR", 'L', 141}, {"LR", 'R', 142}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(values[i].set, letters) == 0 && values[i].letter == letter)
            return values[i].value;
    return letter == 'N' ? 111 : letter == 'T' ? 112 : letter == 'C' ? 113 : 999;
}

static size_t scalar_bytes(const struct op *op, int arg)
{
    return op->args[arg].kind == ARG_SCALAR ? op_own_bytes(op) : op_real_bytes(op);
}

void pack_cells(const struct problem *p)
{
    const struct op *op = p->entry->op;
    for (int a = 0; a < op->nargs; a++) {
        int kind = op->args[a].kind;
        int32_t narrow = (int32_t)p->integer[a];
        if (kind == ARG_OPTION)
            memcpy(cell_of(a), &p->letter[a], 1);
        else if (kind == ARG_SCALAR || kind == ARG_REAL_SCALAR)
            memcpy(cell_of(a), p->scalar[a], scalar_bytes(op, a));
        else if (kind != ARG_ARRAY && kind != ARG_INFO)
            memcpy(cell_of(a), &narrow, sizeof narrow);
    }
}

/* A 32-bit argument in a 64-bit register: the upper half is nobody's business. */
static int64_t in_register(const struct problem *p, int arg, int64_t value)
{
    return (int64_t)(((p->noise * (uint64_t)(2 * arg + 3)) << 32) | (uint32_t)value);
}

static union raw raw_of(const struct problem *p, const struct layout *l, int arg)
{
    const struct op *op = p->entry->op;
    int kind = op->args[arg].kind, style = p->entry->style;
    union raw raw = {.i = 0};
    bool wide_scalar = kind == ARG_SCALAR && op_own_bytes(op) > op_real_bytes(op);
    if (kind == ARG_ARRAY)
        raw.p = p->absent[arg] ? NULL : arena + l->buffer[arg].at;
    else if (style == STYLE_FORTRAN || wide_scalar)
        raw.p = cell_of(arg);
    else if (kind == ARG_OPTION)
        raw.i = in_register(p, arg, style == STYLE_CBLAS ? cblas_value(op->args[arg].letters, p->letter[arg]) : p->letter[arg]);
    else if (kind != ARG_SCALAR && kind != ARG_REAL_SCALAR)
        raw.i = in_register(p, arg, p->integer[arg]);
    else if (op_real_bytes(op) == 4)
        memcpy(&raw.f, p->scalar[arg], sizeof raw.f);
    else
        memcpy(&raw.d, p->scalar[arg], sizeof raw.d);
    return raw;
}

void pack_call(const struct problem *p, const struct layout *l, struct call *call)
{
    memset(call, 0, sizeof *call);
    call->entry = p->entry;
    if (p->entry->style != STYLE_FORTRAN)
        call->raw[0].i = in_register(p, OP_MAX_ARGS, p->layout_code);
    for (int a = 0; a < p->entry->op->nargs; a++) {
        int at = call_raw_index(p->entry, a);
        if (at >= 0)
            call->raw[at] = raw_of(p, l, a);
    }
}
