/*
 * Leaves' contents, kept for replaying a run: each in a file of its own under RUN/leaves, named by its fingerprint, so that it is
 * stored once whichever thread, forked child or program of the run meets it first. A file appears complete or not at all (it is
 * written under another name, then renamed), and only its owner can read it: it is the program's data.
 *
 * A file is a header of CAPTURE_HEADER bytes, numbers little endian:
 *     0 magic "blase-leaf 1\n", padded with zeros   16 fingerprint, low and high half   32 type letter, part, vector, element
 * bytes 40 rows   48 columns   56 zero and the elements, column after column without gaps. Any failure ends capturing, with one
 * line on stderr, never the program. Safe from any thread, without a lock; no descriptor is kept open.
 */
#ifndef BLASE_LINEAGE_CAPTURE_H
#define BLASE_LINEAGE_CAPTURE_H

#include "lineage/fingerprint.h"

#define CAPTURE_DIRECTORY "leaves"
#define CAPTURE_MAGIC "blase-leaf 1\n"
enum { CAPTURE_HEADER = 64 };

struct capture;

/* NULL: out of memory. Nothing is made on disk before the first leaf. */
struct capture *capture_new(const char *run_directory);
void capture_free(struct capture *c);

/* Stores the view's elements under `fp`, unless they are there. False once capturing has ended. */
bool capture_leaf(struct capture *c, const struct view *v, struct fp fp);

enum captured { CAPTURED, CAPTURED_NOT, CAPTURED_DAMAGED, CAPTURED_NO_MEMORY };

/*
 * Reads a leaf back: `view` is of memory that its base begins (free it), without gaps between columns, zero where the leaf has no
 * elements. What a file says is believed only if its content has the fingerprint.
 */
enum captured capture_load(const char *run_directory, struct fp fp, struct view *view);

#endif
