/*
 * One case: the same problem again and again, each time on freshly built bytes. A cache must serve the second and third call and
 * must not serve the later ones; plain and preloaded runs have to print the same.
 *   first, again        identical bytes
 *   other               other bytes wherever the table says nothing is read, floating-point flags already raised
 *   moved               the same values elsewhere, other leading dimensions and increments
 *   element, element2   one bit of one element that is read differs
 *   argument            one option, dimension or scalar differs
 *   upward              another rounding mode
 */
#include <fenv.h>
#include <string.h>

#include "tests/property/property.h"

static void print_outcome(const struct options *opt, int number, const char *label, const struct problem *p,
                          const struct layout *l, const struct outcome *o)
{
    if (opt->dump == number)
        describe_arena(opt->out, label, p, l, o);
    else if (opt->dump < 0)
        fprintf(opt->out, "%d %s %s own=%016lx scratch=%016lx values=%016lx info=%d flags=%x kept=%d%s\n", number,
                p->entry->symbol, label, (unsigned long)o->own, (unsigned long)o->scratch, (unsigned long)o->values, (int)o->info,
                (unsigned)o->flags, (int)o->kept, messages);
}

static void changed_argument(const struct options *opt, int number, const struct problem *p, const struct layout *l,
                             const int64_t *extent, struct trial t, struct rng *r)
{
    struct problem changed = *p;
    struct outcome o;
    char label[64] = "argument:";
    if (!problem_change(&changed, l, extent, r, label + 9, sizeof label - 9))
        return;
    run_trial(&changed, l, &t, &o);
    print_outcome(opt, number, label, &changed, l, &o);
}

static void repeats(const struct options *opt, int number, const struct problem *p, const struct layout *l, const int64_t *extent,
                    struct rng *r)
{
    static const int presets[] = {0, FE_DIVBYZERO, FE_INVALID | FE_INEXACT, FE_UNDERFLOW};
    struct trial t = {.pattern = rng_chance(r, 2) ? PATTERN_FINITE : PATTERN_HUGE, .seed = rng_next(r)};
    struct trial other = {.pattern = PATTERN_NAN, .seed = rng_next(r), .preset = presets[rng_below(r, 4)]};
    struct problem moved = *p;
    struct layout elsewhere;
    struct outcome o;
    run_trial(p, l, &t, &o);
    print_outcome(opt, number, "first", p, l, &o);
    run_trial(p, l, &t, &o);
    print_outcome(opt, number, "again", p, l, &o);
    run_trial(p, l, &other, &o);
    print_outcome(opt, number, "other", p, l, &o);
    layout_make(&moved, &elsewhere, r);
    run_trial(&moved, &elsewhere, &t, &o);
    print_outcome(opt, number, "moved", &moved, &elsewhere, &o);
    for (t.flip = 1; t.flip <= 2; t.flip++) {
        run_trial(p, l, &t, &o);
        print_outcome(opt, number, t.flip == 1 ? "element" : "element2", p, l, &o);
    }
    t.flip = 0;
    changed_argument(opt, number, p, l, extent, t, r);
    t.rounding = FE_UPWARD;
    run_trial(p, l, &t, &o);
    print_outcome(opt, number, "upward", p, l, &o);
}

void calls_case(const struct options *opt, int number, const struct entry *entry, void *function)
{
    struct rng r = rng_of(opt->seed, (uint64_t)number, 0);
    struct problem p;
    struct layout l;
    int64_t extent[OP_MAX_OPERANDS];
    if (case_make(&p, &l, entry, function, extent, problem_draw, &r))
        repeats(opt, number, &p, &l, extent, &r);
    else
        fprintf(opt->out, "%d %s not generated\n", number, entry->symbol);
}
