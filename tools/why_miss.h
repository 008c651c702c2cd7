/* What is found out about a call and the one that looks like it, and how it is told (blase-why-miss(1)). */
#ifndef BLASE_TOOLS_WHY_MISS_H
#define BLASE_TOOLS_WHY_MISS_H

#include "tools/graph.h"
#include "tools/item_diff.h"

enum { PATH_SHOWN = 8, ALIKE_SHOWN = 5 };

/* What became of the earlier result, where nothing differs. */
enum fate { FATE_NONE, FATE_OTHER_PROCESS, FATE_NOT_DONE, FATE_NOT_KEPT, FATE_EVICTED, FATE_UNTOLD };

enum input_how { INPUT_CONTENT, INPUT_PART, INPUT_COMPUTATION };

/* An input that differs, and where that began: two leaves, or two calls that differ by themselves. */
struct input_miss {
    struct short_text operand;
    enum input_how how;
    uint32_t (*path)[2]; /* of calls that read differing content, from the inputs' producers up */
    uint32_t steps;
    uint32_t begin[2];            /* the same, where it is not known; both GRAPH_NONE: it is not asked */
    struct expand_event event[2]; /* of these */
    struct item_differences own;  /* of these, if they are calls */
};

struct miss {
    const struct graph *graph;
    uint32_t a, b;                /* the earlier call, GRAPH_NONE if there is none, and the later one */
    struct expand_event event[2]; /* of these */
    bool served, other_operands;
    struct item_differences own;
    struct input_miss *input;
    size_t ninputs;
    enum fate fate;
    uint64_t evictions;
    uint32_t alike[ALIKE_SHOWN + 1]; /* just as much; one more than are shown if there are */
    size_t nalike;
};

void miss_print(const struct miss *m);
void miss_print_json(const struct miss *m);

#endif
