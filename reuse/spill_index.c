#include "reuse/spill_index.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_SLOTS = 16, SCANNED = 8, BLOCK_BYTES = 4096 };

bool spill_index_init(struct spill_index *x, size_t bytes)
{
    memset(x, 0, sizeof *x);
    x->nslots = bytes / (sizeof *x->slots + 2 * sizeof *x->buckets);
    x->nslots = x->nslots > LEAST_SLOTS ? x->nslots : LEAST_SLOTS;
    for (x->nbuckets = LEAST_SLOTS; x->nbuckets < x->nslots;)
        x->nbuckets *= 2;
    x->slots = calloc(x->nslots, sizeof *x->slots);
    x->buckets = calloc(x->nbuckets, sizeof(struct spill_slot *));
    return x->slots && x->buckets;
}

void spill_index_free(struct spill_index *x)
{
    free(x->slots);
    free(x->buckets);
}

void spill_index_clear(struct spill_index *x)
{
    if (x->touched)
        memset(x->buckets, 0, x->nbuckets * sizeof(struct spill_slot *));
    memset(x->slots, 0, x->touched * sizeof *x->slots);
    x->unused = x->oldest = x->newest = NULL;
    x->touched = 0;
    x->used_bytes = x->peak_bytes = 0;
}

static struct spill_slot **bucket_of(struct spill_index *x, struct fp key)
{
    return &x->buckets[key.lo & (x->nbuckets - 1)];
}

struct spill_slot *spill_index_find(struct spill_index *x, struct fp key)
{
    struct spill_slot *slot = *bucket_of(x, key);
    while (slot && !fp_equal(slot->key, key))
        slot = slot->next;
    return slot;
}

static void unlink_use(struct spill_index *x, struct spill_slot *slot)
{
    *(slot->older ? &slot->older->newer : &x->oldest) = slot->newer;
    *(slot->newer ? &slot->newer->older : &x->newest) = slot->older;
}

static void link_newest(struct spill_index *x, struct spill_slot *slot)
{
    slot->older = x->newest;
    slot->newer = NULL;
    *(x->newest ? &x->newest->newer : &x->oldest) = slot;
    x->newest = slot;
}

static double worth_of(uint64_t call_ns, uint64_t bytes)
{
    return (double)call_ns / (double)(bytes + BLOCK_BYTES);
}

void spill_index_touch(struct spill_index *x, struct spill_slot *slot)
{
    unlink_use(x, slot);
    link_newest(x, slot);
    slot->worth = worth_of(slot->call_ns, slot->bytes);
}

static uint64_t disk_bytes(uint64_t bytes)
{
    return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static bool has_slot(const struct spill_index *x)
{
    return x->unused || x->touched < x->nslots;
}

static struct spill_slot *take_slot(struct spill_index *x)
{
    struct spill_slot *slot = x->unused;
    if (!slot)
        return &x->slots[x->touched++];
    x->unused = slot->next;
    return slot;
}

static void give_slot(struct spill_index *x, struct spill_slot *slot)
{
    slot->state = SPILL_FREE;
    slot->next = x->unused;
    x->unused = slot;
}

void spill_index_drop(struct spill_index *x, struct spill_slot *slot)
{
    struct spill_slot **at = bucket_of(x, slot->key);
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    unlink_use(x, slot);
    x->used_bytes -= disk_bytes(slot->bytes);
    slot->state = SPILL_GONE;
    if (!slot->pins)
        give_slot(x, slot);
}

void spill_index_unpin(struct spill_index *x, struct spill_slot *slot)
{
    slot->pins--;
    if (!slot->pins && slot->state == SPILL_GONE)
        give_slot(x, slot);
}

static struct spill_slot *least_worth(const struct spill_index *x)
{
    struct spill_slot *least = NULL;
    int scanned = 0;
    for (struct spill_slot *slot = x->oldest; slot && scanned < SCANNED; slot = slot->newer)
        if (slot->state == SPILL_READY && !slot->pins) {
            least = least && least->worth <= slot->worth ? least : slot;
            scanned++;
        }
    return least;
}

static bool make_room(struct spill_index *x, uint64_t bytes, double worth, uint64_t limit, struct spill_doomed *doomed)
{
    while (x->used_bytes + bytes > limit || !has_slot(x)) {
        struct spill_slot *least = least_worth(x);
        bool shrunk = x->used_bytes > limit; /* then some must go for nobody's sake */
        if (!least || doomed->count == SPILL_DOOMED || (bytes > limit && !shrunk))
            return false;
        if (least->worth >= worth && !shrunk) {
            least->worth /= 2;
            return false;
        }
        doomed->files[doomed->count++] = least->file;
        spill_index_drop(x, least);
    }
    return true;
}

struct spill_slot *spill_index_enter(struct spill_index *x, struct fp key, uint64_t bytes, uint64_t call_ns, uint64_t limit,
                                     struct spill_doomed *doomed)
{
    double worth = worth_of(call_ns, bytes);
    if (!make_room(x, disk_bytes(bytes), worth, limit, doomed))
        return NULL;
    struct spill_slot *slot = take_slot(x), **bucket = bucket_of(x, key);
    *slot = (struct spill_slot){.key = key, .next = *bucket, .bytes = bytes, .call_ns = call_ns, .worth = worth};
    slot->file = x->files++;
    slot->state = SPILL_WRITING;
    *bucket = slot;
    link_newest(x, slot);
    x->used_bytes += disk_bytes(bytes);
    if (x->used_bytes > x->peak_bytes)
        x->peak_bytes = x->used_bytes;
    return slot;
}
