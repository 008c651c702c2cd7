/* blase show: a run in numbers, as a table or as JSON (the contract of DESIGN 8). */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/json.h"
#include "tools/reasons.h"
#include "tools/report.h"
#include "tools/rundir.h"
#include "tools/summary.h"
#include "tools/text.h"
#include "tools/verbs.h"

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

static cJSON *run_json(const struct summary *s)
{
    cJSON *o = json_object();
    json_string(o, "id", s->id);
    json_string(o, "command", s->command);
    if (s->exited)
        json_integer(o, "exit_status", s->status);
    else
        json_null(o, "exit_status");
    json_string(o, "started", s->started_ns ? text_time(s->started_ns).s : NULL);
    json_real(o, "seconds", s->seconds);
    json_integer(o, "pid", s->pid);
    json_integer(o, "processes", s->processes);
    return o;
}

static cJSON *provider_json(const struct summary *s)
{
    cJSON *o = json_object();
    json_string(o, "path", s->provider_path);
    json_string(o, "version", s->provider_version);
    json_integer(o, "threads", s->provider_threads);
    json_integer(o, "integer_bits", s->provider_integer_bits);
    return o;
}

static cJSON *calls_json(const struct summary *s)
{
    cJSON *o = json_object();
    json_integer(o, "total", tally_calls(&s->total));
    json_integer(o, "nested", s->nested);
    json_integer(o, "bypassed", s->total.bypassed);
    json_integer(o, "traced", tally_traced(&s->total));
    json_real(o, "seconds", tally_ns(&s->total) / 1e9);
    return o;
}

static cJSON *reuse_json(const struct summary *s)
{
    const struct tally *t = &s->total;
    cJSON *o = json_object();
    json_string(o, "level", *s->level ? s->level : NULL);
    json_integer(o, "probes", tally_probes(t));
    json_integer(o, "hits_full", t->outcomes[OUTCOME_HIT]);
    json_integer(o, "hits_partial", t->outcomes[OUTCOME_PARTIAL]);
    json_integer(o, "waits", t->outcomes[OUTCOME_WAIT]);
    json_integer(o, "misses", t->outcomes[OUTCOME_MISS]);
    json_integer(o, "verified", s->verified);
    json_integer(o, "mismatches", s->mismatches);
    json_real(o, "saved_seconds", seconds(t->saved_ns));
    json_real(o, "fingerprint_seconds", seconds(s->fingerprint_ns));
    json_real(o, "overhead_seconds", summary_overhead_ns(s) / 1e9);
    json_real(o, "regret_ratio", summary_regret_ratio(s));
    json_real(o, "copy_seconds", seconds(s->copy_ns));
    json_integer(o, "fingerprint_bytes", s->fingerprint_bytes);
    return o;
}

static cJSON *cache_json(const struct summary *s)
{
    cJSON *o = json_object();
    json_integer(o, "budget_bytes", s->budget_bytes);
    json_integer(o, "peak_bytes", s->peak_bytes);
    json_integer(o, "entries", s->entries);
    json_integer(o, "evictions", s->evictions);
    json_integer(o, "spills", s->spill.spills);
    json_integer(o, "restores", s->spill.restores);
    json_integer(o, "spill_bytes", s->spill.peak_bytes);
    json_integer(o, "spill_lost", s->spill.lost);
    json_real(o, "spill_seconds", summary_spill_ns(s) / 1e9);
    return o;
}

static cJSON *lineage_json(const struct summary *s)
{
    cJSON *o = json_object();
    json_string(o, "trace", *s->trace ? s->trace : NULL);
    json_integer(o, "items", tally_traced(&s->total));
    json_integer(o, "leaves", s->leaves);
    json_integer(o, "edges", s->edges);
    json_integer(o, "patches", s->lineage.patches);
    json_integer(o, "dedup_items", s->lineage.dedup_items);
    json_integer(o, "memory_bytes", s->lineage.memory_bytes);
    json_integer(o, "dropped_contents", s->lineage.dropped_contents);
    json_integer(o, "dropped_buffers", s->lineage.dropped_buffers);
    json_integer(o, "log_bytes", s->log_bytes);
    json_real(o, "trace_seconds", seconds(s->trace_ns));
    return o;
}

/* The governor's books; all 0 where none watched (reuse off, or every call traced). */
static cJSON *governor_json(const struct summary *s)
{
    const struct log_governor *g = &s->governor;
    cJSON *o = json_object();
    json_real(o, "spent_seconds", seconds(g->spent_ns));
    json_real(o, "saved_seconds", seconds(g->saved_ns));
    json_real(o, "blas_seconds", seconds(g->blas_ns));
    json_integer(o, "sampled", g->sampled);
    json_integer(o, "looked", g->looked);
    json_integer(o, "refused_budget", g->refused_budget);
    json_integer(o, "refused_gain", g->refused_gain);
    json_integer(o, "loans", g->loans);
    return o;
}

static cJSON *counts_json(const struct reason *reasons, int count)
{
    cJSON *o = json_object();
    for (int i = 0; i < count; i++)
        json_integer(o, reasons[i].name, reasons[i].calls);
    return o;
}

static cJSON *reasons_json(const struct summary *s)
{
    struct reason bypassed[BYPASS_REASONS], unkept[UNKEPT_REASONS];
    cJSON *o = json_object();
    reasons_bypassed(s, bypassed);
    reasons_unkept(s, unkept);
    json_put(o, "bypassed", counts_json(bypassed, BYPASS_REASONS));
    json_put(o, "not_kept", counts_json(unkept, UNKEPT_REASONS));
    return o;
}

static cJSON *routines_json(const struct summary *s)
{
    cJSON *rows = json_array();
    for (size_t i = 0; i < s->nroutines; i++) {
        const struct tally *t = &s->routines[i].tally;
        cJSON *o = json_object();
        json_string(o, "op", s->routines[i].op);
        json_integer(o, "calls", tally_calls(t));
        json_integer(o, "bypassed", t->bypassed);
        json_integer(o, "hits_full", t->outcomes[OUTCOME_HIT]);
        json_integer(o, "hits_partial", t->outcomes[OUTCOME_PARTIAL]);
        json_integer(o, "misses", t->outcomes[OUTCOME_MISS]);
        json_real(o, "seconds", tally_ns(t) / 1e9);
        json_real(o, "saved_seconds", seconds(t->saved_ns));
        json_append(rows, o);
    }
    return rows;
}

/* Traced calls only; bypassed ones are not told apart by caller. */
static cJSON *callers_json(const struct summary *s)
{
    cJSON *rows = json_array();
    for (size_t i = 0; i < s->callers.count; i++) {
        const struct caller *c = &s->callers.caller[i];
        cJSON *o = json_object();
        json_string(o, "object", s->callers.objects[c->object]);
        json_integer(o, "offset", c->offset);
        json_string(o, "symbol", c->symbol);
        if (c->symbol)
            json_integer(o, "symbol_offset", c->symbol_offset);
        else
            json_null(o, "symbol_offset");
        json_integer(o, "calls", tally_traced(&c->tally));
        json_integer(o, "hits_full", c->tally.outcomes[OUTCOME_HIT]);
        json_integer(o, "hits_partial", c->tally.outcomes[OUTCOME_PARTIAL]);
        json_integer(o, "waits", c->tally.outcomes[OUTCOME_WAIT]);
        json_integer(o, "misses", c->tally.outcomes[OUTCOME_MISS]);
        json_real(o, "seconds", seconds(c->tally.call_ns));
        json_real(o, "saved_seconds", seconds(c->tally.saved_ns));
        json_append(rows, o);
    }
    return rows;
}

static void print_json(const struct summary *s)
{
    cJSON *o = json_object();
    json_put(o, "run", run_json(s));
    json_put(o, "provider", provider_json(s));
    json_put(o, "calls", calls_json(s));
    json_put(o, "reuse", reuse_json(s));
    json_put(o, "cache", cache_json(s));
    json_put(o, "lineage", lineage_json(s));
    json_put(o, "governor", governor_json(s));
    json_put(o, "reasons", reasons_json(s));
    json_put(o, "routines", routines_json(s));
    json_put(o, "callers", callers_json(s));
    json_print(o, true);
    putchar('\n');
}

static int usage(void)
{
    puts("usage: blase show [RUN] [--json]\n\n"
         "RUN is a run directory, its name in the default place, or a unique beginning of one; the latest when left out.\n\n"
         "  --json  everything as JSON, for programs");
    return 0;
}

int verb_show(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    bool json = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h')
            return usage();
        if (option != 'j')
            return EXIT_USAGE;
        json = true;
    }
    if (argc - optind > 1) {
        fputs("blase: show takes one run\n", stderr);
        return EXIT_USAGE;
    }
    char directory[PATH_MAX];
    struct summary summary;
    if (!rundir_find(argv[optind], directory))
        return EXIT_FAILED;
    if (!summary_read(&summary, directory)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", directory, strerror(errno));
        return EXIT_FAILED;
    }
    callers_name(&summary.callers);
    if (json)
        print_json(&summary);
    else
        report_table(stdout, &summary);
    if (json && summary.unreadable)
        fprintf(stderr, "blase: %s cannot be read\n", text_count(summary.unreadable, "log", "logs").s);
    summary_free(&summary);
    return 0;
}
