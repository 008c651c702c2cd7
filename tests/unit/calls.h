/*
 * Calls made by hand, argument by argument in the order of the documented signature, as an entry point would leave them: what a
 * 32-bit integer or a float does not fill is noise.
 */
#ifndef BLASE_TESTS_UNIT_CALLS_H
#define BLASE_TESTS_UNIT_CALLS_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>

#include "lineage/call.h"

enum { ROW = 101, COL = 102, NOTRANS = 111, TRANS, CONJTRANS, UPPER = 121, LOWER, NONUNIT = 131, UNIT, LEFT = 141, RIGHT };

/* Addresses that must not be followed. */
#define AT(n) ((void *)(uintptr_t)((n)*0x1000))

struct built {
    struct entry entry;
    struct call call;
    unsigned char store[OP_MAX_ARGS][16]; /* what Fortran's pointers point to */
};

static inline void built_integer(struct built *b, int at, int int_bytes, int64_t value)
{
    bool fortran = b->entry.style == STYLE_FORTRAN;
    int32_t narrow = (int32_t)value;
    unsigned char *to = fortran ? b->store[at] : (unsigned char *)&b->call.raw[at];
    memset(to, 0xA5, 8);
    if (int_bytes == 4)
        memcpy(to, &narrow, sizeof narrow);
    else
        memcpy(to, &value, sizeof value);
    if (fortran)
        b->call.raw[at].p = to;
}

static inline void built_reals(struct built *b, int at, int count, const double *values)
{
    bool by_address = b->entry.style == STYLE_FORTRAN || count == 2;
    size_t size = op_real_bytes(b->entry.op);
    unsigned char *to = by_address ? b->store[at] : (unsigned char *)&b->call.raw[at];
    memset(to, 0xA5, by_address ? 16 : 8);
    for (int i = 0; i < count; i++) {
        float narrow = (float)values[i];
        memcpy(to + (size_t)i * size, size == 4 ? (const void *)&narrow : (const void *)&values[i], size);
    }
    if (by_address)
        b->call.raw[at].p = to;
}

/*
 * One letter of `signature` an argument: c option letter, e CBLAS or layout constant, i int, I int64_t, r real scalar (double),
 * z complex scalar (two doubles), p pointer (also a scalar or letter given by its address).
 */
static inline void build(struct built *b, const char *routine, enum style style, int int_bytes, const char *signature, ...)
{
    memset(b, 0, sizeof *b);
    memset(b->call.raw, 0xA5, sizeof b->call.raw);
    b->entry = (struct entry){.symbol = routine, .op = op_find(routine), .style = (uint8_t)style};
    cr_assert_not_null(b->entry.op, "no %s in the table", routine);
    b->call.entry = &b->entry;
    va_list list;
    va_start(list, signature);
    for (int at = 0; signature[at]; at++) {
        double values[2] = {0, 0};
        union raw *raw = &b->call.raw[at];
        switch (signature[at]) {
        case 'c':
            b->store[at][0] = (unsigned char)va_arg(list, int);
            if (style == STYLE_FORTRAN)
                raw->p = b->store[at];
            else
                memcpy(raw, b->store[at], 1);
            break;
        case 'e':
            raw->i = (int64_t)(0xFEDCBA9800000000u | (unsigned)va_arg(list, int));
            break;
        case 'i':
            built_integer(b, at, int_bytes, va_arg(list, int));
            break;
        case 'I':
            built_integer(b, at, int_bytes, va_arg(list, int64_t));
            break;
        case 'r':
        case 'z':
            values[0] = va_arg(list, double);
            values[1] = signature[at] == 'z' ? va_arg(list, double) : 0;
            built_reals(b, at, signature[at] == 'z' ? 2 : 1, values);
            break;
        default:
            raw->p = va_arg(list, void *);
        }
    }
    va_end(list);
}

static inline enum canon_result canon_of(struct built *b, int int_bytes, struct canon *c)
{
    memset(c, 0xEE, sizeof *c);
    return canon_from_call(&b->call, int_bytes, c);
}

/* Builds and canonises a call that must be good. */
#define GOOD(canon, routine, style, int_bytes, ...)                                            \
    do {                                                                                       \
        static struct built built_;                                                            \
        build(&built_, routine, style, int_bytes, __VA_ARGS__);                                \
        cr_assert_eq(canon_of(&built_, int_bytes, canon), CANON_OK, "%s is refused", routine); \
    } while (0)

#define RESULT(routine, style, int_bytes, ...)                  \
    __extension__({                                             \
        static struct built built_;                             \
        struct canon canon_;                                    \
        build(&built_, routine, style, int_bytes, __VA_ARGS__); \
        canon_of(&built_, int_bytes, &canon_);                  \
    })

static inline int argument_named(const struct op *op, const char *name)
{
    for (int i = 0; i < op->nargs; i++)
        if (strcmp(op->args[i].name, name) == 0)
            return i;
    cr_assert_fail("%s has no argument %s", op->name, name);
    return -1;
}

static inline int operand_named(const struct op *op, const char *name)
{
    for (int k = 0; k < op->noperands; k++)
        if (strcmp(op->operands[k].name, name) == 0)
            return k;
    cr_assert_fail("%s has no operand %s", op->name, name);
    return -1;
}

#endif
