/* blase items: every call of a run that was traced, as text, JSON, or a graph. */
#include "tools/items.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tools/rundir.h"
#include "tools/verbs.h"

static const struct format {
    const char *name;
    void (*print)(struct run_logs *run);
} formats[] = {{"text", items_text}, {"json", items_json}, {"dot", items_dot}};

static const struct format *format_named(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(name, formats[i].name) == 0)
            return &formats[i];
    fprintf(stderr, "blase: '%s' is not a format: text, json, or dot\n", name);
    return NULL;
}

static int usage(void)
{
    puts("usage: blase items [RUN] [--format text|json|dot]\n\n"
         "RUN is a run directory, its name in the default place, or a unique beginning of one; the latest when left out.\n\n"
         "  --format FORMAT  text (a line an item), json, or dot (for Graphviz)");
    return 0;
}

static int print_run(const char *directory, const struct format *format)
{
    struct run_logs run;
    if (!run_logs_read(&run, directory)) {
        fprintf(stderr, "blase: cannot read %s: %s\n", directory, strerror(errno));
        return EXIT_FAILED;
    }
    format->print(&run);
    if (run.unreadable)
        fprintf(stderr, "blase: %s cannot be read\n", text_count(run.unreadable, "log", "logs").s);
    run_logs_free(&run);
    return 0;
}

int verb_items(int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
    const struct format *format = &formats[0];
    char directory[PATH_MAX];
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h')
            return usage();
        if (option != 'f' || !(format = format_named(optarg)))
            return EXIT_USAGE;
    }
    if (argc - optind > 1) {
        fputs("blase: items takes one run\n", stderr);
        return EXIT_USAGE;
    }
    return rundir_find(argv[optind], directory) ? print_run(directory, format) : EXIT_FAILED;
}
