/*
 * A sketch: what is kept of a content so that a part of it can be recognised later, from that part alone.
 *
 * An edge "this input is columns 3 to 7 of that output" must be true, and the output's own buffer is no witness: by the time the
 * input is seen it may be overwritten, freed, unmapped, or in another thread's hands. So what proves the edge is taken when the
 * content is fingerprinted:
 *
 *   COPY     up to SKETCH_COPY_BYTES: the elements themselves. Any rectangle (and any piece of a triangle inside what the call
 *            wrote) is compared element by element.
 *   HASHES   beyond: a fingerprint of each column and of each row (fingerprint_rows.h). Proves ranges of whole columns and of
 *            whole rows, whose vectors are fingerprinted in the same way. A direction whose vectors are shorter than 128 bytes
 *            is left out: their hashes would take more than an eighth of the content.
 *   SAMPLES  where no hash helps (long vectors, large triangles), and where hashing is not paid for: SKETCH_SAMPLES elements,
 *            spread evenly. They can refute, and never prove. HASHES have samples, too, for rectangles inside.
 *
 * A sketch speaks of content, not of a buffer or a call: it is filed under the content's fingerprint, and who has produced that
 * content is the content index's to say. A vector, strided or not, is a column.
 *
 * Copied parts, which no address betrays, are searched for among sketches. For that each is signed, the first time that anyone
 * searches sketches of its shape: a program whose matrices have no room for one another never pays for it. A *signature* is a
 * Bloom filter: of a COPY's
 * elements (of one in 2^level, chosen by their own bits, when there are more than 1024: the choice falls alike in the part and in
 * the whole), or of the hashes of all rows and columns. An input asks with its first row and column and with up to four of its
 * elements, and reads only the sketches that answer; how all are asked at once: sketches.h. A part of fewer than SKETCH_LEAST
 * elements, or all of whose elements are alike, is not searched for: zeros are in everything. Where it stands more than once, the
 * lowest column wins, then the lowest row.
 *
 * Immutable once made, but for the signature and links, which belong to `sketches`. References are counted under the lineage
 * guard: who cannot have it any more leaves a reference behind. Making, searching and checking read the view's own elements only,
 * and are for outside of any guard.
 */
#ifndef BLASE_LINEAGE_SKETCH_H
#define BLASE_LINEAGE_SKETCH_H

#include "lineage/fingerprint.h"
#include "lineage/log_format.h"

enum { SKETCH_COPY_BYTES = 32 * 1024, SKETCH_SAMPLES = 64, SKETCH_LEAST = 4 };

enum sketch_kind { SKETCH_NONE, SKETCH_SAMPLES_ONLY, SKETCH_HASHES, SKETCH_COPY };

struct sketch {
    unsigned references; /* under the guard */
    bool is_signed;
    struct fp content;
    int64_t rows, cols;
    uint32_t element;
    char type;
    uint8_t part, kind;
    uint8_t level; /* COPY: one element in 2^level is in the signature */
    uint8_t shift; /* of a hash, to its bit in the signature */
    uint8_t nsamples;
    size_t bytes; /* of all of it */
    uint64_t *signature;
    unsigned char *copy;     /* COPY: rows x cols without gaps; zero where the part has nothing */
    struct fp *column, *row; /* HASHES; NULL: left out */
    struct sketch_sample *samples;
    bool vector;           /* as it was a view */
    struct fp_whole whole; /* where it is an output; else of PART_NONE */
    uint32_t filed;        /* in the content index, if it comes again and again */

    /* Of the collection (sketches.c). */
    uint64_t seq;
    uint16_t slot;
    struct sketch *older, *newer, *unsigned_next, *unsigned_back, *bucket_next;
    struct sketch_shape *shape;
};

/* Extents of a sketch of the view: a vector, strided or not, is a column. */
void sketch_extents(const struct view *v, int64_t *rows, int64_t *cols);

/* The level of a COPY's signature. */
int sketch_level(int64_t rows, int64_t cols);

/* The most that can be kept of a view. */
enum sketch_kind sketch_best(const struct view *v);

/* About what making one takes, in nanoseconds. */
uint64_t sketch_cost_ns(const struct view *v, enum sketch_kind kind);

/* A sketch of the view is about to be made: its memory is fetched meanwhile, if it is there already. */
void sketch_announce(const struct view *v, enum sketch_kind kind);

/* With one reference, not signed yet; NULL: out of memory. Who has the only reference may release it without the guard. */
struct sketch *sketch_new(const struct view *v, struct fp content, enum sketch_kind kind);
void sketch_release(struct sketch *s);

static inline struct sketch *sketch_hold(struct sketch *s)
{
    s->references++;
    return s;
}

/* Proves that the view holds all of the sketched content and nothing else; false: it does not, or that cannot be proven. */
bool sketch_proves(const struct sketch *s, const struct view *v);

/* Before the sketch can be searched for; reads it alone. Where others see it already: under the guard. */
void sketch_sign(struct sketch *s);

/* An input to be recognised. Strided vectors are gathered first. */
enum { SKETCH_LEVELS = 4, SKETCH_KEYS = 4, SKETCH_WAYS = SKETCH_LEVELS + 2, SKETCH_SLICES_LOG2 = 10, SKETCH_SLICES = 1024 };
struct probe {
    struct view v; /* a matrix or a contiguous vector */
    void *gathered;
    bool searchable; /* worth searching for by content */
    int nkeys[SKETCH_LEVELS];
    uint64_t keys[SKETCH_LEVELS][SKETCH_KEYS]; /* of elements, by level */
    int64_t anchor_row, anchor_col;            /* an element unlikely to stand often */
    bool hashed;                               /* the next two are there */
    struct fp column, row;                     /* the first ones */
    struct fp *columns, *rows;                 /* all of them, once they were asked for */
};

/* False: out of memory; then the input is not recognised. */
bool probe_begin(struct probe *p, const struct view *v);
/*
 * What is searched for by content: elements of up to SKETCH_COPY_BYTES, for levels up to `highest`; with `hashes` first row and
 * column. Leaves `searchable` false when it is not worth it.
 */
void probe_prepare(struct probe *p, int highest, bool hashes);
void probe_end(struct probe *p);

/* Has a content of this shape room for the input as a proper part? */
bool sketch_has_room(char type, uint8_t part, int64_t rows, int64_t cols, const struct probe *p);

/* Could the sketch have a proper part that is the input? Reads no more than the signature; for inside a guard. */
bool sketch_may_hold(const struct sketch *s, const struct probe *p);

/* In all slices (sketches.h) that a signed sketch has a bit in: sets this one, or takes it back. */
void sketch_mark(const struct sketch *s, uint64_t slices[SKETCH_SLICES], uint64_t bit, bool set);

/*
 * The slices in all of which a sketch has a bit if it may hold the input: by its elements at each level, then by its first column
 * and by its first row. Returns how many; none: the input is not asked for in this way.
 */
int probe_slices(const struct probe *p, uint16_t slices[SKETCH_KEYS], int way);

/* Finds the input in the sketch; false: not there. What is found is proven. */
bool sketch_search(const struct sketch *s, struct probe *p, struct log_slice *slice);

/* Is the input this part of the sketch? LIKELY: samples agree, no more. */
enum verdict { REFUTED, LIKELY, PROVEN };
enum verdict sketch_check(const struct sketch *s, struct probe *p, const struct log_slice *slice);

#endif
