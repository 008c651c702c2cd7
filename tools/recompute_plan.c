#define _GNU_SOURCE
#include "tools/recompute_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/memory.h"

/*
 * A record in the file, so that it can be read from either end:
 *   what was found: FOUND_BYTES   inputs, or LEAF   the id less the one before   for each input: its ref less the id, its output
 *   length in one byte
 * Differences are zigzag varints: neighbours' take a byte or two.
 */
enum { FOUND_BYTES = 5, LEAF = 0x80, RECORD_MAX = FOUND_BYTES + 1 + 10 + OP_MAX_OPERANDS * 11 + 1 };
_Static_assert(RECORD_MAX < 256, "the length of a record fits a byte");

struct plan {
    FILE *file;
    uint64_t last_item, last_leaf; /* the ids before */
    struct bytes record;
    uint8_t *map;
    size_t size, at;
};

struct plan *plan_new(void)
{
    const char *tmp = getenv("TMPDIR");
    char *path = must_print("%s/blase-replay-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    free(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (!file)
        return NULL;
    struct plan *p = must_alloc(1, sizeof *p);
    p->file = file;
    return p;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    if (p->map)
        munmap(p->map, p->size);
    fclose(p->file);
    bytes_free(&p->record);
    free(p);
}

static int64_t difference(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b);
}

static void begin_record(struct plan *p, uint8_t inputs, uint64_t id, uint64_t *before)
{
    static const uint8_t nothing_found[FOUND_BYTES] = {0};
    bytes_clear(&p->record);
    put_raw(&p->record, nothing_found, sizeof nothing_found);
    put_raw(&p->record, &inputs, 1);
    put_zigzag(&p->record, difference(id, *before));
    *before = id;
}

static void end_record(struct plan *p)
{
    const uint8_t length = (uint8_t)(p->record.size + 1);
    put_raw(&p->record, &length, 1);
    fwrite(p->record.data, 1, p->record.size, p->file); /* plan_settle asks whether all went well */
}

void plan_leaf(struct plan *p, uint64_t id)
{
    begin_record(p, LEAF, id, &p->last_leaf);
    end_record(p);
}

void plan_item(struct plan *p, const struct log_item *item)
{
    begin_record(p, (uint8_t)item->ninputs, item->id, &p->last_item);
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct content_id content = content_of_input(&item->inputs[i]);
        const uint8_t output = (uint8_t)(content.output <= LEAF_OUTPUT ? content.output : LEAF_OUTPUT + 1);
        put_zigzag(&p->record, difference(content.ref, output == LEAF_OUTPUT ? p->last_leaf : item->id));
        put_raw(&p->record, &output, 1);
    }
    end_record(p);
}

static bool map_file(struct plan *p)
{
    long size = fflush(p->file) == 0 && !ferror(p->file) ? ftell(p->file) : -1;
    if (size <= 0)
        return size == 0;
    p->size = (size_t)size;
    p->map = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(p->file), 0);
    if (p->map == MAP_FAILED)
        p->map = NULL;
    return p->map != NULL;
}

static void write_found(uint8_t *at, const struct plan_step *found)
{
    at[0] = found->needed;
    memcpy(at + 1, &found->last, sizeof found->last);
    memcpy(at + 3, &found->keep, sizeof found->keep);
}

/* Whether somebody later needs it; it is made here, so nobody before does. */
static bool take(struct livemap *live, uint64_t ref, uint64_t output)
{
    const struct content_id id = {ref, output};
    bool needed = livemap_find(live, id, false) != NULL;
    if (needed)
        livemap_remove(live, id);
    return needed;
}

static void settle_leaf(struct plan_step *found, struct livemap *live, uint64_t id)
{
    found->needed = take(live, id, LEAF_OUTPUT);
    found->keep = found->needed;
}

/* From the last input to the first, as everything here: of two that are the same, the second is the last use. */
static void settle_inputs(struct plan_step *found, struct livemap *live, const struct content_id *inputs, int count)
{
    for (int i = count - 1; i >= 0; i--)
        if (!livemap_find(live, inputs[i], false)) {
            livemap_find(live, inputs[i], true);
            found->last |= (uint16_t)(1u << i);
        }
}

static void settle_item(struct plan_step *found, struct livemap *live, uint64_t id, bool wanted)
{
    for (uint64_t k = 0; k < OP_MAX_OPERANDS; k++)
        found->keep |= (uint16_t)((unsigned)take(live, id, k) << k);
    found->needed = wanted || found->keep;
}

/* Where reading backwards stands: the ids of the records in front of it. */
struct backwards {
    uint64_t item, leaf;
    int64_t needed;
};

static void settle_record(uint8_t *record, size_t length, const struct plan_range *wanted, struct livemap *live,
                          struct backwards *b)
{
    struct reader r = {record + FOUND_BYTES, record + length - 1, false};
    uint8_t inputs = 0, output = 0;
    struct plan_step found = {0};
    struct content_id ids[OP_MAX_OPERANDS];
    get_raw(&r, &inputs, 1);
    int64_t step = get_zigzag(&r);
    if (inputs == LEAF) {
        settle_leaf(&found, live, b->leaf);
        b->leaf -= (uint64_t)step;
    } else {
        for (int i = 0; i < inputs && i < OP_MAX_OPERANDS; i++) {
            int64_t away = get_zigzag(&r);
            get_raw(&r, &output, 1);
            ids[i] = (struct content_id){(output == LEAF_OUTPUT ? b->leaf : b->item) + (uint64_t)away, output};
        }
        settle_item(&found, live, b->item, !wanted || (b->item >= wanted->first && b->item <= wanted->last));
        if (found.needed)
            settle_inputs(&found, live, ids, inputs);
        b->needed += found.needed;
        b->item -= (uint64_t)step;
    }
    write_found(record, &found);
}

int64_t plan_settle(struct plan *p, const struct plan_range *wanted)
{
    struct livemap live = {0};
    struct backwards b = {.item = p->last_item, .leaf = p->last_leaf};
    if (p->record.failed) {
        errno = ENOMEM;
        return -1;
    }
    if (!map_file(p))
        return -1;
    for (size_t end = p->size; end > 0;) {
        size_t length = p->map[end - 1];
        settle_record(p->map + end - length, length, wanted, &live, &b);
        end -= length;
    }
    livemap_free(&live);
    return b.needed;
}

bool plan_next(struct plan *p, struct plan_step *step)
{
    if (p->at >= p->size)
        return false;
    const uint8_t *record = p->map + p->at;
    struct reader r = {record + FOUND_BYTES, p->map + p->size, false};
    uint8_t inputs = 0, output;
    step->needed = record[0];
    memcpy(&step->last, record + 1, sizeof step->last);
    memcpy(&step->keep, record + 3, sizeof step->keep);
    get_raw(&r, &inputs, 1);
    get_zigzag(&r);
    for (int i = 0; inputs != LEAF && i < inputs; i++) {
        get_zigzag(&r);
        get_raw(&r, &output, 1);
    }
    p->at = (size_t)(r.at - p->map) + 1;
    return true;
}
