#include "tools/graph_join.h"

#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"

void graph_joins_leaf(struct graph_joins *j, uint32_t node, const struct log_leaf *leaf)
{
    j->leaf = must_append(j->leaf, j->nleaves, sizeof *j->leaf);
    j->leaf[j->nleaves++] = (struct written){.fp = leaf->fp, .node = node};
}

/* A leaf stands before the item that reads it first. */
void graph_joins_item(struct graph_joins *j, uint32_t node, uint64_t started_ns, const struct log_item *item)
{
    uint64_t began = started_ns + item->start_ns;
    for (; j->unread < j->nleaves; j->unread++)
        j->leaf[j->unread].ns = began;
    for (uint64_t i = 0; i < item->noutputs; i++) {
        const struct log_output *out = &item->outputs[i];
        if (!out->fp.lo && !out->fp.hi)
            continue;
        j->written = must_append(j->written, j->nwritten, sizeof *j->written);
        j->written[j->nwritten++] = (struct written){out->fp, began + item->call_ns, node,
                                                     (uint32_t)(out->operand < UINT8_MAX ? out->operand : UINT8_MAX)};
    }
}

static int compare_fp(struct fp a, struct fp b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

static int by_content_then_time(const void *a, const void *b)
{
    const struct written *x = a, *y = b;
    int order = compare_fp(x->fp, y->fp);
    if (order)
        return order;
    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    return x->node == y->node ? 0 : x->node < y->node ? -1 : 1;
}

/* The last that was written with this content before the leaf was read. */
static const struct written *source_of(const struct graph_joins *j, const struct written *leaf)
{
    size_t low = 0, high = j->nwritten;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_fp(j->written[middle].fp, leaf->fp);
        if (order < 0 || (order == 0 && j->written[middle].ns <= leaf->ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low && fp_equal(j->written[low - 1].fp, leaf->fp) ? &j->written[low - 1] : NULL;
}

void graph_joins_end(struct graph_joins *j, struct graph *g,
                     void (*join)(struct graph *g, uint32_t leaf, uint32_t item, uint64_t output))
{
    if (j->nwritten)
        qsort(j->written, j->nwritten, sizeof *j->written, by_content_then_time);
    for (size_t i = 0; i < j->nleaves; i++) {
        const struct written *source = source_of(j, &j->leaf[i]);
        if (source)
            join(g, j->leaf[i].node, source->node, source->output);
    }
    free(j->written);
    free(j->leaf);
    memset(j, 0, sizeof *j);
}
