#include "lineage/expand.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/ancestry.h"
#include "lineage/fold.h"
#include "lineage/paths.h"

/* A signature as it is kept: what the log says, without the room that it does not need. */
struct known_signature {
    struct log_signature s;
    uint8_t nscalars;
};

struct known_patch {
    struct patch *patch;
    uint64_t defined;
    struct reader times;       /* of its TIMES record, behind its head */
    struct step_times *totals; /* by position, once it was asked for */
    uint64_t *turns;
};

/* One thread's stream, as far as it was read. */
struct stream {
    uint64_t items, leaves, last_start;
    struct step *recent[FOLD_MOST_STEPS]; /* by sequence */
    uint64_t nrecent;                     /* plain items without a turn between them, up to the last */
    struct known_patch patches[PATHS_MOST];
    uint32_t npatches;
};

struct turning {
    struct known_patch *at; /* NULL: no turn is being told */
    struct log_turn turn;
    struct patch_reader reader;
    uint64_t position, repeat;
    struct log_rounds rounds; /* length 0: the turn stands by itself; else it is one of its entries: */
    uint64_t round, entry;
};

/* Where in a loop a step stands. */
struct place {
    bool in_loop, closes;
    uint64_t patch, position;
    struct fp digest;
};

struct expand {
    struct log_reader log; /* a position of its own in data that is not its own */
    bool whole_loops;
    struct stream *streams[STEP_MAX_THREADS];
    struct known_signature **signatures;
    size_t nsignatures;
    char **names; /* of routines, by number */
    size_t nnames;
    struct reader *times; /* by patch: the last TIMES record's payload */
    size_t ntimes;
    struct ancestry ancestry;
    struct turning turning;
    struct step step; /* being told: its new leaves first, then the item */
    const struct known_signature *signature;
    uint64_t thread;
    int leaf; /* the next input to be looked at; -1: no step is being told */
    uint64_t next_leaf;
    struct place place;      /* of that step */
    struct expand_loop loop; /* held back, in case it goes on */
    bool looped;
    bool note_waits; /* in `spare`, for the loop before it */
    struct expand_event spare;
    char *note;
    struct bytes scratch;
};

enum { NAMES_MOST = 8192, LOOP_CHUNK = 1 << 20, LOOP_MERGED = 1 << 24 };

static bool append(void **array, size_t count, size_t size)
{
    if (count & (count - 1))
        return true; /* grows when the count is a power of two (or none) */
    void *larger = realloc(*array, (count ? 2 * count : 1) * size);
    if (!larger)
        return false;
    *array = larger;
    return true;
}

/* Where each patch's times stand: its last record of them counts, and comes after the items. */
static void find_times(struct expand *x)
{
    struct log_reader log = x->log;
    struct log_record record;
    while (log_next(&log, &record)) {
        struct reader payload = record.payload;
        if (record.kind == LOG_PATCH) {
            struct log_patch p;
            if (log_decode_patch(&payload, &p) && p.length && append((void **)&x->times, x->ntimes, sizeof *x->times))
                x->times[x->ntimes++] = (struct reader){0};
        } else if (record.kind == LOG_TIMES) {
            uint64_t id = get_varint(&payload);
            if (id < x->ntimes)
                x->times[id] = record.payload;
        }
    }
}

struct expand *expand_new(const struct log_reader *log, bool whole_loops)
{
    struct expand *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->whole_loops = whole_loops;
    x->leaf = -1;
    x->log = *log;
    if (log->data)
        x->log.at = (struct reader){log->data + LOG_MAGIC_SIZE, log->data + log->size, false};
    find_times(x);
    return x;
}

static void forget_patches(struct stream *s)
{
    for (uint32_t i = 0; i < s->npatches; i++) {
        patch_free(s->patches[i].patch);
        free(s->patches[i].totals);
        free(s->patches[i].turns);
    }
    s->npatches = 0;
}

void expand_free(struct expand *x)
{
    if (!x)
        return;
    for (size_t i = 0; i < STEP_MAX_THREADS; i++) {
        struct stream *s = x->streams[i];
        if (!s)
            continue;
        forget_patches(s);
        for (size_t k = 0; k < FOLD_MOST_STEPS; k++)
            free(s->recent[k]);
        free(s);
    }
    for (size_t i = 0; i < x->nsignatures; i++)
        free(x->signatures[i]);
    for (size_t i = 0; i < x->nnames; i++)
        free(x->names[i]);
    free(x->signatures);
    free(x->names);
    free(x->times);
    ancestry_free(&x->ancestry);
    bytes_free(&x->scratch);
    free(x->note);
    free(x);
}

static struct stream *stream_of(struct expand *x, uint64_t thread)
{
    if (thread >= STEP_MAX_THREADS)
        return NULL;
    if (!x->streams[thread])
        x->streams[thread] = calloc(1, sizeof **x->streams);
    return x->streams[thread];
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

/* Numbers go up by one, as the writer gives them. */
static void read_signature(struct expand *x, struct reader *payload)
{
    struct known_signature *known = calloc(1, sizeof *known);
    if (!known)
        return;
    unsigned scalars = 0;
    bool good = log_decode_signature(payload, &known->s) && known->s.id == x->nsignatures;
    for (uint64_t i = 0; good && i < known->s.nvalues; i++)
        scalars += is_scalar(known->s.values[i].kind);
    known->nscalars = (uint8_t)scalars;
    if (good && scalars <= STEP_MAX_SCALARS && append((void **)&x->signatures, x->nsignatures, sizeof *x->signatures))
        x->signatures[x->nsignatures++] = known;
    else
        free(known);
}

static const struct known_signature *signature_at(const struct expand *x, uint64_t id)
{
    return id < x->nsignatures ? x->signatures[id] : NULL;
}

static void begin_step(struct expand *x, uint64_t thread, const struct known_signature *signature)
{
    x->thread = thread;
    x->signature = signature;
    x->leaf = 0;
    x->next_leaf = x->step.leaves;
}

/* The plain items of a stream are kept for a while: a patch may be made of the last of them. */
static void remember(struct stream *s, const struct step *step)
{
    struct step **place = &s->recent[s->items % FOLD_MOST_STEPS];
    if (!*place)
        *place = malloc(sizeof **place);
    if (*place)
        step_copy(*place, step);
    s->nrecent = *place ? s->nrecent + 1 : 0;
}

static void count_step(struct stream *s, const struct step *step)
{
    s->items++;
    for (int i = 0; i < step->ninputs; i++)
        s->leaves += step->inputs[i].kind == FLOW_NEW;
}

static bool read_item(struct expand *x, struct reader *payload)
{
    uint64_t thread = get_varint(payload);
    struct stream *s = stream_of(x, thread);
    struct step *step = &x->step;
    step->signature = get_varint(payload);
    const struct known_signature *signature = signature_at(x, step->signature);
    if (payload->failed || !s || !signature)
        return false;
    step->id = step_id(thread, s->items);
    step->leaves = step_id(thread, s->leaves);
    step->ninputs = (uint8_t)signature->s.ninputs;
    step->noutputs = (uint8_t)signature->s.noutputs;
    step->nscalars = signature->nscalars;
    get_step(payload, step, s->last_start);
    if (payload->failed)
        return false;
    s->last_start = step->start_ns;
    remember(s, step);
    count_step(s, step);
    begin_step(x, thread, signature);
    return true;
}

static void read_patch(struct expand *x, struct reader *payload)
{
    const struct step *steps[FOLD_MOST_STEPS];
    struct log_patch p;
    struct stream *s;
    if (!log_decode_patch(payload, &p) || !(s = stream_of(x, p.thread)))
        return;
    if (p.length == 0) {
        forget_patches(s);
        return;
    }
    if (p.length > s->nrecent || p.length > FOLD_MOST_STEPS || s->npatches == PATHS_MOST)
        return;
    for (uint64_t i = 0; i < p.length; i++)
        steps[i] = s->recent[(s->items - p.length + i) % FOLD_MOST_STEPS];
    struct patch *patch = patch_new(p.id, steps, (uint32_t)p.length);
    if (patch)
        s->patches[s->npatches++] = (struct known_patch){.patch = patch,
                                                         .defined = step_id(p.thread, s->items - p.length),
                                                         .times = p.id < x->ntimes ? x->times[p.id] : (struct reader){0}};
}

/* From the last record of its times; without one they stay zero. */
static void load_times(struct known_patch *k)
{
    const uint32_t length = k->patch->length;
    k->totals = calloc(length, sizeof *k->totals);
    k->turns = calloc(length, sizeof *k->turns);
    struct reader r = k->times;
    get_varint(&r);
    get_varint(&r);
    if (!k->totals || !k->turns || get_varint(&r) != length)
        return;
    for (uint32_t i = 0; i < length; i++) {
        struct step_times t;
        uint64_t turns = get_varint(&r);
        uint64_t *const fields[] = {&t.call_ns, &t.fingerprint_ns, &t.fingerprint_bytes, &t.copy_ns, &t.saved_ns, &t.trace_ns};
        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
            *fields[f] = get_varint(&r);
        if (r.failed)
            return;
        k->totals[i] = t;
        k->turns[i] = turns;
    }
}

/* The share of turn `turn` in a total: all shares add up to it. */
static uint64_t share(uint64_t total, uint64_t turn, uint64_t turns)
{
    return turn < turns ? total / turns + (turn < total % turns) : 0;
}

static void take_times(struct known_patch *k, uint64_t position, struct step *step)
{
    memset(&step->times, 0, sizeof step->times);
    if (!k->totals && !k->turns)
        load_times(k);
    uint64_t turn = k->patch->steps[position].turns++;
    if (!k->totals || !k->turns)
        return;
    const struct step_times *t = &k->totals[position];
    uint64_t turns = k->turns[position];
    step->times = (struct step_times){share(t->call_ns, turn, turns),           share(t->fingerprint_ns, turn, turns),
                                      share(t->fingerprint_bytes, turn, turns), share(t->copy_ns, turn, turns),
                                      share(t->saved_ns, turn, turns),          share(t->trace_ns, turn, turns)};
}

static struct known_patch *patch_of(struct stream *s, uint64_t id)
{
    for (uint32_t i = 0; i < s->npatches; i++)
        if (s->patches[i].patch->id == id)
            return &s->patches[i];
    return NULL;
}

static bool read_turn(struct expand *x, struct reader *payload)
{
    struct turning *t = &x->turning;
    struct stream *s;
    t->rounds.length = 0;
    t->at = NULL;
    if (!log_decode_turn(payload, &t->turn) || !(s = stream_of(x, t->turn.thread)))
        return false;
    t->at = patch_of(s, t->turn.patch);
    const uint32_t length = t->at ? t->at->patch->length : 0;
    const bool whole = t->turn.from == 0 && t->turn.to == length;
    if (!t->at || t->turn.from >= t->turn.to || t->turn.to > length || !t->turn.repeats || (t->turn.repeats > 1 && !whole)) {
        t->at = NULL;
        return false;
    }
    patch_read(&t->reader, payload);
    t->position = t->turn.from;
    t->repeat = 0;
    s->nrecent = 0;
    s->last_start += t->turn.start_ns;
    return true;
}

/* The next entry of the rounds that are being told; without one, or when it makes no sense, they are over. */
static void next_entry(struct expand *x)
{
    struct turning *t = &x->turning;
    struct log_rounds *c = &t->rounds;
    t->at = NULL;
    if (t->entry == c->length) {
        t->entry = 0;
        t->round++;
    }
    if (!c->length || t->round > c->rounds || (t->round == c->rounds && t->entry >= c->rest)) {
        c->length = 0;
        return;
    }
    struct known_patch *at = patch_of(x->streams[c->thread], c->entries[t->entry].patch);
    if (!at || !c->entries[t->entry].repeats) {
        c->length = 0;
        return;
    }
    t->at = at;
    t->turn = (struct log_turn){.thread = c->thread,
                                .patch = at->patch->id,
                                .to = at->patch->length,
                                .repeats = c->entries[t->entry].repeats,
                                .digest = c->digest};
    t->reader = (struct patch_reader){.silent = UINT64_MAX};
    t->position = t->repeat = 0;
    t->entry++;
}

static void read_rounds(struct expand *x, struct reader *payload)
{
    struct turning *t = &x->turning;
    struct stream *s;
    if (!log_decode_rounds(payload, &t->rounds) || !(s = stream_of(x, t->rounds.thread))) {
        t->rounds.length = 0;
        return;
    }
    s->nrecent = 0;
    s->last_start += t->rounds.start_ns;
    t->round = t->entry = 0;
    next_entry(x);
}

/* The next step of the turn that is being told; false when it makes no sense. */
static bool turn_on(struct expand *x, bool *closes)
{
    struct turning *t = &x->turning;
    struct stream *s = x->streams[t->turn.thread];
    struct step *step = &x->step;
    const struct known_signature *signature = signature_at(x, t->at->patch->steps[t->position].signature);
    step->id = step_id(t->turn.thread, s->items);
    step->leaves = step_id(t->turn.thread, s->leaves);
    step->start_ns = s->last_start;
    if (!signature || !patch_get(t->at->patch, (uint32_t)t->position, &t->reader, step)) {
        t->at = NULL;
        t->rounds.length = 0;
        return false;
    }
    take_times(t->at, t->position, step);
    count_step(s, step);
    begin_step(x, t->turn.thread, signature);
    if (++t->position < t->turn.to)
        return true;
    t->position = t->turn.from;
    if (++t->repeat == t->turn.repeats) {
        next_entry(x);
        *closes = !t->at;
    }
    return true;
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
    const struct flow *f = &x->step.inputs[input];
    const struct log_signature_input *in = &x->signature->s.inputs[input];
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
    ancestry_put(&x->ancestry, &a);
}

static void tell_flow(const struct expand *x, struct log_item *item)
{
    const struct step *s = &x->step;
    uint64_t leaf = s->leaves;
    item->ninputs = s->ninputs;
    item->noutputs = s->noutputs;
    for (int i = 0; i < s->ninputs; i++) {
        const struct flow *f = &s->inputs[i];
        item->inputs[i] = (struct log_input){.operand = x->signature->s.inputs[i].operand,
                                             .is_item = f->kind == FLOW_ITEM,
                                             .ref = f->kind == FLOW_NEW ? leaf++ : f->ref,
                                             .output = f->output,
                                             .part = x->signature->s.inputs[i].part,
                                             .unproven = f->unproven,
                                             .slice = f->slice};
    }
    for (int i = 0; i < s->noutputs; i++)
        item->outputs[i] = (struct log_output){
            .operand = x->signature->s.outputs[i].operand, .part = x->signature->s.outputs[i].part, .fp = s->outputs[i]};
}

static void tell_values(const struct expand *x, struct log_item *item)
{
    int scalar = 0;
    item->nvalues = x->signature->s.nvalues;
    for (uint64_t i = 0; i < item->nvalues; i++) {
        item->values[i] = x->signature->s.values[i];
        if (is_scalar(item->values[i].kind))
            memcpy(item->values[i].bytes, x->step.scalars[scalar++], sizeof item->values[i].bytes);
    }
}

static void tell_item(struct expand *x, struct expand_event *e)
{
    const struct step *s = &x->step;
    const struct log_signature *sig = &x->signature->s;
    struct log_item *item = &e->item;
    uint32_t height;
    e->kind = EXPAND_ITEM;
    memset(item, 0, sizeof *item);
    item->id = s->id;
    item->thread = x->thread;
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
    while (x->leaf < x->step.ninputs)
        if (x->step.inputs[x->leaf++].kind == FLOW_NEW) {
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

/* Reads on; true if there is an event in itself (not a step, which is begun instead). */
static bool read_record(struct expand *x, struct log_record *record, struct expand_event *e)
{
    switch (record->kind) {
    case LOG_OP:
        read_name(x, &record->payload);
        return false;
    case LOG_SIGNATURE:
        read_signature(x, &record->payload);
        return false;
    case LOG_ITEM:
        read_item(x, &record->payload);
        return false;
    case LOG_PATCH:
        read_patch(x, &record->payload);
        return false;
    case LOG_TURN:
        read_turn(x, &record->payload);
        return false;
    case LOG_ROUNDS:
        read_rounds(x, &record->payload);
        return false;
    default:
        return tell_record(x, record, e);
    }
}

/* Goes on to the next step, or to an event that is none (`*event`); false at the end of the log. */
static bool advance(struct expand *x, struct expand_event *e, bool *event)
{
    struct log_record record;
    *event = false;
    while (x->leaf < 0 && !*event) {
        struct place *p = &x->place;
        *p = (struct place){.in_loop = x->turning.at != NULL};
        if (p->in_loop) {
            p->patch = x->turning.at->patch->id;
            p->position = x->turning.position;
            p->digest = x->turning.turn.digest;
            turn_on(x, &p->closes);
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

/* Goes through whole iterations of the turn that is being told, not too many at a time. */
static void run_turn(struct expand *x, struct expand_loop *l)
{
    struct turning *t = &x->turning;
    struct stream *s = x->streams[t->turn.thread];
    const uint64_t left = t->turn.repeats - t->repeat;
    bool closes = false;
    *l = (struct expand_loop){.thread = t->turn.thread,
                              .patch = t->turn.patch,
                              .defined = t->at->defined,
                              .from = t->turn.from,
                              .first = step_id(t->turn.thread, s->items),
                              .length = t->turn.to - t->turn.from};
    while (l->iterations * l->length < LOOP_CHUNK && l->iterations < left) {
        for (uint64_t i = 0; i < l->length; i++) {
            if (!turn_on(x, &closes))
                return;
            while (x->leaf >= 0)
                tell_step(x, &x->spare);
            l->call_ns += x->step.times.call_ns;
            l->saved_ns += x->step.times.saved_ns;
        }
        l->iterations++;
    }
}

/* Does `more` go on where the loop ends that is held back? */
static bool continues(const struct expand_loop *l, const struct expand_loop *more)
{
    return l->patch == more->patch && l->thread == more->thread && l->from == more->from && l->length == more->length &&
           l->first + l->length * l->iterations == more->first && l->length * l->iterations < LOOP_MERGED;
}

static bool tell_loop(struct expand *x, struct expand_event *e)
{
    e->kind = EXPAND_LOOP;
    e->loop = x->loop;
    x->looped = false;
    return true;
}

/* A loop is held back until something else comes, in case it goes on. */
static bool next_whole(struct expand *x, struct expand_event *e)
{
    struct log_record record;
    e->in_loop = e->closes = false;
    for (;;) {
        if (x->turning.at) {
            struct expand_loop more;
            run_turn(x, &more);
            if (x->looped && continues(&x->loop, &more)) {
                x->loop.iterations += more.iterations;
                x->loop.call_ns += more.call_ns;
                x->loop.saved_ns += more.saved_ns;
            } else {
                bool before = x->looped && tell_loop(x, e);
                x->loop = more;
                x->looped = more.iterations > 0;
                if (before)
                    return true;
            }
        } else if (x->leaf >= 0 || x->note_waits) {
            if (x->looped)
                return tell_loop(x, e);
            if (x->leaf >= 0)
                tell_step(x, e);
            else
                *e = x->spare;
            x->note_waits = false;
            return true;
        } else if (!log_next(&x->log, &record)) {
            return x->looped && tell_loop(x, e);
        } else {
            x->note_waits = read_record(x, &record, &x->spare);
        }
    }
}

bool expand_next(struct expand *x, struct expand_event *e)
{
    return x->whole_loops ? next_whole(x, e) : next_single(x, e);
}
