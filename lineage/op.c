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
    /* NaN counts as non-zero, as it does in the reference. What the scalar does not fill is zero. */
    const unsigned char *bytes = c->a[arg].bytes;
    if (op_real_bytes(c->op) == 8) {
        double value[2];
        memcpy(value, bytes, sizeof value);
        return !(value[0] == 0) || !(value[1] == 0);
    }
    float value[2];
    memcpy(value, bytes, sizeof value);
    return !(value[0] == 0) || !(value[1] == 0);
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
