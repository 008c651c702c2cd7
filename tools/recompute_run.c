#include "tools/recompute_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineage/capture.h"
#include "lineage/clock.h"
#include "lineage/step.h"
#include "tools/memory.h"
#include "tools/recompute_call.h"
#include "tools/recompute_plan.h"
#include "tools/verbs.h"

/* A content that somebody still needs. */
struct content {
    bool leaf, loaded;
    struct fp fp;    /* of a leaf */
    const char *why; /* it cannot be had; NULL: it can */
    bool other;      /* not what the run saw, */
    bool unproven;   /* or not known to be */
    void *memory;    /* freed with it */
    struct view view;
};

/* The items of a thread's loops since the last digest. */
struct segment {
    struct fp chain;
    uint64_t pending, first;
    bool partial;            /* some of them were not computed */
    bool doubtful, unproven; /* some may differ without meaning anything */
    bool refused;            /* the status of one is another */
};

struct replay {
    const struct recompute *how;
    struct run_log *log;
    struct plan *plan;
    struct livemap live;
    struct recompute_totals *totals;
    struct expand_event event;
    struct segment segments[STEP_MAX_THREADS];
    uint64_t bytes; /* of contents held */
    uint64_t done, needed, shown_ns;
};

static const char lost_input[] = "an input of it could not be replayed";

static const struct {
    const char *words, *key;
} verdicts[VERDICTS] = {[VERDICT_SAME] = {"bit-equal", "bit_equal"},
                        [VERDICT_GUESSED] = {"bit-equal, from unproven inputs", "bit_equal_unproven"},
                        [VERDICT_DIFFERS] = {"differs", "differs"},
                        [VERDICT_FOLLOWS] = {"differs, and so do its inputs", "follows"},
                        [VERDICT_UNTOLD] = {"not told by itself", "untold"},
                        [VERDICT_UNPROVEN] = {"unproven", "unproven"},
                        [VERDICT_CANNOT] = {"cannot be replayed", "cannot"}};

const char *verdict_key(enum verdict verdict)
{
    return verdicts[verdict].key;
}

/* What a library that crashes leaves as the last word. */
static char last_words[160];

static void crashed(int number)
{
    ssize_t ignored = write(STDERR_FILENO, last_words, strlen(last_words));
    (void)ignored;
    (void)number;
    _exit(EXIT_FAILED);
}

static void catch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], crashed);
}

static void show_progress(struct replay *r, bool end)
{
    static const uint64_t PERIOD_NS = 100000000;
    uint64_t now = r->how->progress ? clock_ns() : 0;
    if (!r->how->progress || (!end && now - r->shown_ns < PERIOD_NS))
        return;
    r->shown_ns = now;
    if (end)
        fputs("\r\033[K", stderr);
    else
        fprintf(stderr, "\rblase: %llu of %llu items\033[K", (unsigned long long)r->done, (unsigned long long)r->needed);
    fflush(stderr);
}

static void hold(struct replay *r, size_t bytes)
{
    r->bytes += bytes;
    if (r->bytes > r->totals->peak_bytes)
        r->totals->peak_bytes = r->bytes;
}

static size_t held_bytes(const struct content *c)
{
    return c->memory ? view_bytes(&c->view) : 0;
}

static void drop(struct replay *r, struct content_id id)
{
    void **slot = livemap_find(&r->live, id, false);
    if (!slot)
        return;
    struct content *c = *slot;
    livemap_remove(&r->live, id);
    r->bytes -= held_bytes(c);
    free(c->memory);
    free(c);
}

static void keep(struct replay *r, struct content_id id, const struct content *content)
{
    drop(r, id);
    struct content *c = must_alloc(1, sizeof *c);
    *c = *content;
    *livemap_find(&r->live, id, true) = c;
    hold(r, held_bytes(c));
}

static void load_leaf(struct replay *r, struct content *c)
{
    static const char *const whys[] = {[CAPTURED_NOT] =
                                           "the content of a leaf was not captured (blase run --capture stores them)",
                                       [CAPTURED_DAMAGED] = "the stored content of a leaf is damaged",
                                       [CAPTURED_NO_MEMORY] = "out of memory"};
    if (!c->leaf || c->loaded)
        return;
    enum captured got = capture_load(r->how->directory, c->fp, &c->view);
    c->loaded = true;
    c->why = whys[got];
    c->memory = got == CAPTURED ? c->view.base : NULL;
    hold(r, held_bytes(c));
}

static bool is_target(const struct replay *r, uint64_t first, uint64_t last)
{
    return r->how->target && *r->how->target >= first && *r->how->target <= last;
}

static bool is_same(enum verdict verdict)
{
    return verdict == VERDICT_SAME || verdict == VERDICT_GUESSED;
}

/* Items of a loop from the first to the last, or one item. */
static void append_finding(struct replay *r, uint64_t first, uint64_t last, const char *op, enum verdict verdict, const char *why)
{
    cJSON *o = json_object();
    json_string(o, "first", name_item(r->log->prefix, first).s);
    json_string(o, "last", name_item(r->log->prefix, last).s);
    json_string(o, "op", op);
    json_string(o, "verdict", verdict_key(verdict));
    json_string(o, "why", why);
    json_append(r->how->findings, o);
}

static void print_verdict(struct replay *r, const struct log_item *item, enum verdict verdict, const char *why)
{
    r->totals->verdicts[verdict]++;
    if (is_same(verdict) && !is_target(r, item->id, item->id))
        return;
    show_progress(r, true);
    if (r->how->findings) {
        append_finding(r, item->id, item->id, op_name(run_log_op(r->log, item->op)).s, verdict, why);
        return;
    }
    printf("%s %s  %s%s%s\n", name_item(r->log->prefix, item->id).s, op_name(run_log_op(r->log, item->op)).s,
           verdicts[verdict].words, why ? ": " : "", why ? why : "");
}

/* Of all items of a loop since the last digest. */
static void print_segment(struct replay *r, const struct segment *s, uint64_t last, enum verdict verdict, const char *why)
{
    r->totals->verdicts[verdict] += s->pending;
    r->totals->unclaimed |= verdict == VERDICT_UNTOLD && is_target(r, s->first, last);
    if ((is_same(verdict) || verdict == VERDICT_UNTOLD) && !is_target(r, s->first, last))
        return;
    show_progress(r, true);
    if (r->how->findings) {
        append_finding(r, s->first, last, NULL, verdict, why);
        return;
    }
    printf("%s", name_item(r->log->prefix, s->first).s);
    if (last != s->first)
        printf(" to %s", name_item(r->log->prefix, last).s);
    printf(" in a loop  %s%s%s\n", verdicts[verdict].words, why ? ": " : "", why ? why : "");
}

/* The digest over a loop's items so far tells whether all that was computed since the last one is as it was. */
static void close_segment(struct replay *r, struct segment *s, const struct expand_event *e)
{
    bool same = fp_equal(s->chain, e->digest) && !s->refused;
    if (!s->pending)
        ;
    else if (s->partial)
        print_segment(r, s, e->item.id, VERDICT_UNTOLD, NULL);
    else if (same)
        print_segment(r, s, e->item.id, s->unproven ? VERDICT_GUESSED : VERDICT_SAME, NULL);
    else if (s->doubtful)
        print_segment(r, s, e->item.id, VERDICT_CANNOT, "some routine need not write all its outputs");
    else
        print_segment(r, s, e->item.id, s->unproven ? VERDICT_UNPROVEN : VERDICT_DIFFERS, NULL);
    *s = (struct segment){.chain = e->digest};
}

/* What speaks against computing it at all. */
static const char *hopeless(const struct log_item *item)
{
    if (item->unkept == UNKEPT_OVERLAP)
        return "its operands overlapped in memory";
    if (item->unkept == UNKEPT_CHANGED)
        return "another thread wrote to its operands during the call";
    return NULL;
}

/* The inputs' contents; what is to be thought of the result because of them. */
struct inputs {
    bool other, unproven;
};

static const char *fill(struct replay *r, struct again *a, const struct log_item *item, struct inputs *inputs)
{
    for (uint64_t i = 0; i < item->ninputs; i++) {
        void **slot = livemap_find(&r->live, content_of_input(&item->inputs[i]), false);
        struct content *c = slot ? *slot : NULL;
        if (!c)
            return "the log does not have an input of it";
        load_leaf(r, c);
        inputs->other |= c->other;
        inputs->unproven |= c->unproven || item->inputs[i].unproven;
        const char *why = c->why ? c->why : again_fill(a, &item->inputs[i], &c->view);
        if (why)
            return why;
    }
    return NULL;
}

/* The outputs as the log has them; *where is the first that is another. */
static bool outputs_same(const struct again *a, const struct log_item *item, uint64_t *where)
{
    for (uint64_t i = 0; i < item->noutputs; i++) {
        const struct log_output *out = &item->outputs[i];
        struct view v = {0};
        *where = out->operand;
        if (out->operand < a->canon.op->noperands)
            v = again_written(a, (int)out->operand);
        if (!fp_equal(fingerprint(&v), out->fp))
            return false;
    }
    return true;
}

/* An item of a loop is judged when the next digest comes. */
static void join_segment(struct replay *r, struct again *a, const struct log_item *item, const struct inputs *inputs, bool status)
{
    struct segment *s = &r->segments[item->thread % STEP_MAX_THREADS];
    for (uint64_t i = 0; i < item->noutputs; i++) {
        struct view v = {0};
        if (item->outputs[i].operand < a->canon.op->noperands)
            v = again_written(a, (int)item->outputs[i].operand);
        s->chain = step_chain(s->chain, fingerprint(&v));
    }
    s->first = s->pending++ ? s->first : item->id;
    s->doubtful |= item->unkept == UNKEPT_RULE;
    s->unproven |= inputs->unproven;
    s->refused |= !status;
}

/* What was written goes to those who need it, memory and all. */
static void keep_outputs(struct replay *r, struct again *a, const struct log_item *item, const struct plan_step *step,
                         const struct content *as)
{
    for (int k = 0; k < OP_MAX_OPERANDS; k++) {
        if (!(step->keep >> k & 1))
            continue;
        struct content c = *as;
        if (!c.why && k < a->canon.op->noperands) {
            c.view = again_written(a, k);
            c.memory = a->memory[k];
            a->memory[k] = NULL;
        }
        if (!c.why && view_empty(&c.view))
            c.why = "an input of it was not written by the item that the log names";
        keep(r, (struct content_id){item->id, (uint64_t)k}, &c);
    }
}

/* A refused call's status names the argument, which LAPACKE counts from the layout on: Fortran is called for its by-column calls.
 */
static bool same_status(const struct log_item *item, int64_t info)
{
    bool by_fortran = !(item->flags & (ITEM_LAPACKE | ITEM_ROW_MAJOR));
    return info == item->info || (by_fortran && info < 0 && item->info == info - 1);
}

/* Computes it, and says what came of it, or leaves that to the loop's digest. */
static void judge(struct replay *r, struct again *a, const struct log_item *item, const struct inputs *inputs, struct content *as)
{
    struct short_text detail = {""};
    snprintf(last_words, sizeof last_words, "\nblase: the library crashed while computing %s\n",
             name_item(r->log->prefix, item->id).s);
    int64_t info = again_make(a);
    uint64_t where = 0;
    bool status = same_status(item, info);
    if (r->event.in_loop) {
        join_segment(r, a, item, inputs, status);
        as->other = item->unkept == UNKEPT_RULE || inputs->other; /* for all that is known */
        as->unproven = inputs->unproven;
        return;
    }
    bool same = outputs_same(a, item, &where);
    as->other = !same;
    as->unproven = inputs->unproven && !same;
    enum verdict verdict = inputs->unproven ? VERDICT_UNPROVEN : inputs->other ? VERDICT_FOLLOWS : VERDICT_DIFFERS;
    if (same && status) {
        verdict = inputs->unproven ? VERDICT_GUESSED : VERDICT_SAME;
    } else if (!status) {
        snprintf(detail.s, sizeof detail.s, "info is %lld, was %lld", (long long)info, (long long)item->info);
    } else if (item->unkept == UNKEPT_RULE) { /* by the table: it returns early, or nobody knows what it writes */
        snprintf(detail.s, sizeof detail.s, "the routine need not write all its outputs here");
        as->why = lost_input;
        verdict = VERDICT_CANNOT;
    } else {
        snprintf(detail.s, sizeof detail.s, "in %.40s", op_operand(run_log_op(r->log, item->op), where).s);
    }
    print_verdict(r, item, verdict, *detail.s ? detail.s : NULL);
}

/* Computes it if that can be; otherwise why not. */
static const char *compute(struct replay *r, const struct log_item *item, const struct plan_step *step, struct again *a)
{
    const struct log_provider *provider = run_log_provider(r->log, item->provider);
    const struct library *library = provider ? libraries_find(r->how->libraries, provider->path) : NULL;
    struct inputs inputs = {false, false};
    struct content as = {0};
    memset(a, 0, sizeof *a);
    const char *why = hopeless(item);
    if (!why && (!library || !library->handle))
        why = "its library cannot be loaded";
    if (!why)
        why = again_prepare(a, item, run_log_op(r->log, item->op), library, (int)(provider->integer_bits / 8));
    if (!why)
        why = fill(r, a, item, &inputs);
    if (!why && !library_use_threads(library, provider->threads))
        why = "its library does not compute with that number of threads here";
    if (why)
        return why;
    judge(r, a, item, &inputs, &as);
    keep_outputs(r, a, item, step, &as);
    return NULL;
}

static void replay_item(struct replay *r, const struct log_item *item, const struct plan_step *step)
{
    struct again again;
    const char *why = compute(r, item, step, &again);
    if (why) {
        const struct content lost = {.why = lost_input};
        print_verdict(r, item, VERDICT_CANNOT, why);
        keep_outputs(r, &again, item, step, &lost);
        r->segments[item->thread % STEP_MAX_THREADS].partial |= r->event.in_loop;
    }
    again_free(&again);
    for (uint64_t i = 0; i < item->ninputs; i++)
        if (step->last >> i & 1)
            drop(r, content_of_input(&item->inputs[i]));
    r->done++;
    show_progress(r, false);
}

/*
 * The items that must be computed to judge the target: in a loop, all since the digest before it up to the next one.
 */
struct search {
    uint64_t target;
    uint64_t after; /* of its thread: what follows the last digest; before there is one, the first item in a loop */
    bool any, found, open;
    struct plan_range range;
};

static void look_for_target(struct search *s, const struct expand_event *e)
{
    uint64_t id = e->item.id;
    if (step_thread(id) != step_thread(s->target))
        return;
    if (e->in_loop && !s->any)
        s->after = id;
    s->any |= e->in_loop;
    if (id == s->target && !s->found) {
        s->found = true;
        s->open = e->in_loop;
        s->range = (struct plan_range){e->in_loop ? s->after : id, id};
    }
    if (e->closes && s->open)
        s->range.last = id;
    s->open &= !e->closes;
    s->after = e->closes ? id + 1 : s->after;
}

/* The first pass; false with errno set. */
static bool note_all(struct replay *r, struct search *s)
{
    struct expand *x = run_log_expand(r->log, EXPAND_SINGLY);
    errno = ENOMEM;
    if (!x)
        return false;
    while (expand_next(x, &r->event))
        if (r->event.kind == EXPAND_LEAF) {
            plan_leaf(r->plan, r->event.leaf.id);
        } else if (r->event.kind == EXPAND_ITEM) {
            plan_item(r->plan, &r->event.item);
            look_for_target(s, &r->event);
        }
    expand_free(x);
    return true;
}

static void replay_event(struct replay *r, const struct plan_step *step)
{
    const struct expand_event *e = &r->event;
    if (e->kind == EXPAND_LEAF) {
        if (step->needed)
            keep(r, (struct content_id){e->leaf.id, LEAF_OUTPUT}, &(struct content){.leaf = true, .fp = e->leaf.fp});
        return;
    }
    struct segment *s = &r->segments[e->item.thread % STEP_MAX_THREADS];
    if (step->needed)
        replay_item(r, &e->item, step);
    else
        s->partial |= e->in_loop;
    if (e->closes)
        close_segment(r, s, e);
}

/* What a log that was cut off leaves without a digest. */
static void close_all(struct replay *r)
{
    for (size_t i = 0; i < STEP_MAX_THREADS; i++)
        if (r->segments[i].pending)
            print_segment(r, &r->segments[i], step_id(i + 1, 0) - 1, VERDICT_UNTOLD, NULL);
}

static void replay_all(struct replay *r)
{
    struct expand *x = run_log_expand(r->log, EXPAND_SINGLY);
    struct plan_step step;
    while (x && expand_next(x, &r->event))
        if (r->event.kind == EXPAND_LEAF || r->event.kind == EXPAND_ITEM) {
            if (!plan_next(r->plan, &step))
                break;
            replay_event(r, &step);
        }
    close_all(r);
    expand_free(x);
}

static void free_live(struct replay *r)
{
    for (size_t i = 0; i < r->live.capacity; i++)
        if (r->live.slots[i].used) {
            struct content *c = r->live.slots[i].value;
            free(c->memory);
            free(c);
        }
    livemap_free(&r->live);
}

/* Other libraries than the run's say nothing about it, unless that is the question. */
static bool libraries_fit(const struct recompute *how, const struct run_log *log)
{
    bool fit = true;
    for (size_t i = 0; i < log->nproviders; i++) {
        const struct log_provider *p = &log->providers[i];
        char *difference = library_difference(libraries_find(how->libraries, p->path), p), *path = text_clean(p->path);
        char *text = difference ? text_clean(difference) : NULL;
        if (text)
            fprintf(stderr, "blase: %s is not the library of the run: %s\n", path, text);
        fit &= !text;
        free(difference);
        free(path);
        free(text);
    }
    if (!fit && !how->force)
        fputs("blase: --force compares all the same\n", stderr);
    return fit || how->force;
}

/* Everything but what has to be freed; false if nothing could be done, which was said. */
static bool replay_log(struct replay *r)
{
    struct search search = {.target = r->how->target ? *r->how->target : UINT64_MAX};
    r->plan = plan_new();
    bool noted = r->plan && note_all(r, &search);
    if (noted && r->how->target && !search.found) {
        fprintf(stderr, "blase: the run has no item %s; 'blase items' lists them\n",
                name_item(r->log->prefix, *r->how->target).s);
        return false;
    }
    int64_t needed = noted ? plan_settle(r->plan, r->how->target ? &search.range : NULL) : -1;
    if (needed < 0) {
        fprintf(stderr, "blase: cannot note what is to be computed: %s\n", strerror(errno));
        return false;
    }
    r->needed = (uint64_t)needed;
    catch_crashes();
    replay_all(r);
    show_progress(r, true);
    return true;
}

bool recompute_log(const struct recompute *how, struct run_log *log, struct recompute_totals *totals)
{
    if (!libraries_fit(how, log))
        return false;
    struct replay *r = must_alloc(1, sizeof *r);
    r->how = how;
    r->log = log;
    r->totals = totals;
    bool good = replay_log(r);
    free_live(r);
    plan_free(r->plan);
    free(r);
    return good;
}
