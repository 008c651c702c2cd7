/* The formats of `blase items`; each prints what is chosen of the run on stdout. */
#ifndef BLASE_TOOLS_ITEMS_H
#define BLASE_TOOLS_ITEMS_H

#include "tools/graph.h"

struct items {
    const struct graph *graph;
    const bool *chosen; /* by node; NULL: all, and what else the logs tell */
    uint32_t end;       /* behind the last that is chosen */
    bool expand;        /* loops item by item */
};

void items_text(const struct items *items);
void items_json(const struct items *items);
void items_dot(const struct items *items);

static inline bool items_show(const struct items *items, uint32_t node)
{
    return !items->chosen || (node != GRAPH_NONE && items->chosen[node]);
}

/* What remains of a log once `node` has been reached need not be read. */
static inline bool items_done(const struct items *items, uint32_t node)
{
    return items->chosen && node != GRAPH_NONE && node >= items->end;
}

/* Loops are told whole where everything is shown, unless they are to be expanded. */
static inline bool items_whole_loops(const struct items *items)
{
    return !items->expand && !items->chosen;
}

/* As a line of text each, also for other verbs. */
void items_print_item(const struct graph *g, uint32_t node, const struct log_item *item);
void items_print_leaf(const struct graph *g, uint32_t node, const struct log_leaf *leaf);

/* "dgemm(transa='T', m=400, alpha=1)" in text and dot. */
void items_print_call(const struct log_op *op, const struct log_item *item, const char *separator);

/* "transa='T'" */
void items_print_value(const struct log_op *op, const struct log_value *value);

/* "[0:100, 3:8]", by the rows and columns that the user of the producer thinks in; empty for the whole. */
void items_print_slice(const struct graph *g, uint32_t producer, const struct log_slice *slice);

/* "A, C" for bits by operand. */
void items_print_operands(const struct log_op *op, uint64_t bits);

/* Where a joined leaf came from: its edge to the item; NULL. */
const struct graph_edge *items_join(const struct graph *g, uint32_t leaf);

#endif
