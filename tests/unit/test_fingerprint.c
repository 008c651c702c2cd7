/* Fingerprints: equal exactly when the content is. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/fingerprint_internal.h"

#include <criterion/criterion.h>

static uint64_t state = 88172645463325252u;

static uint64_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void noise(void *to, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t bits = chance();
        memcpy((char *)to + i, &bits, size - i < 8 ? size - i : 8);
    }
}

static struct view matrix(const void *base, int64_t rows, int64_t cols, int64_t ld, int part)
{
    return (struct view){(char *)(uintptr_t)base, rows, cols, ld, 8, 'd', (uint8_t)part, false};
}

static struct view vector(const void *base, int64_t n, int64_t inc)
{
    if (inc == 1)
        return (struct view){(char *)(uintptr_t)base, n, 1, n, 8, 'd', PART_FULL, true};
    return (struct view){(char *)(uintptr_t)base, 1, n, inc, 8, 'd', PART_FULL, true};
}

static bool same(struct view a, struct view b)
{
    return fp_equal(fingerprint(&a), fingerprint(&b));
}

/* The view's elements, copied to a fresh noisy buffer at another alignment and leading dimension. */
static struct view copy(struct view v, int64_t ld, size_t shift, void **own)
{
    size_t size = (size_t)(ld * v.cols) * v.element + 64;
    struct view c = v;
    *own = malloc(size);
    noise(*own, size);
    c.base = (char *)*own + shift;
    c.ld = ld;
    void *packed = malloc(view_bytes(&v) + 1);
    view_pack(&v, packed);
    view_unpack(&c, packed);
    free(packed);
    return c;
}

Test(fingerprint, copies_are_equal)
{
    static const int64_t shapes[][2] = {{1, 1},  {1, 7},   {7, 1},   {3, 3},     {5, 9},     {9, 5},     {64, 64},   {65, 63},
                                        {70, 1}, {200, 3}, {3, 200}, {300, 300}, {40000, 1}, {33000, 3}, {40000, 2}, {1, 40000}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int part = PART_FULL; part <= PART_STRICT_LOWER; part++) {
            int64_t rows = shapes[s][0], cols = shapes[s][1];
            double *data = malloc((size_t)(rows * cols) * 8);
            noise(data, (size_t)(rows * cols) * 8);
            struct view v = matrix(data, rows, cols, rows, part);
            for (int64_t extra = 0; extra <= 3; extra += 3) {
                void *own;
                struct view c = copy(v, rows + extra, 8 + (size_t)extra * 4, &own);
                cr_expect(same(v, c), "%ld x %ld, part %d, ld + %ld", (long)rows, (long)cols, part, (long)extra);
                free(own);
            }
            free(data);
        }
}

/* A vector, however it is strided, and the column that it would be. */
Test(fingerprint, strided_vectors_equal_contiguous_ones)
{
    static const int64_t lengths[] = {1, 2, 3, 60, 61, 127, 128, 1000, 32768, 32769, 100000};
    static const int64_t increments[] = {2, 3, -1, -2};
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
        for (size_t k = 0; k < 4; k++) {
            int64_t n = lengths[l], inc = increments[k];
            double *plain = malloc((size_t)n * 8), *spread = malloc((size_t)(n * llabs(inc)) * 8);
            noise(plain, (size_t)n * 8);
            noise(spread, (size_t)(n * llabs(inc)) * 8);
            double *first = spread + (inc < 0 ? (n - 1) * -inc : 0);
            for (int64_t i = 0; i < n; i++)
                memcpy(first + i * inc, plain + i, 8);
            cr_expect(same(vector(plain, n, 1), vector(first, n, inc)), "%ld elements, increment %ld", (long)n, (long)inc);
            cr_expect(same(vector(plain, n, 1), matrix(plain, n, 1, n + 5, PART_FULL)), "%ld elements as a column", (long)n);
            memcpy(&plain[n / 2], &(uint64_t){chance()}, 8);
            cr_expect_not(same(vector(plain, n, 1), vector(first, n, inc)), "%ld elements, increment %ld", (long)n, (long)inc);
            free(plain);
            free(spread);
        }
}

static void flip(void *data, size_t bit)
{
    ((unsigned char *)data)[bit / 8] ^= (unsigned char)(1u << bit % 8);
}

Test(fingerprint, every_bit_of_a_small_matrix_counts)
{
    static const int64_t shapes[][2] = {{1, 1}, {3, 4}, {5, 5}, {9, 2}};
    for (size_t s = 0; s < 4; s++) {
        double data[25];
        int64_t rows = shapes[s][0], cols = shapes[s][1];
        noise(data, sizeof data);
        struct view v = matrix(data, rows, cols, rows, PART_FULL);
        struct fp before = fingerprint(&v);
        for (size_t bit = 0; bit < (size_t)(rows * cols) * 64; bit++) {
            flip(data, bit);
            struct fp after = fingerprint(&v);
            flip(data, bit);
            cr_expect(!fp_equal(before, after), "bit %zu of %ld x %ld", bit, (long)rows, (long)cols);
            cr_expect(before.lo != after.lo && before.hi != after.hi, "bit %zu changes but half of the fingerprint", bit);
        }
        cr_expect(fp_equal(before, fingerprint(&v)));
    }
}

/* Several chunks: chance bits, and the bytes on both sides of each multiple of 256 KiB. */
static void check_large(struct view v, double *data, size_t bytes)
{
    struct fp before = fingerprint(&v);
    for (size_t border = 0; border <= bytes; border += 256 * 1024)
        for (size_t side = 0; side < 2; side++) {
            size_t at = border - 1 + side;
            if (at >= bytes)
                continue;
            flip(data, at * 8 + 3);
            cr_expect(!fp_equal(before, fingerprint(&v)), "byte %zu", at);
            flip(data, at * 8 + 3);
        }
    for (int i = 0; i < 40; i++) {
        size_t bit = chance() % (bytes * 8);
        flip(data, bit);
        cr_expect(!fp_equal(before, fingerprint(&v)), "bit %zu", bit);
        flip(data, bit);
    }
    cr_expect(fp_equal(before, fingerprint(&v)));
}

Test(fingerprint, bits_of_large_views_count)
{
    enum { COUNT = 300 * 400 };
    double *data = malloc(COUNT * 8);
    noise(data, COUNT * 8);
    check_large(matrix(data, 300, 400, 300, PART_FULL), data, COUNT * 8);
    check_large(matrix(data, 40000, 3, 40000, PART_FULL), data, COUNT * 8);
    check_large(matrix(data, 3, 40000, 3, PART_FULL), data, COUNT * 8);
    check_large(matrix(data, 346, 346, 346, PART_FULL), data, 346 * 346 * 8);
    check_large(vector(data, COUNT, 1), data, COUNT * 8);
    check_large(vector(data + COUNT - 1, COUNT, -1), data, COUNT * 8);
    free(data);
}

/* More chunk digests than one fold takes (60), so that the running digest is folded in. */
Test(fingerprint, many_chunks)
{
    size_t count = (size_t)(130 * 32768) + 5;
    double *data = malloc(count * 8);
    noise(data, count * 8);
    struct view v = vector(data, (int64_t)count, 1);
    struct fp before = fingerprint(&v);
    static const size_t chunks[] = {0, 1, 58, 59, 60, 61, 62, 118, 119, 120, 121, 129, 130};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        flip(data, chunks[i] * 32768 * 64 + 5);
        cr_expect(!fp_equal(before, fingerprint(&v)), "chunk %zu", chunks[i]);
        flip(data, chunks[i] * 32768 * 64 + 5);
    }
    char *piece = malloc(256 * 1024);
    memcpy(piece, data, 256 * 1024); /* two chunks exchanged */
    memcpy(data, data + 32768, 256 * 1024);
    memcpy(data + 32768, piece, 256 * 1024);
    cr_expect(!fp_equal(before, fingerprint(&v)), "the order of chunks does not count");
    free(piece);
    free(data);
}

Test(fingerprint, bits_not_values)
{
    double zero[4] = {0.0, 1, 2, 3}, minus[4] = {-0.0, 1, 2, 3}, nan_a[4], nan_b[4];
    uint64_t quiet = 0x7ff8000000000000u, payload = 0x7ff8000000000001u;
    cr_expect_not(same(matrix(zero, 2, 2, 2, PART_FULL), matrix(minus, 2, 2, 2, PART_FULL)), "-0.0");
    memcpy(nan_a, zero, sizeof zero);
    memcpy(nan_b, zero, sizeof zero);
    memcpy(nan_a + 3, &quiet, 8);
    memcpy(nan_b + 3, &payload, 8);
    cr_expect_not(same(matrix(nan_a, 2, 2, 2, PART_FULL), matrix(nan_b, 2, 2, 2, PART_FULL)), "NaN payloads");
    memcpy(nan_b + 3, &quiet, 8);
    cr_expect(same(matrix(nan_a, 2, 2, 2, PART_FULL), matrix(nan_b, 2, 2, 2, PART_FULL)), "the same NaN");
}

Test(fingerprint, shape_type_and_part_count)
{
    double data[36];
    noise(data, sizeof data);
    memset(data + 16, 0, 20 * 8);
    cr_expect_not(same(matrix(data, 2, 3, 2, PART_FULL), matrix(data, 3, 2, 3, PART_FULL)));
    cr_expect_not(same(matrix(data, 6, 1, 6, PART_FULL), matrix(data, 1, 6, 1, PART_FULL)));
    cr_expect_not(same(matrix(data, 6, 1, 6, PART_FULL), matrix(data, 3, 2, 3, PART_FULL)));
    cr_expect_not(same(matrix(data, 4, 4, 4, PART_FULL), matrix(data, 2, 8, 2, PART_FULL)));
    struct view v = matrix(data, 2, 3, 2, PART_FULL), w = v;
    w.type = 'c';
    cr_expect_not(same(v, w), "eight bytes of type c are not a double");
    w.type = 'l';
    cr_expect_not(same(v, w));
    w = v;
    w.element = 4;
    w.type = 's';
    w.rows = w.ld = 4;
    cr_expect_not(same(v, w), "the same bytes as floats");
    for (int p = PART_FULL; p <= PART_STRICT_LOWER; p++)
        for (int q = p + 1; q <= PART_STRICT_LOWER; q++) {
            cr_expect_not(same(matrix(data, 4, 4, 4, p), matrix(data, 4, 4, 4, q)), "parts %d and %d", p, q);
            cr_expect_not(same(matrix(data, 1, 1, 1, p), matrix(data, 1, 1, 1, q)), "parts %d and %d of one element", p, q);
        }
    /* a symmetric matrix has the same elements in both triangles: still not the same thing */
    double sym[4] = {1, 2, 2, 3};
    cr_expect_not(same(matrix(sym, 2, 2, 2, PART_UPPER), matrix(sym, 2, 2, 2, PART_LOWER)));
}

Test(fingerprint, empty_views)
{
    double data[4] = {1, 2, 3, 4};
    struct view a = matrix(data, 0, 5, 1, PART_NONE), b = matrix(data + 2, 3, 0, 3, PART_NONE),
                c = matrix(NULL, 0, 0, 0, PART_NONE);
    cr_expect(same(a, b) && same(a, c));
    b.type = 's';
    cr_expect_not(same(a, b));
    cr_expect(same(matrix(data, 0, 2, 1, PART_FULL), matrix(data, 2, 0, 2, PART_FULL)));
    cr_expect_not(same(matrix(data, 0, 2, 1, PART_FULL), matrix(data, 1, 1, 1, PART_FULL)));
}

static void check_parts(int64_t n, int64_t ld)
{
    double *data = malloc((size_t)(n * ld) * 8);
    noise(data, (size_t)(n * ld) * 8);
    struct view full = matrix(data, n, n, ld, PART_FULL);
    const struct fp_whole whole = fingerprint_whole(&full, NULL, 1);
    cr_expect(fp_equal(whole.fp, fingerprint(&full)));
    cr_expect_eq(whole.square, n > 1, "%ld x %ld", (long)n, (long)n);
    for (int part = PART_FULL; part <= PART_STRICT_LOWER && whole.square; part++) {
        struct view v = matrix(data, n, n, ld, part);
        cr_expect(fp_equal(fingerprint_part(&whole, part), fingerprint(&v)), "part %d of %ld x %ld", part, (long)n, (long)n);
    }
    free(data);
}

Test(fingerprint, parts_of_a_square_come_with_it)
{
    for (int64_t n = 1; n <= 70; n++)
        check_parts(n, n + n % 3);
    check_parts(600, 600);
    check_parts(600, 611);
}

Test(fingerprint, parts_of_anything_else_are_itself)
{
    double data[36];
    noise(data, sizeof data);
    struct view views[] = {matrix(data, 3, 4, 3, PART_FULL), matrix(data, 4, 4, 4, PART_LOWER), matrix(data, 3, 4, 3, PART_UPPER),
                           vector(data, 6, 1), vector(data, 6, 2)};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        const struct fp_whole whole = fingerprint_whole(&views[i], NULL, 1);
        cr_expect_not(whole.square);
        cr_expect(whole.part == views[i].part && fp_equal(whole.fp, fingerprint(&views[i])));
    }
}

Test(fingerprint, a_crew_changes_nothing)
{
    enum { SIDE = 2300, LD = 2307 };
    struct crew crew = {0};
    double *data = malloc((size_t)SIDE * LD * 8);
    noise(data, (size_t)SIDE * LD * 8);
    const struct view views[] = {
        matrix(data, SIDE, SIDE, LD, PART_FULL),     matrix(data, SIDE, SIDE, LD, PART_LOWER),
        matrix(data, SIDE, SIDE - 1, LD, PART_FULL), matrix(data, SIDE * LD, 1, SIDE * LD, PART_FULL),
        matrix(data, SIDE, SIDE, SIDE, PART_UPPER),  vector(data, SIDE * LD / 2, 2),
        matrix(data, 300, 300, 300, PART_FULL),      matrix(data, SIDE * LD / 2, 2, SIDE * LD / 2, PART_FULL)};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        for (int threads = 1; threads <= 5; threads++)
            cr_expect(fp_equal(fingerprint(&views[i]), fingerprint_by(&views[i], &crew, threads)), "view %zu, %d threads", i,
                      threads);
    const struct fp_whole alone = fingerprint_whole(&views[0], NULL, 1), together = fingerprint_whole(&views[0], &crew, 4);
    cr_expect_eq(memcmp(alone.streams, together.streams, sizeof alone.streams), 0);
    free(data);
}

/* Flips each element of the buffer in turn: the fingerprint must move exactly if the view has it. */
static void check_reads(struct view v, double *data, size_t count)
{
    struct fp before = fingerprint(&v);
    for (size_t at = 0; at < count; at++) {
        int64_t i = (int64_t)at % v.ld, j = (int64_t)at / v.ld, lo, hi;
        view_column(&v, j, &lo, &hi);
        bool has = i >= lo && i < hi && i < v.rows && j < v.cols;
        flip(data, at * 64 + 17);
        cr_expect_eq(fp_equal(before, fingerprint(&v)), !has, "element %ld, %ld of part %d", (long)i, (long)j, v.part);
        flip(data, at * 64 + 17);
    }
}

Test(fingerprint, only_the_view_is_read)
{
    static const int64_t shapes[][2] = {{1, 1}, {5, 5}, {4, 7}, {7, 4}, {30, 30}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int part = PART_FULL; part <= PART_STRICT_LOWER; part++) {
            int64_t ld = shapes[s][0] + 2;
            size_t count = (size_t)(ld * shapes[s][1]) - 2; /* the last column has no padding: reading it is an error */
            double *data = malloc(count * 8);
            noise(data, count * 8);
            check_reads(matrix(data, shapes[s][0], shapes[s][1], ld, part), data, count);
            free(data);
        }
}

static void check_kernels(struct view v)
{
    int64_t count = chunks_of(&v);
    cr_expect_gt(count, 0);
    for (int64_t i = 0; i < count; i++)
        cr_expect(fp_equal(fp_generic_chunk(&v, i), fp_avx2_chunk(&v, i)), "%ld x %ld, part %d, chunk %ld", (long)v.rows,
                  (long)v.cols, v.part, (long)i);
}

Test(fingerprint, kernels_agree)
{
    if (!__builtin_cpu_supports("avx2"))
        cr_skip_test("no AVX2 here");
    enum { COUNT = 300 * 400 };
    double *data = malloc(COUNT * 8);
    noise(data, COUNT * 8);
    for (int part = PART_FULL; part <= PART_STRICT_LOWER; part++) {
        check_kernels(matrix(data, 300, 400, 300, part));
        check_kernels(matrix(data, 40000, 3, 40000, part));
        check_kernels(matrix(data, 90, 400, 100, part));
        check_kernels(matrix(data, 5, 5, 6, part));
    }
    check_kernels(vector(data, COUNT, 1));
    check_kernels(vector(data, COUNT / 3, 3));
    for (size_t size = 0; size < 2000; size++) {
        struct fp a = fp_generic_bytes(data, size), b = fp_avx2_bytes(data, size);
        cr_expect(fp_equal(a, b), "%zu bytes", size);
    }
    free(data);
}

Test(fingerprint, bytes)
{
    char text[64] = "delimited|and typed";
    struct fp before = fingerprint_bytes(text, 20);
    cr_expect(fp_equal(before, fingerprint_bytes(text, 20)));
    cr_expect_not(fp_equal(before, fingerprint_bytes(text, 19)), "a NUL more or less");
    cr_expect_not(fp_equal(fingerprint_bytes("", 0), fingerprint_bytes("", 1)));
    const char *name = fingerprint_kernel();
    cr_expect_str_eq(name, __builtin_cpu_supports("avx2") ? "avx2" : "generic");
}
