/*
 * blase estimate: what other settings would have saved in a run, from its log. Every level that exists, and budgets of an eighth
 * to eight times the run's own and without limit, each replayed through the real cache; never a guess about calls that left no
 * item.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/settings.h"
#include "tools/json.h"
#include "tools/memory.h"
#include "tools/replay.h"
#include "tools/rundir.h"
#include "tools/summary.h"
#include "tools/verbs.h"

enum { BUDGETS_MAX = 16 };
static const uint64_t UNLIMITED = UINT64_MAX / 4;

/* Where the log does not tell what copies take: what they took elsewhere (reuse/gate). */
static const double COPY_BYTES_PER_NS = 6;

struct budget {
    uint64_t bytes;
    char name[24]; /* beside the size, in the table */
};

struct estimate {
    const char *level;
    struct budget budget;
    struct replay_result found;
    double copy_ns, fingerprint_ns;
};

struct estimation {
    struct run_logs run;
    struct summary summary;
    struct replay_calls *calls; /* one a process */
    enum cache_policy policy;
    double copy_bytes_per_ns;
    bool copies_measured;
    uint64_t sizeless; /* items of an older version, without the size of their result */
    struct budget budgets[BUDGETS_MAX];
    int nbudgets;
};

static double net_ns(const struct estimate *e)
{
    return (double)e->found.saved_ns - e->copy_ns - e->fingerprint_ns;
}

/* Bytes and time of the copies that were made, for a rate. */
static void learn_from(struct estimation *e, struct run_log *log, double *bytes, double *ns)
{
    struct expand *x = run_log_expand(log, EXPAND_SINGLY);
    struct expand_event event;
    const struct log_item *item = &event.item;
    while (expand_next(x, &event)) {
        if (event.kind != EXPAND_ITEM)
            continue;
        e->sizeless += !item->kept_bytes && item->unkept != UNKEPT_RULE && item->unkept != UNKEPT_OVERLAP;
        if (item->unkept == KEPT && item->copy_ns) {
            *bytes += (double)item->kept_bytes;
            *ns += (double)item->copy_ns;
        }
    }
    expand_free(x);
}

static void read_calls(struct estimation *e)
{
    double bytes = 0, ns = 0;
    e->calls = must_alloc(e->run.count + 1, sizeof *e->calls);
    for (size_t i = 0; i < e->run.count; i++) {
        replay_calls_read(&e->calls[i], &e->run.log[i]);
        learn_from(e, &e->run.log[i], &bytes, &ns);
    }
    e->copies_measured = ns > 0;
    e->copy_bytes_per_ns = ns > 0 ? bytes / ns : COPY_BYTES_PER_NS;
}

static void add_budget(struct estimation *e, uint64_t bytes, const char *name)
{
    if (e->nbudgets == BUDGETS_MAX || !bytes)
        return;
    e->budgets[e->nbudgets].bytes = bytes;
    snprintf(e->budgets[e->nbudgets++].name, sizeof e->budgets[0].name, "%s", name);
}

/* The budget that the run had, or would have had with reuse on. */
static uint64_t own_budget(const struct estimation *e)
{
    uint64_t bytes = e->summary.budget_bytes;
    for (size_t i = 0; i < e->run.count && !bytes; i++)
        bytes = pairs_number(&e->run.log[i].header, "setting.memory", 0);
    return bytes;
}

/* The policy that the run had; the default where the log does not say. */
static enum cache_policy own_policy(const struct estimation *e)
{
    static struct settings settings;
    for (size_t i = 0; i < e->run.count; i++) {
        const char *policy = pairs_get(&e->run.log[i].header, "setting.policy");
        if (policy && settings_set(&settings, "policy", policy))
            break;
    }
    return settings.policy;
}

static void usual_budgets(struct estimation *e)
{
    static const char *const names[] = {"1/8", "1/4", "1/2", "own", "2x", "4x", "8x"};
    const uint64_t own = own_budget(e);
    for (int i = 0; i < 7 && own <= UNLIMITED / 8; i++)
        add_budget(e, (own << i) / 8, names[i]);
    add_budget(e, UNLIMITED, "unlimited");
}

/* A negative budget index is the level that serves nothing. */
static struct estimate estimate(const struct estimation *e, int budget)
{
    struct estimate out = {.level = "none", .fingerprint_ns = (double)e->summary.fingerprint_ns};
    if (budget < 0) {
        out.found.never = tally_traced(&e->summary.total);
        return out;
    }
    out.level = "full";
    out.budget = e->budgets[budget];
    for (size_t i = 0; i < e->run.count; i++)
        replay_run(&e->calls[i], out.budget.bytes, e->policy, &out.found);
    out.copy_ns = (double)(out.found.captured_bytes + out.found.restored_bytes) / e->copy_bytes_per_ns;
    return out;
}

/* Calls that did work and left no item. */
static uint64_t without_item(const struct summary *s)
{
    uint64_t idle = s->passed.calls[PASSED_QUERY] + s->passed.calls[PASSED_ILLEGAL];
    return s->total.bypassed > idle ? s->total.bypassed - idle : 0;
}

static void print_head(const struct estimation *e)
{
    const struct summary *s = &e->summary;
    char *command = text_clean(s->command), *id = text_clean(s->id);
    printf("run       %s\ncommand   %s\n", id, command);
    printf("calls     %llu, %llu of them traced, in %s%s\n", (unsigned long long)tally_calls(&s->total),
           (unsigned long long)tally_traced(&s->total), text_count(s->processes, "process", "processes").s,
           s->processes > 1 ? " with a cache each" : "");
    printf("policy    %s\n", cache_policy_name(e->policy));
    printf("costs     fingerprints %s as measured, copies at %.1f GB/s%s\n", text_ns((double)s->fingerprint_ns).s,
           e->copy_bytes_per_ns, e->copies_measured ? " as measured" : ", assumed");
    if (without_item(s))
        printf("note      %llu calls left no item, and nothing is said about them: run it with --trace=all to learn more\n",
               (unsigned long long)without_item(s));
    if (e->sizeless)
        printf("note      %s of an older version, without the size of their results: nothing is said about them\n",
               text_count(e->sizeless, "item", "items").s);
    free(command);
    free(id);
}

static void print_row(const struct estimate *e)
{
    const struct replay_result *r = &e->found;
    const uint64_t unkept = r->never + r->too_large;
    const bool limited = e->budget.bytes && e->budget.bytes != UNLIMITED;
    printf("%-6s %-10s %10s %10llu %10llu %10llu %10llu %12.6f %12.6f %+12.6f\n", e->level, e->budget.name,
           limited ? text_bytes((double)e->budget.bytes).s : "", (unsigned long long)r->hits, (unsigned long long)r->misses,
           (unsigned long long)unkept, (unsigned long long)r->evictions, (double)r->saved_ns / 1e9,
           (e->copy_ns + e->fingerprint_ns) / 1e9, net_ns(e) / 1e9);
}

static void print_table(const struct estimation *e)
{
    print_head(e);
    printf("\n%-6s %-10s %10s %10s %10s %10s %10s %12s %12s %12s\n", "level", "memory", "", "hits", "misses", "unkept",
           "evictions", "saved, s", "costs, s", "net, s");
    for (int i = -1; i < e->nbudgets; i++) {
        const struct estimate row = estimate(e, i);
        print_row(&row);
    }
}

static cJSON *row_json(const struct estimate *e)
{
    cJSON *o = json_object();
    json_string(o, "level", e->level);
    if (e->budget.bytes && e->budget.bytes != UNLIMITED)
        json_integer(o, "budget_bytes", e->budget.bytes);
    else
        json_null(o, "budget_bytes");
    json_integer(o, "hits", e->found.hits);
    json_integer(o, "misses", e->found.misses);
    json_integer(o, "never_kept", e->found.never);
    json_integer(o, "too_large", e->found.too_large);
    json_integer(o, "evictions", e->found.evictions);
    json_integer(o, "peak_bytes", e->found.peak_bytes);
    json_real(o, "saved_seconds", (double)e->found.saved_ns / 1e9);
    json_real(o, "copy_seconds", e->copy_ns / 1e9);
    json_real(o, "fingerprint_seconds", e->fingerprint_ns / 1e9);
    json_real(o, "net_seconds", net_ns(e) / 1e9);
    return o;
}

static void print_json(const struct estimation *e)
{
    const struct summary *s = &e->summary;
    cJSON *o = json_object(), *run = json_object(), *calls = json_object(), *rows = json_array();
    json_string(run, "id", s->id);
    json_string(run, "command", s->command);
    json_integer(run, "processes", s->processes);
    json_integer(calls, "total", tally_calls(&s->total));
    json_integer(calls, "traced", tally_traced(&s->total));
    json_integer(calls, "without_size", e->sizeless);
    for (int i = -1; i < e->nbudgets; i++) {
        const struct estimate row = estimate(e, i);
        json_append(rows, row_json(&row));
    }
    json_put(o, "run", run);
    json_put(o, "calls", calls);
    json_bool(o, "complete", !without_item(s) && !e->sizeless);
    json_string(o, "policy", cache_policy_name(e->policy));
    json_real(o, "copy_bytes_per_second", e->copy_bytes_per_ns * 1e9);
    json_bool(o, "copies_measured", e->copies_measured);
    json_put(o, "estimates", rows);
    json_print(o, true);
    putchar('\n');
}

static int usage(void)
{
    puts("usage: blase estimate [RUN] [--memory SIZE]... [--policy POLICY] [--json]\n\n"
         "RUN is a run directory, its name in the default place, or a unique beginning of one; the latest when left out.\n"
         "It is best made with --trace=all: of calls that left no item, nothing can be said.\n\n"
         "  --memory SIZE    a budget to try: bytes (K, M, G) or a percentage of usable RAM; several may be given\n"
         "  --policy POLICY  what a full cache gives up first: costsize, lru or height (the run's own)\n"
         "  --json           everything as JSON, for programs");
    return 0;
}

/* -1: go on; else the exit status. */
static int parse(struct estimation *e, int argc, char **argv, bool *json, bool *own)
{
    static const struct option options[] = {{"memory", required_argument, NULL, 'm'},
                                            {"policy", required_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static struct settings settings;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h')
            return usage();
        if (option == '?')
            return EXIT_USAGE;
        if (option == 'j')
            *json = true;
        if (option == 'm' && (!settings_set(&settings, "memory", optarg) || !settings.memory)) {
            fprintf(stderr, "blase: '%s' is not a size\n", optarg);
            return EXIT_USAGE;
        }
        if (option == 'p' && !settings_set(&settings, "policy", optarg)) {
            fprintf(stderr, "blase: '%s' is not a policy: costsize, lru, or height\n", optarg);
            return EXIT_USAGE;
        }
        if (option == 'p') {
            e->policy = settings.policy;
            *own = false;
        }
        if (option == 'm')
            add_budget(e, settings.memory, optarg);
    }
    if (argc - optind > 1) {
        fputs("blase: estimate takes one run\n", stderr);
        return EXIT_USAGE;
    }
    return -1;
}

static void estimation_free(struct estimation *e)
{
    for (size_t i = 0; e->calls && i < e->run.count; i++)
        free(e->calls[i].call);
    free(e->calls);
    summary_free(&e->summary);
    run_logs_free(&e->run);
}

int verb_estimate(int argc, char **argv)
{
    static struct estimation e;
    char directory[PATH_MAX];
    bool json = false, own = true; /* own: the run's policy */
    int status = parse(&e, argc, argv, &json, &own);
    if (status >= 0)
        return status;
    if (!rundir_find(argv[optind], directory))
        return EXIT_FAILED;
    if (!summary_read(&e.summary, directory) || !run_logs_read(&e.run, directory)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", directory, strerror(errno));
        return EXIT_FAILED;
    }
    if (!run_logs_fit(&e.run, RUN_LOGS_HELD)) {
        estimation_free(&e);
        return EXIT_FAILED;
    }
    read_calls(&e);
    if (own)
        e.policy = own_policy(&e);
    if (!e.nbudgets)
        usual_budgets(&e);
    if (json)
        print_json(&e);
    else
        print_table(&e);
    if (e.run.unreadable)
        fprintf(stderr, "blase: %s cannot be read\n", text_count(e.run.unreadable, "log", "logs").s);
    estimation_free(&e);
    return 0;
}
