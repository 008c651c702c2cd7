/* What must be computed again and how long contents live, against a plain walk over the whole graph. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tools/recompute_plan.h"

enum { ITEMS = 400, KEYS = 3000 };

static uint64_t state;

static uint64_t draw(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

/* A log of items of two threads and leaves, each item reading up to four of what came before. */
struct event {
    bool leaf;
    struct log_item item; /* of a leaf its id only */
    bool needed;
};
static struct event events[2 * ITEMS];
static int nevents;

static void make_log(uint64_t seed)
{
    uint64_t items[2] = {0, 0}, leaves = 0;
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    nevents = 0;
    while (items[0] + items[1] < ITEMS) {
        struct event *e = &events[nevents++];
        memset(e, 0, sizeof *e);
        e->leaf = nevents == 1 || draw(4) == 0;
        uint64_t thread = draw(2);
        e->item.id = e->leaf ? leaves++ : thread << 40 | items[thread]++;
        e->item.ninputs = e->leaf ? 0 : draw(5);
        for (uint64_t i = 0; i < e->item.ninputs; i++) {
            const struct event *from = &events[draw(3) ? nevents - 2 - (int)draw((uint64_t)(nevents - 1) % 8 + 1) % (nevents - 1)
                                                       : (int)draw((uint64_t)nevents - 1)];
            e->item.inputs[i] =
                (struct log_input){.is_item = !from->leaf, .ref = from->item.id, .output = from->leaf ? 0 : draw(3)};
        }
    }
}

static struct event *event_of(const struct log_input *in)
{
    for (int i = 0; i < nevents; i++)
        if (events[i].leaf == !in->is_item && events[i].item.id == in->ref)
            return &events[i];
    return NULL;
}

static void mark(struct event *e)
{
    if (e->needed)
        return;
    e->needed = true;
    for (uint64_t i = 0; i < e->item.ninputs; i++)
        mark(event_of(&e->item.inputs[i]));
}

static struct plan *plan_of_log(void)
{
    struct plan *p = plan_new();
    cr_assert_not_null(p);
    for (int i = 0; i < nevents; i++)
        if (events[i].leaf)
            plan_leaf(p, events[i].item.id);
        else
            plan_item(p, &events[i].item);
    return p;
}

/* Walks on as the second pass does: what is read is there, what is dropped is not read again, at the end nothing is left. */
static void follow(struct plan *p)
{
    struct livemap live = {0};
    struct plan_step step;
    for (int i = 0; i < nevents; i++) {
        const struct event *e = &events[i];
        cr_assert(plan_next(p, &step));
        cr_assert_eq(step.needed, e->needed, "event %d", i);
        if (e->leaf && step.needed)
            livemap_find(&live, (struct content_id){e->item.id, LEAF_OUTPUT}, true);
        for (uint64_t k = 0; !e->leaf && step.needed && k < e->item.ninputs; k++)
            cr_assert_not_null(livemap_find(&live, content_of_input(&e->item.inputs[k]), false),
                               "event %d reads what is not there", i);
        for (uint64_t k = 0; !e->leaf && k < OP_MAX_OPERANDS; k++)
            if (step.keep >> k & 1)
                livemap_find(&live, (struct content_id){e->item.id, k}, true);
        for (uint64_t k = 0; !e->leaf && k < e->item.ninputs; k++)
            if (step.last >> k & 1)
                livemap_remove(&live, content_of_input(&e->item.inputs[k]));
    }
    cr_expect_not(plan_next(p, &step));
    cr_expect_eq(live.count, 0, "contents held to the end");
    livemap_free(&live);
}

Test(recompute_plan, everything)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        make_log(seed);
        int64_t items = 0;
        for (int i = 0; i < nevents; i++) {
            if (!events[i].leaf)
                mark(&events[i]);
            items += !events[i].leaf;
        }
        struct plan *p = plan_of_log();
        cr_assert_eq(plan_settle(p, NULL), items);
        follow(p);
        plan_free(p);
    }
}

Test(recompute_plan, what_one_item_is_made_from)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        make_log(seed);
        int target = nevents / 2;
        while (events[target].leaf)
            target++;
        mark(&events[target]);
        int64_t items = 0;
        for (int i = 0; i < nevents; i++)
            items += events[i].needed && !events[i].leaf;
        struct plan *p = plan_of_log();
        const struct plan_range range = {events[target].item.id, events[target].item.id};
        cr_assert_eq(plan_settle(p, &range), items, "seed %d", (int)seed);
        follow(p);
        plan_free(p);
    }
}

Test(recompute_plan, nothing)
{
    struct plan *p = plan_new();
    struct plan_step step;
    cr_expect_eq(plan_settle(p, NULL), 0);
    cr_expect_not(plan_next(p, &step));
    plan_free(p);
}

/* Any order of putting in and taking out, against an array. */
Test(livemap, holds_what_is_in_it)
{
    static bool there[KEYS];
    struct livemap map = {0};
    size_t count = 0;
    state = 7;
    for (int i = 0; i < 200000; i++) {
        uint64_t key = draw(KEYS);
        const struct content_id id = {key % 1000 << (key % 7 == 0 ? 40 : 0), key / 1000};
        if (draw(2)) {
            count += !there[key];
            there[key] = true;
            *livemap_find(&map, id, true) = &there[key];
        } else {
            count -= there[key];
            there[key] = false;
            livemap_remove(&map, id);
        }
        cr_assert_eq(map.count, count);
        uint64_t other = draw(KEYS);
        void **found = livemap_find(&map, (struct content_id){other % 1000 << (other % 7 == 0 ? 40 : 0), other / 1000}, false);
        cr_assert_eq(found != NULL, there[other], "key %d", (int)other);
        cr_assert(!found || *found == &there[other]);
    }
    livemap_free(&map);
}
