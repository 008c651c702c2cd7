/* The search for NaN and infinities: every part, shape, stride and type; one bad element, in every place inside and outside. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <math.h>
#include <string.h>

#include "lineage/finite.h"

enum { ROWS = 5, COLS = 4, LD = 7, AHEAD = 9, CELLS = AHEAD + LD * COLS + AHEAD };

static const char types[] = "sdcz";
static const double bad[] = {NAN, INFINITY, -INFINITY};

static size_t real_bytes(char type)
{
    return type == 's' || type == 'c' ? 4 : 8;
}

static size_t element_bytes(char type)
{
    return real_bytes(type) * (type == 'c' || type == 'z' ? 2 : 1);
}

static void put(char *buffer, char type, size_t number, double value)
{
    float narrow = (float)value;
    if (real_bytes(type) == 4)
        memcpy(buffer + number * 4, &narrow, 4);
    else
        memcpy(buffer + number * 8, &value, 8);
}

static bool within(const struct view *v, int64_t cell)
{
    for (int64_t j = 0; j < v->cols; j++) {
        int64_t lo, hi;
        view_column(v, j, &lo, &hi);
        for (int64_t i = lo; i < hi; i++)
            if (AHEAD + (v->ld < 0 ? (1 - v->cols) * v->ld : 0) + i + j * v->ld == cell)
                return true;
    }
    return false;
}

/* With one bad number in every place of the buffer, one place after the other. */
static void check(struct view v)
{
    static char buffer[CELLS * 16];
    size_t numbers = element_bytes(v.type) / real_bytes(v.type);
    v.element = (uint32_t)element_bytes(v.type);
    v.base = buffer + (AHEAD + (v.ld < 0 ? (1 - v.cols) * v.ld : 0)) * (int64_t)v.element;
    for (size_t n = 0; n < CELLS * numbers; n++)
        put(buffer, v.type, n, n % 3 == 0 ? 1.5 : n % 3 == 1 ? -0.0 : 3e38);
    cr_assert_not(view_nonfinite(&v), "type %c part %d ld %d: finite", v.type, v.part, (int)v.ld);
    for (size_t n = 0; n < CELLS * numbers; n++) {
        put(buffer, v.type, n, bad[n % 3]);
        cr_assert_eq(view_nonfinite(&v), within(&v, (int64_t)(n / numbers)), "type %c part %d ld %d number %zu", v.type, v.part,
                     (int)v.ld, n);
        put(buffer, v.type, n, 1);
    }
}

Test(finite, parts_of_matrices)
{
    for (const char *type = types; *type; type++)
        for (int part = PART_NONE; part <= PART_STRICT_LOWER; part++)
            for (int ld = ROWS; ld <= LD; ld += LD - ROWS) {
                struct view v = {.rows = ROWS, .cols = COLS, .ld = ld, .type = *type, .part = (uint8_t)part};
                if (part == PART_NONE)
                    cr_expect_not(view_nonfinite(&v));
                else
                    check(v);
            }
}

Test(finite, vectors)
{
    static const int strides[] = {1, 2, 7, -1, -3};
    for (const char *type = types; *type; type++)
        for (size_t s = 0; s < sizeof strides / sizeof strides[0]; s++)
            check((struct view){.rows = 1, .cols = COLS, .ld = strides[s], .type = *type, .part = PART_FULL, .vector = true});
}

/* Longer than a step, the bad one in every step and at its borders. */
Test(finite, long_runs)
{
    enum { LENGTH = 3 * 4096 + 5 };
    static double x[LENGTH];
    struct view v = {.base = (char *)x, .rows = LENGTH, .cols = 1, .ld = LENGTH, .element = 8, .type = 'd', .part = PART_FULL};
    static const int at[] = {0, 4095, 4096, 8191, 8192, LENGTH - 1};
    cr_expect_not(view_nonfinite(&v));
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        x[at[i]] = INFINITY;
        cr_expect(view_nonfinite(&v), "at %d", at[i]);
        x[at[i]] = 1;
    }
}

Test(finite, no_flag_is_raised_and_integers_are_finite)
{
    const uint64_t signalling = 0x7ff0000000000001u;
    uint64_t x[8] = {signalling, 1, signalling};
    struct view v = {.base = (char *)x, .rows = 8, .cols = 1, .ld = 8, .element = 8, .type = 'd', .part = PART_FULL};
    feclearexcept(FE_ALL_EXCEPT);
    cr_expect(view_nonfinite(&v));
    x[0] = x[2] = 1; /* subnormal */
    cr_expect_not(view_nonfinite(&v));
    cr_expect_eq(fetestexcept(FE_ALL_EXCEPT), 0);
    memset(x, 0xff, sizeof x);
    v.type = 'l';
    cr_expect_not(view_nonfinite(&v));
    v.type = 'i';
    v.element = 4;
    cr_expect_not(view_nonfinite(&v));
}
