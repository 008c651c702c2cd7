/*
 * Where two runs part. Their streams (threads of processes) are paired in order of start, their calls aligned (tools/align.h),
 * and of the pairs that differ those are told apart that differ by themselves from those that only got something else to work on:
 * a scalar changed in one call changes the Merkle hashes of all that follow from it, and is still one difference.
 */
#ifndef BLASE_TOOLS_DIFFER_H
#define BLASE_TOOLS_DIFFER_H

#include "tools/graph.h"

enum cause {
    CAUSE_ROUTINE = 1,
    CAUSE_SHAPE = 2, /* options, dimensions */
    CAUSE_SCALAR = 4,
    CAUSE_INPUTS = 8,   /* which operands are read */
    CAUSE_CONTENT = 16, /* of a leaf */
    CAUSE_ORIGIN = 32,  /* an input came from elsewhere */
    CAUSE_SLICE = 64,
    CAUSE_RESULT = 128, /* the same call gave something else */
    CAUSE_MOVED = 256,  /* the same call at another place */
    CAUSE_ALONE = 512,  /* no counterpart */
    CAUSE_UNKNOWN = 1024
};

/* A call of the first run, of the second, or of both. */
struct difference {
    uint32_t a, b; /* nodes, or GRAPH_NONE */
    unsigned causes;
};

struct stream {
    uint32_t log;
    uint64_t thread;
    uint32_t *node; /* its items */
    uint32_t count;
};

/* Two streams, or one without counterpart. */
struct stream_pair {
    struct stream a, b;
    struct difference *difference; /* in the order of the calls */
    size_t ndifferences;
    uint32_t matched, follow; /* pairs; those of them that differ only by what they got */
};

struct differ {
    const struct graph *a, *b;
    uint32_t *to_b, *to_a; /* counterparts of nodes */
    struct stream_pair *pair;
    size_t npairs;
};

/* Graphs that were loaded with GRAPH_HASHES, and must outlive it. */
void differ_run(struct differ *d, const struct graph *a, const struct graph *b);
void differ_free(struct differ *d);

/* How two nodes differ by themselves, given what corresponds to what. */
unsigned differ_causes(const struct differ *d, uint32_t a, uint32_t b);
unsigned differ_edge_causes(const struct differ *d, const struct graph_edge *a, const struct graph_edge *b);

#endif
