/* A directory of its own for each test, gone afterwards: TestSuite(name, .init = scratch_make, .fini = scratch_remove). */
#ifndef BLASE_TESTS_UNIT_SCRATCH_H
#define BLASE_TESTS_UNIT_SCRATCH_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char directory[] = "/tmp/blase-unit-XXXXXX";

static inline void scratch_make(void)
{
    cr_assert_not_null(mkdtemp(directory));
}

static inline void scratch_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    cr_expect_eq(system(command), 0);
}

static inline const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static inline long size_of(const char *name)
{
    struct stat st;
    return stat(path_of(name), &st) == 0 ? (long)st.st_size : -1;
}

#endif
