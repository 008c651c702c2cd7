/* The trie of a thread's loops: what a refused patch leaves behind. */
#include <criterion/criterion.h>
#include <string.h>

#include "lineage/paths.h"

static struct patch *patch_along(uint64_t id, const uint64_t *signatures, uint32_t length)
{
    struct step steps[8];
    const struct step *all[8];
    memset(steps, 0, sizeof steps);
    for (uint32_t i = 0; i < length; i++) {
        steps[i].signature = signatures[i];
        all[i] = &steps[i];
    }
    struct patch *p = patch_new(id, all, length);
    cr_assert(p);
    return p;
}

Test(paths, a_refused_patch_is_passed_by_no_path)
{
    const uint64_t way[] = {4, 2, 7};
    struct paths paths = {0};
    struct patch *first = patch_along(0, way, 3), *again = patch_along(1, way, 3), *shorter = patch_along(2, way, 2);
    cr_assert(paths_add(&paths, first));
    cr_assert_not(paths_add(&paths, again), "the same path twice");
    patch_free(again);
    uint32_t node = 0;
    for (int i = 0; i < 3; i++) {
        node = paths_step(&paths, node, way[i]);
        cr_assert(node);
        cr_expect_eq(paths.nodes[node].through, first, "step %d leads to the refused patch", i);
    }
    cr_expect_eq(paths.nodes[node].ends, first);
    cr_expect_eq(paths.npatches, 1);
    cr_assert(paths_add(&paths, shorter), "one that ends on the way is another path");
    cr_expect_eq(paths.nodes[paths_step(&paths, 0, 4)].through, shorter);
    paths_clear(&paths);
}
