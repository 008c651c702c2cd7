/*
 * What items and leaves are called, and reading such names back. An id is `thread << 40 | number`; thread 0 is left out. In front
 * of it stands the process, in runs that have several.
 */
#ifndef BLASE_TOOLS_NAMES_H
#define BLASE_TOOLS_NAMES_H

#include "tools/text.h"

enum { NAME_THREAD_SHIFT = 40, NAME_PREFIX = 48 };

/* "#17", "#2.17", "#4711:2.17"; "leaf 3", "leaf 4711:2.3". `prefix`: empty, "4711:" or "4711.2:". */
struct short_text name_item(const char *prefix, uint64_t id);
struct short_text name_leaf(const char *prefix, uint64_t id);

struct name {
    bool leaf;
    char prefix[NAME_PREFIX]; /* empty: the name does not say */
    uint64_t id;
};

/* Any of the above, with or without "#"; false if it is none of them. */
bool name_parse(const char *text, struct name *name);

#endif
