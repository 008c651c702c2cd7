/*
 * How loops are found and folded.
 *
 * A thread's calls are a sequence of steps, each with a signature (routine, options, shapes, caller) and a token (the signature
 * and how its inputs hang on recent steps). Three things happen to a step:
 *
 *  - Nothing is known: it is written as an item, and its token goes to the period finder (period.h). When the last d tokens
 * repeat the d before them, a loop is going round. A step that occurs once in d becomes its head, and the next d items from the
 * head on are written as ever and kept: they are the loop's first patch (patch.h).
 *  - It continues a known path (paths.h): it is held back. At the end of the path the steps held become a turn: what differs from
 *    what the patch foretells, which is little or nothing. Turns of one patch that follow each other share a record, and turns
 *    without any difference cost nothing but their number.
 *  - It leaves the known paths: what was held is written as items, and from the last turn's end on, items are kept until a step
 * comes that begins a known path. These are a path of their own: another way through the body (a branch taken), or what an outer
 * loop does between two rounds of an inner one. So nested loops need no special treatment: the inner loop's patch goes round,
 * then the outer's comes once, and so on; and a loop that is entered again is known from its first step.
 *
 * Lossless: an item is written, or follows from its patch, its turn and the patch's last turn; expand.c is the way back. Scalars
 * and leaf contents are never part of a token or a path; they are what a turn holds.
 *
 * A patch also foretells, before a step is there, what its inputs will be: that they are what an item of this turn or the last
 * one left, or the very leaf of last turn. Then the memory is compared with the sketch of that content (identity.h), which takes
 * a part of what a fingerprint takes, and proves as much. Likewise a result that was the same in the last two turns, as nothing
 * that varies reaches it, is compared with what it was. So in a loop only new leaves and results that vary are fingerprinted; and
 * the results of a loop, which are foretold to be asked for by address, are filed in the content index in batches, or where they
 * stood before.
 *
 * Cost: a walk of one edge a step while paths are followed, a dozen operations while they are not; a comparison per input at a
 * turn's end. Memory a thread: the period finder's window (about 80 KB), the last contents (20 KB), at most 2 * FOLD_MOST_STEPS
 * steps, at most PATHS_MOST patches within the budget that all threads share; when it is used up, all patches of the thread are
 * forgotten and learnt anew. What is held back is written at the latest when the calls behind it took PATIENCE_NS: a part of a
 * turn is a record of its own then.
 */
#include "lineage/fold.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/paths.h"
#include "lineage/period.h"
#include "lineage/turns.h"

static const uint64_t PATIENCE_NS = 2000000;
enum {
    WATCH_STEPS = 64, /* after which it is asked whether patches foretell well */
    HEADS_TRIED = 64,
    RECENT_ITEMS = 1024, /* whose contents are known, to foretell with */
    RECENT_LEAVES = 256
};

struct queue {
    struct step *steps[FOLD_MOST_STEPS];
    uint32_t count;
};

struct fold {
    uint64_t items, leaves;
    struct step *next;  /* handed out */
    struct queue held;  /* steps that continue a path; the last one may not yet */
    struct queue kept;  /* items that may become a patch; they stand in the log, nothing after them */
    struct queue spare; /* memory */
    bool learning;      /* items are kept */
    uint32_t target;    /* kept items that make a new loop's patch; 0: until a path begins */
    uint32_t awaited;   /* steps within which the head must come; 0: it is not awaited */
    uint64_t head;      /* its signature */
    uint64_t held_ns;   /* work behind what is held */
    struct paths paths;
    uint32_t node, walked; /* where the walk stands, after how many of the held steps */
    struct patch *ended;   /* a path that ended on the way, */
    uint32_t ended_at;     /* after that many held steps */
    struct patch *latest;  /* of the last turn */
    uint32_t base;         /* steps of the path before the held ones that are written as part of a turn */
    bool full;             /* no room for another patch */
    struct turns turns;
    struct period period;
    uint32_t followed, surprises; /* steps on paths, and their inputs that were not foretold, since it was last asked */
    bool restless;                /* too many: a longer period is looked for meanwhile, */
    uint32_t longer, agreed;      /* the last one found, at so many steps in a row, */
    uint32_t better;              /* and found good: it ended with the last step */
    struct fp recent_items[RECENT_ITEMS], recent_leaves[RECENT_LEAVES]; /* by number; an item's first output */
    uint32_t least;                                                     /* shorter ones were tried in vain */
};

struct fold *fold_new(struct folding *shared, uint64_t thread)
{
    struct fold *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->turns.thread = thread;
    period_init(&f->period);
    shared->bytes += sizeof *f;
    return f;
}

static void forget_patches(struct folding *shared, struct fold *f)
{
    for (uint32_t i = 0; i < f->paths.npatches; i++)
        shared->bytes -= patch_bytes(f->paths.patches[i]);
    paths_clear(&f->paths);
    f->latest = f->ended = NULL;
}

static void free_queue(struct folding *shared, struct queue *q)
{
    for (uint32_t i = 0; i < q->count; i++)
        free(q->steps[i]);
    shared->bytes -= q->count * sizeof(struct step);
    q->count = 0;
}

void fold_free(struct folding *shared, struct fold *f)
{
    if (!f)
        return;
    if (f->next)
        f->spare.steps[f->spare.count++] = f->next;
    free_queue(shared, &f->held);
    free_queue(shared, &f->kept);
    free_queue(shared, &f->spare);
    forget_patches(shared, f);
    turns_free(&f->turns);
    shared->bytes -= sizeof *f;
    free(f);
}

/* The step that a loop brings next, probably; NULL: none goes round. */
static const struct patch *expected(const struct fold *f, uint32_t *position)
{
    const struct patch *patch = f->latest;
    *position = 0;
    if (f->node) {
        const uint32_t child = f->paths.nodes[f->node].child;
        patch = child ? f->paths.nodes[child].through : NULL;
        *position = f->base + f->walked;
    } else if (patch && f->turns.before.patch != patch->id + 1) {
        return NULL; /* other items came since */
    }
    return patch && *position < patch->length ? patch : NULL;
}

/* What this item left, or this leaf is, if it was there lately. */
static struct fp recent_content(const struct fold *f, bool is_item, uint64_t ref)
{
    const uint64_t next = step_id(f->turns.thread, is_item ? f->items : f->leaves);
    if (next - ref - 1 >= (is_item ? RECENT_ITEMS : RECENT_LEAVES))
        return (struct fp){0, 0};
    return is_item ? f->recent_items[ref % RECENT_ITEMS] : f->recent_leaves[ref % RECENT_LEAVES];
}

static void note_recent(struct fold *f, const struct step *s)
{
    f->recent_items[s->id % RECENT_ITEMS] = s->noutputs ? s->outputs[0] : (struct fp){0, 0};
    uint64_t leaf = s->leaves;
    for (int k = 0; k < s->ninputs; k++)
        if (s->inputs[k].kind == FLOW_NEW)
            f->recent_leaves[leaf++ % RECENT_LEAVES] = s->inputs[k].fp;
}

int fold_foretells(const struct fold *f, struct foretold inputs[OP_MAX_OPERANDS], struct fp *output)
{
    uint32_t position;
    const struct patch *patch = expected(f, &position);
    if (!patch)
        return -1;
    const int known = patch->steps[position].ninputs;
    uint64_t id = step_id(f->turns.thread, f->items), leaf = step_id(f->turns.thread, f->leaves);
    for (int i = 0; i < known; i++) {
        const struct patch_flow *flow = &patch->flows[patch->steps[position].first_flow + (unsigned)i];
        const bool is_item = flow->last.kind == FLOW_ITEM;
        if (flow->last.kind == FLOW_NEW) {
            inputs[i].how = FORETOLD_NOTHING;
            leaf++;
        } else if (flow->constant) {
            inputs[i].how = FORETOLD_SAME;
            inputs[i].content = flow->last.fp;
        } else {
            inputs[i].how = FORETOLD_KNOWN;
            inputs[i].content = recent_content(f, is_item, (is_item ? id : leaf) - flow->when[1].distance);
        }
    }
    *output = patch->steps[position].recurs ? patch->steps[position].output : (struct fp){0, 0};
    return known;
}

uint64_t fold_items(const struct fold *f)
{
    return f->items;
}

uint64_t fold_leaves(const struct fold *f)
{
    return f->leaves;
}

struct step *fold_step(struct folding *shared, struct fold *f)
{
    if (!f->next && f->spare.count)
        f->next = f->spare.steps[--f->spare.count];
    else if (!f->next && (f->next = malloc(sizeof *f->next)))
        shared->bytes += sizeof *f->next;
    if (!f->next)
        return NULL;
    f->next->id = step_id(f->turns.thread, f->items);
    f->next->leaves = step_id(f->turns.thread, f->leaves);
    return f->next;
}

static void release(struct folding *shared, struct fold *f, struct step *s)
{
    if (f->spare.count < FOLD_MOST_STEPS) {
        f->spare.steps[f->spare.count++] = s;
        return;
    }
    shared->bytes -= sizeof *s;
    free(s);
}

static void release_kept(struct folding *shared, struct fold *f)
{
    while (f->kept.count)
        release(shared, f, f->kept.steps[--f->kept.count]);
}

static void append(struct folding *shared, enum log_kind kind, uint64_t work_ns)
{
    log_append(shared->log, kind, &shared->out, work_ns);
    bytes_clear(&shared->out);
}

static void write_turns(struct folding *shared, struct fold *f)
{
    uint64_t before = f->turns.written;
    turns_write(&f->turns, shared->log, &shared->out);
    shared->dedup_items += f->turns.written - before;
}

static void write_item(struct folding *shared, struct fold *f, const struct step *s)
{
    write_turns(shared, f);
    put_varint(&shared->out, f->turns.thread);
    put_varint(&shared->out, s->signature);
    put_step(&shared->out, s, f->turns.last_start);
    append(shared, LOG_ITEM, s->times.call_ns + s->times.saved_ns);
    f->turns.last_start = s->start_ns;
    f->turns.before.patch = 0;
    f->turns.items = s->id + 1;
    f->turns.leaves = step_next_leaf(s);
}

/* Takes the first `count` held steps off the queue; they stay where they are until then. */
static void shift(struct fold *f, uint32_t count)
{
    struct queue *q = &f->held;
    memmove(q->steps, q->steps + count, (q->count - count) * sizeof q->steps[0]);
    q->count -= count;
    f->node = f->walked = f->ended_at = 0;
    f->ended = NULL;
    f->held_ns = 0;
    for (uint32_t i = 0; i < q->count; i++)
        f->held_ns += q->steps[i]->times.call_ns;
}

/*
 * A patch that foretells badly may be right (the loop is like that) or too short: calls that look alike were taken for turns.
 * While there are many surprises a longer period is looked for, and when there is one the loop is learnt anew.
 */
static void watch(struct fold *f, const struct patch *patch, const struct step *s, unsigned surprises)
{
    f->surprises += surprises;
    if (++f->followed == WATCH_STEPS) {
        bool restless = f->surprises * 4 > f->followed;
        if (restless && !f->restless)
            period_forget(&f->period);
        if (restless && f->least <= patch->length)
            f->least = patch->length + 1;
        f->restless = restless;
        f->followed = f->surprises = 0;
    }
    f->better = 0;
    if (!f->restless)
        return;
    uint32_t length = period_add(&f->period, s->token, (uint32_t)s->signature, f->least);
    if (!f->longer || !period_holds(&f->period, f->longer)) {
        f->longer = length;
        f->agreed = 0;
    } else if (++f->agreed >= f->longer) {
        f->better = f->longer; /* three rounds of it: two that agree may be chance */
    }
}

/* The first `count` held steps are positions `from` on of the patch once more. */
static void turn(struct folding *shared, struct fold *f, struct patch *patch, uint32_t from, uint32_t count)
{
    uint64_t before = f->turns.written;
    unsigned surprises = turns_add(&f->turns, shared->log, &shared->out, patch, from, f->held.steps, count);
    shared->dedup_items += f->turns.written - before;
    f->latest = patch;
    if (!f->restless)
        period_forget(&f->period);
    for (uint32_t i = 0; i < count; i++) {
        watch(f, patch, f->held.steps[i], i ? 0 : surprises);
        release(shared, f, f->held.steps[i]);
    }
    shift(f, count);
    release_kept(shared, f);
    f->awaited = f->target = 0;
    f->learning = true;
}

/* The held steps are written, also where they are only a part of a turn; the walk goes on behind them. */
static void part_turn(struct folding *shared, struct fold *f)
{
    const uint32_t count = f->held.count;
    if (!count)
        return;
    const uint32_t node = f->node, base = f->base;
    struct patch *patch = f->ended && f->ended_at == count ? f->ended : f->paths.nodes[node].through;
    turn(shared, f, patch, base, count);
    const bool whole = base + count == patch->length;
    f->node = whole ? 0 : node;
    f->base = whole ? 0 : base + count;
}

static void write_times(struct folding *shared, const struct fold *f, struct patch *p)
{
    put_varint(&shared->out, p->id);
    put_varint(&shared->out, f->turns.thread);
    put_varint(&shared->out, p->length);
    for (uint32_t i = 0; i < p->length; i++) {
        const struct step_times *t = &p->steps[i].sums;
        const uint64_t values[] = {p->steps[i].turns, t->call_ns,  t->fingerprint_ns, t->fingerprint_bytes,
                                   t->copy_ns,        t->saved_ns, t->trace_ns};
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++)
            put_varint(&shared->out, values[k]);
    }
    append(shared, LOG_TIMES, 0);
    p->untold = 0;
}

void fold_catch_up(struct folding *shared, struct fold *f, bool is_item, uint64_t ref)
{
    if (!shared->log || !shared->dedup || ref < (is_item ? f->turns.items : f->turns.leaves))
        return;
    part_turn(shared, f);
    write_turns(shared, f);
}

void fold_settle(struct folding *shared, struct fold *f)
{
    if (!shared->log || !shared->dedup)
        return;
    part_turn(shared, f);
    write_turns(shared, f);
    for (uint32_t i = 0; i < f->paths.npatches; i++)
        if (f->paths.patches[i]->untold)
            write_times(shared, f, f->paths.patches[i]);
}

/* For want of room, when nothing is held: what is still going round will be learnt again. */
static void start_over(struct folding *shared, struct fold *f)
{
    const struct log_patch none = {.thread = f->turns.thread};
    f->full = f->restless = false;
    f->followed = f->surprises = f->better = f->longer = f->agreed = 0;
    fold_settle(shared, f);
    forget_patches(shared, f);
    log_encode_patch(&shared->out, &none);
    append(shared, LOG_PATCH, 0);
    f->node = 0;
}

/* What is kept becomes a patch. */
static void make_patch(struct folding *shared, struct fold *f)
{
    struct queue *q = &f->kept;
    struct patch *patch = patch_new(shared->patches, (const struct step *const *)q->steps, q->count);
    const bool room = patch && shared->bytes + patch_bytes(patch) <= shared->limit && paths_room(&f->paths, q->count);
    f->target = 0;
    f->full = !room && f->paths.npatches;
    if (room && paths_add(&f->paths, patch)) {
        const struct log_patch record = {.id = patch->id, .thread = f->turns.thread, .length = patch->length};
        shared->patches++;
        shared->bytes += patch_bytes(patch);
        write_turns(shared, f);
        log_encode_patch(&shared->out, &record);
        append(shared, LOG_PATCH, 0);
    } else {
        patch_free(patch);
        f->learning = false;
    }
    release_kept(shared, f);
}

static uint32_t occurrences(const struct period *p, uint32_t tag, uint32_t length)
{
    uint32_t count = 0;
    for (uint32_t back = 0; back < length; back++)
        count += period_tag(p, back) == tag;
    return count;
}

/*
 * A loop of `length` steps goes round: which of them begins a turn? One that occurs once in a turn, and of those the one most
 * often seen lately: what every turn has, not what stands in a branch. Of equals the one that comes next.
 */
static void choose_head(struct fold *f, uint32_t length)
{
    const uint32_t known = period_known(&f->period);
    uint32_t most = 0, tries = 0;
    f->head = period_tag(&f->period, length - 1);
    for (uint32_t i = 0; i < length && tries < HEADS_TRIED; i++) {
        uint32_t tag = period_tag(&f->period, length - 1 - i);
        if (occurrences(&f->period, tag, length) != 1)
            continue;
        tries++;
        uint32_t seen = occurrences(&f->period, tag, known);
        if (seen > most) {
            most = seen;
            f->head = tag;
        }
    }
    f->target = f->awaited = length;
    f->learning = false;
}

/* An item was written: is it part of a path to be learnt? */
static void keep(struct folding *shared, struct fold *f, struct step *s)
{
    if (f->awaited && s->signature == f->head) {
        f->awaited = 0;
        f->learning = true;
        release_kept(shared, f);
    } else if (f->awaited && --f->awaited == 0) {
        f->target = 0;
    }
    if (f->learning && f->kept.count == FOLD_MOST_STEPS) {
        f->learning = false;
        f->target = 0;
    }
    if (!f->learning) {
        release_kept(shared, f);
        release(shared, f, s);
        return;
    }
    f->kept.steps[f->kept.count++] = s;
    if (f->target && f->kept.count == f->target)
        make_patch(shared, f);
}

/* The first `count` held steps are on no path: they are written as items. */
static void write_items(struct folding *shared, struct fold *f, uint32_t count)
{
    struct step *steps[FOLD_MOST_STEPS];
    memcpy(steps, f->held.steps, count * sizeof steps[0]);
    shift(f, count);
    for (uint32_t i = 0; i < count; i++) {
        write_item(shared, f, steps[i]);
        uint32_t length = period_add(&f->period, steps[i]->token, (uint32_t)steps[i]->signature, 1);
        keep(shared, f, steps[i]);
        if (length && length <= FOLD_MOST_STEPS && !f->target)
            choose_head(f, length);
    }
}

static void end_turn(struct folding *shared, struct fold *f, struct patch *patch, uint32_t count)
{
    turn(shared, f, patch, f->base, count);
    f->base = 0;
}

/* No edge leads on from where the walk stands. */
static void leave_path(struct folding *shared, struct fold *f)
{
    if (f->ended)
        end_turn(shared, f, f->ended, f->ended_at);
    else if (f->base && f->walked)
        end_turn(shared, f, f->paths.nodes[f->node].through, f->walked);
    else if (f->base)
        f->base = f->node = 0;
    else
        write_items(shared, f, f->walked ? f->walked : 1);
}

/* Walks on with the held steps until all of them are on a path. */
static void walk(struct folding *shared, struct fold *f)
{
    while (f->walked < f->held.count) {
        const uint64_t signature = f->held.steps[f->walked]->signature;
        uint32_t next = paths_step(&f->paths, f->node, signature);
        if (next && !f->node && f->learning && !f->target && f->kept.count) {
            make_patch(shared, f); /* from the last turn to the beginning of a path */
            next = paths_step(&f->paths, f->node, signature);
        }
        if (!next) {
            leave_path(shared, f);
            continue;
        }
        f->node = next;
        f->walked++;
        struct patch *ends = f->paths.nodes[next].ends;
        if (ends) {
            f->ended = ends;
            f->ended_at = f->walked;
        }
        if (ends && !f->paths.nodes[next].child)
            end_turn(shared, f, ends, f->walked);
    }
}

void fold_add(struct folding *shared, struct fold *f, uint64_t token)
{
    struct step *s = f->next;
    f->items++;
    for (int k = 0; k < s->ninputs; k++)
        f->leaves += s->inputs[k].kind == FLOW_NEW;
    if (!shared->log || log_failed(shared->log))
        return;
    if (!shared->dedup) {
        write_item(shared, f, s);
        return;
    }
    note_recent(f, s);
    f->next = NULL;
    if (!f->held.count && !f->base && (f->full || f->better)) { /* between two turns */
        const uint32_t better = f->better;
        start_over(shared, f);
        f->least = better + 1;
        if (better && better <= FOLD_MOST_STEPS)
            choose_head(f, better);
    }
    s->token = token;
    f->held.steps[f->held.count++] = s;
    f->held_ns += s->times.call_ns;
    walk(shared, f);
    if (f->held_ns >= PATIENCE_NS || f->held.count == FOLD_MOST_STEPS)
        part_turn(shared, f);
}
