#include "lineage/expand.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/ancestry.h"
#include "lineage/unfold.h"

enum { NAMES_MOST = 8192, LOOP_CHUNK = 1 << 20, LOOP_MERGED = 1 << 24, LOOPS_WAITING = 4 };

/* Where in a loop a step stands. */
struct place {
    bool in_loop, closes;
    uint64_t patch, position;
    struct fp digest;
};

struct expand {
    struct log_reader log; /* a position of its own in data that is not its own */
    enum expand_how how;
    struct unfold steps;
    char **names; /* of routines, by number */
    size_t nnames;
    struct ancestry ancestry;
    struct place place; /* of the step being told: its new leaves first, then the item */
    int leaf;           /* the next input to be looked at; -1: no step is being told */
    uint64_t next_leaf;
    struct expand_loop loop, part;         /* held back, in case they go on; iterations 0: none. The part comes after the loop */
    struct expand_loop out[LOOPS_WAITING]; /* to be told */
    uint32_t nout;
    bool note_waits; /* in `spare`, for the loops before it */
    struct expand_event spare;
    char *note;
    struct bytes scratch;
};

struct expand *expand_new(const struct log_reader *log, enum expand_how how)
{
    struct expand *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->how = how;
    x->leaf = -1;
    x->log = *log;
    if (log->data)
        x->log.at = (struct reader){log->data + LOG_MAGIC_SIZE, log->data + log->size, false};
    unfold_init(&x->steps, &x->log, how == EXPAND_COUNTED);
    return x;
}

void expand_free(struct expand *x)
{
    if (!x)
        return;
    unfold_free(&x->steps);
    for (size_t i = 0; i < x->nnames; i++)
        free(x->names[i]);
    free(x->names);
    ancestry_free(&x->ancestry);
    bytes_free(&x->scratch);
    free(x->note);
    free(x);
}

static void read_name(struct expand *x, struct reader *payload)
{
    struct log_op op;
    if (!log_decode_op(payload, &op))
        return;
    if (op.id < NAMES_MOST && op.id >= x->nnames) {
        char **names = realloc(x->names, (op.id + 1) * sizeof *names);
        if (names) {
            memset(names + x->nnames, 0, (op.id + 1 - x->nnames) * sizeof *names);
            x->names = names;
            x->nnames = op.id + 1;
        }
    }
    if (op.id < x->nnames && !x->names[op.id]) {
        x->names[op.id] = op.name;
        op.name = NULL;
    }
    log_op_free(&op);
}

static bool is_scalar(uint64_t kind)
{
    return kind == ARG_SCALAR || kind == ARG_REAL_SCALAR;
}

/* What an input adds to a Merkle hash. What is known by identity only is told apart, and what the log has lost. */
struct merkle_input {
    struct fp merkle;
    uint64_t output, operand, unproven;
    struct log_slice slice;
};

static struct fp merkle_of(struct expand *x, const struct log_item *item, uint32_t *height)
{
    struct bytes *b = &x->scratch;
    const char *name = item->op < x->nnames ? x->names[item->op] : NULL;
    bytes_clear(b);
    put_string(b, name ? name : "");
    put_varint(b, item->flags & (ITEM_ROW_MAJOR | ITEM_LAPACKE));
    for (uint64_t i = 0; i < item->nvalues; i++) {
        const struct log_value *v = &item->values[i];
        if (!is_scalar(v->kind) && v->kind != ARG_OPTION && v->kind != ARG_INT)
            continue;
        put_varint(b, v->arg);
        put_zigzag(b, v->i);
        put_raw(b, v->bytes, sizeof v->bytes);
    }
    *height = 0;
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_input *in = &item->inputs[i];
        const struct ancestor *known = ancestry_find(&x->ancestry, in->is_item, in->ref);
        const struct merkle_input m = {.merkle = known ? known->merkle : (struct fp){0, 0},
                                       .output = in->output,
                                       .operand = in->operand,
                                       .unproven = in->unproven,
                                       .slice = in->slice};
        put_raw(b, &m, sizeof m);
        const uint32_t above = known ? known->height + 1 : 1;
        *height = above > *height ? above : *height;
    }
    return fingerprint_bytes(b->data, b->size);
}

static void tell_leaf(struct expand *x, int input, struct expand_event *e)
{
    const struct flow *f = &x->steps.step.inputs[input];
    const struct log_signature_input *in = &x->steps.signature->inputs[input];
    e->kind = EXPAND_LEAF;
    e->leaf = (struct log_leaf){.id = x->next_leaf++,
                                .fp = f->fp,
                                .type = in->type,
                                .part = in->part,
                                .rows = in->rows,
                                .cols = in->cols,
                                .replaces = f->replaces,
                                .replaces_ref = f->replaces_ref,
                                .replaces_output = f->replaces_output};
    const struct ancestor a = {.ref = e->leaf.id, .merkle = f->fp};
    if (x->how != EXPAND_COUNTED)
        ancestry_put(&x->ancestry, &a);
}

static void tell_flow(const struct expand *x, struct log_item *item)
{
    const struct step *s = &x->steps.step;
    uint64_t leaf = s->leaves;
    item->ninputs = s->ninputs;
    item->noutputs = s->noutputs;
    for (int i = 0; i < s->ninputs; i++) {
        const struct flow *f = &s->inputs[i];
        item->inputs[i] = (struct log_input){.operand = x->steps.signature->inputs[i].operand,
                                             .is_item = f->kind == FLOW_ITEM,
                                             .ref = f->kind == FLOW_NEW ? leaf++ : f->ref,
                                             .output = f->output,
                                             .part = x->steps.signature->inputs[i].part,
                                             .unproven = f->unproven,
                                             .slice = f->slice};
    }
    for (int i = 0; i < s->noutputs; i++)
        item->outputs[i] = (struct log_output){
            .operand = x->steps.signature->outputs[i].operand, .part = x->steps.signature->outputs[i].part, .fp = s->outputs[i]};
}

static void tell_values(const struct expand *x, struct log_item *item)
{
    int scalar = 0;
    item->nvalues = x->steps.signature->nvalues;
    for (uint64_t i = 0; i < item->nvalues; i++) {
        item->values[i] = x->steps.signature->values[i];
        if (is_scalar(item->values[i].kind))
            memcpy(item->values[i].bytes, x->steps.step.scalars[scalar++], sizeof item->values[i].bytes);
    }
}

static void tell_item(struct expand *x, struct expand_event *e)
{
    const struct step *s = &x->steps.step;
    const struct log_signature *sig = x->steps.signature;
    struct log_item *item = &e->item;
    uint32_t height;
    e->kind = EXPAND_ITEM;
    memset(item, 0, sizeof *item);
    item->id = s->id;
    item->thread = x->steps.thread;
    item->op = sig->op;
    item->caller = sig->caller;
    item->offset = sig->offset;
    item->provider = sig->provider;
    item->flags = sig->flags;
    item->outcome = s->outcome;
    item->unkept = s->unkept;
    item->source = s->source;
    item->info = s->info;
    item->nonfinite_in = s->nonfinite_in;
    item->nonfinite_out = s->nonfinite_out;
    item->kept_bytes = s->kept_bytes;
    item->start_ns = s->start_ns;
    item->call_ns = s->times.call_ns;
    item->fingerprint_ns = s->times.fingerprint_ns;
    item->fingerprint_bytes = s->times.fingerprint_bytes;
    item->copy_ns = s->times.copy_ns;
    item->saved_ns = s->times.saved_ns;
    item->trace_ns = s->times.trace_ns;
    tell_values(x, item);
    tell_flow(x, item);
    e->stands_for = x->steps.stands_for;
    e->longest_ns = x->steps.longest_ns;
    if (x->how == EXPAND_COUNTED)
        return;
    item->merkle = merkle_of(x, item, &height);
    item->height = height;
    const struct ancestor a = {.ref = item->id, .merkle = item->merkle, .height = height, .is_item = 1};
    ancestry_put(&x->ancestry, &a);
}

/* The step that was begun: its next new leaf, or, last, its item. */
static void tell_step(struct expand *x, struct expand_event *e)
{
    e->in_loop = x->place.in_loop;
    e->closes = false;
    e->patch = x->place.patch;
    e->position = x->place.position;
    while (x->leaf < x->steps.step.ninputs)
        if (x->steps.step.inputs[x->leaf++].kind == FLOW_NEW) {
            tell_leaf(x, x->leaf - 1, e);
            return;
        }
    x->leaf = -1;
    e->closes = x->place.closes;
    e->digest = x->place.digest;
    tell_item(x, e);
}

/* What stands in the log beside items. */
static bool tell_record(struct expand *x, struct log_record *record, struct expand_event *e)
{
    free(x->note);
    x->note = NULL;
    if (record->kind == LOG_MISMATCH) {
        e->kind = EXPAND_MISMATCH;
        return log_decode_mismatch(&record->payload, &e->mismatch);
    }
    if (record->kind != LOG_NOTE)
        return false;
    e->kind = EXPAND_NOTE;
    e->note = x->note = get_string(&record->payload);
    return e->note != NULL;
}

/* A step that was read is begun. */
static void begin_step(struct expand *x)
{
    if (!x->steps.fresh)
        return;
    x->steps.fresh = false;
    x->leaf = 0;
    x->next_leaf = x->steps.step.leaves;
}

/* Reads on; true if there is an event in itself (not a step, which is begun instead). */
static bool read_record(struct expand *x, struct log_record *record, struct expand_event *e)
{
    if (record->kind == LOG_OP)
        read_name(x, &record->payload);
    else if (tell_record(x, record, e))
        return true;
    unfold_record(&x->steps, record);
    begin_step(x);
    return false;
}

/* Goes on to the next step, or to an event that is none (`*event`); false at the end of the log. */
static bool advance(struct expand *x, struct expand_event *e, bool *event)
{
    struct log_record record;
    *event = false;
    while (x->leaf < 0 && !*event) {
        const struct turning *t = &x->steps.turning;
        struct place *p = &x->place;
        *p = (struct place){.in_loop = t->at != NULL};
        if (p->in_loop) {
            p->patch = t->at->patch->id;
            p->position = t->position;
            p->digest = t->turn.digest;
            unfold_turn(&x->steps, &p->closes);
            begin_step(x);
        } else if (!log_next(&x->log, &record)) {
            return false;
        } else {
            *event = read_record(x, &record, e);
        }
    }
    return true;
}

static bool next_single(struct expand *x, struct expand_event *e)
{
    bool event;
    if (x->leaf < 0 && !advance(x, e, &event))
        return false;
    e->in_loop = e->closes = false;
    if (x->leaf >= 0)
        tell_step(x, e);
    return true;
}

/* Goes through whole iterations of the turn that is being told, not too many at a time. Returns the length of its patch. */
static uint64_t run_turn(struct expand *x, struct expand_loop *l)
{
    const struct turning *t = &x->steps.turning;
    const struct stream *s = x->steps.streams[t->turn.thread];
    const uint64_t left = t->turn.repeats - t->repeat, length = t->at->patch->length;
    bool closes = false;
    *l = (struct expand_loop){.thread = t->turn.thread,
                              .patch = t->turn.patch,
                              .defined = t->at->defined,
                              .from = t->turn.from,
                              .first = step_id(t->turn.thread, s->items),
                              .length = t->turn.to - t->turn.from};
    while (l->iterations * l->length < LOOP_CHUNK && l->iterations < left) {
        for (uint64_t i = 0; i < l->length; i++) {
            if (!unfold_turn(&x->steps, &closes))
                return length;
            begin_step(x);
            while (x->leaf >= 0)
                tell_step(x, &x->spare);
            l->call_ns += x->steps.step.times.call_ns;
            l->saved_ns += x->steps.step.times.saved_ns;
        }
        l->iterations++;
    }
    return length;
}

static void add_times(struct expand_loop *l, const struct expand_loop *more)
{
    l->call_ns += more->call_ns;
    l->saved_ns += more->saved_ns;
}

/* Is `more` what comes right after the loop, of the same patch? */
static bool follows(const struct expand_loop *l, const struct expand_loop *more)
{
    return l->iterations && l->patch == more->patch && l->thread == more->thread &&
           l->first + l->length * l->iterations == more->first;
}

static void let_go(struct expand *x, struct expand_loop *l)
{
    if (l->iterations)
        x->out[x->nout++] = *l;
    l->iterations = 0;
}

static void let_all_go(struct expand *x)
{
    let_go(x, &x->loop);
    let_go(x, &x->part);
}

static void hold_whole(struct expand *x, const struct expand_loop *more)
{
    struct expand_loop *l = &x->loop;
    if (follows(l, more) && l->length == more->length && l->length * l->iterations < LOOP_MERGED) {
        l->iterations += more->iterations;
        add_times(l, more);
        return;
    }
    let_go(x, l);
    *l = *more;
}

/* An iteration that is told in parts becomes one again, iterations that follow each other one loop. */
static void hold(struct expand *x, const struct expand_loop *more, uint64_t length)
{
    struct expand_loop *part = &x->part;
    if (part->iterations && (!follows(part, more) || more->from != part->from + part->length))
        let_all_go(x);
    if (part->iterations) {
        part->length += more->length;
        add_times(part, more);
    } else if (more->iterations && more->length < length) {
        *part = *more;
    } else if (more->iterations) {
        hold_whole(x, more);
    }
    if (part->iterations && part->from == 0 && part->length == length) {
        const struct expand_loop whole = *part;
        part->iterations = 0;
        hold_whole(x, &whole);
    }
}

static void tell_loop(struct expand *x, struct expand_event *e)
{
    e->kind = EXPAND_LOOP;
    e->loop = x->out[0];
    memmove(x->out, x->out + 1, --x->nout * sizeof x->out[0]);
}

/* Loops are held back until something else comes, in case they go on. */
static bool next_whole(struct expand *x, struct expand_event *e)
{
    struct log_record record;
    e->in_loop = e->closes = false;
    while (!x->nout) {
        if (x->steps.turning.at) {
            struct expand_loop more;
            uint64_t length = run_turn(x, &more);
            hold(x, &more, length);
        } else if (x->loop.iterations + x->part.iterations && (x->leaf >= 0 || x->note_waits)) {
            let_all_go(x);
        } else if (x->leaf >= 0) {
            tell_step(x, e);
            return true;
        } else if (x->note_waits) {
            *e = x->spare;
            x->note_waits = false;
            return true;
        } else if (log_next(&x->log, &record)) {
            x->note_waits = read_record(x, &record, &x->spare);
        } else {
            let_all_go(x);
            if (!x->nout)
                return false;
        }
    }
    tell_loop(x, e);
    return true;
}

bool expand_next(struct expand *x, struct expand_event *e)
{
    return x->how == EXPAND_LOOPS ? next_whole(x, e) : next_single(x, e);
}
