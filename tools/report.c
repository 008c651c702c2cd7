#include "tools/report.h"

#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/reasons.h"
#include "tools/run_logs.h"
#include "tools/text.h"

enum { COMMAND_LIMIT = 60, CALLERS_SHOWN = 20 };

static unsigned long long number(uint64_t value)
{
    return value;
}

/* "exit 0", "killed by signal 9 (Killed)", "exit unknown" */
static struct short_text ending(const struct summary *s)
{
    struct short_text out = {"exit unknown"};
    const char *name = s->signal && s->signal < 65 ? strsignal((int)s->signal) : "?";
    if (s->exited && s->signal)
        snprintf(out.s, sizeof out.s, "killed by signal %llu (%s)", number(s->signal), name);
    else if (s->exited)
        snprintf(out.s, sizeof out.s, "exit %llu", number(s->status));
    return out;
}

/* In front of the net gain: its sign always shows. */
static const char *plus(const struct summary *s)
{
    return summary_net_ns(s) < 0 ? "" : "+";
}

/* The command as one short line; cut where a character begins. */
static char *short_command(const char *command)
{
    char *line = text_clean(command);
    size_t cut = COMMAND_LIMIT;
    if (strlen(line) <= COMMAND_LIMIT + 3)
        return line;
    while (cut && ((unsigned char)line[cut] & 0xc0) == 0x80)
        cut--;
    strcpy(line + cut, "...");
    return line;
}

static void report_troubles(FILE *out, const struct summary *s, const char *before)
{
    if (s->unreadable)
        fprintf(out, "%s%s cannot be read and %s left out\n", before, text_count(s->unreadable, "log", "logs").s,
                s->unreadable == 1 ? "is" : "are");
}

/* "spilling 12.3 ms, " where there was any. */
static struct short_text spilling(const struct summary *s)
{
    struct short_text out = {""};
    if (s->spill.spills)
        snprintf(out.s, sizeof out.s, "spilling %.20s, ", text_ns(summary_spill_ns(s)).s);
    return out;
}

/* "blase: ", then the rest; nothing of it is on stdout. */
void report_run(FILE *out, const struct summary *s, bool verify, const char *run)
{
    const struct tally *t = &s->total;
    char *command = short_command(s->command);
    fprintf(out, "blase: %s, %s, %s\n", command, text_ns(s->seconds * 1e9).s, ending(s).s);
    free(command);
    if (summary_untraced(s)) {
        fputs("blase: tracing was off: no call was counted, none was reused\n", out);
        report_troubles(out, s, "blase: ");
        return;
    }
    fprintf(out, "blase: %s", text_count(tally_calls(t), "BLAS/LAPACK call", "BLAS/LAPACK calls").s);
    if (s->processes > 1)
        fprintf(out, " in %llu processes", number(s->processes));
    fprintf(out, ": %llu bypassed, %llu traced; %llu served from the cache, %llu computed\n", number(t->bypassed),
            number(tally_traced(t)), number(tally_served(t)), number(tally_calls(t) - tally_served(t)));
    if (tally_probes(t))
        fprintf(out, "blase: saved %s of %s in BLAS; fingerprints %s, copies %s, tracing %s, %snet %s%s (reuse=%s)\n",
                text_ns((double)t->saved_ns).s, text_ns(tally_ns(t) + (double)t->saved_ns).s,
                text_ns((double)s->fingerprint_ns).s, text_ns((double)s->copy_ns).s, text_ns((double)s->trace_ns).s,
                spilling(s).s, plus(s), text_ns(summary_net_ns(s)).s, s->level);
    else
        fprintf(out, "blase: %s in BLAS; tracing %s\n", text_ns(tally_ns(t)).s, text_ns((double)s->trace_ns).s);
    if (verify || s->verified || s->mismatches)
        fprintf(out, "blase: %s recomputed, %s%s\n", text_count(s->verified, "hit", "hits").s,
                text_count(s->mismatches, "mismatch", "mismatches").s, s->mismatches ? ": a bug, please report it" : "");
    report_troubles(out, s, "blase: ");
    fprintf(out, "blase: lineage: %s, %s", text_count(tally_traced(t), "item", "items").s,
            text_count(s->leaves, "leaf", "leaves").s);
    if (run)
        fprintf(out, "; blase show %s; blase items %s", run, run);
    fputc('\n', out);
}

void report_nothing(FILE *out, const char *command, const char *obstacle)
{
    char *name = text_clean(command);
    if (obstacle)
        fprintf(out, "blase: nothing was intercepted: %s %s\n", name, obstacle);
    else
        fprintf(out,
                "blase: nothing was intercepted: %s made no BLAS or LAPACK call, or has its own copy statically linked, loads it "
                "with RTLD_DEEPBIND, or runs a set-user-ID program\n",
                name);
    free(name);
}

static void report_head(FILE *out, const struct summary *s)
{
    char *command = text_clean(s->command), *path = text_clean(s->provider_path ? s->provider_path : "none seen");
    char *version = text_clean(s->provider_version ? s->provider_version : ""), *id = text_clean(s->id);
    fprintf(out, "run       %s\ncommand   %s\n", id, command);
    fprintf(out, "outcome   %s after %s, %s", ending(s).s, text_ns(s->seconds * 1e9).s,
            text_count(s->processes, "process", "processes").s);
    if (s->processes)
        fprintf(out, ", pid %llu", number(s->pid));
    fprintf(out, ", started %s\n", text_time(s->started_ns).s);
    fprintf(out, "provider  %s%s%s", version, *version ? ", " : "", path);
    if (s->provider_path)
        fprintf(out, ", %s, %llu-bit integers", text_count(s->provider_threads, "thread", "threads").s,
                number(s->provider_integer_bits));
    fputc('\n', out);
    free(id);
    free(command);
    free(path);
    free(version);
}

/* Bytes in a time, as a speed. */
static struct short_text speed(uint64_t bytes, uint64_t ns)
{
    struct short_text out;
    snprintf(out.s, sizeof out.s, "%.24s in %.24s", text_bytes((double)bytes).s, text_ns((double)ns).s);
    return out;
}

static void report_spill(FILE *out, const struct summary *s)
{
    const struct log_spill *d = &s->spill;
    if (!d->spills && !d->lost)
        return;
    fprintf(out, "spill     %llu written (%s), %llu restored (%s), peak %s of %s", number(d->spills),
            speed(d->written_bytes, d->write_ns).s, number(d->restores), speed(d->read_bytes, d->read_ns).s,
            text_bytes((double)d->peak_bytes).s, text_bytes((double)d->limit_bytes).s);
    if (d->lost)
        fprintf(out, ", %s lost", text_count(d->lost, "file", "files").s);
    fputc('\n', out);
}

static void report_lineage(FILE *out, const struct summary *s)
{
    const struct log_lineage *l = &s->lineage;
    fprintf(out, "lineage   %s, %s, %s, %s of log%s\n", text_count(tally_traced(&s->total), "item", "items").s,
            text_count(s->leaves, "leaf", "leaves").s, text_count(s->edges, "edge", "edges").s,
            text_bytes((double)s->log_bytes).s, s->truncated ? " (cut off, or still being written)" : "");
    if (l->dedup_items)
        fprintf(out, "          %s folded into %s\n", text_count(l->dedup_items, "item", "items").s,
                text_count(l->patches, "loop", "loops").s);
    if (l->dropped_contents || l->dropped_buffers)
        fprintf(out,
                "          for want of room (--lineage-memory) %s and %s were forgotten: what came of them later is a leaf\n",
                text_count(l->dropped_contents, "content", "contents").s, text_count(l->dropped_buffers, "buffer", "buffers").s);
}

static void report_counts(FILE *out, const struct summary *s)
{
    const struct tally *t = &s->total;
    fprintf(out, "calls     %llu = %llu bypassed + %llu traced (and %llu nested), %s in real routines\n", number(tally_calls(t)),
            number(t->bypassed), number(tally_traced(t)), number(s->nested), text_ns(tally_ns(t)).s);
    fprintf(out, "reuse     %s: %llu probes = %llu hits + %llu partial + %llu waits + %llu misses\n",
            *s->level ? s->level : "unknown", number(tally_probes(t)), number(t->outcomes[OUTCOME_HIT]),
            number(t->outcomes[OUTCOME_PARTIAL]), number(t->outcomes[OUTCOME_WAIT]), number(t->outcomes[OUTCOME_MISS]));
    fprintf(out, "          saved %s; fingerprints %s (%s), copies %s, tracing %s, net %s%s\n", text_ns((double)t->saved_ns).s,
            text_ns((double)s->fingerprint_ns).s, text_bytes((double)s->fingerprint_bytes).s, text_ns((double)s->copy_ns).s,
            text_ns((double)s->trace_ns).s, plus(s), text_ns(summary_net_ns(s)).s);
    if (s->verified || s->mismatches)
        fprintf(out, "verify    %s recomputed, %s\n", text_count(s->verified, "hit", "hits").s,
                text_count(s->mismatches, "mismatch", "mismatches").s);
    fprintf(out, "cache     peak %s of %s, %s, %s\n", text_bytes((double)s->peak_bytes).s, text_bytes((double)s->budget_bytes).s,
            text_count(s->entries, "entry", "entries").s, text_count(s->evictions, "eviction", "evictions").s);
    report_spill(out, s);
    report_lineage(out, s);
    report_troubles(out, s, "          ");
}

/* A line for every reason there was, under one heading. */
static void report_reasons(FILE *out, const char *heading, const struct reason *reasons, int count)
{
    for (int i = 0; i < count; i++)
        if (reasons[i].calls) {
            fprintf(out, "%-9s %10llu %s\n", heading, number(reasons[i].calls), reasons[i].text);
            heading = "";
        }
}

static void report_why(FILE *out, const struct summary *s)
{
    struct reason bypassed[BYPASS_REASONS], unkept[UNKEPT_REASONS];
    reasons_bypassed(s, bypassed);
    reasons_unkept(s, unkept);
    report_reasons(out, "bypassed", bypassed, BYPASS_REASONS);
    report_reasons(out, "not kept", unkept, UNKEPT_REASONS);
}

/* Hits of every kind, so that calls = bypassed + hits + misses (+ unprobed, a column only where there are such). */
static void report_row(FILE *out, const char *op, const struct tally *t, int width, bool unprobed)
{
    fprintf(out, "%-*s %10llu %10llu %10llu %10llu", width, op, number(tally_calls(t)), number(t->bypassed),
            number(tally_served(t)), number(t->outcomes[OUTCOME_MISS]));
    if (unprobed)
        fprintf(out, " %10llu", number(t->outcomes[OUTCOME_UNPROBED]));
    fprintf(out, " %12.6f %12.6f\n", tally_ns(t) / 1e9, (double)t->saved_ns / 1e9);
}

static void report_routines(FILE *out, const struct summary *s)
{
    bool unprobed = s->total.outcomes[OUTCOME_UNPROBED] > 0;
    int width = 8;
    for (size_t i = 0; i < s->nroutines; i++) {
        size_t length = strlen(s->routines[i].op);
        width = length > (size_t)width && length < 40 ? (int)length : width;
    }
    fprintf(out, "\n%-*s %10s %10s %10s %10s%s %12s %12s\n", width, "op", "calls", "bypassed", "hits", "misses",
            unprobed ? "   unprobed" : "", "seconds", "saved");
    for (size_t i = 0; i < s->nroutines; i++) {
        char *op = text_clean(s->routines[i].op);
        report_row(out, op, &s->routines[i].tally, width, unprobed);
        free(op);
    }
    report_row(out, "total", &s->total, width, unprobed);
}

/* "libfoo.so:func+0x12", or "libfoo.so+0x1234". */
static char *caller_text(const struct callers *all, const struct caller *c)
{
    char *object = text_clean(text_basename(all->objects[c->object])), *symbol = text_clean(c->symbol ? c->symbol : "");
    char *text = c->symbol ? must_print("%s:%s+0x%llx", object, symbol, number(c->symbol_offset))
                           : must_print("%s+0x%llx", *object ? object : "unknown", number(c->offset));
    free(object);
    free(symbol);
    return text;
}

/* Who made the traced calls; the dearest. */
static void report_callers(FILE *out, const struct summary *s)
{
    const struct callers *all = &s->callers;
    size_t rows = all->count < CALLERS_SHOWN ? all->count : CALLERS_SHOWN, width = 8;
    char *text[CALLERS_SHOWN];
    for (size_t i = 0; i < rows; i++) {
        text[i] = caller_text(all, &all->caller[i]);
        width = strlen(text[i]) > width && strlen(text[i]) < 60 ? strlen(text[i]) : width;
    }
    fprintf(out, "\n%-*s %10s %10s %10s %12s %12s\n", (int)width, "caller", "traced", "hits", "misses", "seconds", "saved");
    for (size_t i = 0; i < rows; i++) {
        const struct tally *t = &all->caller[i].tally;
        fprintf(out, "%-*s %10llu %10llu %10llu %12.6f %12.6f\n", (int)width, text[i], number(tally_traced(t)),
                number(tally_served(t)), number(t->outcomes[OUTCOME_MISS]), tally_ns(t) / 1e9, (double)t->saved_ns / 1e9);
        free(text[i]);
    }
    if (all->count > rows)
        fprintf(out, "and %s (--json has them)\n", text_count(all->count - rows, "more place", "more places").s);
}

void report_table(FILE *out, const struct summary *s)
{
    report_head(out, s);
    if (summary_untraced(s)) {
        fputs("calls     not counted, and none reused: tracing was off\n", out);
        report_troubles(out, s, "          ");
        return;
    }
    report_counts(out, s);
    report_why(out, s);
    if (s->nroutines)
        report_routines(out, s);
    if (s->callers.count)
        report_callers(out, s);
}
