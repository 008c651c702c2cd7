#include "tools/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reuse/cache.h"
#include "tools/memory.h"

/* Content of this log: fingerprints of leaves, and of what items wrote. */
struct contents {
    struct idmap leaves, outputs;
    struct idmap computed;      /* content by Merkle hash and operand */
    struct log_output *content; /* of a leaf, with the part that it is */
    size_t count;
};

static uint64_t output_id(uint64_t item, uint64_t operand)
{
    return item * OP_MAX_OPERANDS + operand % OP_MAX_OPERANDS;
}

static void add_content(struct contents *c, struct idmap *map, uint64_t id, uint64_t part, struct fp fp)
{
    c->content = must_append(c->content, c->count, sizeof *c->content);
    c->content[c->count] = (struct log_output){.part = part, .fp = fp};
    idmap_put(map, id, c->count++);
}

/*
 * What an input held: a fingerprint and the part it is of. Of an item's output, the log has the fingerprint of the part that was
 * written only, so a triangle of a full output is known as that part of the whole.
 */
static struct log_output content_of(const struct contents *c, const struct log_input *in)
{
    uint64_t index;
    const struct idmap *map = in->is_item ? &c->outputs : &c->leaves;
    struct log_output unknown = {.operand = 1, .part = in->part, .fp = {in->ref, in->output}};
    if (!c->content || !idmap_get(map, in->is_item ? output_id(in->ref, in->output) : in->ref, &index))
        return unknown;
    struct log_output known = c->content[index];
    known.part = known.part == in->part ? 0 : in->part;
    return known;
}

static struct fp key_of_item(const struct contents *c, const struct log_item *item)
{
    struct bytes b = {0};
    const uint64_t head[] = {item->op, item->provider, item->flags, item->nvalues, item->ninputs};
    put_raw(&b, head, sizeof head);
    for (uint64_t i = 0; i < item->nvalues; i++) {
        put_varint(&b, item->values[i].arg);
        put_zigzag(&b, item->values[i].i);
        put_raw(&b, item->values[i].bytes, sizeof item->values[i].bytes);
    }
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_output content = content_of(c, &item->inputs[i]);
        put_varint(&b, item->inputs[i].operand);
        put_varint(&b, content.operand);
        put_varint(&b, content.part);
        put_raw(&b, &item->inputs[i].slice, sizeof item->inputs[i].slice);
        put_raw(&b, &content.fp, sizeof content.fp);
    }
    const struct fp key = fingerprint_bytes(b.data, b.size);
    bytes_free(&b);
    return key;
}

/* Results that no cache would keep, whatever its size. */
static bool never_kept(const struct log_item *item)
{
    const bool of_its_own = item->unkept == UNKEPT_RULE || item->unkept == UNKEPT_OVERLAP || item->unkept == UNKEPT_INFO ||
                            item->unkept == UNKEPT_CHANGED;
    return of_its_own || item->info != 0 || item->kept_bytes < sizeof(struct payload) || item->kept_bytes > PTRDIFF_MAX / 2;
}

/*
 * Of an item in a loop, the log does not have what it wrote: then equal computations wrote the same, and what has not been
 * computed before is new.
 */
static void add_output(struct contents *c, const struct log_item *item, const struct log_output *out)
{
    const uint64_t computation[3] = {item->merkle.lo, item->merkle.hi, out->operand};
    const struct fp made = fingerprint_bytes(computation, sizeof computation);
    uint64_t index, id = output_id(item->id, out->operand);
    if (out->fp.lo || out->fp.hi) {
        add_content(c, &c->outputs, id, out->part, out->fp);
        idmap_put(&c->computed, made.lo, c->count - 1);
    } else if (idmap_get(&c->computed, made.lo, &index)) {
        idmap_put(&c->outputs, id, index);
    } else {
        add_content(c, &c->outputs, id, out->part, made);
        idmap_put(&c->computed, made.lo, c->count - 1);
    }
}

static void add_item(struct replay_calls *calls, struct contents *c, const struct log_item *item)
{
    calls->call = must_append(calls->call, calls->count, sizeof *calls->call);
    calls->call[calls->count++] = (struct replay_call){.key = key_of_item(c, item),
                                                       .bytes = never_kept(item) ? 0 : (item->kept_bytes + 7) & ~(uint64_t)7,
                                                       .ns = item->call_ns + item->saved_ns,
                                                       .height = (uint32_t)item->height};
    for (uint64_t i = 0; i < item->noutputs; i++)
        add_output(c, item, &item->outputs[i]);
}

void replay_calls_read(struct replay_calls *calls, struct run_log *log)
{
    struct contents contents = {0};
    struct expand_event event;
    memset(calls, 0, sizeof *calls);
    struct expand *x = run_log_expand(log, EXPAND_SINGLY);
    while (expand_next(x, &event))
        if (event.kind == EXPAND_LEAF)
            add_content(&contents, &contents.leaves, event.leaf.id, event.leaf.part, event.leaf.fp);
        else if (event.kind == EXPAND_ITEM)
            add_item(calls, &contents, &event.item);
    expand_free(x);
    free(contents.content);
    idmap_free(&contents.leaves);
    idmap_free(&contents.outputs);
    idmap_free(&contents.computed);
}

/* Without room for it, nothing is kept: as in a real run. */
static void put_result(struct cache *cache, const struct replay_call *call, struct claim *claim, struct replay_result *result)
{
    const bool admitted = cache_admit(cache, call->key, call->bytes, call->ns);
    struct payload *payload = admitted ? payload_new(cache_room(cache), call->bytes) : NULL;
    if (payload) {
        payload->call_ns = call->ns;
        payload->height = call->height;
        result->captured_bytes += call->bytes;
        cache_put(cache, call->key, payload);
    }
    cache_abandon(claim);
}

static void replay_one(struct cache *cache, const struct replay_call *call, struct replay_result *result)
{
    if (!call->bytes) {
        result->never++;
        return;
    }
    if (!cache_could_keep(cache, call->bytes)) { /* not even looked for */
        result->too_large++;
        return;
    }
    struct claim claim;
    struct payload *payload = cache_claim(cache, call->key, call->ns, &claim);
    if (!payload) {
        result->misses++;
        put_result(cache, call, &claim, result);
        return;
    }
    result->hits++;
    result->saved_ns += payload->call_ns;
    result->restored_bytes += payload->bytes;
    payload_drop(payload);
}

/* With too little memory for a cache, none is made. */
static void replay_without(const struct replay_calls *calls, struct replay_result *result)
{
    for (size_t i = 0; i < calls->count; i++)
        *(calls->call[i].bytes ? &result->too_large : &result->never) += 1;
}

void replay_run(const struct replay_calls *calls, uint64_t budget_bytes, enum cache_policy policy, struct replay_result *result)
{
    if (budget_bytes < cache_least_bytes()) {
        replay_without(calls, result);
        return;
    }
    struct cache *cache = cache_new(budget_bytes, policy);
    if (!cache) {
        fputs("blase: out of memory\n", stderr);
        exit(memory_exit_status);
    }
    cache_room(cache)->hollow = true;
    for (size_t i = 0; i < calls->count; i++)
        replay_one(cache, &calls->call[i], result);
    const struct cache_totals totals = cache_totals(cache);
    result->evictions += totals.evictions;
    result->peak_bytes += totals.peak_bytes;
    cache_free(cache);
}
