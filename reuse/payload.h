/*
 * Payloads: exactly the bytes a call wrote, and how to write them again.
 *
 * For an array that the table says is written, that is every element of the written part, packed. For one of which it is not
 * documented what is written, it is the elements that the call was seen to write, and those the table says surely are:
 * - a `maybe` array is an output, so it is filled with a mark before the call; what is no mark any more was written, and what
 *   still is gets its old content back (snapshot_settle);
 * - a work array is left as it is, because a routine might read what it should not: what differs from a copy taken before was
 *   written. An element rewritten with the value it had cannot be told from one left alone; LAPACK gives scratch no meaning.
 *   Scratch much larger than the operands is not copied: of it, only the elements that are surely written are kept.
 *
 * Reference-counted, immutable once captured; safe to restore from several threads. Memory comes from a room, whose budget it
 * counts in, and goes back there with the last reference: no guard is held then.
 */
#ifndef BLASE_REUSE_PAYLOAD_H
#define BLASE_REUSE_PAYLOAD_H

#include <stdatomic.h>

#include "lineage/lineage.h"
#include "reuse/governor.h"
#include "reuse/room.h"

/* Content of may-be-written arrays before a call; taking it marks the `maybe` ones. */
struct snapshot;

/* What the snapshot of this call would take; 0 when there is nothing to snapshot. */
size_t snapshot_bytes(const struct canon *c, const struct use *use);
struct snapshot *snapshot_take(const struct canon *c, const struct use *use); /* NULL: out of memory */

/*
 * Of the snapshot of a call with a single work array, what lies beyond its first `skip` bytes, for a call to which that is the
 * work array. NULL: out of memory.
 */
struct snapshot *snapshot_beyond(const struct snapshot *s, size_t skip);

/* After the call, and after the capture if there is one: elements still marked get their content back. NULL is fine. */
void snapshot_settle(const struct snapshot *s, const struct canon *c, const struct use *use);
void snapshot_free(struct snapshot *s);

struct payload {
    atomic_int refs;
    atomic_bool used;  /* asked for at least once */
    struct room *room; /* where its memory goes back to; NULL: counted nowhere */
    size_t bytes;      /* memory it occupies, itself included */
    /* From here on nothing changes once it is kept: this is its image on disk (payload_image). */
    uint64_t item, epoch; /* producing item and the process generation it was counted in */
    uint64_t call_ns;     /* what computing it took */
    uint32_t raised;      /* floating-point exception flags */
    uint32_t height;      /* of the producing item in the lineage DAG */
    uint32_t unsure;      /* flags among them that a driver raised, maybe not in its factor, which this is */
    bool rest;            /* a driver's result without its factor, which is filed apart */
    struct governor_keeper keeper;
    int noutputs;
    struct traced_output outputs[OP_MAX_OPERANDS]; /* fingerprints of what it writes, for lineage */
    size_t packed; /* bytes of surely written elements at the head of data; the runs of `maybe` arrays follow */
    int64_t nruns;
    unsigned char data[];
};

/* One of `bytes` in all, itself included, its fields 0, data to be filled in. NULL: no room. One reference. */
struct payload *payload_new(struct room *room, size_t bytes);

/*
 * Captures what the call just wrote, unless that takes longer than until clock_ns() says `until` (0: it may). `snapshot` may be
 * NULL when snapshot_bytes was 0. NULL: no room or no time. One reference.
 */
struct payload *payload_capture(const struct canon *c, const struct use *use, const struct snapshot *snapshot, struct room *room,
                                uint64_t until);

/* Writes it to the operands of `c`, a call with the same key: same shapes, any addresses and leading dimensions. */
void payload_restore(const struct payload *p, const struct canon *c, const struct use *use);

/* Writes again what of it belongs to `maybe` and work arrays. */
void payload_restore_runs(const struct payload *p, const struct canon *c);

/* A snapshot of nothing: a capture then keeps of work arrays what is surely written. For calls without `maybe` arrays. */
const struct snapshot *snapshot_of_nothing(void);

/* Bytes a capture of the surely written part takes, without the runs. */
size_t payload_packed_bytes(const struct canon *c, const struct use *use);

/*
 * The bytes by which it can be stored, and the way back: a blank one of the same size whose image the caller fills. NULL: no
 * room. Images mean something only to the process that made them and its children.
 */
size_t payload_image_bytes(const struct payload *p);
void *payload_image(struct payload *p);
struct payload *payload_blank(size_t image_bytes, struct room *room);

void payload_hold(struct payload *p);
void payload_drop(struct payload *p);

/* The whole of a `maybe` or work array as a view; empty for other roles. */
struct view maybe_view(const struct canon *c, const struct use *use, int k);

#endif
