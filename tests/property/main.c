/*
 * property [--calls|--illegal|--check-table [--but-flags]] [--seed N] [--rounds N] [--routines "NAME…"] [--only CASE] [--dump
 * CASE]
 *          [--pass-on] [--out FILE] [--list]
 * One line a call on FILE or stdout; run_property.py compares them. Exit status 1: --check-table found something.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <getopt.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/property.h"

typedef void one_case(const struct options *opt, int number, const struct entry *entry, void *function);

/* The plain spellings: no prefix, no width suffix. */
static bool plain_spelling(const struct entry *e)
{
    return e->width == 0 && strncmp(e->symbol, "scipy_", 6) != 0;
}

static void every_case(const struct options *opt, one_case *run)
{
    int plain = 0;
    for (int i = 0; i < entry_count; i++)
        plain += plain_spelling(&entry_table[i]);
    for (int round = 0; round < opt->rounds; round++)
        for (int i = 0, at = 0; i < entry_count; i++) {
            const struct entry *e = &entry_table[i];
            if (!plain_spelling(e))
                continue;
            int number = round * plain + at++;
            void *function = dlsym(RTLD_DEFAULT, e->symbol);
            bool wanted = (opt->only < 0 || opt->only == number) && (!opt->routines || name_in(e->op->name, opt->routines));
            if (wanted && !function)
                fprintf(opt->out, "%d %s not found\n", number, e->symbol);
            else if (wanted)
                run(opt, number, e, function);
        }
}

static void list(FILE *out)
{
    for (int i = 0; i < op_count; i++)
        fprintf(out, "%s\n", op_table[i].name);
}

/* OpenBLAS 0.3.21's zgemv reads one element past x: room beyond the last block keeps that from being the end of the heap. */
static void widen_heap(void)
{
    mallopt(M_TOP_PAD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    free(malloc(16 << 20));
}

int main(int argc, char **argv)
{
    enum { CALLS = 256, ILLEGAL, CHECK, SEED, ROUNDS, ROUTINES, ONLY, DUMP, PASS_ON, OUT, LIST, BUT_FLAGS };
    static const struct option names[] = {
        {"calls", 0, NULL, CALLS}, {"illegal", 0, NULL, ILLEGAL}, {"check-table", 0, NULL, CHECK},
        {"seed", 1, NULL, SEED},   {"rounds", 1, NULL, ROUNDS},   {"routines", 1, NULL, ROUTINES},
        {"only", 1, NULL, ONLY},   {"dump", 1, NULL, DUMP},       {"pass-on", 0, NULL, PASS_ON},
        {"out", 1, NULL, OUT},     {"list", 0, NULL, LIST},       {"but-flags", 0, NULL, BUT_FLAGS},
        {NULL, 0, NULL, 0}};
    struct options opt = {.seed = 1, .rounds = 10, .only = -1, .dump = -1, .out = stdout};
    one_case *run = calls_case;
    widen_heap();
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case CALLS:
            run = calls_case;
            break;
        case ILLEGAL:
            run = illegal_case;
            break;
        case CHECK:
            run = check_case;
            break;
        case SEED:
            opt.seed = strtoull(optarg, NULL, 10);
            break;
        case ROUNDS:
            opt.rounds = atoi(optarg);
            break;
        case ROUTINES:
            opt.routines = optarg;
            break;
        case ONLY:
            opt.only = atoi(optarg);
            break;
        case DUMP:
            opt.dump = atoi(optarg);
            break;
        case PASS_ON:
            messages_pass_on = true;
            break;
        case OUT:
            opt.out = fopen(optarg, "w");
            break;
        case BUT_FLAGS:
            opt.but_flags = true;
            break;
        case LIST:
            list(stdout);
            return 0;
        default:
            return 2;
        }
    }
    if (!opt.out) {
        perror("property: --out");
        return 2;
    }
    every_case(&opt, run);
    int bad = run == check_case ? check_report(opt.out) : 0;
    if (fclose(opt.out) != 0)
        return 2;
    return bad ? 1 : 0;
}
