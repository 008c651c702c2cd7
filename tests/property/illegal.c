/*
 * Arguments that the routine must refuse: each argument in turn gets a value that is not legal. The call is made twice; a
 * preloaded run has to report the same and leave the same bytes as a plain one, both times.
 */
#include <string.h>

#include "tests/property/property.h"

static void try_twice(const struct options *opt, int number, const struct problem *p, const struct layout *l, const char *what,
                      uint64_t seed)
{
    struct trial t = {.pattern = PATTERN_FINITE, .seed = seed};
    struct outcome o;
    for (int turn = 1; turn <= 2; turn++) {
        run_trial(p, l, &t, &o);
        if (opt->dump < 0)
            fprintf(opt->out, "%d %s illegal:%s:%d own=%016lx scratch=%016lx info=%d flags=%x%s\n", number, p->entry->symbol,
                    what, turn, (unsigned long)o.own, (unsigned long)o.scratch, (int)o.info, (unsigned)o.flags, messages);
        else if (opt->dump == number)
            describe_arena(opt->out, what, p, l, &o);
    }
}

/* The i-th illegal value of an argument; false when there are no more. */
static bool spoil(struct problem *p, int arg, int i)
{
    static const int64_t dimension[] = {-1, -40}, ld[] = {0, 1, -3}, inc[] = {0}, lwork[] = {0, -2};
    const struct op_arg *a = &p->entry->op->args[arg];
    int64_t *value = &p->integer[arg];
    switch (a->kind) {
    case ARG_OPTION:
        p->letter[arg] = i ? '\1' : 'X';
        return i < 2;
    case ARG_INT:
        if (i == 2 && strcmp(a->name, "iu") == 0)
            *value = 1000;
        else if (i < 2)
            *value = dimension[i];
        return i < (strcmp(a->name, "iu") == 0 ? 3 : 2);
    case ARG_LD:
        *value = ld[i < 3 ? i : 0];
        return i < 3;
    case ARG_INC:
        *value = inc[0];
        return i < 1;
    case ARG_LWORK:
        *value = lwork[i < 2 ? i : 0];
        return i < 2;
    default:
        return false;
    }
}

void illegal_case(const struct options *opt, int number, const struct entry *entry, void *function)
{
    struct rng r = rng_of(opt->seed, (uint64_t)number, 4);
    struct problem p;
    struct layout l;
    int64_t extent[OP_MAX_OPERANDS];
    char what[64];
    if (!case_make(&p, &l, entry, function, extent, problem_draw_small, &r))
        return;
    for (int a = 0; a < entry->op->nargs; a++)
        for (int i = 0; call_raw_index(entry, a) >= 0; i++) {
            struct problem bad = p;
            if (!spoil(&bad, a, i))
                break;
            if (rules_endless(&bad))
                continue;
            snprintf(what, sizeof what, "%s%d", entry->op->args[a].name, i);
            try_twice(opt, number, &bad, &l, what, rng_next(&r));
        }
    if (entry->style != STYLE_FORTRAN) {
        p.layout_code = 100;
        try_twice(opt, number, &p, &l, "layout", rng_next(&r));
    }
}
