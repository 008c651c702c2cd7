/* Rows and columns of a matrix by themselves: the sums are those of the formula, on any instruction set, in any surroundings. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/fingerprint_rows.h"

static const struct {
    char type;
    uint32_t element;
} types[] = {{'s', 4}, {'d', 8}, {'c', 8}, {'z', 16}};

static struct view noise(char type, uint32_t element, int64_t rows, int64_t cols, int64_t ld)
{
    uint32_t *words = malloc((size_t)(ld * cols) * element), state = 7;
    for (int64_t i = 0; i < ld * cols * (int64_t)element / 4; i++)
        words[i] = state = state * 1664525u + 1013904223u;
    return (struct view){
        .base = (char *)words, .rows = rows, .cols = cols, .ld = ld, .element = element, .type = type, .part = PART_FULL};
}

static uint64_t key(uint64_t column, uint64_t lane)
{
    uint64_t z = (column * 4 + lane + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The formula of fingerprint_rows.h, word by word. */
static struct fp plain_row(const struct view *v, int64_t i)
{
    uint64_t sums[8] = {0};
    int words = v->element == 16 ? 2 : 1;
    for (int64_t j = 0; j < v->cols; j++)
        for (int w = 0; w < words; w++) {
            uint64_t word = 0;
            memcpy(&word, v->base + (j * v->ld + i) * (int64_t)v->element + 8 * w, v->element == 4 ? 4 : 8);
            for (uint64_t lane = 0; lane < 4; lane++) {
                uint64_t k = key((uint64_t)j, lane);
                sums[4 * w + (int)lane] +=
                    (uint64_t)(uint32_t)((uint32_t)word + (uint32_t)k) * (uint32_t)((uint32_t)(word >> 32) + (uint32_t)(k >> 32));
            }
        }
    return fingerprint_bytes(sums, (size_t)words * 4 * sizeof sums[0]);
}

Test(fingerprint_rows, are_the_sums_of_the_formula)
{
    static const int64_t shapes[][3] = {{1, 1, 1}, {3, 5, 3}, {4, 4, 9}, {257, 7, 260}, {130, 33, 130}, {600, 2, 601}};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            struct view v = noise(types[t].type, types[t].element, shapes[s][0], shapes[s][1], shapes[s][2]);
            struct fp *rows = malloc((size_t)v.rows * sizeof *rows);
            fingerprint_rows(&v, rows);
            for (int64_t i = 0; i < v.rows; i++)
                cr_assert(fp_equal(rows[i], plain_row(&v, i)), "%c %lld x %lld, row %lld", v.type, (long long)v.rows,
                          (long long)v.cols, (long long)i);
            free(rows);
            free(v.base);
        }
}

Test(fingerprint_rows, a_range_has_the_hashes_it_had_in_the_whole)
{
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        struct view v = noise(types[t].type, types[t].element, 300, 21, 303);
        struct fp whole[300], part[300], column[21], copy[4];
        fingerprint_rows(&v, whole);
        struct view band = v;
        band.base += 77 * (int64_t)v.element;
        band.rows = 100;
        fingerprint_rows(&band, part);
        cr_assert_eq(memcmp(part, whole + 77, 100 * sizeof part[0]), 0);
        fingerprint_columns(&v, column);
        struct view some = v, packed = v;
        some.base += 5 * v.ld * (int64_t)v.element;
        some.cols = packed.cols = 4;
        packed.ld = v.rows;
        packed.base = malloc(view_bytes(&packed));
        view_pack(&some, packed.base);
        fingerprint_columns(&packed, copy);
        cr_assert_eq(memcmp(copy, column + 5, sizeof copy), 0);
        free(packed.base);
        free(v.base);
    }
}

Test(fingerprint_rows, tell_one_bit_and_one_exchange)
{
    struct view v = noise('d', 8, 64, 200, 64);
    struct fp before[64], after[64];
    double *x = (double *)(void *)v.base, kept;
    fingerprint_rows(&v, before);
    v.base[8 * (64 * 150 + 9)] ^= 1;
    fingerprint_rows(&v, after);
    for (int i = 0; i < 64; i++)
        cr_assert_eq(fp_equal(before[i], after[i]), i != 9, "row %d", i);
    v.base[8 * (64 * 150 + 9)] ^= 1;
    kept = x[64 * 3 + 20];
    x[64 * 3 + 20] = x[64 * 131 + 20];
    x[64 * 131 + 20] = kept;
    fingerprint_rows(&v, after);
    for (int i = 0; i < 64; i++)
        cr_assert_eq(fp_equal(before[i], after[i]), i != 20, "row %d", i);
    free(v.base);
}
