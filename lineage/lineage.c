#include "lineage/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/content.h"
#include "lineage/fold.h"
#include "lineage/guard.h"
#include "lineage/relation.h"
#include "lineage/signature.h"
#include "lineage/sketch.h"
#include "lineage/triangles.h"

/* What is written at the end: _exit may come from a signal handler that interrupted malloc. */
enum { LAST_WORDS_BYTES = 64 * 1024 };
enum { WORTH_ANNOUNCING = 256 }; /* elements; fewer are soon there */
enum { SEEN_LIMIT = 4096 };      /* providers and callers whose record was written; more are written again, harmlessly */

/*
 * What a loop foretells of a thread's next call, with the proofs at hand: looked up when the call before it was recorded, so that
 * the guard need not be had before this one. The thread's own; the counts of references are under the guard.
 */
struct ahead {
    bool there;
    int ninputs;
    struct foretold inputs[OP_MAX_OPERANDS];
    struct sketch *proofs[OP_MAX_OPERANDS]; /* held; NULL: none */
    struct fp recurring;
    struct sketch *result; /* held */
};

struct lineage {
    struct guard guard;
    struct log_writer *log;
    struct content *content;
    struct identity *identity; /* NULL: wholes only */
    struct bytes scratch;
    struct signatures signatures;
    struct log_signature signature; /* being told; too large for a stranger's stack */
    struct folding folding;
    struct fold *folds[STEP_MAX_THREADS]; /* by thread */
    struct ahead *ahead[STEP_MAX_THREADS];
    unsigned nfolds;
    uint64_t memory;
    struct triangles triangles;
    uint8_t seen_op[SEEN_LIMIT / 8], seen_provider[SEEN_LIMIT / 8], seen_caller[SEEN_LIMIT / 8];
};

/* Of what lineage may hold: a half for known contents, a quarter for loops, a quarter for buffers. */
struct lineage *lineage_new(struct log_writer *log, bool dedup, uint64_t memory)
{
    struct lineage *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->log = log;
    l->memory = memory;
    l->folding = (struct folding){.log = log, .dedup = dedup, .limit = memory / 4};
    bytes_reserve(&l->scratch, LAST_WORDS_BYTES);
    bytes_reserve(&l->folding.out, LAST_WORDS_BYTES);
    l->content = content_new(memory / 2);
    if (!l->content) {
        free(l);
        return NULL;
    }
    return l;
}

bool lineage_identify(struct lineage *l, bool thorough)
{
    l->identity = identity_new(&l->guard, l->content, l->memory / 4, thorough);
    return l->identity != NULL;
}

/* With the guard held. */
static void forget_ahead(struct ahead *a)
{
    for (int i = 0; a && a->there && i < a->ninputs; i++)
        if (a->proofs[i])
            identity_ends(a->proofs[i]);
    if (a && a->there && a->result)
        identity_ends(a->result);
    if (a)
        a->there = false;
}

static void forget_folds(struct lineage *l)
{
    for (unsigned i = 0; i < l->nfolds; i++) {
        forget_ahead(l->ahead[i]);
        free(l->ahead[i]);
        fold_free(&l->folding, l->folds[i]);
    }
    memset(l->ahead, 0, l->nfolds * sizeof l->ahead[0]);
    memset(l->folds, 0, l->nfolds * sizeof l->folds[0]);
    l->nfolds = 0;
}

void lineage_free(struct lineage *l)
{
    forget_folds(l);
    signatures_free(&l->signatures);
    log_writer_free(l->log);
    content_free(l->content);
    identity_free(l->identity);
    bytes_free(&l->scratch);
    bytes_free(&l->folding.out);
    free(l);
}

static bool first_time(uint8_t *seen, uint64_t id)
{
    if (id >= SEEN_LIMIT)
        return true;
    bool first = !(seen[id / 8] & (1u << (id % 8)));
    seen[id / 8] |= (uint8_t)(1u << (id % 8));
    return first;
}

static void append(struct lineage *l, enum log_kind kind, uint64_t work_ns)
{
    if (l->log)
        log_append(l->log, kind, &l->scratch, work_ns);
    bytes_clear(&l->scratch);
}

static void explain_op(struct lineage *l, const struct op *op)
{
    if (first_time(l->seen_op, (uint64_t)op_index(op))) {
        log_encode_op(&l->scratch, op);
        append(l, LOG_OP, 0);
    }
}

static void explain(struct lineage *l, const struct traced *t)
{
    explain_op(l, t->canon->op);
    if (t->provider && first_time(l->seen_provider, t->provider->id)) {
        log_encode_provider(&l->scratch, t->provider);
        append(l, LOG_PROVIDER, 0);
    }
    if (first_time(l->seen_caller, t->caller)) {
        log_encode_caller(&l->scratch, t->caller, t->caller_object);
        append(l, LOG_CALLER, 0);
    }
}

/* Threads beyond the last number share its stream. */
static struct fold *fold_of(struct lineage *l, uint32_t thread)
{
    if (thread >= STEP_MAX_THREADS)
        thread = STEP_MAX_THREADS - 1;
    if (!l->folds[thread])
        l->folds[thread] = fold_new(&l->folding, thread);
    if (l->folds[thread] && thread >= l->nfolds)
        l->nfolds = thread + 1;
    return l->folds[thread];
}

/* What another thread's stream still holds back is told first. */
static void tell_first(struct lineage *l, const struct origin *origin, const struct step *s)
{
    uint64_t thread = step_thread(origin->ref);
    if (thread != step_thread(s->id) && thread < l->nfolds && l->folds[thread])
        fold_catch_up(&l->folding, l->folds[thread], origin->is_item, origin->ref);
}

static void note_replaced(struct lineage *l, const struct view *v, const struct step *s, struct flow *f)
{
    const struct origin *before = l->identity ? identity_before(l->identity, v) : NULL;
    if (!before)
        return;
    tell_first(l, before, s);
    f->replaces = before->is_item ? REPLACES_ITEM : REPLACES_LEAF;
    f->replaces_ref = before->ref;
    f->replaces_output = (uint8_t)before->operand;
}

static struct relation new_leaf(struct lineage *l, const struct traced_input *in, const struct step *s, uint64_t leaf,
                                struct flow *f, uint32_t *height)
{
    const struct origin origin = {
        .content = in->fp, .ref = leaf, .touched = s->id, .age = content_age(l->content), .part = in->view.part};
    *f = (struct flow){.kind = FLOW_NEW, .fp = in->fp};
    if (!in->beside)
        note_replaced(l, &in->view, s, f);
    content_put(l->content, &origin, NULL);
    if (l->identity && !in->beside)
        identity_holds(l->identity, &in->view, &origin, NULL);
    *height += *height == 0;
    return (struct relation){.distance = RELATION_NEW};
}

static struct relation join_known(struct lineage *l, const struct traced_input *in, struct origin *origin, const struct step *s,
                                  struct flow *f, uint32_t *height)
{
    bool part = in->found.how == FOUND_SLICE || in->found.how == FOUND_UNPROVEN;
    struct relation r = {relation_distance(s->id, origin->touched), origin->operand, in->found.slice};
    f->kind = origin->is_item ? FLOW_ITEM : FLOW_LEAF;
    f->unproven = in->found.how == FOUND_UNPROVEN;
    f->output = origin->operand;
    f->replaces = f->replaces_output = 0;
    f->ref = origin->ref;
    f->replaces_ref = 0;
    f->slice = in->found.slice;
    f->fp = in->fp;
    tell_first(l, origin, s);
    origin->touched = s->id;
    if (origin->height >= *height)
        *height = origin->height + 1;
    if (l->identity && !part)
        identity_holds(l->identity, &in->view, origin, in->found.by_region);
    return r;
}

/* Where an input comes from; `own`: room for an origin that the index does not have (any more). NULL: a new leaf. */
static struct origin *origin_of(struct lineage *l, const struct traced_input *in, struct origin *own)
{
    if (in->found.how == FOUND_NOTHING)
        return content_find(l->content, in->fp, in->view.part != PART_FULL);
    *own = in->found.origin;
    if (in->found.by_region && own->age == content_age(l->content)) /* the index has nothing to add */
        return own;
    const bool full = in->found.how == FOUND_WHOLE && in->view.part == PART_FULL;
    struct origin *known = content_find(l->content, in->found.origin.content, !full);
    if (known && known->ref == in->found.origin.ref && known->is_item == in->found.origin.is_item &&
        known->operand == in->found.origin.operand)
        return known;
    return own;
}

static void join_inputs(struct lineage *l, struct traced *t, struct step *s, struct relation *relations)
{
    uint64_t leaf = s->leaves;
    t->height = 0;
    for (int i = 0; i < t->ninputs; i++) {
        struct traced_input *in = &t->inputs[i];
        if (in->found.to_come && !identity_settle(l->identity, &in->view, in->fp, &in->found))
            in->found.how = FOUND_NOTHING;
        struct origin own, *known = origin_of(l, in, &own);
        relations[i] =
            known ? join_known(l, in, known, s, &s->inputs[i], &t->height) : new_leaf(l, in, s, leaf, &s->inputs[i], &t->height);
        leaf += s->inputs[i].kind == FLOW_NEW;
    }
    s->ninputs = (uint8_t)t->ninputs;
}

static void take_outputs(struct lineage *l, const struct traced *t, struct step *s)
{
    const uint8_t age = content_age(l->content);
    for (int i = 0; i < t->noutputs; i++) {
        const struct traced_output *out = &t->outputs[i];
        const struct origin origin = {.content = out->whole.fp,
                                      .ref = s->id,
                                      .touched = s->id,
                                      .height = t->height,
                                      .operand = (uint8_t)out->operand,
                                      .age = age,
                                      .is_item = 1,
                                      .part = out->whole.part};
        s->outputs[i] = out->whole.fp;
        triangles_note(&l->triangles, t, out);
        if (l->identity && t->use) {
            struct view other;
            if (i >= t->nleft)
                view_put(&other, t->canon, out->operand, &t->use[out->operand].write);
            identity_made(l->identity, i < t->nleft ? &t->left[i].view : &other, &origin);
        }
        const struct fp_whole *square = out->whole.square ? &out->whole : NULL;
        if (t->recurred && i == 0)
            content_put_again(l->content, &origin, square, &t->result->filed);
        else if (t->goes_round)
            content_put_later(l->content, &origin, square);
        else
            content_put(l->content, &origin, square);
    }
    s->noutputs = (uint8_t)t->noutputs;
}

/* The first output of a call that a loop foretells, unless it may be what it was. */
static void announce_output(const struct traced *t)
{
    if (!t->goes_round || !t->use || !fp_equal(t->recurring, (struct fp){0, 0}))
        return;
    for (int k = 0; k < t->canon->op->noperands; k++)
        if (t->use[k].write.part != PART_NONE) {
            if (t->use[k].write.rows * t->use[k].write.cols < WORTH_ANNOUNCING)
                return;
            const struct view v = view_of(t->canon, k, t->use[k].write);
            identity_announce(&v);
            return;
        }
}

/* With the guard held, after a call: what is foretold of the next one. The last thread numbers are shared. */
static void look_ahead(struct lineage *l, const struct fold *fold, uint32_t thread)
{
    if (!l->identity || !l->folding.dedup || thread >= STEP_MAX_THREADS - 1)
        return;
    struct ahead *a = l->ahead[thread];
    if (!a && !(a = l->ahead[thread] = calloc(1, sizeof *a)))
        return;
    forget_ahead(a); /* of a call that never came */
    a->ninputs = fold_foretells(fold, a->inputs, &a->recurring);
    a->there = a->ninputs >= 0;
    if (!a->there)
        return;
    for (int i = 0; i < a->ninputs; i++)
        a->proofs[i] = a->inputs[i].how == FORETOLD_NOTHING ? NULL : identity_proof(l->identity, a->inputs[i].content);
    a->result = fp_equal(a->recurring, (struct fp){0, 0}) ? NULL : identity_result(l->identity, a->recurring);
}

/* What is at hand becomes the call's. Bit by input of those that it does not prove. */
static unsigned prove_ahead(struct ahead *a, struct traced *t)
{
    unsigned open = 0;
    a->there = false;
    t->goes_round = true;
    t->recurring = a->recurring;
    t->result = a->result;
    if (a->result)
        t->held[t->nheld++] = a->result;
    for (int i = 0; i < a->ninputs; i++) {
        if (a->proofs[i])
            t->held[t->nheld++] = a->proofs[i];
        if (i >= t->ninputs || a->inputs[i].how == FORETOLD_NOTHING)
            continue;
        struct traced_input *in = &t->inputs[i];
        in->foretold = a->proofs[i] && identity_is(a->proofs[i], &in->view);
        if (in->foretold) {
            in->fp = a->inputs[i].content;
            in->found.how = FOUND_WHOLE;
            in->found.to_come = true;
        } else {
            open |= 1u << i;
        }
    }
    return open;
}

/* Another content than was foretold may be proven by what the input's memory held last. */
static void prove_by_region(struct lineage *l, const struct ahead *a, struct traced *t, unsigned open)
{
    struct hint hints[OP_MAX_OPERANDS];
    unsigned hinted = 0;
    if (!guard_enter(&l->guard))
        return;
    for (int i = 0; i < t->ninputs; i++)
        if (!(open & (1u << i))) {
            ;
        } else if (identity_hints(l->identity, &t->inputs[i].view, a->inputs[i].content, &hints[i])) {
            hinted |= 1u << i;
            t->held[t->nheld++] = hints[i].sketch;
        } else {
            t->inputs[i].recurs = a->inputs[i].how == FORETOLD_SAME;
        }
    guard_leave(&l->guard);
    for (int i = 0; i < t->ninputs; i++) {
        struct traced_input *in = &t->inputs[i];
        if (hinted & (1u << i))
            in->foretold = identity_proves(&hints[i], &in->view, &in->fp, &in->found);
    }
}

void lineage_foretell(struct lineage *l, struct traced *t)
{
    struct ahead *a = t->thread < STEP_MAX_THREADS - 1 ? l->ahead[t->thread] : NULL;
    if (!a || !a->there)
        return;
    const unsigned open = prove_ahead(a, t);
    if (open)
        prove_by_region(l, a, t, open);
    announce_output(t);
}

bool lineage_recurs(struct traced *t, const struct view *v, struct traced_output *out)
{
    return t->recurred = t->result && identity_left(t->result, v, &out->whole);
}

static bool all_found(const struct traced *t)
{
    for (int i = 0; i < t->ninputs; i++)
        if (t->inputs[i].found.how == FOUND_NOTHING)
            return false;
    return true;
}

void lineage_recognise(struct lineage *l, struct traced *t)
{
    if (!l->identity || all_found(t) || !guard_enter(&l->guard))
        return;
    for (int i = 0; i < t->ninputs; i++)
        if (t->inputs[i].found.how == FOUND_NOTHING)
            identity_whole(l->identity, &t->inputs[i].view, t->inputs[i].fp, &t->inputs[i].found);
    struct triangles known;
    known.count = l->triangles.count;
    if (known.count)
        known = l->triangles;
    guard_leave(&l->guard);
    for (int i = 0; i < t->ninputs; i++)
        if (t->inputs[i].found.how == FOUND_WHOLE && t->inputs[i].recurs)
            identity_expects(l->identity, &t->inputs[i].view, t->inputs[i].fp);
        else if (t->inputs[i].found.how == FOUND_NOTHING)
            identity_recognise(l->identity, &t->inputs[i].view, t->inputs[i].fp, &t->inputs[i].found);
    if (triangles_wanted(&known, t))
        triangles_split(&l->guard, l->content, &known, t);
}

static void sketch_output(struct lineage *l, const struct traced *t, int i, struct traced_left *left)
{
    const struct traced_output *out = &t->outputs[i];
    const struct fp_whole *whole = l->folding.dedup && i == 0 ? &out->whole : NULL; /* it may be asked for again */
    left->again = t->recurred && i == 0;
    left->sketch = NULL;
    if (left->again)
        return;
    if (t->goes_round)
        left->sketch = identity_sketch(l->identity, &left->view, out->whole.fp, whole);
    if (!left->sketch)
        identity_produced(l->identity, &left->view, out->whole.fp, whole, t->call_ns);
}

void lineage_produced(struct lineage *l, struct traced *t)
{
    if (!l->identity || !t->use)
        return;
    identity_called(l->identity, t->call_ns);
    for (t->nleft = 0; t->nleft < t->noutputs; t->nleft++) {
        int k = t->outputs[t->nleft].operand;
        struct traced_left *left = &t->left[t->nleft];
        view_put(&left->view, t->canon, k, &t->use[k].write);
        sketch_output(l, t, t->nleft, left);
    }
}

/* Nothing came of it. */
static void drop_left(struct traced *t)
{
    for (int i = 0; i < t->nleft; i++)
        if (t->left[i].sketch)
            sketch_release(t->left[i].sketch);
    t->nleft = 0;
}

static void keep_left(struct lineage *l, struct traced *t)
{
    for (int i = 0; i < t->nleft; i++)
        if (t->left[i].sketch)
            identity_keep(l->identity, t->left[i].sketch);
        else if (t->left[i].again)
            identity_again(l->identity, t->result);
}

static void let_go(struct traced *t)
{
    for (int i = 0; i < t->nheld; i++)
        identity_ends(t->held[i]);
    t->nheld = 0;
}

/* The signature's number, told to the log when it is new. */
static uint64_t sign(struct lineage *l, const struct traced *t)
{
    bool fresh;
    uint32_t number = signature_of(&l->signatures, t, &fresh);
    if (!fresh)
        return number;
    explain(l, t);
    signature_describe(t, number, &l->signature);
    log_encode_signature(&l->scratch, &l->signature);
    append(l, LOG_SIGNATURE, 0);
    return number;
}

static void fill_step(struct step *s, const struct traced *t)
{
    s->start_ns = t->start_ns;
    s->outcome = (uint8_t)t->outcome;
    s->unkept = (uint8_t)t->unkept;
    s->nonfinite_in = (uint16_t)t->nonfinite_in;
    s->nonfinite_out = (uint16_t)t->nonfinite_out;
    s->source = t->source;
    s->kept_bytes = t->kept_bytes;
    s->info = t->info;
    s->times = (struct step_times){.call_ns = t->call_ns,
                                   .fingerprint_ns = t->fingerprint_ns,
                                   .fingerprint_bytes = t->fingerprint_bytes,
                                   .copy_ns = t->copy_ns,
                                   .saved_ns = t->saved_ns,
                                   .trace_ns = t->trace_ns};
    s->nscalars = signature_scalars(t->canon, s->scalars);
}

uint64_t lineage_record(struct lineage *l, struct traced *t)
{
    struct relation relations[OP_MAX_OPERANDS];
    if (!guard_enter(&l->guard)) {
        drop_left(t);
        return 0;
    }
    keep_left(l, t);
    struct fold *fold = fold_of(l, t->thread);
    struct step *s = fold ? fold_step(&l->folding, fold) : NULL;
    uint64_t id = 0;
    if (s) {
        fill_step(s, t);
        join_inputs(l, t, s, relations);
        take_outputs(l, t, s);
        s->signature = l->log ? sign(l, t) : 0;
        id = s->id + 1;
        fold_add(&l->folding, fold, l->folding.dedup ? relation_token(s, relations, t->ninputs) : 0);
        look_ahead(l, fold, t->thread);
    }
    let_go(t);
    guard_leave(&l->guard);
    return id;
}

/* What the streams hold back goes to the log, and what lineage holds at all. */
static void settle(struct lineage *l)
{
    const struct identity_sums buffers = l->identity ? identity_sums(l->identity) : (struct identity_sums){0};
    struct log_lineage sums = {.patches = l->folding.patches,
                               .memory_bytes = content_bytes(l->content) + l->folding.bytes + buffers.bytes,
                               .limit_bytes = l->memory,
                               .dropped_contents = content_dropped(l->content),
                               .dropped_buffers = buffers.dropped_regions + buffers.dropped_sketches};
    for (unsigned i = 0; i < l->nfolds; i++)
        if (l->folds[i]) {
            fold_settle(&l->folding, l->folds[i]);
            sums.items += fold_items(l->folds[i]);
            sums.leaves += fold_leaves(l->folds[i]);
        }
    sums.dedup_items = l->folding.dedup_items;
    log_encode_lineage(&l->scratch, &sums);
    append(l, LOG_LINEAGE, 0);
}

bool lineage_knows(struct lineage *l, struct fp fp)
{
    if (!guard_enter(&l->guard))
        return true;
    bool known = content_find(l->content, fp, true) != NULL;
    guard_leave(&l->guard);
    return known;
}

void lineage_header(struct lineage *l, const char *const pairs[][2], int count)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_pairs(&l->scratch, pairs, count);
    append(l, LOG_HEADER, 0);
    guard_leave(&l->guard);
}

void lineage_counters(struct lineage *l, const struct log_counters *c)
{
    if (!guard_enter(&l->guard))
        return;
    for (uint64_t i = 0; i < c->nops; i++)
        explain_op(l, &op_table[c->ops[i].op]);
    settle(l);
    log_encode_counters(&l->scratch, c);
    append(l, LOG_COUNTERS, 0);
    guard_leave(&l->guard);
}

void lineage_governor(struct lineage *l, const struct log_governor *g)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_governor(&l->scratch, g);
    append(l, LOG_GOVERNOR, 0);
    guard_leave(&l->guard);
}

void lineage_spill(struct lineage *l, const struct log_spill *s)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_spill(&l->scratch, s);
    append(l, LOG_SPILL, 0);
    guard_leave(&l->guard);
}

void lineage_passed(struct lineage *l, const struct log_passed *p)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_passed(&l->scratch, p);
    append(l, LOG_PASSED, 0);
    guard_leave(&l->guard);
}

void lineage_mismatch(struct lineage *l, const struct log_mismatch *m)
{
    if (!guard_enter(&l->guard))
        return;
    log_encode_mismatch(&l->scratch, m);
    append(l, LOG_MISMATCH, 0);
    guard_leave(&l->guard);
}

void lineage_note(struct lineage *l, const char *text)
{
    if (!guard_enter(&l->guard))
        return;
    put_string(&l->scratch, text);
    append(l, LOG_NOTE, 0);
    guard_leave(&l->guard);
}

void lineage_flush(struct lineage *l, bool end)
{
    if (!guard_enter(&l->guard))
        return;
    settle(l);
    if (end)
        append(l, LOG_END, 0);
    if (l->log && !log_failed(l->log))
        log_flush(l->log);
    guard_leave(&l->guard);
}

void lineage_write(struct lineage *l)
{
    if (!guard_enter(&l->guard))
        return;
    if (l->log && !log_failed(l->log))
        log_flush(l->log);
    guard_leave(&l->guard);
}

bool lineage_before_fork(struct lineage *l)
{
    return guard_enter(&l->guard);
}

void lineage_after_fork_parent(struct lineage *l, bool held)
{
    if (held)
        guard_leave(&l->guard);
}

void lineage_after_fork_child(struct lineage *l, bool held, struct log_writer *log)
{
    if (l->log)
        log_abandon(l->log);
    l->log = l->folding.log = log;
    guard_after_fork(&l->guard, held);
    if (!held)
        return;
    content_clear(l->content);
    if (l->identity)
        identity_clear(l->identity);
    bytes_clear(&l->scratch);
    bytes_clear(&l->folding.out);
    forget_folds(l);
    signatures_free(&l->signatures);
    l->folding.patches = l->folding.dedup_items = 0;
    memset(l->seen_op, 0, sizeof l->seen_op);
    memset(l->seen_provider, 0, sizeof l->seen_provider);
    memset(l->seen_caller, 0, sizeof l->seen_caller);
}

bool lineage_broken(const struct lineage *l)
{
    return guard_broken(&l->guard);
}
