/* The generated table of spellings: every exported name of every routine, with what calls it. Immutable. */
#ifndef BLASE_LINEAGE_ENTRY_H
#define BLASE_LINEAGE_ENTRY_H

#include "lineage/call.h"

extern const struct entry entry_table[];
extern const int entry_count;
extern const int16_t entry_first[]; /* by routine: where its spellings begin; every family has its own, in one order */

static inline int entry_index(const struct entry *entry)
{
    return (int)(entry - entry_table);
}

/* The same spelling (style, prefix, integer width) of another routine of the same family. */
static inline const struct entry *entry_sibling(const struct entry *entry, int op)
{
    return &entry_table[entry_first[op] + (entry_index(entry) - entry_first[op_index(entry->op)])];
}

#endif
