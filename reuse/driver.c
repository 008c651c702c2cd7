#include "reuse/driver.h"

#include <string.h>

void driver_half(const struct op_half *half, const struct canon *c, struct canon *out)
{
    *out = *c;
    out->op = &op_table[half->op];
    memset(out->a, 0, sizeof out->a);
    for (int arg = 0; arg < out->op->nargs; arg++) {
        const struct op_given *g = &half->args[arg];
        if (g->from < 0) {
            out->a[arg].i = -g->from;
            continue;
        }
        const int64_t by = g->sign ? g->sign * c->a[g->by].i : 0;
        const struct op_arg *given = &c->op->args[g->from];
        out->a[arg] = c->a[g->from];
        if (by && given->operand < 0)
            out->a[arg].i += by;
        else if (by && out->a[arg].p) /* NULL: not passed in this spelling */
            out->a[arg].p = (char *)out->a[arg].p + by * (int64_t)op_element_bytes(c, given->operand);
    }
}

static bool same_region(struct region a, struct region b)
{
    return a.part == b.part && a.rows == b.rows && a.cols == b.cols;
}

/* Ties the factor's operands to the driver's; what both write is the factor's. */
static bool tie_operands(struct driver *d, const struct canon *c, const struct use *use)
{
    const struct op *op = d->factor.op;
    for (int k = 0; k < op->noperands; k++) {
        int own = (int)c->op->args[d->halves->factor.args[op->operands[k].arg].from].operand;
        d->operand[k] = (int8_t)own;
        if (c->op->operands[own].role == ROLE_WORK) { /* scratch to the driver, but maybe not to its factor's routine */
            if (op->operands[k].role != ROLE_WORK)
                d->scalars = (int8_t)k;
            continue;
        }
        if (!same_region(d->factor_use[k].read, use[own].read) || !same_region(d->factor_use[k].write, use[own].write))
            return false;
        d->rest[own].write.part = PART_NONE;
    }
    return true;
}

bool driver_split(struct driver *d, const struct canon *c, const struct use *use, const struct op_place *where)
{
    d->halves = c->op->driver;
    if (!d->halves || !d->halves->applies(c, where)) {
        d->halves = NULL;
        return false;
    }
    driver_half(&d->halves->factor, c, &d->factor);
    canon_uses(&d->factor, d->factor_use);
    memcpy(d->rest, use, sizeof *use * c->op->noperands);
    d->alike = d->halves->alike(c, where);
    double whole = op_flops(c), factor = op_flops(&d->factor);
    d->share = factor < whole ? (uint32_t)(factor / whole * DRIVER_WHOLE) : DRIVER_WHOLE;
    d->scalars = -1;
    if (!tie_operands(d, c, use))
        d->halves = NULL;
    d->borrows = d->scalars >= 0;
    return d->halves != NULL;
}

static struct fp mixed(struct fp a, struct fp b)
{
    const struct fp both[2] = {a, b};
    return fingerprint_bytes(both, sizeof both);
}

enum { BORROWED = 1 };

void driver_keys(struct driver *d, const struct canon *c, const struct fp *read, const bool *reads,
                 const struct key_context *context)
{
    struct fp factor_read[OP_MAX_OPERANDS];
    bool factor_reads[OP_MAX_OPERANDS], none[OP_MAX_OPERANDS] = {false};
    for (int k = 0; k < d->factor.op->noperands; k++) {
        factor_reads[k] = reads[d->operand[k]];
        if (factor_reads[k])
            factor_read[k] = read[d->operand[k]];
    }
    d->key = key_of(&d->factor, factor_read, factor_reads, context);
    d->class = key_of(c, NULL, none, context);
    d->borrowed = d->key;
    d->borrowed_class = mixed(d->class, (struct fp){BORROWED, 0});
    if (!d->alike || d->scalars >= 0)
        d->key = mixed(d->key, d->class);
}

static _Atomic uint64_t *slot_of(struct proofs *p, struct fp class)
{
    return &p->slots[class.hi % PROOF_SLOTS];
}

enum verdict proofs_find(struct proofs *p, struct fp class)
{
    uint64_t slot = atomic_load_explicit(slot_of(p, class), memory_order_relaxed);
    return (slot | 3) == (class.lo | 3) ? (enum verdict)(slot & 3) : VERDICT_NONE;
}

void proofs_note(struct proofs *p, struct fp class, enum verdict verdict)
{
    atomic_store_explicit(slot_of(p, class), (class.lo & ~(uint64_t)3) | (uint64_t)verdict, memory_order_relaxed);
}
