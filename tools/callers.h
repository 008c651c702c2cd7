/*
 * Traced calls by who called: an object file and a place in it, over all processes of a run. Bypassed calls are not told by
 * caller: counting them is all that is done for them.
 */
#ifndef BLASE_TOOLS_CALLERS_H
#define BLASE_TOOLS_CALLERS_H

#include "lineage/log_format.h"
#include "tools/idmap.h"
#include "tools/tally.h"

struct caller {
    size_t object; /* index in `objects` */
    uint64_t offset;
    char *symbol; /* of the function, once callers_name has found it; else NULL */
    uint64_t symbol_offset;
    struct tally tally;
};
struct callers {
    char **objects;
    struct caller *caller;
    size_t nobjects, count;
    struct idmap object_index, index; /* by hash */
};

/* The index of an object. */
size_t callers_object(struct callers *c, const char *path);
void callers_count(struct callers *c, size_t object, const struct log_item *item, uint64_t count); /* as tally_items */

/* Dearest (in routines and saved) first. */
void callers_order(struct callers *c);

/* Looks the functions up in the objects on disk, as far as they are still what they were. */
void callers_name(struct callers *c);
void callers_free(struct callers *c);

#endif
