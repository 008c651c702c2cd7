/* The command: finds the verb. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/verbs.h"

static const struct verb {
    const char *name, *title, *help;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"run", "blase run", "run a program, serving repeated BLAS and LAPACK calls from a cache", verb_run},
    {"show", "blase show", "what was called, reused and saved in a run", verb_show},
    {"items", "blase items", "every call of a run, with where its inputs came from", verb_items},
    {"estimate", "blase estimate", "what other budgets and levels would have saved in a run", verb_estimate},
    {"replay", "blase replay", "compute a run's calls again and compare, bit for bit", verb_replay},
    {"diff", "blase diff", "the first call at which two runs part, and why", verb_diff},
    {"why-miss", "blase why-miss", "what kept a call from being served", verb_why_miss},
    {"nan", "blase nan", "the first call that made NaN or Inf of finite numbers", verb_nan},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int help(void)
{
    puts("usage: blase VERB ...\n");
    for (int i = 0; i < VERBS; i++)
        printf("  %-8s  %s\n", verbs[i].name, verbs[i].help);
    puts("\n'blase VERB --help' tells more; so do blase(1) and blase-VERB(1).");
    return 0;
}

/*
 * A program may be started with some of its standard streams closed. The next file that we open must not become one of them: a
 * message for stderr would end in it. Closed again for the program that we run.
 */
static void fill_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Output that did not arrive is a failure (a full disk). */
static int finish(int status)
{
    if (status == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "blase: cannot write the output: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        fputs("blase: a verb is missing; 'blase --help' lists them\n", stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        puts("blase " BLASE_VERSION);
        return finish(0);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return finish(help());
    for (int i = 0; i < VERBS; i++)
        if (strcmp(word, verbs[i].name) == 0) {
            argv[1] = (char *)verbs[i].title;
            return finish(verbs[i].run(argc - 1, argv + 1));
        }
    fprintf(stderr, "blase: unknown %s '%s'; 'blase --help' lists the verbs\n", *word == '-' ? "option" : "verb", word);
    return EXIT_USAGE;
}
