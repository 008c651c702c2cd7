/* Room: charged before given, recycled when large, never over the budget. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "reuse/room.h"

enum { KB = 1024, MB = 1024 * 1024 };

Test(room, charges_and_credits)
{
    struct room room = {.budget = 2 * MB};
    static const size_t sizes[] = {1, 1000, 255 * KB, 256 * KB, 300001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *memory = room_take(&room, sizes[i]);
        cr_assert_not_null(memory);
        cr_expect_eq(room.used, room_footprint(sizes[i]));
        cr_expect_geq(room_footprint(sizes[i]), sizes[i]);
        memset(memory, 1, sizes[i]);
        room_give(&room, memory, sizes[i]);
        room_trim(&room);
        cr_expect_eq(room.used, 0);
    }
    cr_expect_null(room_take(&room, 2 * MB + 1));
    cr_expect_null(room_take(&room, SIZE_MAX));
    cr_expect_null(room_take(&room, SIZE_MAX - 20));
    cr_expect_eq(room.used, 0);
}

/* The same pages come back, for a size not quite the same; what was in them is still there, so they were not faulted in anew. */
Test(room, large_blocks_are_recycled)
{
    struct room room = {.budget = 64 * MB};
    char *first = room_take(&room, 8 * MB);
    memset(first, 77, 8 * MB);
    room_give(&room, first, 8 * MB);
    cr_expect_eq(room.used, room_footprint(8 * MB), "waiting memory stays charged");
    char *second = room_take(&room, 6 * MB);
    cr_expect_eq(second, first);
    cr_expect_eq(second[5 * MB], 77);
    cr_expect_eq(room.used, room_footprint(6 * MB));
    room_give(&room, second, 6 * MB);
    char *third = room_take(&room, 9 * MB);
    cr_expect_eq(third[0], 0, "what waits is too small");
    memset(third, 78, 9 * MB);
    cr_expect_eq(room.used, room_footprint(9 * MB) + room_footprint(6 * MB));
    room_trim(&room);
    cr_expect_eq(room.used, room_footprint(9 * MB));
    char *other = room_take(&room, 9 * MB);
    cr_expect_eq(other[0], 0, "nothing waits: new memory");
    room_give(&room, third, 9 * MB);
    char *small = room_take(&room, 300 * KB);
    cr_expect_eq(small[0], 0, "a block of another order of size is left alone");
    room_give(&room, small, 300 * KB);
    room_give(&room, other, 9 * MB);
    room_trim(&room);
    cr_expect_eq(room.used, 0);
}

Test(room, waiting_memory_goes_before_anything_is_refused)
{
    struct room room = {.budget = 10 * MB};
    void *a = room_take(&room, 8 * MB);
    room_give(&room, a, 8 * MB);
    void *b = room_take(&room, 9 * MB + 5);
    cr_expect_not_null(b);
    cr_expect_leq(room.peak, room.budget);
    cr_expect_null(room_take(&room, 2 * MB));
    room_give(&room, b, 9 * MB + 5);
    void *c = room_take(&room, 400 * KB), *d = room_take(&room, 9 * MB);
    cr_expect(c && d);
    room_give(&room, c, 400 * KB);
    room_give(&room, d, 9 * MB);
    room_trim(&room);
    cr_expect_eq(room.used, 0);
}

Test(room, what_fits_is_what_is_given)
{
    struct room room = {.budget = 10 * MB};
    cr_expect(room_fits(&room, 10 * MB));
    cr_expect_not(room_fits(&room, 10 * MB + 1));
    cr_expect_not(room_fits(&room, SIZE_MAX - 20));
    void *a = room_take(&room, 6 * MB);
    cr_expect_not(room_fits(&room, 5 * MB));
    cr_expect(room_fits(&room, 4 * MB));
    room_give(&room, a, 6 * MB);
    cr_expect(room_fits(&room, 5 * MB), "what waits would be recycled");
    cr_expect_eq(room.used, room_footprint(6 * MB), "and still waits");
    cr_expect(room_fits(&room, 9 * MB), "what waits would be freed");
    void *b = room_take(&room, 9 * MB);
    cr_expect_not_null(b);
    room_give(&room, b, 9 * MB);
    room_trim(&room);
    cr_expect_eq(room.used, 0);
}

Test(room, slots_are_bounded)
{
    struct room room = {.budget = 64 * MB};
    void *blocks[2 * ROOM_SPARES];
    for (int i = 0; i < 2 * ROOM_SPARES; i++)
        blocks[i] = room_take(&room, 300 * KB);
    for (int i = 0; i < 2 * ROOM_SPARES; i++)
        room_give(&room, blocks[i], 300 * KB);
    cr_expect_eq(room.used, ROOM_SPARES * room_footprint(300 * KB));
    room_trim(&room);
    cr_expect_eq(room.used, 0);
}

static bool release_one(void *context)
{
    void **held = context;
    for (int i = 0; i < 4; i++)
        if (held[i]) {
            struct room *room = held[4];
            room_give(room, held[i], MB);
            held[i] = NULL;
            return true;
        }
    return false;
}

Test(room, makes_room_as_long_as_there_is_something)
{
    struct room room = {.budget = 4 * MB};
    void *held[5] = {[4] = &room};
    for (int i = 0; i < 4; i++)
        held[i] = room_take(&room, MB);
    room.make = release_one;
    room.context = held;
    void *two = room_take(&room, 2 * MB);
    cr_expect_not_null(two);
    cr_expect(!held[0] && !held[1] && held[2] && held[3], "two had to go");
    cr_expect_not_null(room_take(&room, 2 * MB));
    cr_expect_null(room_take(&room, 1), "nothing is left to go");
    cr_expect_eq(room.used, 4 * MB);
}

static struct room shared = {.budget = 6 * MB};

static void *take_and_give(void *context)
{
    size_t *wrong = context;
    uint64_t random = (uint64_t)(uintptr_t)context;
    for (int i = 0; i < 400; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t size = 1000 + (random >> 33) % (700 * KB);
        unsigned char *memory = room_take(&shared, size), mark = (unsigned char)(random >> 20);
        *wrong += atomic_load(&shared.used) > shared.budget;
        if (!memory)
            continue;
        memory[0] = memory[size / 2] = memory[size - 1] = mark;
        *wrong += memory[0] != mark || memory[size / 2] != mark || memory[size - 1] != mark;
        room_give(&shared, memory, size);
    }
    return NULL;
}

Test(room, threads)
{
    enum { THREADS = 32 };
    pthread_t threads[THREADS];
    size_t wrong[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, take_and_give, &wrong[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(wrong[i], 0);
    }
    cr_expect_leq(shared.peak, shared.budget);
    room_trim(&shared);
    cr_expect_eq(shared.used, 0);
}
