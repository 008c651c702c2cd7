/*
 * What is on disk: slots by key, in order of use, within the share of the disk. A table of fixed size, so that memory is known
 * from the start. Not thread-safe: the owner's guard is held around every function.
 *
 * What goes when room is needed: of the few least recently used entries the one worth least, unless the newcomer is worth less;
 * then that entry's worth is halved, and so what is never asked for again goes in the end. A loop over more than there is room
 * for thus finds some of it in the next round, where plain least recently used would keep nothing. When the
 * limit has shrunk below what is there, entries go whatever they are worth.
 */
#ifndef BLASE_REUSE_SPILL_INDEX_H
#define BLASE_REUSE_SPILL_INDEX_H

#include "lineage/fingerprint.h"

/* WRITING: not to be found yet; GONE: no more, but somebody still reads. */
enum spill_state { SPILL_FREE, SPILL_WRITING, SPILL_READY, SPILL_GONE };

struct spill_slot {
    struct fp key, checksum;
    struct spill_slot *next;          /* in its bucket, or among the free */
    struct spill_slot *older, *newer; /* in order of use */
    uint64_t bytes, call_ns, file;    /* the image's size; what computing it took; the file's name */
    double worth;
    uint32_t pins; /* readers: the slot is not given to another entry meanwhile */
    uint8_t state;
    bool used; /* asked for at least once */
};

struct spill_index {
    size_t nslots, nbuckets, touched; /* slots from `touched` on were never used */
    struct spill_slot *slots, *unused, **buckets, *oldest, *newest;
    uint64_t used_bytes, peak_bytes; /* of disk */
    uint64_t files;                  /* names given so far */
};

/* As many slots as the memory holds, at least a few. False: out of memory. */
bool spill_index_init(struct spill_index *x, size_t bytes);
void spill_index_free(struct spill_index *x);
void spill_index_clear(struct spill_index *x);

/* The slot with the key in whatever state but GONE, or NULL. */
struct spill_slot *spill_index_find(struct spill_index *x, struct fp key);

/* Most recently used, and worth what it is worth. */
void spill_index_touch(struct spill_index *x, struct spill_slot *slot);

/* It is not found any more; its slot is free once nobody reads. */
void spill_index_drop(struct spill_index *x, struct spill_slot *slot);
void spill_index_unpin(struct spill_index *x, struct spill_slot *slot);

/* Files that lost their slots, for the caller to remove once it has left its guard. */
enum { SPILL_DOOMED = 64 };
struct spill_doomed {
    uint64_t files[SPILL_DOOMED];
    int count;
};

/* A WRITING slot for an entry, if room can be made for it below `limit`; else NULL. Either way some may be doomed. */
struct spill_slot *spill_index_enter(struct spill_index *x, struct fp key, uint64_t bytes, uint64_t call_ns, uint64_t limit,
                                     struct spill_doomed *doomed);

#endif
