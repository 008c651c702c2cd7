/*
 * Fingerprints: 128 bits over the elements of a view, by content (DESIGN 6).
 *
 * What goes in: element type, shape, part, then the elements in memory order. What does not: address, leading dimension. So a
 * copy with another leading dimension has the same fingerprint, and one flipped bit another; -0.0 differs from 0.0, and every
 * NaN payload from every other. Two contents meet by chance with probability 2^-128 a pair; the hash is XXH3, which does not
 * withstand somebody who crafts collisions: blasé trusts the program it runs.
 *
 * The hash is a tree. The elements are cut into chunks of about 256 KiB (whole columns, or pieces of one column), each chunk is
 * hashed, and the digests are hashed together with the header; chunks can therefore be taken in parallel or redone one by one.
 * A full square matrix is hashed as three streams, above, on and below the diagonal (each element is read once), so that the
 * fingerprint of each of its triangles falls out: what syrk or potrf reads of a product is then recognised by content.
 *
 * Thread-safe; uses about 3 KiB of stack, and of the heap only when a crew helps (16 bytes a chunk).
 */
#ifndef BLASE_LINEAGE_FINGERPRINT_H
#define BLASE_LINEAGE_FINGERPRINT_H

#include "lineage/crew.h"
#include "lineage/view.h"

struct fp {
    uint64_t lo, hi;
};

static inline bool fp_equal(struct fp a, struct fp b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

/* The fingerprint of a view; that of an empty view depends on its type and part only. */
struct fp fingerprint(const struct view *v);

/* The same, large views by up to `threads` threads of the crew. */
struct fp fingerprint_by(const struct view *v, struct crew *crew, int threads);

/* A view's fingerprint and, of a full square matrix, what those of its triangles follow from: most are never asked for. */
struct fp_whole {
    struct fp fp;
    uint8_t part;
    char type;
    bool square; /* the rest is filled in */
    int64_t order;
    struct fp streams[3]; /* above, on and below the diagonal */
};
struct fp_whole fingerprint_whole(const struct view *v, struct crew *crew, int threads);

/* The fingerprint that this part of a square matrix would have by itself. */
struct fp fingerprint_part(const struct fp_whole *square, int part);

/* Plain hash of a byte string (keys, Merkle hashes, identities). */
struct fp fingerprint_bytes(const void *bytes, size_t size);

/* Names the hash kernel in use: "avx2" or "generic". */
const char *fingerprint_kernel(void);

#endif
