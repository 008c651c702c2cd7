#include "lineage/paths.h"

#include <stdlib.h>
#include <string.h>

uint32_t paths_step(const struct paths *paths, uint32_t node, uint64_t signature)
{
    if (!paths->nnodes)
        return 0;
    uint32_t at = paths->nodes[node].child;
    while (at && paths->nodes[at].signature != signature)
        at = paths->nodes[at].sibling;
    return at;
}

bool paths_room(const struct paths *paths, uint32_t length)
{
    return paths->npatches < PATHS_MOST && paths->nnodes + length < PATHS_NODES;
}

static bool reserve(struct paths *paths, uint32_t more)
{
    uint32_t wanted = paths->nnodes + more + 1, capacity = paths->capacity ? paths->capacity : 64;
    while (capacity < wanted)
        capacity *= 2;
    if (capacity > paths->capacity) {
        struct paths_node *nodes = realloc(paths->nodes, capacity * sizeof *nodes);
        if (!nodes)
            return false;
        paths->nodes = nodes;
        paths->capacity = capacity;
    }
    if (!paths->nnodes)
        paths->nodes[paths->nnodes++] = (struct paths_node){0};
    return true;
}

static bool is_known(const struct paths *paths, const struct patch *patch)
{
    uint32_t node = 0;
    for (uint32_t i = 0; i < patch->length; i++) {
        node = paths_step(paths, node, patch->steps[i].signature);
        if (!node)
            return false;
    }
    return paths->nodes && paths->nodes[node].ends;
}

bool paths_add(struct paths *paths, struct patch *patch)
{
    if (!patch->length || is_known(paths, patch) || !paths_room(paths, patch->length) || !reserve(paths, patch->length))
        return false; /* and no node has been told of it: the caller frees it */
    uint32_t node = 0;
    for (uint32_t i = 0; i < patch->length; i++) {
        uint64_t signature = patch->steps[i].signature;
        uint32_t next = paths_step(paths, node, signature);
        if (!next) {
            next = paths->nnodes++;
            paths->nodes[next] = (struct paths_node){.signature = signature, .sibling = paths->nodes[node].child};
            paths->nodes[node].child = next;
        }
        paths->nodes[next].through = patch;
        node = next;
    }
    paths->nodes[node].ends = patch;
    paths->patches[paths->npatches++] = patch;
    return true;
}

void paths_clear(struct paths *paths)
{
    for (uint32_t i = 0; i < paths->npatches; i++)
        patch_free(paths->patches[i]);
    free(paths->nodes);
    memset(paths, 0, sizeof *paths);
}
