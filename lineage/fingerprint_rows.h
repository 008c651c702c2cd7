/*
 * Fingerprints of the single rows and columns of a matrix, so that a part of it can be recognised later from the part alone.
 *
 * A column runs contiguously and is hashed by XXH3. Rows are hashed side by side, one short run of rows at a time: hashing them
 * one after the other would read memory across, and a state of XXH3 for each takes 576 bytes. What is kept of a row instead is
 * four sums, NH (Black, Halevi et al., UMAC): each 64-bit word x of the row adds (low x + key) * (high x + other key), keys of
 * the column's own, in 32 bits each, sums modulo 2^64. Two different rows agree in one such sum with probability 2^-32 over the
 * keys, in all four with 2^-128. The keys are the same in every process and no secret (compare fingerprint.h on crafted
 * collisions), and never repeat along a row, so that moving elements about changes the sums.
 *
 * Depends on nothing but the elements, as bits: neither on address nor on leading dimension. Views are PART_FULL, with a positive
 * leading dimension. Thread-safe; about 10 KiB of stack.
 */
#ifndef BLASE_LINEAGE_FINGERPRINT_ROWS_H
#define BLASE_LINEAGE_FINGERPRINT_ROWS_H

#include "lineage/fingerprint.h"

/* Of each column: out[v->cols]. */
void fingerprint_columns(const struct view *v, struct fp *out);

/* Of each row: out[v->rows]. */
void fingerprint_rows(const struct view *v, struct fp *out);

#endif
