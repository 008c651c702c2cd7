#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_POPULATE */
#include "reuse/room.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAP_FROM = 256 * 1024, BARE_FROM = 1024 * 1024, HEAP_HEADER = 16 };

struct spare {
    size_t size;
};

size_t room_footprint(size_t size)
{
    if (size < MAP_FROM)
        return ((size + 15) & ~(size_t)15) + HEAP_HEADER;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) & ~(page - 1);
}

/*
 * Memory that goes back to the system as soon as it is freed, without passing through the program's heap when large. All of it is
 * about to be written, and a fault a page would cost more than the copy: it is mapped in one go, in pages of the usual size. Huge
 * ones would be made of memory that lay idle longest, which a virtual machine's host may have yet to provide: 100 MB took 53 to
 * 260 ms there, and 32 to 35 in small pages, the kernel's latest freed.
 */
static void *new_memory(size_t size, bool at_once)
{
    if (size < MAP_FROM)
        return malloc(size);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (at_once ? MAP_POPULATE : MAP_NORESERVE);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void free_memory(void *memory, size_t size)
{
    if (size < MAP_FROM)
        free(memory);
    else
        munmap(memory, size);
}

static bool charge(struct room *room, size_t bytes)
{
    uint64_t used = atomic_load(&room->used);
    do
        if (bytes > room->budget || used > room->budget - bytes)
            return false;
    while (!atomic_compare_exchange_weak(&room->used, &used, used + bytes));
    uint64_t peak = atomic_load(&room->peak);
    while (peak < used + bytes && !atomic_compare_exchange_weak(&room->peak, &peak, used + bytes))
        continue;
    return true;
}

static void credit(struct room *room, size_t bytes)
{
    atomic_fetch_sub(&room->used, bytes);
}

static void free_spare(struct room *room, struct spare *spare)
{
    size_t size = spare->size;
    munmap(spare, size);
    credit(room, size);
}

/* Into an empty slot, or to the system. */
static void put_spare(struct room *room, struct spare *spare)
{
    for (int i = 0; i < ROOM_SPARES; i++) {
        struct spare *none = NULL;
        if (atomic_compare_exchange_strong(&room->spares[i], &none, spare))
            return;
    }
    free_spare(room, spare);
}

/* A waiting block, ours alone from here on; NULL when there is none like that. */
static struct spare *take_spare(struct room *room, size_t least, size_t most)
{
    for (int i = 0; i < ROOM_SPARES; i++) {
        struct spare *spare = atomic_exchange(&room->spares[i], NULL);
        if (!spare)
            continue;
        if (spare->size >= least && spare->size <= most)
            return spare;
        put_spare(room, spare);
    }
    return NULL;
}

/* A waiting block cut to measure; NULL when there is none. */
static void *recycle(struct room *room, size_t need)
{
    struct spare *spare = take_spare(room, need, need * 2);
    size_t rest = spare ? spare->size - need : 0;
    if (rest) {
        munmap((char *)spare + need, rest);
        credit(room, rest);
    }
    return spare;
}

static void *take(struct room *room, size_t size, bool at_once, bool *made)
{
    *made = false;
    if (!room)
        return new_memory(size, true);
    size_t need = room_footprint(size);
    if (need < size || need > room->budget)
        return NULL;
    while (true) {
        void *memory = size >= MAP_FROM ? recycle(room, need) : NULL;
        if (memory)
            return memory;
        if (charge(room, need))
            break;
        struct spare *idle = take_spare(room, 0, SIZE_MAX);
        if (idle)
            free_spare(room, idle);
        else if (!room->make || !room->make(room->context))
            return NULL;
    }
    void *memory = new_memory(size, at_once && !room->hollow);
    *made = memory != NULL;
    if (!memory)
        credit(room, need);
    return memory;
}

void *room_take(struct room *room, size_t size)
{
    bool made;
    return take(room, size, true, &made);
}

void *room_take_bare(struct room *room, size_t size, bool *bare)
{
    void *memory = take(room, size, size < BARE_FROM, bare);
    *bare = *bare && size >= BARE_FROM && !room->hollow;
    return memory;
}

bool room_fits(struct room *room, size_t size)
{
    size_t need = room_footprint(size);
    if (need < size || need > room->budget)
        return false;
    while (atomic_load(&room->used) > room->budget - need) {
        struct spare *idle = size >= MAP_FROM ? take_spare(room, need, need * 2) : NULL;
        if (idle) {
            put_spare(room, idle);
            return true;
        }
        idle = take_spare(room, 0, SIZE_MAX);
        if (!idle)
            return false;
        free_spare(room, idle);
    }
    return true;
}

void room_give(struct room *room, void *memory, size_t size)
{
    if (!memory)
        return;
    if (room && size >= MAP_FROM) {
        struct spare *spare = memory;
        spare->size = room_footprint(size);
        put_spare(room, spare);
        return;
    }
    free_memory(memory, size);
    if (room)
        credit(room, room_footprint(size));
}

void room_trim(struct room *room)
{
    for (struct spare *idle; (idle = take_spare(room, 0, SIZE_MAX));)
        free_spare(room, idle);
}
