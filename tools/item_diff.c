#include "tools/item_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"

static const char *kind_of(uint64_t kind)
{
    switch (kind) {
    case ARG_OPTION:
        return "option";
    case ARG_SCALAR:
    case ARG_REAL_SCALAR:
        return "scalar";
    case ARG_LD:
        return "leading dimension";
    case ARG_INC:
        return "increment";
    case ARG_LWORK:
        return "workspace size";
    case ARG_ARRAY:
        return "alignment";
    default:
        return "dimension";
    }
}

static const struct log_value *value_of(const struct log_item *item, uint64_t arg)
{
    for (uint64_t i = 0; i < item->nvalues; i++)
        if (item->values[i].arg == arg)
            return &item->values[i];
    return NULL;
}

static bool has_kind(const struct log_op *op, uint64_t kind)
{
    for (uint64_t i = 0; op && i < op->nargs; i++)
        if (op->args[i].kind == kind)
            return true;
    return false;
}

/* Leading dimensions count in a cache key where routines pick their way by them (reuse/key). */
static bool counts(const struct log_op *op, uint64_t kind, bool key)
{
    switch (kind) {
    case ARG_LD:
        return key && (has_kind(op, ARG_INC) || has_kind(op, ARG_LWORK));
    case ARG_INC:
    case ARG_LWORK:
    case ARG_ARRAY:
        return key;
    default:
        return true;
    }
}

static struct item_difference *add(struct item_differences *d, const char *what, char *first, char *second)
{
    d->difference = must_append(d->difference, d->count, sizeof *d->difference);
    d->difference[d->count] = (struct item_difference){.what = what, .text = {first, second}};
    return &d->difference[d->count++];
}

static char *value_text(const struct log_op *op, const struct log_value *v)
{
    struct short_text number[2];
    int count = value_numbers(op, v, number);
    if (count == 2)
        return must_print("(%s,%s)", number[0].s, number[1].s);
    return count == 0 ? must_print("'%s'", number[0].s) : must_copy(number[0].s);
}

static void add_values(struct item_differences *d, const struct log_op *op_a, const struct log_item *a, const struct log_op *op_b,
                       const struct log_item *b, bool key)
{
    for (uint64_t i = 0; i < a->nvalues; i++) {
        const struct log_value *x = &a->values[i], *y = value_of(b, x->arg);
        if (!y || !counts(op_a, x->kind, key) || (x->i == y->i && memcmp(x->bytes, y->bytes, sizeof x->bytes) == 0))
            continue;
        struct item_difference *one = add(d, kind_of(x->kind), value_text(op_a, x), value_text(op_b, y));
        one->name = op_argument(op_a, x->arg);
        one->op[0] = op_a;
        one->op[1] = op_b;
        one->is_value = true;
        one->value[0] = *x;
        one->value[1] = *y;
    }
}

static const char *layout(const struct log_item *item)
{
    return item->flags & ITEM_ROW_MAJOR ? "LAPACKE by rows" : item->flags & ITEM_LAPACKE ? "LAPACKE" : "Fortran";
}

static char *provider_text(const struct log_provider *p)
{
    char *version = text_clean(p->version);
    char *text = must_print("%s, %s, %llu-bit integers", *version ? version : "unknown",
                            text_count(p->threads, "thread", "threads").s, (unsigned long long)p->integer_bits);
    free(version);
    return text;
}

static void add_providers(struct item_differences *d, const struct log_provider *p, const struct log_provider *q)
{
    if (p && q &&
        (strcmp(p->version, q->version) != 0 || strcmp(p->build_id, q->build_id) != 0 || strcmp(p->core, q->core) != 0 ||
         p->threads != q->threads || p->integer_bits != q->integer_bits))
        add(d, "provider", provider_text(p), provider_text(q));
}

void item_differences(struct item_differences *out, const struct graph *ga, const struct log_item *a, uint32_t log_a,
                      const struct graph *gb, const struct log_item *b, uint32_t log_b, bool key)
{
    const struct log_op *x = run_log_op(&ga->run->log[log_a], a->op), *y = run_log_op(&gb->run->log[log_b], b->op);
    *out = (struct item_differences){NULL, 0};
    if (strcmp(op_name(x).s, op_name(y).s) != 0) {
        add(out, "routine", must_copy(op_name(x).s), must_copy(op_name(y).s));
        return;
    }
    add_values(out, x, a, y, b, key);
    if ((a->flags ^ b->flags) & (ITEM_ROW_MAJOR | ITEM_LAPACKE))
        add(out, "called by", must_copy(layout(a)), must_copy(layout(b)));
    add_providers(out, run_log_provider(&ga->run->log[log_a], a->provider), run_log_provider(&gb->run->log[log_b], b->provider));
}

void item_differences_free(struct item_differences *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->difference[i].text[0]);
        free(d->difference[i].text[1]);
    }
    free(d->difference);
}

void item_differences_print(const struct item_differences *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct item_difference *one = &d->difference[i];
        printf("    %s%s%s: %s and %s\n", one->what, *one->name.s ? " " : "", one->name.s, one->text[0], one->text[1]);
    }
}
