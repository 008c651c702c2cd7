#include "lineage/fingerprint_rows.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Words summed side by side: their sums fit the first cache, a column's run of them is long enough to be read ahead. */
enum { LANES = 4, BLOCK = 256, TOGETHER = 4 };

#define ALWAYS static inline __attribute__((always_inline))
#define AVX2 static inline __attribute__((always_inline, target("avx2")))

/* Keys of one column: the low half is added to the low half of each word, the high half to the high half. */
struct keys {
    uint64_t lane[LANES];
};

/* SplitMix64 of position and lane. */
static struct keys keys_of(int64_t column)
{
    struct keys k;
    for (uint64_t lane = 0; lane < LANES; lane++) {
        uint64_t z = ((uint64_t)column * LANES + lane + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        k.lane[lane] = z ^ (z >> 31);
    }
    return k;
}

ALWAYS uint64_t word_at(const char *run, int64_t i, uint32_t bytes)
{
    uint64_t wide;
    uint32_t narrow;
    if (bytes == 4) {
        memcpy(&narrow, run + 4 * i, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, run + 8 * i, sizeof wide);
    return wide;
}

ALWAYS uint64_t product(uint64_t word, uint64_t key)
{
    return (uint64_t)(uint32_t)(word + key) * (uint32_t)((word >> 32) + (key >> 32));
}

ALWAYS void sum_one(uint64_t sums[LANES][BLOCK], const char *run, int64_t first, int64_t words, uint32_t bytes,
                    const struct keys *k)
{
    for (int lane = 0; lane < LANES; lane++)
        for (int64_t i = first; i < words; i++)
            sums[lane][i] += product(word_at(run, i, bytes), k->lane[lane]);
}

/* Adds the words [from, from + words) of each column to the sums. */
static void sum_generic(const struct view *v, uint64_t sums[LANES][BLOCK], int64_t from, int64_t words, uint32_t bytes)
{
    int64_t pitch = v->ld * (int64_t)v->element;
    const char *run = v->base + from * (int64_t)bytes;
    for (int64_t j = 0; j < v->cols; j++, run += pitch) {
        const struct keys keys = keys_of(j);
        sum_one(sums, run, 0, words, bytes, &keys);
    }
}

#if defined(__x86_64__)
AVX2 __m256i words_at(const char *run, int64_t i, uint32_t bytes)
{
    if (bytes == 4)
        return _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)(run + 4 * i)));
    return _mm256_loadu_si256((const __m256i *)(const void *)(run + 8 * i));
}

AVX2 __m256i products(__m256i words, __m256i key)
{
    __m256i added = _mm256_add_epi32(words, key);
    return _mm256_mul_epu32(added, _mm256_srli_epi64(added, 32));
}

AVX2 __m256i broadcast(uint64_t key)
{
    return _mm256_set1_epi64x((long long)key);
}

/* Four columns at a time: a sum is loaded and stored once for all of them. Returns how many words were done, a multiple of 4. */
AVX2 int64_t sum_four(uint64_t sums[LANES][BLOCK], const char *run, int64_t pitch, int64_t words, uint32_t bytes,
                      const struct keys k[TOGETHER])
{
    const char *second = run + pitch, *third = second + pitch, *fourth = third + pitch;
    int64_t whole = words / 4 * 4;
    for (int lane = 0; lane < LANES; lane++) {
        __m256i a = broadcast(k[0].lane[lane]), b = broadcast(k[1].lane[lane]);
        __m256i c = broadcast(k[2].lane[lane]), d = broadcast(k[3].lane[lane]);
        for (int64_t i = 0; i < whole; i += 4) {
            __m256i *sum = (__m256i *)(void *)&sums[lane][i];
            __m256i left = _mm256_add_epi64(products(words_at(run, i, bytes), a), products(words_at(second, i, bytes), b));
            __m256i right = _mm256_add_epi64(products(words_at(third, i, bytes), c), products(words_at(fourth, i, bytes), d));
            _mm256_storeu_si256(sum, _mm256_add_epi64(_mm256_loadu_si256(sum), _mm256_add_epi64(left, right)));
        }
    }
    return whole;
}

__attribute__((target("avx2"))) static void sum_avx2(const struct view *v, uint64_t sums[LANES][BLOCK], int64_t from,
                                                     int64_t words, uint32_t bytes)
{
    int64_t j = 0, pitch = v->ld * (int64_t)v->element;
    const char *run = v->base + from * (int64_t)bytes;
    for (; j + TOGETHER <= v->cols; j += TOGETHER, run += TOGETHER * pitch) {
        const struct keys keys[TOGETHER] = {keys_of(j), keys_of(j + 1), keys_of(j + 2), keys_of(j + 3)};
        int64_t done = bytes == 4 ? sum_four(sums, run, pitch, words, 4, keys) : sum_four(sums, run, pitch, words, 8, keys);
        for (int column = 0; column < TOGETHER && done < words; column++)
            sum_one(sums, run + column * pitch, done, words, bytes, &keys[column]);
    }
    for (; j < v->cols; j++, run += pitch) {
        const struct keys keys = keys_of(j);
        sum_one(sums, run, 0, words, bytes, &keys);
    }
}
#endif

static void sum(const struct view *v, uint64_t sums[LANES][BLOCK], int64_t from, int64_t words)
{
    uint32_t bytes = v->element == 4 ? 4 : 8;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        sum_avx2(v, sums, from, words, bytes);
        return;
    }
#endif
    sum_generic(v, sums, from, words, bytes);
}

void fingerprint_columns(const struct view *v, struct fp *out)
{
    for (int64_t j = 0; j < v->cols; j++)
        out[j] = fingerprint_bytes(v->base + j * v->ld * (int64_t)v->element, (size_t)v->rows * v->element);
}

void fingerprint_rows(const struct view *v, struct fp *out)
{
    uint64_t sums[LANES][BLOCK], row[2 * LANES];
    int64_t each = v->element == 16 ? 2 : 1, total = v->rows * each; /* words of an element: complex double has two */
    for (int64_t from = 0; from < total; from += BLOCK) {
        int64_t words = total - from < BLOCK ? total - from : BLOCK;
        for (int lane = 0; lane < LANES; lane++)
            memset(sums[lane], 0, (size_t)words * sizeof sums[lane][0]);
        sum(v, sums, from, words);
        for (int64_t i = 0; i < words; i += each) {
            for (int64_t w = 0; w < each; w++)
                for (int lane = 0; lane < LANES; lane++)
                    row[w * LANES + lane] = sums[lane][i + w];
            out[(from + i) / each] = fingerprint_bytes(row, (size_t)each * LANES * sizeof *row);
        }
    }
}
