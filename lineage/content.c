#include "lineage/content.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 512, WAITING_MOST = 40, AHEAD = 16 };

/*
 * Origins stand one after another as they came; what is searched are eight bytes of each, open addressing, at most half full:
 * a part of the fingerprint and 1 + the place. Fingerprints are their own hash.
 */
struct table {
    struct origin *origins;
    uint64_t *slots;
    size_t room, count; /* origins; twice as many slots */
};

enum { TRIANGLES = 4 };

/* A square whose triangles are not filed. */
struct unfiled {
    struct origin origin;
    struct fp_whole square;
};

struct generation {
    struct table table;
    struct unfiled *unfiled;
    size_t room, nunfiled;
    size_t load; /* entries, those of unfiled triangles among them */
};

struct waiting {
    struct origin origin;
    struct fp_whole square; /* if it is one */
};

struct content {
    struct generation young, old;
    size_t most; /* entries of a generation */
    uint64_t dropped;
    uint8_t age;
    int nwaiting;
    struct waiting waiting[WAITING_MOST];
};

static uint64_t tag_of(struct fp fp)
{
    return fp.hi & ~(uint64_t)UINT32_MAX;
}

/* Where the content stands, or could be put. */
static uint64_t *slot_of(const struct table *t, struct fp fp)
{
    const size_t mask = 2 * t->room - 1;
    const uint64_t tag = tag_of(fp);
    size_t i = fp.lo & mask;
    for (;; i = (i + 1) & mask) {
        uint64_t *slot = &t->slots[i];
        if (!*slot)
            return slot;
        if ((*slot & ~(uint64_t)UINT32_MAX) == tag && fp_equal(t->origins[(uint32_t)*slot - 1].content, fp))
            return slot;
    }
}

static struct origin *table_find(const struct table *t, struct fp fp)
{
    const uint64_t slot = t->room ? *slot_of(t, fp) : 0;
    return slot ? &t->origins[(uint32_t)slot - 1] : NULL;
}

static void free_table(struct table *t)
{
    free(t->origins);
    free(t->slots);
    memset(t, 0, sizeof *t);
}

static bool grow(struct table *t)
{
    struct table larger = {.room = t->room ? 2 * t->room : FIRST_ROOM, .count = t->origins ? t->count : 0};
    larger.slots = calloc(2 * larger.room, sizeof *larger.slots);
    larger.origins = larger.slots ? realloc(t->origins, larger.room * sizeof *larger.origins) : NULL;
    if (!larger.origins) {
        free(larger.slots);
        return false;
    }
    for (size_t i = 0; i < larger.count; i++) {
        const struct fp fp = larger.origins[i].content;
        *slot_of(&larger, fp) = tag_of(fp) | (i + 1);
    }
    free(t->slots);
    *t = larger;
    return true;
}

static bool table_put(struct table *t, const struct origin *origin, uint8_t age)
{
    if ((!t->origins || !t->slots || t->count == t->room) && !grow(t))
        return false;
    uint64_t *slot = slot_of(t, origin->content);
    if (!*slot)
        *slot = tag_of(origin->content) | ++t->count;
    struct origin *at = &t->origins[(uint32_t)*slot - 1];
    *at = *origin;
    at->age = age;
    return true;
}

/* Two generations, and while the younger one grows its half before beside it. */
struct content *content_new(uint64_t bytes)
{
    struct content *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    const size_t each = sizeof(struct origin) + 2 * sizeof(uint64_t) + sizeof(struct unfiled) / (1 + TRIANGLES);
    index->most = FIRST_ROOM;
    while (index->most < (size_t)1 << 28 && 5 * index->most * each <= bytes)
        index->most *= 2;
    return index;
}

uint64_t content_dropped(const struct content *index)
{
    return index->dropped;
}

static uint64_t generation_bytes(const struct generation *g)
{
    return g->table.room * (sizeof(struct origin) + 2 * sizeof(uint64_t)) + g->room * sizeof(struct unfiled);
}

uint64_t content_bytes(const struct content *index)
{
    return generation_bytes(&index->young) + generation_bytes(&index->old);
}

static void free_generation(struct generation *g)
{
    free_table(&g->table);
    free(g->unfiled);
    memset(g, 0, sizeof *g);
}

void content_clear(struct content *index)
{
    free_generation(&index->young);
    free_generation(&index->old);
    index->dropped = 0;
    index->nwaiting = 0;
}

void content_free(struct content *index)
{
    content_clear(index);
    free(index);
}

uint8_t content_age(const struct content *index)
{
    return index->age;
}

/* The younger generation becomes the older one, whose memory is used again. */
static void age(struct content *index)
{
    struct generation oldest = index->old;
    index->dropped += oldest.load; /* less those that moved up, which are few among many */
    index->old = index->young;
    index->young = oldest;
    index->young.load = index->young.nunfiled = index->young.table.count = 0;
    if (oldest.table.slots)
        memset(oldest.table.slots, 0, 2 * oldest.table.room * sizeof *oldest.table.slots);
    index->age++;
}

/* `more`: entries beside it that come with it if it is new. */
static bool file(struct content *index, const struct origin *origin, size_t more)
{
    struct generation *young = &index->young;
    if (young->load >= index->most && !table_find(&young->table, origin->content))
        age(index);
    const size_t before = young->table.count;
    if (!table_put(&young->table, origin, index->age))
        return false;
    if (young->table.count > before)
        young->load += 1 + more;
    return true;
}

/* Later ones take the place of those before, as they came. */
static void file_triangles(struct generation *g, const struct unfiled *u)
{
    struct origin origin = u->origin;
    for (int part = PART_UPPER; part <= PART_STRICT_LOWER; part++) {
        origin.content = fingerprint_part(&u->square, part);
        table_put(&g->table, &origin, origin.age);
    }
}

static void file_unfiled(struct generation *g)
{
    for (size_t i = 0; i < g->nunfiled; i++)
        file_triangles(g, &g->unfiled[i]);
    g->nunfiled = 0;
}

static bool room_for_unfiled(struct generation *g)
{
    if (g->nunfiled < g->room)
        return true;
    const size_t room = g->room ? 2 * g->room : FIRST_ROOM / (1 + TRIANGLES);
    struct unfiled *larger = realloc(g->unfiled, room * sizeof *larger);
    if (!larger)
        return false;
    g->unfiled = larger;
    g->room = room;
    return true;
}

/* Where triangles are filed already, or may be, all those before them are filed first: of equal ones the latest counts. */
static bool put(struct content *index, const struct origin *origin, const struct fp_whole *square)
{
    struct generation *young = &index->young;
    if (!square) {
        if (origin->part > PART_FULL)
            file_unfiled(young);
        return file(index, origin, 0);
    }
    const bool known = table_find(&young->table, origin->content) != NULL;
    if (known)
        file_unfiled(young);
    if (!file(index, origin, TRIANGLES))
        return false;
    struct unfiled all = {*origin, *square};
    all.origin.age = index->age;
    if (!known && room_for_unfiled(young)) {
        young->unfiled[young->nunfiled++] = all;
        return true;
    }
    if (!known)
        file_unfiled(young);
    file_triangles(young, &all);
    return true;
}

static void fetch(const struct table *t, struct fp fp)
{
    if (t->room)
        __builtin_prefetch(&t->slots[fp.lo & (2 * t->room - 1)], 1);
}

static void file_waiting(struct content *index)
{
    const int count = index->nwaiting;
    for (int i = 0; i < count && i < AHEAD; i++)
        fetch(&index->young.table, index->waiting[i].origin.content);
    for (int i = 0; i < count; i++) {
        const struct waiting *w = &index->waiting[i];
        if (i + AHEAD < count)
            fetch(&index->young.table, index->waiting[i + AHEAD].origin.content);
        put(index, &w->origin, w->square.square ? &w->square : NULL);
    }
    index->nwaiting = 0;
}

void content_put_later(struct content *index, const struct origin *origin, const struct fp_whole *square)
{
    if (index->nwaiting == WAITING_MOST)
        file_waiting(index);
    struct waiting *w = &index->waiting[index->nwaiting++];
    w->origin = *origin;
    w->square.square = false;
    if (square)
        w->square = *square;
}

bool content_put(struct content *index, const struct origin *origin, const struct fp_whole *square)
{
    file_waiting(index);
    return put(index, origin, square);
}

struct origin *content_find(struct content *index, struct fp fp, bool triangle)
{
    file_waiting(index);
    if (triangle) {
        file_unfiled(&index->old);
        file_unfiled(&index->young);
    }
    struct origin *found = table_find(&index->young.table, fp);
    if (found)
        return found;
    found = table_find(&index->old.table, fp);
    if (!found)
        return NULL;
    struct origin moved = *found;
    return file(index, &moved, 0) ? table_find(&index->young.table, fp) : NULL;
}
