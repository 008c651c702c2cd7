/* Names of items and leaves: as they are shown, and read back. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tools/names.h"

static const uint64_t THREAD = (uint64_t)1 << NAME_THREAD_SHIFT;

Test(names, shown)
{
    cr_expect_str_eq(name_item("", 17).s, "#17");
    cr_expect_str_eq(name_item("", 2 * THREAD + 17).s, "#2.17");
    cr_expect_str_eq(name_item("4711:", 2 * THREAD + 17).s, "#4711:2.17");
    cr_expect_str_eq(name_item("4711.2:", 0).s, "#4711.2:0");
    cr_expect_str_eq(name_leaf("", 3).s, "leaf 3");
    cr_expect_str_eq(name_leaf("4711:", THREAD + 3).s, "leaf 4711:1.3");
}

static void reads_back(const char *prefix, uint64_t id)
{
    for (int leaf = 0; leaf < 2; leaf++) {
        struct short_text text = leaf ? name_leaf(prefix, id) : name_item(prefix, id);
        struct name name;
        cr_assert(name_parse(text.s, &name), "%s is not read", text.s);
        cr_expect(name.leaf == leaf && name.id == id && strcmp(name.prefix, prefix) == 0, "%s read as %d %s %llu", text.s,
                  name.leaf, name.prefix, (unsigned long long)name.id);
    }
}

Test(names, read_back)
{
    static const char *const prefixes[] = {"", "1:", "4194304:", "4711.12:"};
    const uint64_t ids[] = {0, 1, 99, THREAD - 1, THREAD, 3 * THREAD + 7, UINT64_MAX};
    for (size_t p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++)
        for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
            reads_back(prefixes[p], ids[i]);
    srand(1);
    for (int i = 0; i < 10000; i++)
        reads_back(prefixes[i % 4], ((uint64_t)rand() << 33) ^ ((uint64_t)rand() << 11) ^ (uint64_t)rand());
}

Test(names, short_forms)
{
    struct name name;
    cr_expect(name_parse("17", &name) && !name.leaf && name.id == 17);
    cr_expect(name_parse("2.17", &name) && !name.leaf && name.id == 2 * THREAD + 17);
    cr_expect(name_parse("4711:17", &name) && strcmp(name.prefix, "4711:") == 0 && name.id == 17);
    cr_expect(name_parse("leaf3", &name) && name.leaf && name.id == 3);
}

Test(names, what_is_none)
{
    static const char *const texts[] = {"",
                                        "#",
                                        "leaf",
                                        "leaf ",
                                        "x",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1x",
                                        "1.",
                                        ".1",
                                        "1.2.3",
                                        "4711:",
                                        ":",
                                        "1:2:3",
                                        "#leaf 3",
                                        "##1",
                                        "1099511627776",
                                        "16777216.0",
                                        "99999999999999999999999999",
                                        "1.99999999999999999999999",
                                        "a very long process in front, longer than any number can be at all:17"};
    struct name name;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect(!name_parse(texts[i], &name), "'%s' is read as a name", texts[i]);
}
