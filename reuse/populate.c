#define _GNU_SOURCE /* RUSAGE_THREAD */
#include "reuse/populate.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { PROBES = 4 };

static bool populate(uintptr_t from, size_t bytes)
{
    return madvise((void *)from, bytes, MADV_POPULATE_WRITE) == 0;
}

static long faults(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_minflt : 0;
}

/* Pages spread from the first to the last: had most of them to be made? */
static bool is_untouched(uintptr_t from, size_t pages, size_t page)
{
    const long before = faults();
    for (size_t i = 0; i < PROBES; i++)
        if (!populate(from + (pages - 1) * i / (PROBES - 1) * page, page))
            return false;
    return 2 * (faults() - before) >= PROBES;
}

/* Does each page that lies within the view's span hold elements of it? Within a page there is at least one column's end. */
static bool is_dense(const struct view *v, size_t page)
{
    return view_contiguous(v) || (v->ld > 0 && !v->vector && (size_t)v->ld * v->element <= page);
}

void populate_ahead(const struct view *v)
{
    const char *lo, *hi;
    if (view_bytes(v) < POPULATE_FROM)
        return;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int held = errno;
    view_span(v, &lo, &hi);
    const uintptr_t first = ((uintptr_t)lo + page - 1) & ~(page - 1), end = (uintptr_t)hi & ~(page - 1);
    if (first < end && is_dense(v, page) && is_untouched(first, (end - first) / page, page))
        populate(first, end - first);
    errno = held;
}

void populate_block(void *from, size_t bytes)
{
    const int held = errno;
    populate((uintptr_t)from, bytes);
    errno = held;
}
