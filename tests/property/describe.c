/* Words for a case: its arguments, its bytes. */
#include <string.h>

#include "tests/property/property.h"

static void describe_scalar(FILE *out, const struct op *op, int arg, const unsigned char *bytes)
{
    size_t real = op_real_bytes(op), size = op->args[arg].kind == ARG_SCALAR ? op_own_bytes(op) : real;
    for (size_t at = 0; at < size; at += real) {
        double wide = 0;
        float narrow = 0;
        memcpy(real == 4 ? (void *)&narrow : (void *)&wide, bytes + at, real);
        fprintf(out, "%s%g", at ? "," : "", real == 4 ? (double)narrow : wide);
    }
}

void describe_problem(FILE *out, const struct problem *p)
{
    const struct op *op = p->entry->op;
    fprintf(out, "%s(", p->entry->symbol);
    if (p->entry->style != STYLE_FORTRAN)
        fprintf(out, "%s", p->layout_code == 101 ? "rows" : p->layout_code == 102 ? "cols" : "badlayout");
    for (int a = 0; a < op->nargs; a++) {
        int kind = op->args[a].kind;
        if (call_raw_index(p->entry, a) < 0 || kind == ARG_INFO)
            continue;
        fprintf(out, " %s", op->args[a].name);
        if (kind == ARG_OPTION)
            fprintf(out, "=%c", p->letter[a]);
        else if (kind == ARG_ARRAY)
            fprintf(out, "%s", p->absent[a] ? "=NULL" : "");
        else if (kind == ARG_SCALAR || kind == ARG_REAL_SCALAR)
            fputc('=', out), describe_scalar(out, op, a, p->scalar[a]);
        else
            fprintf(out, "=%d", (int)p->integer[a]);
    }
    fputc(')', out);
}

/* Row and column of storage element `index` of an operand, in the Fortran sense. */
static void describe_element(char *text, size_t size, const struct outcome *o, int k, int64_t index)
{
    const struct op_operand *operand = &o->canon.op->operands[k];
    int64_t ld = operand->ld_arg >= 0 ? o->canon.a[operand->ld_arg].i : 0;
    if (operand->ld_arg < 0 || operand->has_inc || ld < 1)
        snprintf(text, size, "[%d]", (int)index);
    else if (o->canon.row_major)
        snprintf(text, size, "(%d,%d)", (int)(index / ld), (int)(index % ld));
    else
        snprintf(text, size, "(%d,%d)", (int)(index % ld), (int)(index / ld));
}

void describe_byte(char *text, size_t size, const struct problem *p, const struct layout *l, const struct outcome *o, size_t at)
{
    const struct op *op = p->entry->op;
    for (int k = 0; k < op->noperands; k++) {
        const char *base = o->canon.a[op->operands[k].arg].p;
        for (int a = 0; a < op->nargs; a++) {
            const struct buffer *b = &l->buffer[a];
            char place[48];
            if (!b->component || base != (char *)arena + b->at || at < b->at || at >= b->at + b->bytes)
                continue;
            describe_element(place, sizeof place, o, k, (int64_t)((at - b->at) / op_element_bytes(&o->canon, k)));
            snprintf(text, size, "%s%s", op->args[a].name, place);
            return;
        }
    }
    int cell = (int)(at / CELL_BYTES);
    if (cell < op->nargs)
        snprintf(text, size, "cell:%s", op->args[cell].name);
    else
        snprintf(text, size, "guard@%zu", at);
}

void describe_arena(FILE *out, const char *label, const struct problem *p, const struct layout *l, const struct outcome *o)
{
    fprintf(out, "%s: ", label);
    describe_problem(out, p);
    fprintf(out, " info=%d flags=%x %s\n", (int)o->info, (unsigned)o->flags, o->note);
    for (size_t at = 0; at < l->used; at += 4) {
        char place[96];
        uint32_t was, is;
        memcpy(&was, before + at, sizeof was);
        memcpy(&is, arena + at, sizeof is);
        describe_byte(place, sizeof place, p, l, o, at);
        fprintf(out, "%s: %s +%zu %08x was %08x%s%s%s\n", label, place, at, is, was, mark_read[at] ? " read" : "",
                mark_write[at] ? " write" : "", mark_scratch[at] ? " scratch" : "");
    }
}
