/* blase run: a program as it is, with libblase.so preloaded, and a few lines afterwards about what came of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineage/log_writer.h"
#include "lineage/settings.h"
#include "reuse/budget.h"
#include "reuse/spill_place.h"
#include "tools/executable.h"
#include "tools/launch.h"
#include "tools/library.h"
#include "tools/memory.h"
#include "tools/report.h"
#include "tools/rundir.h"
#include "tools/summary.h"
#include "tools/text.h"
#include "tools/verbs.h"

/* Tells a run that was started inside another's program which BLASE_LOG is not meant for it. */
#define ENCLOSING "BLASE_RUN"

enum { MAX_SETTINGS = 32 };

struct run {
    struct settings settings;
    char directory[PATH_MAX];
    bool kept; /* the directory outlives us */
    bool ours; /* the directory is a new one */
    char **argv;
    struct log_writer *log;
};

static const char *metavariable(enum setting_kind kind)
{
    static const char *const names[] = {[SETTING_LEVEL] = "LEVEL", [SETTING_TRACE] = "auto|all|off", [SETTING_SIZE] = "SIZE",
                                        [SETTING_SHARE] = "SIZE",  [SETTING_POLICY] = "POLICY",      [SETTING_TEXT] = "DIR|off"};
    return names[kind];
}

static int usage(void)
{
    puts("usage: blase run [OPTION]... [--] COMMAND [ARGUMENT]...\n");
    for (int i = 0; i < setting_count; i++) {
        const struct setting_info *info = &setting_table[i];
        char name[64], option[96];
        settings_option(info->name, name, sizeof name);
        if (info->kind == SETTING_FLAG)
            snprintf(option, sizeof option, "--%s%s", name, strcmp(info->fallback, "1") == 0 ? "[=off]" : "");
        else
            snprintf(option, sizeof option, "--%s %s", name, metavariable(info->kind));
        bool told = info->kind != SETTING_FLAG && *info->fallback;
        printf("  %-20s  %s%s%s%s\n", option, info->help, told ? " (" : "", told ? info->fallback : "", told ? ")" : "");
    }
    puts("\nEach can be set as BLASE_NAME in the environment or as 'name = value' in ~/.config/blase/config.");
    return 0;
}

/* One option: into the settings, and into the program's environment for the library. */
static bool take_option(struct run *run, const struct setting_info *info, const char *value)
{
    char variable[64];
    if (!value)
        value = "1";
    if (!settings_set(&run->settings, info->name, value)) {
        fprintf(stderr, "blase: '%s' is not a value for --%s\n", value, info->name);
        return false;
    }
    settings_variable(info->name, variable, sizeof variable);
    return setenv(variable, value, 1) == 0;
}

/* A directory to spill to is where we were started, wherever the program goes first. Else the setting as it is. */
static bool settle_spill(struct run *run)
{
    char *spill = run->settings.spill, *here = *spill == '/' ? NULL : getcwd(NULL, 0), *path;
    if (!here || !*spill || strcmp(spill, "auto") == 0 || strcmp(spill, "off") == 0) {
        free(here);
        return true;
    }
    path = must_print("%s/%s", here, spill);
    bool good = settings_set(&run->settings, "spill", path) && setenv("BLASE_SPILL", path, 1) == 0;
    free(path);
    free(here);
    return good;
}

/* -1: go on; else the exit status. */
static int parse(struct run *run, int argc, char **argv)
{
    struct option options[MAX_SETTINGS + 2] = {{0}};
    char names[MAX_SETTINGS][64];
    int count = 0, found;
    for (; count < setting_count && count < MAX_SETTINGS; count++) {
        int argument = setting_table[count].kind == SETTING_FLAG ? optional_argument : required_argument;
        settings_option(setting_table[count].name, names[count], sizeof names[count]);
        options[count] = (struct option){names[count], argument, NULL, 256 + count};
    }
    options[count] = (struct option){"help", no_argument, NULL, 'h'};
    while ((found = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
        if (found == 'h')
            return usage();
        if (found < 256 || !take_option(run, &setting_table[found - 256], optarg))
            return EXIT_USAGE;
    }
    run->argv = argv + optind;
    if (optind < argc)
        return -1;
    fputs("blase: no command to run; 'blase run --help' tells more\n", stderr);
    return EXIT_USAGE;
}

/* Leaves' contents go into the run directory: without one there is nothing to capture for. */
static bool settle_capture(struct run *run)
{
    if (!run->settings.capture || strcmp(run->settings.log, "off") != 0)
        return true;
    fputs("blase: --capture needs a run directory; with --log off nothing is captured\n", stderr);
    run->settings.capture = false;
    return setenv("BLASE_CAPTURE", "0", 1) == 0;
}

/* With too little memory for a cache nothing is reused, which the processes find out for themselves: said here, once. */
static void settle_memory(struct run *run)
{
    char line[256];
    if (!budget_too_small(&run->settings, line, sizeof line))
        return;
    fputs(line, stderr);
    run->settings.reuse = REUSE_NONE;
}

/* Makes the run directory. 0, or the exit status. */
static int prepare_directory(struct run *run)
{
    bool taken = false, good;
    run->kept = true;
    if (strcmp(run->settings.log, "off") == 0) {
        run->kept = false;
        good = rundir_temporary(run->directory);
    } else if (*run->settings.log) {
        good = rundir_use(run->settings.log, run->directory, &taken);
    } else {
        run->ours = true;
        good = rundir_new(run->argv[0], run->directory);
    }
    return good ? 0 : taken ? EXIT_USAGE : EXIT_CANNOT;
}

/* Undoes prepare_directory when nothing was run. */
static void drop_directory(const struct run *run)
{
    if (run->ours || !run->kept)
        rundir_remove(run->directory);
}

/* Keys and values under construction; each text is owned. */
struct facts {
    char *(*pair)[2];
    size_t count;
};

static void add_fact(struct facts *facts, char *key, char *value)
{
    facts->pair = must_append(facts->pair, facts->count, sizeof *facts->pair);
    facts->pair[facts->count][0] = key;
    facts->pair[facts->count++][1] = value;
}

static void write_facts(struct log_writer *log, enum log_kind kind, struct facts *facts)
{
    struct bytes payload = {0};
    log_encode_pairs(&payload, (const char *const(*)[2])facts->pair, (int)facts->count);
    log_append(log, kind, &payload, 0);
    log_flush(log);
    bytes_free(&payload);
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->pair[i][0]);
        free(facts->pair[i][1]);
    }
    free(facts->pair);
}

/* The launch log's header: argv0, argv1, ... and every setting beside the few facts of the run. */
static void write_header(struct run *run, const struct launch *started)
{
    struct facts facts = {0};
    char host[HOST_NAME_MAX + 1] = "", value[SETTING_TEXT_MAX], *cwd = getcwd(NULL, 0);
    const char *user = getenv("USER");
    gethostname(host, sizeof host - 1);
    add_fact(&facts, must_copy("version"), must_copy(BLASE_VERSION));
    add_fact(&facts, must_copy("command"), text_command(run->argv));
    for (int i = 0; run->argv[i]; i++)
        add_fact(&facts, must_print("argv%d", i), must_copy(run->argv[i]));
    add_fact(&facts, must_copy("pid"), must_print("%ld", (long)started->pid));
    add_fact(&facts, must_copy("started_ns"), must_print("%llu", (unsigned long long)started->started_ns));
    add_fact(&facts, must_copy("host"), must_copy(host));
    add_fact(&facts, must_copy("user"), user ? must_copy(user) : must_print("%u", (unsigned)getuid()));
    add_fact(&facts, must_copy("cwd"), cwd ? cwd : must_copy(""));
    for (int i = 0; i < setting_count; i++) {
        settings_value(&run->settings, setting_table[i].name, value, sizeof value);
        add_fact(&facts, must_print("setting.%s", setting_table[i].name), must_copy(value));
    }
    write_facts(run->log, LOG_HEADER, &facts);
}

/* Files of processes that were killed; here it costs the program no time. */
static void clear_up(const struct run *run)
{
    if (strcmp(run->settings.spill, "off") != 0)
        spill_reap(run->settings.spill);
}

static void on_start(void *context, const struct launch *started)
{
    struct run *run = context;
    run->log = log_writer_new(run->directory, LOG_LAUNCH);
    if (run->log)
        write_header(run, started);
    clear_up(run);
}

static void write_exit(struct run *run, const struct launch *ended)
{
    struct facts facts = {0};
    if (!run->log)
        return;
    add_fact(&facts, must_copy("status"), must_print("%d", ended->status));
    add_fact(&facts, must_copy("signal"), must_print("%d", ended->signal));
    add_fact(&facts, must_copy("seconds"), must_print("%.6f", (double)ended->ns / 1e9));
    write_facts(run->log, LOG_EXIT, &facts);
    log_close(run->log);
}

static void report(const struct run *run)
{
    struct summary summary;
    char *const word[] = {(char *)(run->ours ? text_basename(run->directory) : run->directory), NULL};
    char *shown_as = run->kept ? text_command(word) : NULL;
    if (!run->settings.quiet && summary_read(&summary, run->directory)) {
        if (summary.processes + summary.unreadable)
            report_run(stderr, &summary, run->settings.verify, shown_as);
        else
            report_nothing(stderr, text_basename(run->argv[0]), executable_obstacle(run->argv[0]));
        summary_free(&summary);
    }
    free(shown_as);
}

/* In a program that runs under blase, BLASE_LOG names that run's directory; a run inside it has its own. */
static void leave_enclosing_run(void)
{
    const char *enclosing = getenv(ENCLOSING), *log = getenv("BLASE_LOG");
    if (enclosing && log && strcmp(enclosing, log) == 0)
        unsetenv("BLASE_LOG");
}

static int start(struct run *run)
{
    struct launch launched;
    if (!launch(run->argv, on_start, run, &launched)) {
        fprintf(stderr, "blase: cannot run '%s': %s\n", run->argv[0], strerror(launched.exec_errno));
        drop_directory(run);
        return launched.pid == 0 ? EXIT_CANNOT : launched.exec_errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    }
    memory_exit_status = launched.status;
    signal(SIGPIPE, SIG_IGN); /* a stderr that nobody reads must not change the exit status */
    write_exit(run, &launched);
    clear_up(run);
    report(run);
    if (!run->kept)
        rundir_remove(run->directory);
    return launched.status;
}

int verb_run(int argc, char **argv)
{
    static struct run run;
    char library[PATH_MAX];
    leave_enclosing_run();
    settings_load(&run.settings, true);
    int status = parse(&run, argc, argv);
    if (status >= 0)
        return status;
    memory_exit_status = EXIT_CANNOT;
    if (!library_find(library))
        return EXIT_CANNOT;
    status = prepare_directory(&run);
    if (status)
        return status;
    if (!library_preload(library, run.directory) || setenv("BLASE_LOG", run.directory, 1) != 0 ||
        setenv(ENCLOSING, run.directory, 1) != 0) {
        drop_directory(&run);
        return EXIT_CANNOT;
    }
    if (!settle_spill(&run) || !settle_capture(&run))
        return EXIT_CANNOT;
    settle_memory(&run);
    return start(&run);
}
