/* How --memory is divided, and when it is too little for a cache. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "reuse/budget.h"
#include "reuse/cache.h"
#include "reuse/governor.h"

static struct settings with(const char *memory, const char *trace, const char *spill)
{
    static struct settings s;
    s = (struct settings){.reuse = REUSE_FULL};
    cr_assert(settings_set(&s, "memory", memory) && settings_set(&s, "trace", trace) && settings_set(&s, "spill", spill));
    return s;
}

Test(budget, parts_add_up_to_the_setting)
{
    static const char *const sizes[] = {"1M", "3M", "4G", "1T"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct settings s = with(sizes[i], "auto", "auto");
        struct budget b = budget_divide(&s);
        cr_expect_eq(b.cache + b.governor + b.spill_index, s.memory);
        cr_expect_geq(b.governor, sizeof(struct governor));
        cr_expect(b.spill_index >= s.memory / 128 || b.spill_index == 16 << 20);
    }
}

Test(budget, what_is_not_there_takes_nothing)
{
    struct settings s = with("1M", "all", "off");
    struct budget b = budget_divide(&s);
    cr_expect_eq(b.governor + b.spill_index, 0);
    cr_expect_eq(b.cache, 1 << 20);
}

/* The size that is named is the smallest that will do. */
Test(budget, too_small)
{
    static const char *const traces[] = {"all", "auto"}, *const spills[] = {"off", "auto"};
    char line[256], named[32];
    for (int i = 0; i < 4; i++) {
        unsigned long long least = 0;
        struct settings s = with("100", traces[i / 2], spills[i % 2]);
        cr_assert(budget_too_small(&s, line, sizeof line));
        cr_assert_eq(sscanf(line, "blase: --memory: 100 bytes are less than the %llu", &least), 1, "%s", line);
        cr_expect_geq(least, cache_least_bytes());
        snprintf(named, sizeof named, "%llu", least);
        s = with(named, traces[i / 2], spills[i % 2]);
        cr_expect_not(budget_too_small(&s, line, sizeof line));
        cr_expect_geq(budget_divide(&s).cache, cache_least_bytes());
        s.memory -= 2;
        cr_expect(budget_too_small(&s, line, sizeof line));
    }
}

Test(budget, nobody_cares_without_reuse)
{
    char line[256];
    struct settings s = with("0", "auto", "auto");
    cr_expect(budget_too_small(&s, line, sizeof line));
    s.reuse = REUSE_NONE;
    cr_expect_not(budget_too_small(&s, line, sizeof line));
    s = with("0", "off", "auto");
    cr_expect_not(budget_too_small(&s, line, sizeof line));
}
