/*
 * The items and leaves of a run as a graph in memory, for questions that go from item to item: 24 bytes a node, 12 an edge, a few
 * for finding them by id. What a node says of itself beyond that is read from the log again (graph_fetch).
 *
 * Nodes are numbered in the order of the logs, so that whoever streams a log again knows which node each event is: the next one.
 * The streams of a run are joined by content: a leaf that holds exactly what an item of another process or thread had written
 * before has an edge to that item.
 *
 * Trusts nothing in the logs: references lead nowhere or to what is there, and what exceeds GRAPH_NODES is cut off, so that a
 * small file which claims to hold a loop of a million million calls fills no memory. Circles can only be lies, but may be there:
 * walk with marks.
 */
#ifndef BLASE_TOOLS_GRAPH_H
#define BLASE_TOOLS_GRAPH_H

#include "tools/run_logs.h"

static const uint32_t GRAPH_NODES = 1u << 24 /* RUN_LOGS_HELD */, GRAPH_EDGES = 1u << 26, GRAPH_NONE = UINT32_MAX;

enum graph_bits {
    GRAPH_LEAF = 1,
    GRAPH_BY_ROWS = 2, /* its user stores by rows: slices are shown the other way round */
    GRAPH_LOOP = 4,    /* came out of a loop's patch */
    GRAPH_MARK = 8     /* the walker's */
};
enum { GRAPH_NO_OP = UINT16_MAX };

struct graph_node {
    uint64_t id;
    uint32_t edges; /* the first of them */
    uint32_t log;   /* index of the run's log */
    uint16_t op;    /* index of the log's ops */
    uint8_t nedges, bits;
};

/* Operand `operand` held `output` of the node; for a joined leaf, `operand` is 0. */
struct graph_edge {
    uint32_t node; /* GRAPH_NONE: the log does not have it */
    uint32_t what; /* hash of the part and slice; with GRAPH_HASHES */
    uint8_t operand, output, unproven, joined;
};

/* What two nodes must share to be alike, by degrees. */
struct graph_hashes {
    struct fp merkle;       /* of a leaf its content */
    uint64_t shape;         /* routine, options, dimensions; of a leaf 0 */
    uint64_t own;           /* these, and scalars and flags */
    uint64_t output, input; /* content written, where recorded, else 0; operands, parts, slices, kinds of what is read */
};

struct graph {
    struct run_logs *run;
    struct graph_node *node;
    struct graph_edge *edge;
    struct graph_hashes *hash; /* NULL unless asked for */
    uint32_t nnodes, nedges;
    uint32_t *first; /* nodes of log i: first[i] … first[i + 1] */
    uint32_t *table; /* open addressing; 1 + node */
    uint32_t slots;
    bool cut; /* there was more */
};

enum { GRAPH_HASHES = 1 };

/* Of a run that was read, and that must outlive it. Shows progress. */
void graph_load(struct graph *g, struct run_logs *run, unsigned flags);
void graph_free(struct graph *g);

/* The node of an id; GRAPH_NONE. */
uint32_t graph_find(const struct graph *g, uint32_t log, bool leaf, uint64_t id);

/* The node by its name (tools/names.h); the process may be left out where it is clear. GRAPH_NONE with one line on stderr. */
uint32_t graph_named(const struct graph *g, const char *name);

/* "#12"; a reference to what there is not ends in "?". */
struct short_text graph_name(const struct graph *g, uint32_t node);
struct short_text graph_reference(const struct graph *g, uint32_t log, bool item, uint64_t id);

/* The routine of a node; NULL for a leaf or an unknown one. */
const struct log_op *graph_op(const struct graph *g, uint32_t node);

/* A log's events once more; with `whole_loops`, EXPAND_LOOP stands for what came out of patches. */
struct graph_walk {
    const struct graph *graph;
    struct expand *x;
    uint32_t log, node, end; /* the next node, and where the log's end */
    bool whole_loops;
};
void graph_walk_begin(struct graph_walk *w, const struct graph *g, uint32_t log, bool whole_loops);
/* The next event; *node is which node it is, GRAPH_NONE for other kinds. False at the end, or where the graph was cut. */
bool graph_walk_next(struct graph_walk *w, struct expand_event *event, uint32_t *node);
void graph_walk_end(struct graph_walk *w);

/* Reads what the log says of `count` nodes, in any order; what is in `out` is an EXPAND_LEAF or an EXPAND_ITEM. */
void graph_fetch(const struct graph *g, const uint32_t *nodes, size_t count, struct expand_event *out);

/*
 * The nodes within `levels` steps of those that distance[] says are 0 away (all others: GRAPH_NONE), against the edges or along
 * them; their distances are filled in.
 */
void graph_up(const struct graph *g, uint32_t *distance, uint32_t levels);
void graph_down(const struct graph *g, uint32_t *distance, uint32_t levels);

#endif
