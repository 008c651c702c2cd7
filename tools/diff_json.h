/* Differences of two runs as JSON (blase-diff(1)). */
#ifndef BLASE_TOOLS_DIFF_JSON_H
#define BLASE_TOOLS_DIFF_JSON_H

#include "tools/diff_text.h"
#include "tools/item_diff.h"
#include "tools/json.h"

/* A pair of streams but for its differences: which, and how many calls of each kind. */
struct pair_counts {
    size_t first, second, moved, content, own; /* only in the first run, only in the second, … */
};
struct pair_counts diff_counts(const struct stream_pair *p);
cJSON *diff_json_pair(const struct diff_text *t, const struct stream_pair *p);
cJSON *diff_json_difference(const struct diff_text *t, const struct difference *d);

/* Appends what differs in two items by their own words. */
void diff_json_items(cJSON *array, const struct item_differences *d);

#endif
