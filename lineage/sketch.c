#include "lineage/sketch.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/fingerprint_rows.h"
#include "lineage/spare.h"

enum { GRID = 8, VECTOR_BYTES = 128, SIGNED = 1024 };
_Static_assert(GRID *GRID == SKETCH_SAMPLES, "a sample a cell");
_Static_assert(SKETCH_COPY_BYTES / 4 >> (SKETCH_LEVELS - 1) <= SIGNED, "levels");

struct sketch_sample {
    int64_t row, col;
    unsigned char bytes[16];
};

/* The view as the matrix that a sketch speaks of: a strided vector is the column that its copy would be. */
void sketch_extents(const struct view *v, int64_t *rows, int64_t *cols)
{
    bool strided = v->vector && v->rows == 1;
    *rows = strided ? v->cols : v->rows;
    *cols = strided ? 1 : v->cols;
}

static const char *element_at(const struct view *v, int64_t row, int64_t col)
{
    int64_t at = v->vector && v->rows == 1 ? row * v->ld : col * v->ld + row;
    return v->base + at * (int64_t)v->element;
}

/* Rows that the sketched part has in a column. */
static void column_of(const struct sketch *s, int64_t col, int64_t *lo, int64_t *hi)
{
    const struct view v = {.rows = s->rows, .cols = s->cols, .part = s->part};
    view_column(&v, col, lo, hi);
}

static bool covers(const struct sketch *s, int64_t col, int64_t from, int64_t to)
{
    int64_t lo, hi;
    column_of(s, col, &lo, &hi);
    return from >= lo && to <= hi;
}

/* An element as what stands in signatures; high bits are the best ones, all zeros give 0. */
static uint64_t key_of(const void *at, uint32_t element)
{
    static const uint64_t ODD = 0x9E3779B97F4A7C15u;
    uint64_t word[2] = {0, 0};
    memcpy(word, at, element <= sizeof word ? element : sizeof word);
    word[0] ^= word[1] * ODD;
    return (word[0] ^ word[0] >> 32) * ODD;
}

static bool chosen(uint64_t key, int level)
{
    return ((key >> 32) & ((1u << level) - 1)) == 0;
}

static bool has_signed(const struct sketch *s, uint64_t key)
{
    uint64_t bit = key >> s->shift;
    return s->signature[bit / 64] >> bit % 64 & 1;
}

/* log2 of the signature's bits: at least eight bits a key. */
static int signature_log2(int64_t keys)
{
    int log2 = SKETCH_SLICES_LOG2;
    while (((int64_t)1 << log2) < 8 * keys)
        log2++;
    return log2;
}

static bool hashes_columns(int64_t rows, int64_t cols, uint32_t element)
{
    return rows * (int64_t)element >= VECTOR_BYTES && cols > 1;
}

static bool hashes_rows(int64_t rows, int64_t cols, uint32_t element)
{
    return cols * (int64_t)element >= VECTOR_BYTES && rows > 1;
}

enum sketch_kind sketch_best(const struct view *v)
{
    int64_t rows, cols;
    sketch_extents(v, &rows, &cols);
    if (view_empty(v) || v->ld == 0)
        return SKETCH_NONE;
    if ((size_t)(rows * cols) * v->element <= SKETCH_COPY_BYTES)
        return SKETCH_COPY;
    if (v->part == PART_FULL && (hashes_columns(rows, cols, v->element) || hashes_rows(rows, cols, v->element)))
        return SKETCH_HASHES;
    return SKETCH_SAMPLES_ONLY;
}

uint64_t sketch_cost_ns(const struct view *v, enum sketch_kind kind)
{
    size_t bytes = view_bytes(v);
    return kind == SKETCH_COPY ? 100 + bytes / 4 : kind == SKETCH_HASHES ? 2000 + bytes / 4 : 2000;
}

/* The parts of one allocation, in order of their alignment. */
struct plan {
    size_t signature, samples, column, row, copy, all;
    int log2;
};

static struct plan plan_of(int64_t rows, int64_t cols, uint32_t element, enum sketch_kind kind)
{
    struct plan p = {.all = sizeof(struct sketch)};
    int64_t keys = kind == SKETCH_COPY ? rows * cols : kind == SKETCH_HASHES ? rows + cols : 1;
    p.log2 = signature_log2(kind == SKETCH_COPY && keys > SIGNED ? SIGNED : keys);
    p.signature = p.all;
    p.all += ((size_t)1 << p.log2) / 8;
    p.samples = p.all;
    p.all += kind == SKETCH_COPY ? 0 : SKETCH_SAMPLES * sizeof(struct sketch_sample);
    p.column = p.all;
    p.all += kind == SKETCH_HASHES && hashes_columns(rows, cols, element) ? (size_t)cols * sizeof(struct fp) : 0;
    p.row = p.all;
    p.all += kind == SKETCH_HASHES && hashes_rows(rows, cols, element) ? (size_t)rows * sizeof(struct fp) : 0;
    p.copy = p.all;
    p.all += kind == SKETCH_COPY ? (size_t)(rows * cols) * element : 0;
    return p;
}

static void take_copy(struct sketch *s, const struct view *v)
{
    size_t element = s->element;
    if (s->part == PART_FULL) {
        view_pack(v, s->copy);
    } else {
        memset(s->copy, 0, (size_t)(s->rows * s->cols) * element);
        for (int64_t j = 0; j < s->cols; j++) {
            int64_t lo, hi;
            column_of(s, j, &lo, &hi);
            if (lo < hi)
                memcpy(s->copy + (size_t)(j * s->rows + lo) * element, element_at(v, lo, j), (size_t)(hi - lo) * element);
        }
    }
}

/* What is done with each key of a sketch: it is signed, or its slice is marked. */
struct marking {
    uint64_t *words; /* of the signature, or one a slice */
    uint64_t bit;    /* in the slices */
    uint8_t shift;
    enum { SIGN, MARK, UNMARK } what;
};

static inline __attribute__((always_inline)) void tell_key(struct marking m, uint64_t key)
{
    const uint64_t at = key >> m.shift;
    if (m.what == SIGN)
        m.words[at / 64] |= (uint64_t)1 << at % 64;
    else if (m.what == MARK)
        m.words[at] |= m.bit;
    else
        m.words[at] &= ~m.bit;
}

/* `element` is constant where this is inlined, and so is what is done. */
static inline __attribute__((always_inline)) void tell_elements(const struct sketch *s, struct marking m, uint32_t element)
{
    for (int64_t j = 0; j < s->cols; j++) {
        int64_t lo, hi;
        column_of(s, j, &lo, &hi);
        for (int64_t i = lo; i < hi; i++) {
            uint64_t key = key_of(s->copy + (size_t)(j * s->rows + i) * element, element);
            if (chosen(key, s->level))
                tell_key(m, key);
        }
    }
}

static inline __attribute__((always_inline)) void tell_keys(const struct sketch *s, struct marking m)
{
    if (s->kind == SKETCH_COPY && s->element == 8)
        tell_elements(s, m, 8);
    else if (s->kind == SKETCH_COPY && s->element == 4)
        tell_elements(s, m, 4);
    else if (s->kind == SKETCH_COPY)
        tell_elements(s, m, 16);
    for (int64_t j = 0; s->column && j < s->cols; j++)
        tell_key(m, s->column[j].hi);
    for (int64_t i = 0; s->row && i < s->rows; i++)
        tell_key(m, s->row[i].hi);
}

int sketch_level(int64_t rows, int64_t cols)
{
    int level = 0;
    while (rows * cols >> level > SIGNED)
        level++;
    return level;
}

void sketch_sign(struct sketch *s)
{
    memset(s->signature, 0, ((size_t)1 << (64 - s->shift)) / 8);
    if (s->kind == SKETCH_COPY)
        s->level = (uint8_t)sketch_level(s->rows, s->cols);
    tell_keys(s, (struct marking){s->signature, 0, s->shift, SIGN});
    s->is_signed = true;
}

void sketch_mark(const struct sketch *s, uint64_t slices[SKETCH_SLICES], uint64_t bit, bool set)
{
    const uint8_t shift = 64 - SKETCH_SLICES_LOG2;
    if (set)
        tell_keys(s, (struct marking){slices, bit, shift, MARK});
    else
        tell_keys(s, (struct marking){slices, bit, shift, UNMARK});
}

/* One element of each cell of a grid, where in the cell the content decides. */
static void take_samples(struct sketch *s, const struct view *v)
{
    int64_t down = s->cols < GRID ? SKETCH_SAMPLES / s->cols : s->rows < GRID ? s->rows : GRID;
    down = down < s->rows ? down : s->rows;
    int64_t across = SKETCH_SAMPLES / down < s->cols ? SKETCH_SAMPLES / down : s->cols;
    uint64_t random = s->content.lo;
    for (int64_t a = 0; a < across; a++)
        for (int64_t d = 0; d < down; d++) {
            random = random * 0x5851F42D4C957F2Du + 0x14057B7EF767814Fu;
            int64_t top = d * s->rows / down, left = a * s->cols / across;
            int64_t height = (d + 1) * s->rows / down - top, width = (a + 1) * s->cols / across - left;
            int64_t row = top + (int64_t)((random >> 33) % (uint64_t)height);
            int64_t col = left + (int64_t)((random >> 17) % (uint64_t)width);
            if (!covers(s, col, row, row + 1))
                continue;
            struct sketch_sample *sample = &s->samples[s->nsamples++];
            sample->row = row;
            sample->col = col;
            memcpy(sample->bytes, element_at(v, row, col), s->element);
        }
}

void sketch_announce(const struct view *v, enum sketch_kind kind)
{
    int64_t rows, cols;
    sketch_extents(v, &rows, &cols);
    const struct plan p = plan_of(rows, cols, v->element, kind);
    spare_fetch(p.all, p.copy);
}

struct sketch *sketch_new(const struct view *v, struct fp content, enum sketch_kind kind)
{
    int64_t rows, cols;
    sketch_extents(v, &rows, &cols);
    struct plan p = plan_of(rows, cols, v->element, kind);
    char *memory = spare_take(p.all);
    struct sketch *s = (struct sketch *)(void *)memory;
    if (!memory)
        return NULL;
    memset(s, 0, sizeof *s);
    s->references = 1;
    s->content = content;
    s->rows = rows;
    s->cols = cols;
    s->element = v->element;
    s->type = v->type;
    s->part = v->part;
    s->vector = v->vector;
    s->kind = (uint8_t)kind;
    s->shift = (uint8_t)(64 - p.log2);
    s->bytes = p.all;
    s->signature = (uint64_t *)(void *)(memory + p.signature);
    s->samples = (struct sketch_sample *)(void *)(memory + p.samples);
    s->column = p.row > p.column ? (struct fp *)(void *)(memory + p.column) : NULL;
    s->row = p.copy > p.row ? (struct fp *)(void *)(memory + p.row) : NULL;
    s->copy = (unsigned char *)memory + p.copy;
    if (kind == SKETCH_COPY) {
        take_copy(s, v);
        return s;
    }
    if (s->column)
        fingerprint_columns(v, s->column);
    if (s->row)
        fingerprint_rows(v, s->row);
    take_samples(s, v);
    return s;
}

void sketch_release(struct sketch *s)
{
    if (--s->references == 0)
        spare_give(s, s->bytes);
}

/* Where the slice's element (i, j) is in the input: a vector may lie along a row of the sketch. */
static const char *input_at(const struct probe *p, const struct log_slice *slice, int64_t i, int64_t j)
{
    return p->v.vector && slice->cols > 1 ? element_at(&p->v, j, 0) : element_at(&p->v, i, j);
}

/* The rows that the input has in a column of the slice. */
static void input_column(const struct probe *p, const struct log_slice *slice, int64_t j, int64_t *lo, int64_t *hi)
{
    *lo = 0;
    *hi = slice->rows;
    if (!p->v.vector)
        view_column(&p->v, j, lo, hi);
}

static bool copy_equals(const struct sketch *s, const struct probe *p, const struct log_slice *slice)
{
    size_t element = s->element;
    for (int64_t j = 0; j < slice->cols; j++) {
        int64_t lo, hi, col = slice->col + j, row = slice->row;
        input_column(p, slice, j, &lo, &hi);
        if (lo >= hi)
            continue;
        if (!covers(s, col, row + lo, row + hi))
            return false;
        const unsigned char *kept = s->copy + (size_t)(col * s->rows + row + lo) * element;
        if (memcmp(kept, input_at(p, slice, lo, j), (size_t)(hi - lo) * element) != 0)
            return false;
    }
    return true;
}

static bool inside(const struct sketch *s, const struct log_slice *slice)
{
    return slice->row >= 0 && slice->col >= 0 && slice->row + slice->rows <= s->rows && slice->col + slice->cols <= s->cols;
}

/* `element` is constant where this is inlined: comparing one element is then one comparison. */
static inline __attribute__((always_inline)) bool scan(const struct sketch *s, const struct probe *p, int64_t anchor_row,
                                                       int64_t anchor_col, struct log_slice *slice, uint32_t element)
{
    const char *anchor = element_at(&p->v, p->anchor_row, p->anchor_col);
    const unsigned char *kept = s->copy;
    for (int64_t j = 0; j < s->cols; j++)
        for (int64_t i = 0; i < s->rows; i++, kept += element) {
            if (memcmp(kept, anchor, element) != 0)
                continue;
            slice->row = i - anchor_row;
            slice->col = j - anchor_col;
            if (inside(s, slice) && copy_equals(s, p, slice))
                return true;
        }
    return false;
}

static bool search_copy(const struct sketch *s, const struct probe *p, bool along_row, struct log_slice *slice)
{
    int64_t row = along_row ? 0 : p->anchor_row, col = along_row ? p->anchor_row : p->anchor_col;
    slice->rows = along_row ? 1 : p->v.rows;
    slice->cols = along_row ? p->v.rows : p->v.cols;
    if (s->element == 8)
        return scan(s, p, row, col, slice, 8);
    if (s->element == 4)
        return scan(s, p, row, col, slice, 4);
    return scan(s, p, row, col, slice, 16);
}

/* All of the input's columns, or of its rows; NULL: out of memory. A vector is one of either. */
static const struct fp *input_columns(struct probe *p)
{
    if (!p->columns && (p->columns = malloc((size_t)p->v.cols * sizeof *p->columns)))
        fingerprint_columns(&p->v, p->columns);
    return p->columns;
}

static const struct fp *input_rows(struct probe *p)
{
    struct view v = p->v;
    if (v.vector) {
        v.cols = v.rows;
        v.rows = v.ld = 1;
    }
    if (!p->rows && (p->rows = malloc((size_t)v.rows * sizeof *p->rows)))
        fingerprint_rows(&v, p->rows);
    return p->rows;
}

static bool run_equals(const struct fp *kept, const struct fp *asked, int64_t count)
{
    return asked && memcmp(kept, asked, (size_t)count * sizeof *kept) == 0;
}

static bool search_columns(const struct sketch *s, struct probe *p, struct log_slice *slice)
{
    if (!s->column || p->v.rows != s->rows)
        return false;
    *slice = (struct log_slice){0, 0, s->rows, p->v.cols};
    for (; slice->col + slice->cols <= s->cols; slice->col++)
        if (fp_equal(s->column[slice->col], p->column) && run_equals(&s->column[slice->col], input_columns(p), slice->cols))
            return true;
    return false;
}

static bool search_rows(const struct sketch *s, struct probe *p, struct log_slice *slice)
{
    int64_t width = p->v.vector ? p->v.rows : p->v.cols;
    if (!s->row || width != s->cols)
        return false;
    *slice = (struct log_slice){0, 0, p->v.vector ? 1 : p->v.rows, width};
    for (; slice->row + slice->rows <= s->rows; slice->row++)
        if (fp_equal(s->row[slice->row], p->row) && run_equals(&s->row[slice->row], input_rows(p), slice->rows))
            return true;
    return false;
}

bool sketch_search(const struct sketch *s, struct probe *p, struct log_slice *slice)
{
    if (s->kind == SKETCH_COPY)
        return search_copy(s, p, false, slice) || (p->v.vector && search_copy(s, p, true, slice));
    return s->kind == SKETCH_HASHES && p->hashed && (search_columns(s, p, slice) || search_rows(s, p, slice));
}

/* A slice of the input's own shape; a vector may be a column or a row. */
static bool has_shape(const struct probe *p, const struct log_slice *slice)
{
    bool upright = slice->rows == p->v.rows && slice->cols == p->v.cols;
    return upright || (p->v.vector && slice->rows == 1 && slice->cols == p->v.rows);
}

static enum verdict check_samples(const struct sketch *s, const struct probe *p, const struct log_slice *slice)
{
    int agree = 0;
    for (int k = 0; k < s->nsamples; k++) {
        const struct sketch_sample *sample = &s->samples[k];
        int64_t i = sample->row - slice->row, j = sample->col - slice->col, lo, hi;
        if (i < 0 || j < 0 || i >= slice->rows || j >= slice->cols)
            continue;
        input_column(p, slice, j, &lo, &hi);
        if (i < lo || i >= hi)
            continue;
        if (memcmp(sample->bytes, input_at(p, slice, i, j), s->element) != 0)
            return REFUTED;
        agree++;
    }
    return agree ? LIKELY : REFUTED;
}

static enum verdict proven_if(bool equal)
{
    return equal ? PROVEN : REFUTED;
}

enum verdict sketch_check(const struct sketch *s, struct probe *p, const struct log_slice *slice)
{
    if (!inside(s, slice) || !has_shape(p, slice) || s->type != p->v.type)
        return REFUTED;
    if (s->kind == SKETCH_COPY)
        return proven_if(copy_equals(s, p, slice));
    if (s->column && p->v.part == PART_FULL && slice->rows == s->rows)
        return proven_if(run_equals(&s->column[slice->col], input_columns(p), slice->cols));
    if (s->row && p->v.part == PART_FULL && slice->cols == s->cols)
        return proven_if(run_equals(&s->row[slice->row], input_rows(p), slice->rows));
    return check_samples(s, p, slice);
}

enum { GATHER_BYTES = 1024 * 1024 };

bool probe_begin(struct probe *p, const struct view *v)
{
    memset(p, 0, sizeof *p);
    p->v = *v;
    if (!v->vector || v->rows != 1 || v->cols == 1)
        return true;
    if (view_bytes(v) > GATHER_BYTES || !(p->gathered = malloc(view_bytes(v))))
        return false;
    view_pack(v, p->gathered);
    p->v.base = p->gathered;
    p->v.rows = p->v.ld = v->cols;
    p->v.cols = 1;
    return true;
}

void probe_end(struct probe *p)
{
    free(p->gathered);
    free(p->columns);
    free(p->rows);
}

/* Adds the key to those of its levels, each key once; true when no level has room for more: the highest fills last. */
static inline bool ask_for(struct probe *p, int highest, uint64_t key)
{
    for (int level = 0; level <= highest && chosen(key, level); level++) {
        int n = p->nkeys[level], k = 0;
        while (k < n && p->keys[level][k] != key)
            k++;
        if (k == n && n < SKETCH_KEYS)
            p->keys[level][p->nkeys[level]++] = key;
    }
    return p->nkeys[highest] == SKETCH_KEYS;
}

/* The anchor is the one of the elements looked at that has the greatest key: never a zero, if there is another. */
static inline __attribute__((always_inline)) void ask_for_elements(struct probe *p, int highest, uint32_t element)
{
    uint64_t greatest = 0;
    bool full = false;
    for (int64_t j = 0; j < p->v.cols && !full; j++) {
        int64_t lo, hi;
        const char *column = p->v.base + j * p->v.ld * element;
        view_column(&p->v, j, &lo, &hi);
        for (int64_t i = lo; i < hi && !full; i++) {
            uint64_t key = key_of(column + i * element, element);
            if (p->nkeys[0] == 0 || key > greatest) {
                greatest = key;
                p->anchor_row = i;
                p->anchor_col = j;
            }
            full = ask_for(p, highest, key);
        }
    }
    p->searchable = p->nkeys[0] > 1; /* not all are alike */
}

static bool all_alike(const struct view *v)
{
    for (int64_t i = 1; i < v->rows; i++)
        if (memcmp(v->base, element_at(v, i, 0), v->element) != 0)
            return false;
    for (int64_t j = 1; j < v->cols; j++)
        if (memcmp(v->base, element_at(v, 0, j), v->element) != 0)
            return false;
    return true;
}

void probe_prepare(struct probe *p, int highest, bool hashes)
{
    int64_t count = view_count(&p->v);
    if (count < SKETCH_LEAST)
        return;
    if ((size_t)(p->v.rows * p->v.cols) * p->v.element <= SKETCH_COPY_BYTES) {
        if (p->v.element == 8)
            ask_for_elements(p, highest, 8);
        else if (p->v.element == 4)
            ask_for_elements(p, highest, 4);
        else
            ask_for_elements(p, highest, 16);
    } else
        p->searchable = !all_alike(&p->v);
    if (!hashes || !p->searchable || p->v.part != PART_FULL)
        return;
    struct view column = p->v, row = p->v;
    column.cols = 1;
    row.cols = p->v.vector ? p->v.rows : p->v.cols;
    row.ld = p->v.vector ? 1 : p->v.ld;
    row.rows = 1;
    fingerprint_columns(&column, &p->column);
    fingerprint_rows(&row, &p->row);
    p->hashed = true;
}

/* The whole of it, as it is, the content index would have found. */
bool sketch_has_room(char type, uint8_t part, int64_t rows, int64_t cols, const struct probe *p)
{
    int64_t high = p->v.rows, wide = p->v.cols;
    if (type != p->v.type)
        return false;
    if (p->v.vector && high <= cols && cols > 1)
        return true;
    return high <= rows && wide <= cols && (high < rows || wide < cols || part != p->v.part);
}

bool sketch_may_hold(const struct sketch *s, const struct probe *p)
{
    if (!s->is_signed || !p->searchable || !sketch_has_room(s->type, s->part, s->rows, s->cols, p))
        return false;
    if (s->kind == SKETCH_COPY) {
        int n = p->nkeys[s->level];
        for (int k = 0; k < n; k++)
            if (!has_signed(s, p->keys[s->level][k]))
                return false;
        return n > 0;
    }
    if (s->kind != SKETCH_HASHES || !p->hashed)
        return false;
    int64_t width = p->v.vector ? p->v.rows : p->v.cols;
    return (s->column && p->v.rows == s->rows && has_signed(s, p->column.hi)) ||
           (s->row && width == s->cols && has_signed(s, p->row.hi));
}

int probe_slices(const struct probe *p, uint16_t slices[SKETCH_KEYS], int way)
{
    int n = 0;
    if (way < SKETCH_LEVELS)
        for (; n < p->nkeys[way]; n++)
            slices[n] = (uint16_t)(p->keys[way][n] >> (64 - SKETCH_SLICES_LOG2));
    else if (p->hashed)
        slices[n++] = (uint16_t)((way == SKETCH_LEVELS ? p->column.hi : p->row.hi) >> (64 - SKETCH_SLICES_LOG2));
    return n;
}
