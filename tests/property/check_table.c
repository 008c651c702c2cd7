/*
 * The op table against the libraries themselves, without any cache: the same call with different bytes wherever the table says
 * that nothing is read. Then what is written must not differ, and what is not written must be untouched.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/property/property.h"

struct violation {
    char key[120]; /* routine, spelling kind, operand, what is wrong */
    char example[400];
    int count;
};

static struct violation violations[2048];
static int violation_count;
static unsigned char first_after[ARENA_BYTES], first_before[ARENA_BYTES];

static void text_of_problem(char *text, size_t size, const struct problem *p)
{
    FILE *memory = fmemopen(text, size, "w");
    if (!memory)
        return;
    describe_problem(memory, p);
    fclose(memory);
    text[size - 1] = 0;
}

static void report(const struct problem *p, int number, const char *place, const char *what)
{
    static const char *styles[] = {"fortran", "cblas", "lapacke", "lapacke_work"};
    char key[120], operand[64];
    snprintf(operand, sizeof operand, "%.*s", (int)strcspn(place, "([@"), place);
    snprintf(key, sizeof key, "%s %s%s %s: %s", p->entry->op->name, styles[p->entry->style],
             p->entry->style != STYLE_FORTRAN && p->layout_code == 101 ? "/rows" : "", operand, what);
    for (int i = 0; i < violation_count; i++)
        if (strcmp(violations[i].key, key) == 0) {
            violations[i].count++;
            return;
        }
    if (violation_count == (int)(sizeof violations / sizeof violations[0]))
        return;
    struct violation *v = &violations[violation_count++];
    char text[300];
    memcpy(v->key, key, sizeof key);
    v->count = 1;
    text_of_problem(text, sizeof text, p);
    snprintf(v->example, sizeof v->example, "case %d %s at %s", number, text, place);
}

int check_report(FILE *out)
{
    for (int i = 0; i < violation_count; i++)
        fprintf(out, "%s (%d cases)\n    %s\n", violations[i].key, violations[i].count, violations[i].example);
    fprintf(out, "check-table: %d kinds of violation\n", violation_count);
    return violation_count;
}

static void check_untouched(const struct problem *p, const struct layout *l, const struct outcome *o, int number)
{
    char place[96];
    for (size_t at = 0; at < l->used; at++)
        if (arena[at] != before[at] && !(mark_write[at] | mark_scratch[at] | mark_ignore[at])) {
            describe_byte(place, sizeof place, p, l, o, at);
            report(p, number, place, "written outside its written part");
            return;
        }
}

/* Every element that differs once: not written if both runs left what they had found. */
static void check_written(const struct problem *p, const struct layout *l, const struct outcome *o, int number)
{
    char place[96];
    for (size_t at = 0; at < l->used; at++) {
        if (!mark_write[at] || mark_ignore[at] || arena[at] == first_after[at])
            continue;
        bool untouched = arena[at] == before[at] && first_after[at] == first_before[at];
        describe_byte(place, sizeof place, p, l, o, at);
        report(p, number, place, untouched ? "not surely written" : "depends on bytes declared unread");
        return;
    }
}

static void compare_with_first(const struct options *opt, const struct problem *p, const struct layout *l,
                               const struct outcome *first, const struct outcome *o, int number, enum pattern pattern)
{
    const char *kind = pattern == PATTERN_NAN ? " (NaN)" : "";
    char what[64];
    if (o->info != first->info) {
        snprintf(what, sizeof what, "depends on bytes declared unread%s", kind);
        report(p, number, "info", what);
        return;
    }
    if (!first->kept)
        return;
    check_written(p, l, o, number);
    snprintf(what, sizeof what, "depend on bytes declared unread%s", kind);
    if (!opt->but_flags && o->flags != first->flags)
        report(p, number, "flags", what);
}

void check_case(const struct options *opt, int number, const struct entry *entry, void *function)
{
    struct rng r = rng_of(opt->seed, (uint64_t)number, 0);
    struct problem p;
    struct layout l;
    struct outcome first, o;
    int64_t extent[OP_MAX_OPERANDS];
    if (!case_make(&p, &l, entry, function, extent, problem_draw, &r)) {
        report(&p, number, "workspace", "query failed or the table refuses a legal call");
        return;
    }
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
        struct trial t = {.pattern = (enum pattern)pattern, .seed = rng_next(&r)};
        run_trial(&p, &l, &t, &o);
        check_untouched(&p, &l, &o, number);
        if (opt->dump == number)
            describe_arena(opt->out, pattern ? pattern == 1 ? "nan" : "huge" : "finite", &p, &l, &o);
        if (pattern)
            compare_with_first(opt, &p, &l, &first, &o, number, t.pattern);
        else {
            first = o;
            memcpy(first_after, arena, l.used);
            memcpy(first_before, before, l.used);
        }
    }
}
