/* What differs in two items, as far as their own words go: routine, options, dimensions, scalars, provider. For diff and
 * why-miss. */
#ifndef BLASE_TOOLS_ITEM_DIFF_H
#define BLASE_TOOLS_ITEM_DIFF_H

#include "tools/graph.h"

/* One thing, as it is in the first item and in the second. */
struct item_difference {
    const char *what;       /* "scalar" */
    struct short_text name; /* of the argument; empty */
    char *text[2];
    bool is_value; /* of an argument: `text` shows it */
    const struct log_op *op[2];
    struct log_value value[2];
};

struct item_differences {
    struct item_difference *difference;
    size_t count;
};

/* If `key`, also what else is in a cache key. */
void item_differences(struct item_differences *out, const struct graph *ga, const struct log_item *a, uint32_t log_a,
                      const struct graph *gb, const struct log_item *b, uint32_t log_b, bool key);
void item_differences_free(struct item_differences *d);

/* A line each. */
void item_differences_print(const struct item_differences *d);

#endif
