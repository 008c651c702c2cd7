/*
 * Joining the streams of a run by content: a leaf of one process that holds what an item of any process had written before came
 * from there. Before: by the clock of the machine, as far as the logs tell.
 */
#ifndef BLASE_TOOLS_GRAPH_JOIN_H
#define BLASE_TOOLS_GRAPH_JOIN_H

#include "tools/graph.h"

struct written {
    struct fp fp;
    uint64_t ns; /* when, since 1970 */
    uint32_t node;
    uint32_t output;
};
/* All zero is empty. */
struct graph_joins {
    struct written *written, *leaf;   /* of a leaf: when it was first read */
    size_t nwritten, nleaves, unread; /* leaves from `unread` on wait for their item */
};

void graph_joins_leaf(struct graph_joins *j, uint32_t node, const struct log_leaf *leaf);
void graph_joins_item(struct graph_joins *j, uint32_t node, uint64_t started_ns, const struct log_item *item);

/* Calls `join` for each leaf that came from somewhere, and frees all. */
void graph_joins_end(struct graph_joins *j, struct graph *g,
                     void (*join)(struct graph *g, uint32_t leaf, uint32_t item, uint64_t output));

#endif
