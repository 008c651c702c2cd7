#include "shim/fast.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { RECORD_LIMIT = 1 << 15 };

_Static_assert(offsetof(struct fast, ret) == FAST_RET && offsetof(struct fast, epoch) == FAST_EPOCH &&
                   offsetof(struct fast, fn) == FAST_FN && offsetof(struct fast, least) == FAST_LEAST &&
                   offsetof(struct fast, tag) == FAST_TAG && offsetof(struct fast, counter) == FAST_COUNTER,
               "the stubs read records at these places");

#if FAST_STUBS

/*
 * What the stubs see: one record a slot, a record in one of two slots. The others that fell into the slot wait in its list. A
 * slot holds how far from `none` its record is: an empty one leads to `none`, which is no call's, and the stubs need not ask
 * whether there is a record.
 */
struct fast_table {
    const struct fast none;
    _Atomic uintptr_t sites[FAST_SLOTS];
};
_Static_assert(offsetof(struct fast_table, sites) == FAST_SITES, "the stubs look there");
extern struct fast_table fast_table;
struct fast_table fast_table;
static _Atomic(struct fast *) records[FAST_SLOTS];
static atomic_int record_count;

static size_t slot_of(const struct fast *record, uint32_t second)
{
    uint32_t hash = (uint32_t)(uintptr_t)record->ret * (uint32_t)FAST_MIX >> (32 - FAST_BITS);
    return (hash ^ second) + FAST_SHIFT(record->tag >> 2);
}

/* The second slot is for those whose first one belongs to a call from elsewhere: two that take turns would drive each other out.
 */
static size_t place_of(const struct fast *record)
{
    size_t first = slot_of(record, 0);
    uintptr_t distance = atomic_load_explicit(&fast_table.sites[first], memory_order_acquire);
    const struct fast *there = (const struct fast *)((uintptr_t)&fast_table + distance);
    bool free =
        !distance || there->ret == record->ret || atomic_load_explicit(&there->epoch, memory_order_relaxed) != record->epoch;
    return free ? first : slot_of(record, 1);
}

static bool same(const struct fast *a, const struct fast *b)
{
    return a->ret == b->ret && a->tag == b->tag && a->fn == b->fn && a->least == b->least && a->counter == b->counter;
}

static struct fast *find(size_t slot, const struct fast *wanted)
{
    for (struct fast *f = atomic_load_explicit(&records[slot], memory_order_acquire); f; f = f->next)
        if (same(f, wanted))
            return f;
    return NULL;
}

static struct fast *add(size_t slot, const struct fast *wanted)
{
    if (atomic_fetch_add(&record_count, 1) >= RECORD_LIMIT) {
        atomic_fetch_sub(&record_count, 1);
        return NULL;
    }
    struct fast *f = malloc(sizeof *f);
    if (!f)
        return NULL;
    *f = *wanted;
    struct fast *head = atomic_load(&records[slot]);
    do
        f->next = head;
    while (!atomic_compare_exchange_weak(&records[slot], &head, f));
    return f;
}

void fast_publish(const struct fast *record)
{
    size_t slot = slot_of(record, 0);
    struct fast *f = find(slot, record);
    if (!f && !(f = add(slot, record)))
        return;
    atomic_store_explicit(&f->epoch, record->epoch, memory_order_release);
    atomic_store_explicit(&fast_table.sites[place_of(record)], (uintptr_t)f - (uintptr_t)&fast_table, memory_order_release);
}

#else

void fast_publish(const struct fast *record)
{
    (void)record;
}

#endif
