#include "lineage/turns.h"

#include <string.h>

static const uint64_t PATIENCE_NS = 2000000;
enum { TURN_BYTES = 2048 }; /* a record of turns is closed beyond */

void turns_free(struct turns *t)
{
    bytes_free(&t->pending.fps);
    bytes_free(&t->pending.exceptions);
}

static void append(struct log_writer *log, struct bytes *out, enum log_kind kind, uint64_t work_ns)
{
    log_append(log, kind, out, work_ns);
    bytes_clear(out);
}

static void write_rounds(struct turns *t, struct log_writer *log, struct bytes *out)
{
    struct cycle *c = &t->cycle;
    if (!c->length || (!c->rounds && !c->at))
        return;
    put_varint(out, t->thread);
    put_zigzag(out, (int64_t)(c->start_ns - t->last_start));
    put_raw(out, &c->digest, sizeof c->digest);
    put_varint(out, c->rounds);
    put_varint(out, c->at);
    put_varint(out, c->length);
    for (uint32_t i = 0; i < c->length; i++) {
        put_varint(out, c->entries[i].patch);
        put_varint(out, c->entries[i].repeats);
        t->written += c->entries[i].repeats * (c->rounds + (i < c->at));
    }
    append(log, out, LOG_ROUNDS, c->work_ns);
    t->last_start = c->start_ns;
    t->items = c->items;
    t->leaves = c->leaves;
    c->rounds = c->work_ns = 0;
    c->at = 0;
}

static void write_turn(struct turns *t, struct log_writer *log, struct bytes *out)
{
    const struct pending_turns *p = &t->pending;
    const struct log_turn turn = {.thread = t->thread,
                                  .patch = p->patch->id,
                                  .from = p->from,
                                  .to = p->to,
                                  .repeats = p->repeats,
                                  .start_ns = p->start_ns - t->last_start,
                                  .digest = p->digest};
    log_encode_turn(out, &turn);
    put_varint(out, p->fps.size / sizeof(struct fp));
    put_raw(out, p->fps.data, p->fps.size);
    put_raw(out, p->exceptions.data, p->exceptions.size);
    append(log, out, LOG_TURN, p->work_ns);
    t->last_start = p->start_ns;
    t->items = p->items;
    t->leaves = p->leaves;
    t->written += p->repeats;
}

static bool same(const struct turns_entry *a, const struct turns_entry *b, uint32_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

/* A silent record was written: do the last ones repeat those before them? Then the next may be counted in rounds. */
static void look_for_cycle(struct cycle *c, const struct turns_entry *entry)
{
    c->length = 0;
    if (c->nlatest == 2 * LOG_MOST_CYCLE)
        memmove(c->latest, c->latest + 1, --c->nlatest * sizeof c->latest[0]);
    c->latest[c->nlatest++] = *entry;
    for (uint32_t d = 2; 2 * d <= c->nlatest && !c->length; d++) {
        const struct turns_entry *last = c->latest + c->nlatest - d;
        if (same(last, last - d, d)) {
            memcpy(c->entries, last, d * sizeof *last);
            c->length = d;
        }
    }
}

/* The record continues the cycle: it need not be written. */
static bool goes_round(struct turns *t, const struct turns_entry *entry)
{
    struct cycle *c = &t->cycle;
    const struct pending_turns *p = &t->pending;
    if (!c->length || !same(&c->entries[c->at], entry, 1))
        return false;
    if (!c->rounds && !c->at)
        c->start_ns = p->start_ns;
    if (++c->at == c->length) {
        c->at = 0;
        c->rounds++;
    }
    c->work_ns += p->work_ns;
    c->digest = p->digest;
    c->items = p->items;
    c->leaves = p->leaves;
    return true;
}

static void close_pending(struct turns *t, struct log_writer *log, struct bytes *out)
{
    struct pending_turns *p = &t->pending;
    if (!p->patch)
        return;
    const struct turns_entry entry = {p->patch->id, p->repeats};
    const bool silent = !p->fps.size && !p->exceptions.size && p->from == 0 && p->to == p->patch->length;
    if (!silent || !goes_round(t, &entry)) {
        write_rounds(t, log, out);
        write_turn(t, log, out);
        t->cycle.length = 0;
        if (silent)
            look_for_cycle(&t->cycle, &entry);
        else
            t->cycle.nlatest = 0;
    }
    p->patch = NULL;
    bytes_clear(&p->fps);
    bytes_clear(&p->exceptions);
    if (t->cycle.work_ns >= PATIENCE_NS)
        write_rounds(t, log, out);
}

void turns_write(struct turns *t, struct log_writer *log, struct bytes *out)
{
    close_pending(t, log, out);
    write_rounds(t, log, out);
}

static void begin_pending(struct turns *t, struct patch *patch, uint32_t from, uint32_t to, uint64_t start_ns)
{
    struct pending_turns *p = &t->pending;
    p->patch = patch;
    p->from = from;
    p->to = to;
    p->repeats = p->work_ns = p->silent = 0;
    p->start_ns = start_ns;
}

static void add_times(struct patch_step *at, const struct step_times *t)
{
    at->turns++;
    at->sums.call_ns += t->call_ns;
    at->sums.fingerprint_ns += t->fingerprint_ns;
    at->sums.fingerprint_bytes += t->fingerprint_bytes;
    at->sums.copy_ns += t->copy_ns;
    at->sums.saved_ns += t->saved_ns;
    at->sums.trace_ns += t->trace_ns;
}

static void learn_output(struct patch_step *at, const struct step *s)
{
    at->recurs = s->noutputs && fp_equal(at->output, s->outputs[0]);
    if (s->noutputs)
        at->output = s->outputs[0];
}

unsigned turns_add(struct turns *t, struct log_writer *log, struct bytes *out, struct patch *patch, uint32_t from,
                   struct step *const *steps, uint32_t count)
{
    struct pending_turns *p = &t->pending;
    const bool whole = from == 0 && count == patch->length;
    unsigned surprises = 0;
    if (p->patch && (p->patch != patch || !whole))
        close_pending(t, log, out);
    const bool continued = patch_goes_on(&t->before, patch, from, from + count);
    if (!p->patch)
        begin_pending(t, patch, from, from + count, steps[0]->start_ns);
    for (uint32_t i = 0; i < count; i++) {
        const struct step *s = steps[i];
        surprises += patch_put(patch, from + i, continued, s, &p->fps, &p->exceptions, &p->silent);
        add_times(&patch->steps[from + i], &s->times);
        learn_output(&patch->steps[from + i], s);
        for (int k = 0; k < s->noutputs; k++)
            t->digest = step_chain(t->digest, s->outputs[k]);
        p->work_ns += s->times.call_ns;
    }
    p->digest = t->digest;
    p->items = steps[count - 1]->id + 1;
    p->leaves = step_next_leaf(steps[count - 1]);
    p->repeats++;
    patch->untold += count;
    if (!whole || p->work_ns >= PATIENCE_NS || p->fps.size + p->exceptions.size >= TURN_BYTES)
        close_pending(t, log, out);
    return surprises;
}
