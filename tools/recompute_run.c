#include "tools/recompute_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineage/capture.h"
#include "lineage/clock.h"
#include "lineage/expand.h"
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

struct replay {
    const struct recompute *how;
    struct run_log *log;
    struct plan *plan;
    struct livemap live;
    struct recompute_totals *totals;
    struct expand_event event;
    uint64_t bytes; /* of contents held */
    uint64_t done, needed, shown_ns;
};

static const char lost_input[] = "an input of it could not be replayed";

static const char *const verdict_words[VERDICTS] = {"bit-equal", "differs", "differs, and so do its inputs", "unproven",
                                                    "cannot be replayed"};

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

static void print_verdict(struct replay *r, const struct log_item *item, enum verdict verdict, const char *why)
{
    bool target = r->how->target && *r->how->target == item->id;
    r->totals->verdicts[verdict]++;
    if (verdict == VERDICT_SAME && !target)
        return;
    show_progress(r, true);
    printf("%s %s  %s%s%s\n", item_name(r->log, item->id).s, op_name(run_log_op(r->log, item->op)).s, verdict_words[verdict],
           why ? ": " : "", why ? why : "");
}

static const struct log_provider *provider_of_item(const struct replay *r, const struct log_item *item)
{
    for (size_t i = 0; i < r->log->nproviders; i++)
        if (r->log->providers[i].id == item->provider)
            return &r->log->providers[i];
    return NULL;
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

static enum verdict judge(struct replay *r, struct again *a, const struct log_item *item, const struct inputs *inputs,
                          struct content *as, struct short_text *detail)
{
    snprintf(last_words, sizeof last_words, "\nblase: the library crashed while computing %s\n", item_name(r->log, item->id).s);
    int64_t info = again_make(a);
    uint64_t where = 0;
    bool same = outputs_same(a, item, &where), status = same_status(item, info);
    as->other = !same;
    as->unproven = inputs->unproven && !same;
    if (!status)
        snprintf(detail->s, sizeof detail->s, "info is %lld, was %lld", (long long)info, (long long)item->info);
    else if (!same)
        snprintf(detail->s, sizeof detail->s, "in %.40s", op_operand(run_log_op(r->log, item->op), where).s);
    if (same && status)
        return VERDICT_SAME;
    if (item->unkept == UNKEPT_RULE && status) { /* by the table: it returns early, or nobody knows what it writes */
        snprintf(detail->s, sizeof detail->s, "the routine need not write all its outputs here");
        as->why = lost_input;
        return VERDICT_CANNOT;
    }
    return inputs->unproven ? VERDICT_UNPROVEN : inputs->other ? VERDICT_FOLLOWS : VERDICT_DIFFERS;
}

/* Computes it if that can be; otherwise why not. */
static const char *compute(struct replay *r, const struct log_item *item, const struct plan_step *step, struct again *a)
{
    const struct log_provider *provider = provider_of_item(r, item);
    const struct library *library = provider ? libraries_find(r->how->libraries, provider->path) : NULL;
    struct inputs inputs = {false, false};
    struct content as = {0};
    struct short_text detail = {""};
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
    enum verdict verdict = judge(r, a, item, &inputs, &as, &detail);
    print_verdict(r, item, verdict, *detail.s ? detail.s : NULL);
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
    }
    again_free(&again);
    for (uint64_t i = 0; i < item->ninputs; i++)
        if (step->last >> i & 1)
            drop(r, content_of_input(&item->inputs[i]));
    r->done++;
    show_progress(r, false);
}

static bool note_all(struct replay *r)
{
    struct expand *x = expand_new(&r->log->log, false);
    if (!x)
        return false;
    while (expand_next(x, &r->event))
        if (r->event.kind == EXPAND_LEAF)
            plan_leaf(r->plan, r->event.leaf.id);
        else if (r->event.kind == EXPAND_ITEM)
            plan_item(r->plan, &r->event.item);
    expand_free(x);
    return true;
}

static void replay_all(struct replay *r)
{
    struct expand *x = expand_new(&r->log->log, false);
    struct plan_step step;
    while (x && expand_next(x, &r->event)) {
        bool leaf = r->event.kind == EXPAND_LEAF, item = r->event.kind == EXPAND_ITEM;
        if ((!leaf && !item) || !plan_next(r->plan, &step) || !step.needed)
            continue;
        if (leaf)
            keep(r, (struct content_id){r->event.leaf.id, LEAF_OUTPUT}, &(struct content){.leaf = true, .fp = r->event.leaf.fp});
        else
            replay_item(r, &r->event.item, &step);
    }
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

bool recompute_log(const struct recompute *how, struct run_log *log, struct recompute_totals *totals)
{
    if (!libraries_fit(how, log))
        return false;
    struct replay *r = must_alloc(1, sizeof *r);
    r->how = how;
    r->log = log;
    r->totals = totals;
    r->plan = plan_new();
    bool good = r->plan && note_all(r);
    int64_t needed = good ? plan_settle(r->plan, how->target) : -1;
    if (needed < 0) {
        fprintf(stderr, "blase: cannot note what is to be computed: %s\n", strerror(errno));
    } else {
        r->needed = (uint64_t)needed;
        catch_crashes();
        replay_all(r);
        show_progress(r, true);
    }
    free_live(r);
    plan_free(r->plan);
    free(r);
    return needed >= 0;
}
