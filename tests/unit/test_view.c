/* Views against a plain walk over every element of a buffer. */
#include <stdlib.h>

#include "lineage/view.h"
#include "tests/unit/calls.h"

static bool holds(int part, int64_t i, int64_t j)
{
    switch (part) {
    case PART_FULL:
        return true;
    case PART_UPPER:
        return i <= j;
    case PART_LOWER:
        return i >= j;
    case PART_STRICT_UPPER:
        return i < j;
    case PART_STRICT_LOWER:
        return i > j;
    default:
        return false;
    }
}

static void number(unsigned char *buffer, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer[i] = (unsigned char)(i * 7 + i / 251 + 1);
}

/* Checks count, bytes, pack and unpack of a view whose element (i, j) stands at first + i*step_i + j*step_j in the buffer. */
static void check_elements(const struct view *v, char *buffer, size_t size, int64_t rows, int64_t cols, int part)
{
    size_t e = v->element, at = 0;
    unsigned char *want = malloc(size), *packed = malloc(size + 8), *keep = malloc(size);
    number((unsigned char *)buffer, size);
    memcpy(keep, buffer, size);
    for (int64_t j = 0; j < cols; j++)
        for (int64_t i = 0; i < rows; i++)
            if (holds(part, i, j)) {
                memcpy(want + at, v->base + (i + j * v->ld) * (int64_t)e, e);
                at += e;
            }
    cr_expect_eq((size_t)view_count(v) * e, at, "%ld elements, %zu expected", (long)view_count(v), at / e);
    cr_expect_eq(view_bytes(v), at);
    memset(packed, 0xC4, size + 8);
    cr_expect_eq(view_pack(v, packed), at);
    cr_expect(memcmp(packed, want, at) == 0, "packed otherwise");
    cr_expect(packed[at] == 0xC4 && packed[at + 7] == 0xC4, "pack writes past the end");
    cr_expect(memcmp(buffer, keep, size) == 0, "pack writes to the source");
    /* Back, inverted: exactly the elements of the view change. */
    for (size_t i = 0; i < at; i++)
        packed[i] = (unsigned char)~packed[i];
    for (int64_t j = 0; j < cols; j++)
        for (int64_t i = 0; i < rows; i++)
            for (size_t b = 0; holds(part, i, j) && b < e; b++) {
                size_t where = (size_t)(v->base - buffer + (i + j * v->ld) * (int64_t)e) + b;
                keep[where] = (unsigned char)~keep[where];
            }
    cr_expect_eq(view_unpack(v, packed), at);
    cr_expect(memcmp(buffer, keep, size) == 0, "unpack touches something else");
    free(want);
    free(packed);
    free(keep);
}

/* The exact span, by looking at every element. */
static void check_span(const struct view *v, const char *outer_lo, const char *outer_hi)
{
    const char *lo = NULL, *hi = NULL, *got_lo, *got_hi;
    for (int64_t j = 0; j < v->cols; j++)
        for (int64_t i = 0; i < v->rows; i++)
            if (holds(v->part, i, j)) {
                const char *at = v->base + (i + j * v->ld) * (int64_t)v->element;
                lo = !lo || at < lo ? at : lo;
                hi = !hi || at + v->element > hi ? at + v->element : hi;
            }
    view_span(v, &got_lo, &got_hi);
    if (!lo)
        return;
    cr_expect(got_lo <= lo && got_hi >= hi, "the span misses elements");
    cr_expect(got_lo >= outer_lo && got_hi <= outer_hi, "the span leaves the operand");
    if (v->part == PART_FULL)
        cr_expect(got_lo == lo && got_hi == hi, "the span of a full view is exact");
}

enum { PAD = 64 };

Test(view, parts_of_every_shape)
{
    static const uint32_t elements[] = {4, 8, 16};
    for (int part = PART_FULL; part <= PART_STRICT_LOWER; part++)
        for (int64_t rows = 1; rows <= 6; rows++)
            for (int64_t cols = 1; cols <= 6; cols++)
                for (int64_t extra = 0; extra <= 3; extra += 3) {
                    uint32_t e = elements[(rows + cols) % 3];
                    int64_t ld = rows + extra;
                    size_t size = 2 * PAD + (size_t)(ld * cols) * e;
                    char *buffer = malloc(size);
                    struct view v = {buffer + PAD, rows, cols, ld, e, 'd', (uint8_t)part, false};
                    check_elements(&v, buffer, size, rows, cols, part);
                    check_span(&v, v.base, v.base + (size_t)(ld * (cols - 1) + rows) * e);
                    free(buffer);
                }
}

Test(view, column_major_operand)
{
    struct canon c;
    char *buffer = malloc(4096);
    GOOD(&c, "dgemm", STYLE_FORTRAN, 4, "cciiirpipirpi", 'N', 'N', 3, 4, 5, 1.0, buffer + PAD, 7, AT(2), 8, 1.0, AT(3), 9);
    struct view v = view_of(&c, operand_named(c.op, "A"), (struct region){PART_FULL, 3, 5});
    cr_expect(v.base == buffer + PAD && v.rows == 3 && v.cols == 5 && v.ld == 7 && v.element == 8 && v.type == 'd' && !v.vector);
    check_elements(&v, buffer, 4096, 3, 5, PART_FULL);
    cr_expect_not(view_contiguous(&v));
    free(buffer);
}

/* Row-major LAPACKE: memory rows are the matrix's columns, the upper triangle is the lower one of memory. */
Test(view, row_major_operand)
{
    struct canon c;
    char *buffer = malloc(4096);
    GOOD(&c, "zgetrf", STYLE_LAPACKE, 8, "eiipip", ROW, 3, 5, buffer + PAD, 6, AT(2));
    struct view v = view_of(&c, operand_named(c.op, "A"), (struct region){PART_FULL, 3, 5});
    cr_expect(v.rows == 5 && v.cols == 3 && v.ld == 6 && v.element == 16 && v.type == 'z');
    check_elements(&v, buffer, 4096, 5, 3, PART_FULL);
    static const int flipped[][2] = {{PART_UPPER, PART_LOWER},
                                     {PART_LOWER, PART_UPPER},
                                     {PART_STRICT_UPPER, PART_STRICT_LOWER},
                                     {PART_STRICT_LOWER, PART_STRICT_UPPER}};
    for (int i = 0; i < 4; i++) {
        v = view_of(&c, operand_named(c.op, "A"), (struct region){flipped[i][0], 3, 5});
        cr_expect_eq(v.part, flipped[i][1]);
        check_elements(&v, buffer, 4096, 5, 3, flipped[i][1]);
    }
    struct view ipiv = view_of(&c, operand_named(c.op, "ipiv"), (struct region){PART_FULL, 3, 1});
    cr_expect(ipiv.type == 'l' && ipiv.element == 8 && ipiv.rows == 3 && ipiv.cols == 1 && ipiv.vector && ipiv.base == AT(2));
    free(buffer);
}

/* x(1) stands at the far end when the increment is negative. */
Test(view, vectors)
{
    static const int increments[] = {1, 2, 5, -1, -3};
    char *buffer = malloc(1024);
    for (size_t k = 0; k < 5; k++)
        for (int64_t n = 1; n <= 4; n++) {
            struct canon c;
            int inc = increments[k];
            char *x = buffer + PAD, *first = x + (inc < 0 ? (n - 1) * -inc * 4 : 0);
            GOOD(&c, "sgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', 3, (int)n, 1.0, AT(1), 3, x, inc, 1.0, AT(3), 1);
            struct view v = view_of(&c, operand_named(c.op, "X"), (struct region){PART_FULL, n, 1});
            cr_expect(v.vector && v.base == first && view_count(&v) == n, "increment %d, %ld elements", inc, (long)n);
            check_elements(&v, buffer, 1024, v.rows, v.cols, PART_FULL);
            number((unsigned char *)buffer, 1024);
            char packed[16];
            view_pack(&v, packed);
            for (int64_t i = 0; i < n; i++)
                cr_expect(memcmp(packed + 4 * i, first + i * inc * 4, 4) == 0, "element %ld, increment %d", (long)i, inc);
            check_span(&v, x, x + ((n - 1) * labs(inc) + 1) * 4);
        }
    free(buffer);
}

Test(view, nothing_in_it)
{
    struct canon c;
    const char *lo, *hi;
    GOOD(&c, "dgetrf", STYLE_FORTRAN, 4, "iipipp", 3, 5, AT(1), 6, AT(2), AT(9));
    static const struct region regions[] = {
        {PART_NONE, 3, 5}, {PART_FULL, 0, 5}, {PART_FULL, 3, 0}, {PART_UPPER, 0, 0}, {PART_FULL, -1, 5}};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        struct view v = view_of(&c, operand_named(c.op, "A"), regions[i]), other = v;
        cr_expect(view_empty(&v) && view_count(&v) == 0 && view_bytes(&v) == 0, "region %zu", i);
        cr_expect(view_pack(&v, NULL) == 0 && view_unpack(&v, NULL) == 0);
        view_span(&v, &lo, &hi);
        cr_expect_eq(lo, hi);
        other.part = PART_FULL;
        other.rows = other.cols = other.ld = 3;
        cr_expect_not(view_overlap(&v, &other));
        cr_expect_not(view_overlap(&other, &v));
    }
}

Test(view, contiguous)
{
    char at[8] = {0};
    cr_expect(view_contiguous(&(struct view){at, 3, 4, 3, 8, 'd', PART_FULL, false}));
    cr_expect(view_contiguous(&(struct view){at, 3, 1, 9, 8, 'd', PART_FULL, false}));
    cr_expect_not(view_contiguous(&(struct view){at, 3, 4, 4, 8, 'd', PART_FULL, false}));
    cr_expect_not(view_contiguous(&(struct view){at, 3, 3, 3, 8, 'd', PART_LOWER, false}));
    cr_expect_not(view_contiguous(&(struct view){at, 1, 4, -1, 8, 'd', PART_FULL, true}));
}

static struct view block(char *matrix, int64_t ld, int64_t row, int64_t col, int64_t rows, int64_t cols)
{
    return (struct view){matrix + (col * ld + row) * 8, rows, cols, ld, 8, 'd', PART_FULL, false};
}

static bool meet(struct view a, struct view b)
{
    bool one = view_overlap(&a, &b), other = view_overlap(&b, &a);
    cr_expect_eq(one, other, "overlap depends on the order");
    return one;
}

/* Never missed; and not claimed for separate column blocks or row bands of one matrix. */
Test(view, overlap_of_blocks)
{
    static char matrix[10 * 10 * 8];
    for (int64_t r = 0; r < 10; r += 3)
        for (int64_t q = 0; q < 10; q += 3)
            for (int64_t h = 1; h <= 10 - q; h += 2)
                for (int64_t k = 1; k <= 10 - r; k += 2)
                    for (int64_t col = 0; col < 6; col++) {
                        bool rows_meet = r < q + h && q < r + k, cols_meet = col < 4;
                        bool got = meet(block(matrix, 10, r, 0, k, 4), block(matrix, 10, q, col, h, 4));
                        cr_expect(got || !(rows_meet && cols_meet), "rows %ld+%ld, %ld+%ld col %ld missed", (long)r, (long)k,
                                  (long)q, (long)h, (long)col);
                        cr_expect(!got || rows_meet, "row bands %ld+%ld, %ld+%ld col %ld claimed", (long)r, (long)k, (long)q,
                                  (long)h, (long)col);
                        cr_expect(!got || cols_meet || (col == 4 && rows_meet), "columns claimed");
                    }
}

Test(view, overlap_of_neighbours)
{
    static char at[4096];
    cr_expect_not(meet(block(at, 10, 0, 0, 10, 2), block(at, 10, 0, 2, 10, 2)), "columns side by side");
    cr_expect(meet(block(at, 10, 0, 0, 10, 3), block(at, 10, 9, 2, 1, 1)), "a corner");
    cr_expect(meet(block(at, 10, 0, 0, 4, 4), block(at, 9, 5, 0, 4, 4)), "bands of different pitch are not separate");
    struct view x = {at, 1, 8, 2, 8, 'd', PART_FULL, true}, y = {at + 8 * 16, 1, 8, -2, 8, 'd', PART_FULL, true};
    cr_expect(meet(x, y), "interleaved vectors may meet");
    y.base = at + 8 * 32;
    cr_expect_not(meet(x, y), "the lowest element of y is at 18, the highest of x at 14");
    y.base = at + 8 * 28;
    cr_expect(meet(x, y), "both have element 14");
    struct view bytes = {at + 4, 1, 1, 1, 8, 'd', PART_FULL, false}, whole = block(at, 1, 0, 0, 1, 1);
    cr_expect(meet(bytes, whole), "half an element shared");
}

/* A band that runs over the end of the pitch into the next column's rows. */
Test(view, overlap_across_the_pitch)
{
    static char at[4096];
    cr_expect(meet(block(at, 10, 0, 0, 4, 3), block(at, 10, 7, 0, 4, 2)),
              "rows 7 to 10 of a 10-row pitch meet row 0 of the next column");
    cr_expect_not(meet(block(at, 10, 0, 0, 4, 3), block(at, 10, 7, 0, 3, 2)));
}

Test(view, moved)
{
    struct canon c;
    char *from = malloc(1024), *to = malloc(1024);
    number((unsigned char *)from, 1024);
    GOOD(&c, "sgemv", STYLE_FORTRAN, 4, "ciirpipirpi", 'N', 3, 5, 1.0, AT(1), 3, from, -2, 1.0, AT(3), 1);
    struct view v = view_of(&c, operand_named(c.op, "X"), (struct region){PART_FULL, 5, 1}), moved = view_moved(&v, from, to);
    cr_expect(moved.base - to == v.base - from && moved.base == to + 32);
    moved.base = v.base;
    cr_expect(moved.rows == v.rows && moved.cols == v.cols && moved.ld == v.ld && moved.element == v.element &&
              moved.type == v.type && moved.part == v.part && moved.vector == v.vector);
    moved = view_moved(&v, from, to);
    memset(to, 0xC4, 1024);
    char packed[20], again[20];
    view_pack(&v, packed);
    view_unpack(&moved, packed);
    view_pack(&moved, again);
    cr_expect_arr_eq(packed, again, sizeof packed);
    for (int i = 0; i < 256; i++)
        if (i % 2 || i > 8)
            cr_expect(memcmp(to + 4 * i, "\xC4\xC4\xC4\xC4", 4) == 0, "element %d touched", i);
    free(from);
    free(to);
}
