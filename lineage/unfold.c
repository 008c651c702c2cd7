#include "lineage/unfold.h"

#include <stdlib.h>
#include <string.h>

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
static void find_times(struct unfold *x, const struct log_reader *whole)
{
    struct log_reader log = *whole;
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

static void forget_patches(struct stream *s)
{
    for (uint32_t i = 0; i < s->npatches; i++) {
        patch_free(s->patches[i].patch);
        free(s->patches[i].totals);
        free(s->patches[i].turns);
    }
    s->npatches = 0;
}

static struct stream *stream_of(struct unfold *x, uint64_t thread)
{
    if (thread >= STEP_MAX_THREADS)
        return NULL;
    if (!x->streams[thread] && (x->streams[thread] = calloc(1, sizeof **x->streams)))
        x->known[x->nknown++] = (uint16_t)thread;
    return x->streams[thread];
}

static bool is_scalar(uint64_t kind)
{
    return kind == ARG_SCALAR || kind == ARG_REAL_SCALAR;
}

/* Numbers go up by one, as the writer gives them. */
static void read_signature(struct unfold *x, struct reader *payload)
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

static const struct known_signature *signature_at(const struct unfold *x, uint64_t id)
{
    return id < x->nsignatures ? x->signatures[id] : NULL;
}

static void begin_step(struct unfold *x, uint64_t thread, const struct known_signature *signature, uint64_t stands_for)
{
    x->thread = thread;
    x->signature = &signature->s;
    x->stands_for = stands_for;
    x->fresh = true;
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

static bool read_item(struct unfold *x, struct reader *payload)
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
    s->before.patch = 0;
    remember(s, step);
    count_step(s, step);
    x->longest_ns = step->times.call_ns;
    begin_step(x, thread, signature, 1);
    return true;
}

static void read_patch(struct unfold *x, struct reader *payload)
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

/* Turns from … to - 1 of a step's, of which the log knows the times of `known`. */
struct span {
    uint64_t from, to, known;
};

static uint64_t share_up_to(uint64_t total, uint64_t turn, uint64_t known)
{
    return turn < known ? total / known * turn + (turn < total % known ? turn : total % known) : total;
}

/* Their share in a total: all shares add up to it, and none is larger than the first. */
static uint64_t share(uint64_t total, struct span s)
{
    return s.known ? share_up_to(total, s.to, s.known) - share_up_to(total, s.from, s.known) : 0;
}

static void take_times(struct unfold *x, struct known_patch *k, uint64_t position, uint64_t turns)
{
    struct patch_step *at = &k->patch->steps[position];
    struct step *step = &x->step;
    struct span s = {at->turns, at->turns + turns, 0};
    at->turns = s.to;
    memset(&step->times, 0, sizeof step->times);
    x->longest_ns = 0;
    if (!k->totals && !k->turns)
        load_times(k);
    if (!k->totals || !k->turns)
        return;
    const struct step_times *t = &k->totals[position];
    s.known = k->turns[position];
    step->times = (struct step_times){share(t->call_ns, s), share(t->fingerprint_ns, s), share(t->fingerprint_bytes, s),
                                      share(t->copy_ns, s), share(t->saved_ns, s),       share(t->trace_ns, s)};
    x->longest_ns = share(t->call_ns, (struct span){s.from, s.from + 1, s.known});
}

static struct known_patch *patch_of(struct stream *s, uint64_t id)
{
    for (uint32_t i = 0; i < s->npatches; i++)
        if (s->patches[i].patch->id == id)
            return &s->patches[i];
    return NULL;
}

/* A thread's items are numbered: a record that tells of more than there are numbers left makes no sense. */
static bool has_numbers(const struct stream *s, uint64_t turns, uint64_t length)
{
    const uint64_t all = UINT64_C(1) << STEP_THREAD_SHIFT;
    return s->items < all && turns <= (all - s->items) / length;
}

static bool read_turn(struct unfold *x, struct reader *payload)
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
    if (!t->at || t->turn.from >= t->turn.to || t->turn.to > length || !t->turn.repeats || (t->turn.repeats > 1 && !whole) ||
        !has_numbers(s, t->turn.repeats, length)) {
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

/* Items of a round; 0 if it makes no sense. */
static uint64_t round_length(const struct unfold *x, const struct log_rounds *c)
{
    struct stream *s = x->streams[c->thread];
    uint64_t length = 0;
    for (uint64_t i = 0; i < c->length; i++) {
        const struct known_patch *k = patch_of(s, c->entries[i].patch);
        if (!k || !c->entries[i].repeats || !has_numbers(s, c->entries[i].repeats, k->patch->length))
            return 0;
        length += c->entries[i].repeats * k->patch->length;
    }
    return length;
}

/*
 * Rounds are passed over but for the first and the last two, which leave the patches as all of them would have: of what the next
 * turn is foretold by, distances that are used stay what they are from the first round on; a reference is that far back in the
 * last round, or has always been the same; and the distances that are not used follow from the references of the round before.
 */
static void pass_over_rounds(struct unfold *x)
{
    struct turning *t = &x->turning;
    const struct log_rounds *c = &t->rounds;
    struct stream *s = x->streams[c->thread];
    if (!x->counting || t->round + 2 >= c->rounds)
        return;
    const uint64_t rounds = c->rounds - t->round - 2;
    for (uint64_t i = 0; i < c->length; i++)
        patch_of(s, c->entries[i].patch)->owed += rounds * c->entries[i].repeats;
    s->items += rounds * round_length(x, c);
    t->round += rounds;
}

/* The next entry of the rounds that are being told; without one they are over. */
static void next_entry(struct unfold *x)
{
    struct turning *t = &x->turning;
    struct log_rounds *c = &t->rounds;
    t->at = NULL;
    if (!c->length)
        return;
    if (t->entry == c->length) {
        t->entry = 0;
        t->round++;
        pass_over_rounds(x);
    }
    if (t->round > c->rounds || (t->round == c->rounds && t->entry >= c->rest)) {
        c->length = 0;
        return;
    }
    struct known_patch *at = patch_of(x->streams[c->thread], c->entries[t->entry].patch);
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

static bool all_rounds_fit(const struct unfold *x, const struct log_rounds *c)
{
    const uint64_t length = round_length(x, c);
    return length && c->rounds < UINT64_MAX && has_numbers(x->streams[c->thread], c->rounds + 1, length);
}

static void read_rounds(struct unfold *x, struct reader *payload)
{
    struct turning *t = &x->turning;
    struct stream *s;
    t->at = NULL;
    if (!log_decode_rounds(payload, &t->rounds) || !(s = stream_of(x, t->rounds.thread)) || !all_rounds_fit(x, &t->rounds)) {
        t->rounds.length = 0;
        return;
    }
    s->nrecent = 0;
    s->last_start += t->rounds.start_ns;
    t->round = t->entry = 0;
    next_entry(x);
}

/*
 * Turns behind the first one are passed over but for the last of those in which nothing is told. That one finds the patch as all
 * of them would have left it: what is foretold by distance lies as far back of it, the rest is the same in all.
 */
static void pass_over_turns(struct unfold *x)
{
    struct turning *t = &x->turning;
    const struct patch *p = t->at->patch;
    const uint64_t left = t->turn.repeats - t->repeat, silent = t->reader.silent / p->length;
    const uint64_t alike = left < silent ? left : silent;
    if (!x->counting || t->repeat == 0 || alike < 2 || patch_brings_leaves(p))
        return;
    x->streams[t->turn.thread]->items += (alike - 1) * p->length;
    t->reader.silent -= (alike - 1) * p->length;
    t->repeat += alike - 1;
    t->stands_for += alike - 1;
}

static void begin_turn(struct unfold *x, struct stream *s)
{
    struct turning *t = &x->turning;
    t->continued = patch_goes_on(&s->before, t->at->patch, t->turn.from, t->turn.to);
    t->stands_for = 1 + t->at->owed;
    t->at->owed = 0;
    pass_over_turns(x);
}

/* The next step of the turn that is being told; false when it makes no sense. */
bool unfold_turn(struct unfold *x, bool *closes)
{
    struct turning *t = &x->turning;
    struct stream *s = x->streams[t->turn.thread];
    struct step *step = &x->step;
    const struct known_signature *signature = signature_at(x, t->at->patch->steps[t->position].signature);
    if (t->position == t->turn.from)
        begin_turn(x, s);
    step->id = step_id(t->turn.thread, s->items);
    step->leaves = step_id(t->turn.thread, s->leaves);
    step->start_ns = s->last_start;
    if (!signature || !patch_get(t->at->patch, (uint32_t)t->position, t->continued, &t->reader, step)) {
        t->at = NULL;
        t->rounds.length = 0;
        return false;
    }
    take_times(x, t->at, t->position, t->stands_for);
    count_step(s, step);
    begin_step(x, t->turn.thread, signature, t->stands_for);
    if (++t->position < t->turn.to)
        return true;
    t->position = t->turn.from;
    if (++t->repeat == t->turn.repeats) {
        next_entry(x);
        *closes = !t->at;
    }
    return true;
}

void unfold_init(struct unfold *x, const struct log_reader *log, bool counting)
{
    memset(x, 0, sizeof *x);
    x->counting = counting;
    find_times(x, log);
}

void unfold_free(struct unfold *x)
{
    for (uint32_t i = 0; i < x->nknown; i++) {
        struct stream *s = x->streams[x->known[i]];
        forget_patches(s);
        for (size_t k = 0; k < FOLD_MOST_STEPS; k++)
            if (s->recent[k])
                free(s->recent[k]);
        free(s);
    }
    for (size_t i = 0; i < x->nsignatures; i++)
        free(x->signatures[i]);
    free(x->signatures);
    free(x->times);
}

void unfold_record(struct unfold *x, struct log_record *record)
{
    switch (record->kind) {
    case LOG_SIGNATURE:
        read_signature(x, &record->payload);
        break;
    case LOG_ITEM:
        read_item(x, &record->payload);
        break;
    case LOG_PATCH:
        read_patch(x, &record->payload);
        break;
    case LOG_TURN:
        read_turn(x, &record->payload);
        break;
    case LOG_ROUNDS:
        read_rounds(x, &record->payload);
        break;
    default:
        break;
    }
}
