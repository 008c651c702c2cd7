/* Items, leaves and values in JSON, the same for every verb that shows them. */
#ifndef BLASE_TOOLS_ITEMS_JSON_H
#define BLASE_TOOLS_ITEMS_JSON_H

#include "tools/graph.h"
#include "tools/json.h"

/* An item or a leaf, as `blase items --format json` lists it. */
cJSON *items_json_node(const struct graph *g, uint32_t node, const struct expand_event *event);

/* A number, an array of two, or an option's letter. */
cJSON *items_json_value(const struct log_op *op, const struct log_value *value);

/* ["A", "C"] for bits by operand. */
cJSON *items_json_operands(const struct log_op *op, uint64_t bits);

#endif
