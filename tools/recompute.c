/* blase replay: computes a run's calls again from its captured leaves, and says whether the bits are those that the run saw. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/format.h"
#include "tools/recompute_run.h"
#include "tools/rundir.h"
#include "tools/verbs.h"

static int usage(void)
{
    puts("usage: blase replay [--force] [--format text|json] [RUN [ITEM]]\n\n"
         "Computes the calls of a run that was made with 'blase run --capture' again, or those that ITEM is made from, with the\n"
         "libraries and thread counts of the run, and says whether the results are bit for bit what the run saw.\n"
         "RUN is a run directory, its name in the default place, or a unique beginning of one; the latest when left out.\n"
         "ITEM is a number as 'blase items' prints it. The run's libraries are loaded: replay only runs that you trust.\n\n"
         "  --force          also with libraries that are not those of the run\n"
         "  --format FORMAT  text or json");
    return 0;
}

/* The process and number that a name stands for; false if the run has no such process or it is no item's name. */
static bool find_item(const struct run_logs *run, const char *text, size_t *log, uint64_t *id)
{
    struct name name;
    if (!name_parse(text, &name) || name.leaf)
        return false;
    *id = name.id;
    for (*log = 0; *log < run->count; ++*log)
        if (strcmp(run->log[*log].prefix, name.prefix) == 0)
            return true;
    return false;
}

static uint64_t all_of(const struct recompute_totals *t)
{
    uint64_t all = 0;
    for (int v = 0; v < VERDICTS; v++)
        all += t->verdicts[v];
    return all;
}

static void print_totals(const struct recompute_totals *t)
{
    static const char *const words[VERDICTS] = {
        [VERDICT_SAME] = "bit-equal",       [VERDICT_GUESSED] = "bit-equal from unproven inputs",
        [VERDICT_DIFFERS] = "different",    [VERDICT_FOLLOWS] = "different after different inputs",
        [VERDICT_UNTOLD] = "computed only", [VERDICT_UNPROVEN] = "unproven",
        [VERDICT_CANNOT] = "not replayable"};
    printf("%s", text_count(all_of(t), "item", "items").s);
    for (int v = 0; v < VERDICTS; v++)
        if (t->verdicts[v] || v == VERDICT_SAME)
            printf("%s%llu %s", v ? ", " : ": ", (unsigned long long)t->verdicts[v], words[v]);
    printf("; at most %s held\n", text_bytes((double)t->peak_bytes).s);
}

static void print_json(const struct recompute_totals *t, cJSON *findings)
{
    cJSON *o = json_object();
    json_integer(o, "items", all_of(t));
    for (int v = 0; v < VERDICTS; v++)
        json_integer(o, verdict_key((enum verdict)v), t->verdicts[v]);
    json_integer(o, "peak_bytes", t->peak_bytes);
    json_put(o, "findings", findings);
    json_print(o, true);
    putchar('\n');
}

static int replay(struct run_logs *run, struct recompute *how, const char *item, char **argv)
{
    struct libraries libraries = {0};
    struct recompute_totals totals = {.peak_bytes = 0};
    size_t only = 0;
    uint64_t id;
    bool good = true;
    if (item && !find_item(run, item, &only, &id)) {
        fprintf(stderr, "blase: the run has no item '%s'; 'blase items' lists them\n", item);
        return EXIT_FAILED;
    }
    how->target = item ? &id : NULL;
    libraries_load(&libraries, run, argv);
    how->libraries = &libraries;
    for (size_t i = 0; i < run->count && good; i++)
        if (!item || i == only)
            good = recompute_log(how, &run->log[i], &totals);
    how->libraries = NULL;
    how->target = NULL;
    libraries_free(&libraries);
    if (good && how->findings)
        print_json(&totals, how->findings);
    else if (good)
        print_totals(&totals);
    good &= !totals.unclaimed;
    for (int v = VERDICT_GUESSED + 1; v < VERDICTS; v++)
        good &= v == VERDICT_UNTOLD || totals.verdicts[v] == 0;
    return good ? 0 : EXIT_FAILED;
}

int verb_replay(int argc, char **argv)
{
    static const struct option options[] = {
        {"force", no_argument, NULL, 'F'}, FORMAT_OPTION, {"help", no_argument, NULL, 'h'}, {0}};
    struct recompute how = {.progress = isatty(STDERR_FILENO)};
    char directory[PATH_MAX];
    struct run_logs run;
    bool json = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h')
            return usage();
        if (option == '?' || (option == 'f' && !format_is_json(optarg, &json)))
            return EXIT_USAGE;
        how.force |= option == 'F';
    }
    if (argc - optind > 2) {
        fputs("blase: replay takes one run and one item\n", stderr);
        return EXIT_USAGE;
    }
    if (!rundir_find(argv[optind], directory))
        return EXIT_FAILED;
    if (!run_logs_read(&run, directory)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", directory, strerror(errno));
        return EXIT_FAILED;
    }
    if (run.unreadable)
        fprintf(stderr, "blase: %s cannot be read\n", text_count(run.unreadable, "log", "logs").s);
    how.directory = directory;
    how.findings = json ? json_array() : NULL;
    int status = EXIT_FAILED;
    if (run_logs_fit(&run, RUN_LOGS_PASSED))
        status = replay(&run, &how, optind < argc ? argv[optind + 1] : NULL, argv);
    run_logs_free(&run);
    return status;
}
