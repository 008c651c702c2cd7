/* What generated entry points and invokers are made of. */
#ifndef BLASE_SHIM_ENTRY_H
#define BLASE_SHIM_ENTRY_H

#include "lineage/call.h"

#define BLASE_ENTRY __attribute__((visibility("default")))

extern const struct entry entry_table[];
extern const int entry_count;

static inline int entry_index(const struct entry *entry)
{
    return (int)(entry - entry_table);
}

/* Does what the real routine would do for this call, by whatever way is quickest; returns LAPACKE's info, else 0. */
int64_t dispatch(struct call *call);

#endif
