/* Payloads to spill, and what lies in the directory they are spilled to. */
#ifndef BLASE_TESTS_UNIT_SPILLING_H
#define BLASE_TESTS_UNIT_SPILLING_H

#include <dirent.h>
#include <string.h>

#include "reuse/spill.h"
#include "reuse/spill_place.h"
#include "tests/unit/scratch.h"

enum { DEAR_NS = 2000000000, CHEAP_NS = 1000, INDEX_BYTES = 1 << 16 };
static const struct share PLENTY = {1 << 30, -1};

static inline struct fp key(uint64_t i)
{
    return fingerprint_bytes(&i, sizeof i);
}

/* A payload whose every byte is told by `seed`. */
static inline struct payload *make_payload_in(struct room *room, size_t bytes, uint64_t seed, uint64_t call_ns)
{
    struct payload *p = payload_blank(bytes + sizeof(struct payload), room);
    cr_assert_not_null(p);
    memset(payload_image(p), 0, payload_image_bytes(p));
    p->call_ns = call_ns;
    p->item = seed;
    p->raised = 5;
    p->noutputs = 1;
    p->outputs[0].whole.fp = key(seed);
    p->packed = bytes;
    for (size_t i = 0; i < bytes; i++)
        p->data[i] = (unsigned char)((seed * 2654435761u + i) * 40503u >> 7);
    return p;
}

static inline struct payload *make_payload(size_t bytes, uint64_t seed, uint64_t call_ns)
{
    return make_payload_in(NULL, bytes, seed, call_ns);
}

static inline bool same_image(struct payload *a, struct payload *b)
{
    return payload_image_bytes(a) == payload_image_bytes(b) &&
           memcmp(payload_image(a), payload_image(b), payload_image_bytes(a)) == 0;
}

static inline struct spill *new_spill(void)
{
    struct spill *s = spill_new(directory, PLENTY, INDEX_BYTES, NULL);
    cr_assert_not_null(s);
    return s;
}

static inline bool offer(struct spill *s, uint64_t id, size_t bytes, uint64_t call_ns)
{
    struct payload *p = make_payload(bytes, id, call_ns);
    bool taken = spill_offer(s, key(id), p);
    payload_drop(p);
    return taken;
}

static inline bool comes_back(struct spill *s, uint64_t id, size_t bytes, uint64_t call_ns)
{
    struct payload *p = spill_take(s, key(id), NULL), *want = make_payload(bytes, id, call_ns);
    bool same = p && same_image(p, want);
    payload_drop(p);
    payload_drop(want);
    return same;
}

/* Visits what lies below the scratch directory, one level of directories deep; returns how many files but locks there are. */
static inline int each_file(void (*visit)(const char *path))
{
    char path[512], inner[1024];
    int count = 0;
    DIR *d = opendir(directory);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        DIR *sub = e->d_name[0] == '.' ? NULL : opendir(path);
        for (struct dirent *f; sub && (f = readdir(sub));) {
            snprintf(inner, sizeof inner, "%s/%s", path, f->d_name);
            if (f->d_name[0] == '.' || strcmp(f->d_name, "lock") == 0)
                continue;
            count++;
            if (visit)
                visit(inner);
        }
        if (sub)
            closedir(sub);
    }
    closedir(d);
    return count;
}

static inline uint64_t free_at(const char *path)
{
    uint64_t bytes = 0;
    cr_assert(spill_place_free(path, &bytes));
    return bytes;
}

static inline int directories(void)
{
    int count = 0;
    DIR *d = opendir(directory);
    for (struct dirent *e; (e = readdir(d));)
        count += strncmp(e->d_name, "blase-spill-", 12) == 0;
    closedir(d);
    return count;
}

#endif
