/* What generated entry points are made of. */
#ifndef BLASE_SHIM_ENTRY_H
#define BLASE_SHIM_ENTRY_H

#include "lineage/entry.h"
#include "shim/fast.h"

#define BLASE_ENTRY __attribute__((visibility("default")))

/* What packs a call and hands it to dispatch: the entry point itself, or what its stub (shim/fast.h) goes on to. */
#if FAST_STUBS
#define BLASE_PACKS(symbol) __attribute__((visibility("hidden"))) slow_##symbol
#else
#define BLASE_PACKS(symbol) BLASE_ENTRY symbol
#endif

/* Does what the real routine would do for this call, by whatever way is quickest; returns LAPACKE's info, else 0. */
int64_t dispatch(struct call *call);

#endif
