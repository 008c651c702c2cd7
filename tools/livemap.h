/*
 * A map from contents (a leaf, or what an item wrote into one of its operands) to values, from which entries are taken again, so
 * that it is as large as what is live. All zero is the empty map.
 */
#ifndef BLASE_TOOLS_LIVEMAP_H
#define BLASE_TOOLS_LIVEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lineage/log_format.h"

/* Names a content: `output` is the operand of an item, LEAF_OUTPUT for a leaf. */
struct content_id {
    uint64_t ref, output;
};
static const uint64_t LEAF_OUTPUT = OP_MAX_OPERANDS;

static inline struct content_id content_of_input(const struct log_input *in)
{
    return (struct content_id){in->ref, in->is_item ? in->output : LEAF_OUTPUT};
}

struct livemap_slot {
    struct content_id id;
    void *value;
    bool used;
};
struct livemap {
    struct livemap_slot *slots;
    size_t capacity, count;
};

/* Where the content's value stands, made (NULL) when it is not there and `make` says so; else NULL. Until the next change. */
void **livemap_find(struct livemap *map, struct content_id id, bool make);
void livemap_remove(struct livemap *map, struct content_id id);
void livemap_free(struct livemap *map);

#endif
