/* Populating: pages nobody has touched are there afterwards, empty as before; everything else is left as it is. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reuse/populate.h"

enum { PAGES = 128 };
static size_t page;
static char *memory;

static void map(void)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
}

static bool is_there(size_t number)
{
    unsigned char there = 0;
    cr_assert_eq(mincore(memory + number * page, page, &there), 0);
    return there & 1;
}

static int count_there(void)
{
    int count = 0;
    for (size_t i = 0; i < PAGES; i++)
        count += is_there(i);
    return count;
}

static struct view matrix(char *base, int64_t rows, int64_t cols, int64_t ld, int part)
{
    return (struct view){.base = base, .rows = rows, .cols = cols, .ld = ld, .element = 8, .type = 'd', .part = (uint8_t)part};
}

static bool kernel_knows(void)
{
    map();
    bool knows = madvise(memory, page, 23) == 0;
    munmap(memory, PAGES * page);
    return knows;
}

Test(populate, untouched_memory_is_there_afterwards)
{
    if (!kernel_knows())
        cr_skip_test("this kernel has no MADV_POPULATE_WRITE");
    map();
    const int64_t rows = (int64_t)page / 8;
    struct view v = matrix(memory + page, rows, PAGES - 2, rows, PART_FULL);
    errno = 77;
    populate_ahead(&v);
    cr_assert_eq(errno, 77);
    cr_assert_eq(count_there(), PAGES - 2);
    cr_assert_not(is_there(0));
    cr_assert_not(is_there(PAGES - 1));
    for (size_t i = 0; i < PAGES * page; i++)
        cr_assert_eq(memory[i], 0);
}

Test(populate, pages_that_the_view_only_shares_are_left_alone)
{
    map();
    struct view v = matrix(memory + 8, (int64_t)(PAGES * page / 8) - 2, 1, (int64_t)(PAGES * page / 8) - 2, PART_FULL);
    populate_ahead(&v);
    cr_assert_not(is_there(0));
    cr_assert_not(is_there(PAGES - 1));
}

Test(populate, a_triangle_of_short_columns)
{
    if (!kernel_knows())
        cr_skip_test("this kernel has no MADV_POPULATE_WRITE");
    map();
    struct view v = matrix(memory, 256, 256, 256, PART_LOWER); /* of doubles: the pages exactly, if they have 4096 bytes */
    cr_assert_geq(view_bytes(&v), POPULATE_FROM);
    populate_ahead(&v);
    cr_assert_eq(count_there(), (int)(256 * 256 * 8 / page));
}

Test(populate, what_is_there_keeps_its_content)
{
    map();
    memset(memory, 7, PAGES * page);
    struct view v = matrix(memory, (int64_t)page / 8, PAGES, (int64_t)page / 8, PART_FULL);
    populate_ahead(&v);
    for (size_t i = 0; i < PAGES * page; i++)
        cr_assert_eq(memory[i], 7);
}

Test(populate, small_and_scattered_views_are_left_alone)
{
    map();
    struct view small = matrix(memory, 64, 64, 64, PART_FULL),
                scattered = matrix(memory, 512, 64, 2 * (int64_t)page / 8, PART_FULL);
    populate_ahead(&small);
    populate_ahead(&scattered);
    cr_assert_eq(count_there(), 0);
}

Test(populate, memory_that_cannot_be_had_is_no_error)
{
    map();
    cr_assert_eq(mprotect(memory + 5 * page, 100 * page, PROT_NONE), 0);
    struct view v = matrix(memory, (int64_t)page / 8, PAGES, (int64_t)page / 8, PART_FULL);
    errno = 3;
    populate_ahead(&v);
    cr_assert_eq(errno, 3);
}
