/*
 * The paths of a thread's loops: its patches as a trie over their steps' signatures, walked from the root with each step. Node 0
 * is the root. Bounded by PATHS_MOST patches and PATHS_NODES nodes. Not thread-safe.
 */
#ifndef BLASE_LINEAGE_PATHS_H
#define BLASE_LINEAGE_PATHS_H

#include "lineage/patch.h"

enum { PATHS_MOST = 64, PATHS_NODES = 16384 };

struct paths_node {
    uint64_t signature;
    uint32_t child, sibling;      /* 0: none */
    struct patch *ends, *through; /* the patch that ends here; the latest that passes */
};

struct paths {
    struct paths_node *nodes;
    uint32_t nnodes, capacity;
    struct patch *patches[PATHS_MOST];
    uint32_t npatches;
};

/* The node behind `node` along `signature`, 0 if there is none. */
uint32_t paths_step(const struct paths *paths, uint32_t node, uint64_t signature);

/* Is there room for another patch of that length? */
bool paths_room(const struct paths *paths, uint32_t length);

/* Takes the patch over; false if there is no room or memory for it, or one of the same path (it stays the caller's). */
bool paths_add(struct paths *paths, struct patch *patch);

/* Frees all patches. */
void paths_clear(struct paths *paths);

#endif
