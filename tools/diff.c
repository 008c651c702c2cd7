/* blase diff: the first call at which two runs part, with what differs, and what is only in one. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/diff_json.h"
#include "tools/format.h"
#include "tools/memory.h"
#include "tools/rundir.h"
#include "tools/verbs.h"

enum { SAME = 0, DIFFER = 1, TROUBLE = 2 }; /* exit status, as of diff(1) */
enum { ALONE_SHOWN = 10 };

static int usage(void)
{
    puts("usage: blase diff RUN RUN [--all] [--format text|json]\n\n"
         "Says at which call two runs part, and why. A RUN is a run directory, its name in the default place, or a unique\n"
         "beginning of one; the runs are best made with --trace=all.\n\n"
         "  --all            every call that differs by itself, not only the first\n"
         "  --format FORMAT  text or json\n\n"
         "Exit status: 0 the runs are the same, 1 they differ, 2 trouble.");
    return SAME;
}

struct side {
    struct run_logs run;
    struct graph graph;
    char path[PATH_MAX];
};

static bool open_side(struct side *s, const char *run)
{
    if (!rundir_find(run, s->path))
        return false;
    if (!run_logs_read(&s->run, s->path)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", s->path, strerror(errno));
        return false;
    }
    if (!run_logs_fit(&s->run, RUN_LOGS_HELD))
        return false;
    graph_load(&s->graph, &s->run, GRAPH_HASHES);
    return true;
}

static void close_side(struct side *s)
{
    graph_free(&s->graph);
    run_logs_free(&s->run);
}

/* Where the first difference that is not a call of one run alone stands; ndifferences if all are. */
static size_t first_of(const struct stream_pair *p, bool alone)
{
    size_t i = 0;
    while (i < p->ndifferences && ((p->difference[i].causes & CAUSE_ALONE) != 0) != alone)
        i++;
    return i;
}

/* Differences of a pair of streams that are to be told: the first, then all or those of one run alone. */
static bool is_told(const struct stream_pair *p, size_t i, bool all, size_t *alone)
{
    bool only = p->difference[i].causes & CAUSE_ALONE;
    *alone += only;
    return all || i == 0 || i == first_of(p, false) || (only && *alone <= ALONE_SHOWN);
}

static void tell_count(size_t count, const char *one, const char *many)
{
    if (count)
        printf(", %s", text_count(count, one, many).s);
}

static void tell_counts(const struct stream_pair *p)
{
    const struct pair_counts n = diff_counts(p);
    printf("  in all: %s of calls correspond", text_count(p->matched, "pair", "pairs").s);
    tell_count(n.own, "differs by itself", "differ by themselves");
    tell_count(n.content, "read other content that no call made", "read other content that no call made");
    tell_count(p->follow, "follows from others", "follow from others");
    tell_count(n.moved, "changed its place", "changed their places");
    tell_count(n.first, "call only in the first run", "calls only in the first run");
    tell_count(n.second, "call only in the second run", "calls only in the second run");
    putchar('\n');
}

static void tell_pair(const struct diff_text *text, const struct stream_pair *p, bool all)
{
    size_t alone = 0, hidden = 0;
    diff_text_streams(text, p);
    if (!p->ndifferences) {
        puts("  the same");
        return;
    }
    if (!p->a.count || !p->b.count)
        return; /* that there is no counterpart is all */
    for (size_t i = 0; i < p->ndifferences; i++)
        if (is_told(p, i, all, &alone))
            diff_text_difference(text, &p->difference[i]);
        else
            hidden += (p->difference[i].causes & CAUSE_ALONE) != 0;
    if (hidden)
        printf("  … and %s in one run only\n", text_count(hidden, "more call", "more calls").s);
    tell_counts(p);
}

/* Reads what will be told of the calls, in one go. */
static void gather(struct diff_text *text, const struct differ *d, bool all)
{
    for (size_t i = 0; i < d->npairs; i++) {
        size_t alone = 0;
        const struct stream_pair *p = &d->pair[i];
        for (size_t k = 0; p->a.count && p->b.count && k < p->ndifferences; k++)
            if (is_told(p, k, all, &alone))
                diff_text_want(text, &p->difference[k]);
    }
    diff_text_fetch(text);
}

static bool bypassing(const struct run_logs *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const char *trace = pairs_get(&run->log[i].header, "setting.trace");
        if (trace && strcmp(trace, "all") != 0)
            return true;
    }
    return false;
}

static void note_bypassed(const struct run_logs *run, const char *which)
{
    if (bypassing(run))
        printf("note: the %s run was not made with --trace=all: calls that left no item are not compared\n", which);
}

static void print_text(const struct diff_text *text, const struct side *a, const struct side *b, bool all, int status)
{
    note_bypassed(&a->run, "first");
    note_bypassed(&b->run, "second");
    for (size_t i = 0; i < text->differ->npairs; i++)
        tell_pair(text, &text->differ->pair[i], all);
    if (status == SAME)
        printf("the runs are the same: %s\n",
               a->graph.nnodes ? "every call has its counterpart" : "no call left an item in either");
}

static cJSON *side_json(const struct side *s)
{
    cJSON *o = json_object();
    json_string(o, "run", s->path);
    json_bool(o, "all_traced", !bypassing(&s->run));
    return o;
}

static void print_json(const struct diff_text *text, const struct side *a, const struct side *b, bool all, int status)
{
    cJSON *o = json_object(), *streams = json_array();
    json_bool(o, "same", status == SAME);
    json_put(o, "first", side_json(a));
    json_put(o, "second", side_json(b));
    for (size_t i = 0; i < text->differ->npairs; i++) {
        const struct stream_pair *p = &text->differ->pair[i];
        cJSON *pair = diff_json_pair(text, p), *told = json_array();
        size_t alone = 0;
        for (size_t k = 0; p->a.count && p->b.count && k < p->ndifferences; k++)
            if (is_told(p, k, all, &alone))
                json_append(told, diff_json_difference(text, &p->difference[k]));
        json_put(pair, "differences", told);
        json_append(streams, pair);
    }
    json_put(o, "streams", streams);
    json_print(o, true);
    putchar('\n');
}

static int compare(struct side *a, struct side *b, bool all, bool json)
{
    struct differ differ;
    int status = SAME;
    differ_run(&differ, &a->graph, &b->graph);
    for (size_t i = 0; i < differ.npairs; i++)
        status = differ.pair[i].ndifferences ? DIFFER : status;
    struct diff_text text = {.differ = &differ};
    gather(&text, &differ, all);
    (json ? print_json : print_text)(&text, a, b, all, status);
    diff_text_free(&text);
    differ_free(&differ);
    return status;
}

int verb_diff(int argc, char **argv)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'}, FORMAT_OPTION, {"help", no_argument, NULL, 'h'}, {0}};
    static struct side a, b;
    bool all = false, json = false;
    int option, status = TROUBLE;
    memory_exit_status = TROUBLE;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h')
            return usage();
        if (option == '?' || (option == 'f' && !format_is_json(optarg, &json)))
            return TROUBLE;
        all |= option == 'a';
    }
    if (argc - optind != 2) {
        fputs("blase: diff takes two runs\n", stderr);
        return TROUBLE;
    }
    if (open_side(&a, argv[optind]) && open_side(&b, argv[optind + 1]))
        status = compare(&a, &b, all, json);
    if (status != TROUBLE && a.run.unreadable + b.run.unreadable) {
        fprintf(stderr, "blase: %s cannot be read\n", text_count(a.run.unreadable + b.run.unreadable, "log", "logs").s);
        status = TROUBLE;
    }
    close_side(&a);
    close_side(&b);
    return status;
}
