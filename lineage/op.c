/* Questions about descriptors that every layer asks. */
#include "lineage/op.h"

#include <string.h>

bool op_has(const struct op *op, enum arg_kind kind)
{
    for (int arg = 0; arg < op->nargs; arg++)
        if (op->args[arg].kind == kind)
            return true;
    return false;
}

double op_flops(const struct canon *c)
{
    return c->op->flops(c) * op_flop_scale(c->op);
}

const struct op *op_find(const char *name)
{
    for (int i = 0; i < op_count; i++)
        if (strcmp(op_table[i].name, name) == 0)
            return &op_table[i];
    return NULL;
}

bool canon_nonzero(const struct canon *c, int arg)
{
    const unsigned char *bytes = c->a[arg].bytes;
    bool own = c->op->args[arg].kind == ARG_SCALAR;
    size_t size = own ? op_own_bytes(c->op) : op_real_bytes(c->op);
    size_t real = op_real_bytes(c->op);
    for (size_t at = 0; at < size; at += real) {
        double value;
        float narrow;
        if (real == 4) {
            memcpy(&narrow, bytes + at, sizeof narrow);
            value = narrow;
        } else {
            memcpy(&value, bytes + at, sizeof value);
        }
        if (!(value == 0)) /* NaN counts as non-zero, as it does in the reference */
            return true;
    }
    return false;
}

int64_t canon_value(const struct canon *c, int arg)
{
    int32_t narrow;
    int64_t wide;
    if (c->int_bytes == 8) {
        memcpy(&wide, c->a[arg].p, sizeof wide);
        return wide;
    }
    memcpy(&narrow, c->a[arg].p, sizeof narrow);
    return narrow;
}
