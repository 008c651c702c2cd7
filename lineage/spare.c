#include "lineage/spare.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PLACES = 16, LINE = 64, LARGEST = 64 * 1024 };

/* A spare one's first word is its size. */
static void *_Atomic places[PLACES];

static void *_Atomic *place_of(size_t bytes)
{
    return &places[bytes / LINE % PLACES];
}

void *spare_take(size_t bytes)
{
    if (bytes > LARGEST)
        return malloc(bytes);
    size_t *memory = atomic_exchange_explicit(place_of(bytes), NULL, memory_order_acquire);
    if (memory && *memory == bytes)
        return memory;
    free(memory);
    return malloc(bytes);
}

void spare_give(void *memory, size_t bytes)
{
    if (bytes > LARGEST) {
        free(memory);
        return;
    }
    *(size_t *)memory = bytes;
    free(atomic_exchange_explicit(place_of(bytes), memory, memory_order_acq_rel));
}

void spare_fetch(size_t bytes, size_t from)
{
    const char *at = atomic_load_explicit(place_of(bytes), memory_order_relaxed);
    for (size_t line = from; at && line < bytes; line += LINE)
        __builtin_prefetch(at + line, 1); /* never a fault, whoever has it by now */
}
