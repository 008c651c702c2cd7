/* What generated entry points and invokers are made of. */
#ifndef BLASE_SHIM_ENTRY_H
#define BLASE_SHIM_ENTRY_H

#include "lineage/call.h"
#include "shim/fast.h"

#define BLASE_ENTRY __attribute__((visibility("default")))

/* What packs a call and hands it to dispatch: the entry point itself, or what its stub (shim/fast.h) goes on to. */
#if FAST_STUBS
#define BLASE_PACKS(symbol) __attribute__((visibility("hidden"))) slow_##symbol
#else
#define BLASE_PACKS(symbol) BLASE_ENTRY symbol
#endif

extern const struct entry entry_table[];
extern const int entry_count;
extern const int16_t entry_first[]; /* by routine: where its spellings begin; every family has its own, in one order */

static inline int entry_index(const struct entry *entry)
{
    return (int)(entry - entry_table);
}

/* The same spelling (style, prefix, integer width) of another routine of the same family. */
static inline const struct entry *entry_sibling(const struct entry *entry, int op)
{
    return &entry_table[entry_first[op] + (entry_index(entry) - entry_first[op_index(entry->op)])];
}

/* Does what the real routine would do for this call, by whatever way is quickest; returns LAPACKE's info, else 0. */
int64_t dispatch(struct call *call);

#endif
