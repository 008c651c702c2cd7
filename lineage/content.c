#include "lineage/content.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 512, WAITING_MOST = 40 };

/*
 * Origins stand one after another as they came; what is searched are eight bytes of each, open addressing, at most half full:
 * a part of the fingerprint and 1 + the place. Fingerprints are their own hash.
 */
struct table {
    struct origin *origins;
    uint32_t *unfiled; /* of each origin: 1 + its place among the squares whose triangles are not filed, or 0 */
    uint64_t *slots;
    size_t room, count; /* origins; twice as many slots */
};

enum { TRIANGLES = 4 };

/* A square whose triangles are not filed. */
struct unfiled {
    struct origin origin;
    struct fp_whole square;
    uint64_t came;  /* the later, the more */
    uint32_t place; /* of its origin */
};

struct generation {
    struct table table;
    struct unfiled *unfiled;
    size_t room, nunfiled;
    uint64_t latest; /* `came` of the one that came last */
    bool again;      /* they do not stand in the order of their coming: some came again */
    size_t load;     /* entries, those of unfiled triangles among them */
};

struct waiting {
    uint64_t came;
    struct origin origin;
    struct fp_whole square; /* if it is one */
};

struct content {
    struct generation young, old;
    size_t most; /* entries of a generation */
    uint64_t came;
    uint64_t dropped;
    uint8_t age;
    int nwaiting;
    uint64_t who_waits; /* a bit for each, by its content; all bits: a triangle by itself does */
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
    free(t->unfiled);
    free(t->slots);
    memset(t, 0, sizeof *t);
}

static bool grow(struct table *t)
{
    struct table larger = {.room = t->room ? 2 * t->room : FIRST_ROOM, .count = t->count};
    larger.unfiled = realloc(t->unfiled, larger.room * sizeof *larger.unfiled);
    if (!larger.unfiled)
        return false;
    t->unfiled = larger.unfiled;
    larger.origins = realloc(t->origins, larger.room * sizeof *larger.origins);
    if (!larger.origins)
        return false;
    t->origins = larger.origins;
    larger.slots = calloc(2 * larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < larger.count; i++) {
        const struct fp fp = larger.origins[i].content;
        *slot_of(&larger, fp) = tag_of(fp) | (i + 1);
    }
    free(t->slots);
    *t = larger;
    return true;
}

/* 1 + the place among the origins; 0: out of memory. */
static uint32_t table_put(struct table *t, const struct origin *origin, uint8_t age)
{
    if (t->count == t->room && !grow(t))
        return 0;
    uint64_t *slot = slot_of(t, origin->content);
    if (!*slot) {
        t->unfiled[t->count] = 0;
        *slot = tag_of(origin->content) | ++t->count;
    }
    const uint32_t place = (uint32_t)*slot;
    t->origins[place - 1] = *origin;
    t->origins[place - 1].age = age;
    return place;
}

/* Two generations, and while the younger one grows its half before beside it. */
struct content *content_new(uint64_t bytes)
{
    struct content *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    const size_t each =
        sizeof(struct origin) + sizeof(uint32_t) + 2 * sizeof(uint64_t) + sizeof(struct unfiled) / (1 + TRIANGLES);
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
    return g->table.room * (sizeof(struct origin) + sizeof(uint32_t) + 2 * sizeof(uint64_t)) + g->room * sizeof(struct unfiled);
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
    index->who_waits = 0;
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
    index->young.latest = 0;
    index->young.again = false;
    if (oldest.table.slots)
        memset(oldest.table.slots, 0, 2 * oldest.table.room * sizeof *oldest.table.slots);
    index->age++;
}

/* `more`: entries beside it that come with it if it is new. 1 + its place; 0: out of memory. */
static uint32_t file(struct content *index, const struct origin *origin, size_t more)
{
    struct generation *young = &index->young;
    if (young->load >= index->most && !table_find(&young->table, origin->content))
        age(index);
    const size_t before = young->table.count;
    const uint32_t place = table_put(&young->table, origin, index->age);
    if (young->table.count > before)
        young->load += 1 + more;
    return place;
}

static int by_coming(const void *a, const void *b)
{
    const struct unfiled *one = a, *other = b;
    return (one->came > other->came) - (one->came < other->came);
}

/* Later ones take the place of those before, as they came. */
static void file_unfiled(struct generation *g)
{
    if (g->again)
        qsort(g->unfiled, g->nunfiled, sizeof g->unfiled[0], by_coming);
    for (size_t i = 0; i < g->nunfiled; i++) {
        const struct unfiled *u = &g->unfiled[i];
        struct origin origin = u->origin;
        g->table.unfiled[u->place] = 0;
        for (int part = PART_UPPER; part <= PART_STRICT_LOWER; part++) {
            origin.content = fingerprint_part(&u->square, part);
            table_put(&g->table, &origin, origin.age);
        }
    }
    g->nunfiled = 0;
    g->latest = 0;
    g->again = false;
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

/* Where the square may wait; NULL: out of memory. */
static struct unfiled *unfiled_of(struct generation *g, uint32_t place)
{
    uint32_t *at = &g->table.unfiled[place];
    if (*at) {
        g->again |= *at < g->nunfiled;
        return &g->unfiled[*at - 1];
    }
    if (!room_for_unfiled(g)) {
        file_unfiled(g);
        if (!g->room)
            return NULL;
    }
    g->table.unfiled[place] = (uint32_t)++g->nunfiled; /* filing may have moved it */
    return &g->unfiled[g->nunfiled - 1];
}

/* Of equal triangles the latest counts: a square that comes again comes after those that came meanwhile. */
static bool put_square(struct content *index, const struct origin *origin, const struct fp_whole *square, uint64_t came,
                       uint32_t place)
{
    struct generation *young = &index->young;
    struct unfiled *u = unfiled_of(young, place);
    if (!u)
        return false;
    young->again |= came < young->latest;
    young->latest = came > young->latest ? came : young->latest;
    u->origin = *origin;
    u->origin.age = index->age;
    u->square = *square;
    u->came = came;
    u->place = place;
    return true;
}

/* A triangle that comes by itself comes after all those that wait. 1 + the place; 0: out of memory. */
static uint32_t put(struct content *index, const struct origin *origin, const struct fp_whole *square, uint64_t came)
{
    if (!square && origin->part > PART_FULL)
        file_unfiled(&index->young);
    const uint32_t place = file(index, origin, square ? TRIANGLES : 0);
    return place && (!square || put_square(index, origin, square, came, place - 1)) ? place : 0;
}

static void fetch(const struct table *t, struct fp fp)
{
    if (t->room)
        __builtin_prefetch(&t->slots[fp.lo & (2 * t->room - 1)], 1);
}

static uint64_t waiting_bit(struct fp fp)
{
    return UINT64_C(1) << (fp.hi & 63);
}

static void file_waiting(struct content *index)
{
    for (int i = 0; i < index->nwaiting; i++) {
        const struct waiting *w = &index->waiting[i];
        put(index, &w->origin, w->square.square ? &w->square : NULL, w->came);
    }
    index->nwaiting = 0;
    index->who_waits = 0;
}

void content_put_later(struct content *index, const struct origin *origin, const struct fp_whole *square)
{
    if (index->nwaiting == WAITING_MOST)
        file_waiting(index);
    struct waiting *w = &index->waiting[index->nwaiting++];
    index->who_waits |= !square && origin->part > PART_FULL ? UINT64_MAX : waiting_bit(origin->content);
    w->came = ++index->came;
    fetch(&index->young.table, origin->content);
    w->origin = *origin;
    w->square.square = false;
    if (square)
        w->square = *square;
}

bool content_put(struct content *index, const struct origin *origin, const struct fp_whole *square)
{
    file_waiting(index);
    return put(index, origin, square, ++index->came) != 0;
}

/* The latest counts: of this content nobody may wait who came before, and be filed after it. */
bool content_put_again(struct content *index, const struct origin *origin, const struct fp_whole *square, uint32_t *place)
{
    struct table *t = &index->young.table;
    const bool waits = index->who_waits & waiting_bit(origin->content), by_itself = !square && origin->part > PART_FULL;
    if (waits || by_itself || *place - 1 >= t->count || !fp_equal(t->origins[*place - 1].content, origin->content)) {
        file_waiting(index);
        *place = put(index, origin, square, ++index->came);
        return *place != 0;
    }
    t->origins[*place - 1] = *origin;
    t->origins[*place - 1].age = index->age;
    return !square || put_square(index, origin, square, ++index->came, *place - 1);
}

struct origin *content_find(struct content *index, struct fp fp, bool triangle)
{
    fetch(&index->young.table, fp);
    fetch(&index->old.table, fp);
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
