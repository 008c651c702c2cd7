/* Hollow rooms: a cache of any size can be replayed, for payloads count and take no memory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "reuse/cache.h"

static const size_t GIB = (size_t)1 << 30;

static size_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert(file && fscanf(file, "%*u %lu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

Test(hollow, counts_and_takes_no_memory)
{
    struct cache *cache = cache_new(64 * GIB + GIB / 2, POLICY_LRU);
    cache_room(cache)->hollow = true;
    const size_t before = resident_bytes();
    for (uint64_t i = 0; i < 100; i++) {
        struct payload *payload = payload_new(cache_room(cache), GIB);
        cr_assert(payload);
        cr_expect_eq(payload->bytes, GIB);
        payload->call_ns = i;
        cr_expect(cache_put(cache, (struct fp){i, 1}, payload));
    }
    const struct cache_totals totals = cache_totals(cache);
    cr_expect_eq(totals.entries, 64);
    cr_expect_eq(totals.evictions, 36);
    cr_expect(totals.used_bytes >= 64 * GIB);
    cr_expect(resident_bytes() < before + GIB / 32);
    struct payload *latest = cache_take(cache, (struct fp){99, 1});
    cr_assert(latest);
    cr_expect_eq(latest->call_ns, 99);
    payload_drop(latest);
    cache_free(cache);
}
