#define _GNU_SOURCE
#include "shim/objects.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char marker;

bool object_of(const void *address, struct object *object)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return false;
    *object = (struct object){map->l_name, (uintptr_t)info.dli_fbase, map};
    return true;
}

bool object_is_shim(const void *address)
{
    static _Atomic uintptr_t own_base;
    struct object object;
    if (!own_base && object_of(&marker, &object))
        own_base = object.base;
    return object_of(address, &object) && object.base == own_base;
}

void *object_handle(const struct object *object, bool keep)
{
    if (!object->path || !*object->path)
        return NULL;
    return dlopen(object->path, RTLD_LAZY | RTLD_NOLOAD | (keep ? RTLD_NODELETE : 0));
}

void *object_symbol(void *handle, const char *name)
{
    void *found = handle ? dlsym(handle, name) : NULL;
    return found && !object_is_shim(found) ? found : NULL;
}

void *object_own_symbol(const struct object *object, void *handle, const char *name)
{
    void *found = object_symbol(handle, name);
    struct object where;
    return found && object_of(found, &where) && where.base == object->base ? found : NULL;
}

/* dlopen must not be called from dl_iterate_phdr's callback, so names are gathered first. */
enum { SCAN_LIMIT = 4096 };
struct names {
    char *paths[SCAN_LIMIT];
    int count;
};

static int gather(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct names *names = context;
    if (info->dlpi_name && *info->dlpi_name && names->count < SCAN_LIMIT) {
        names->paths[names->count] = strdup(info->dlpi_name);
        names->count += names->paths[names->count] != NULL;
    }
    return 0;
}

static void *scan_one(const char *path, const char *name)
{
    void *handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return NULL;
    struct link_map *map = NULL;
    void *found = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map) {
        void *symbol = object_symbol(handle, name);
        struct object where;
        found = symbol && object_of(symbol, &where) && where.map == map ? symbol : NULL;
    }
    dlclose(handle);
    return found;
}

void *object_scan(const char *name)
{
    struct names *names = calloc(1, sizeof *names);
    void *found = NULL;
    if (!names)
        return NULL;
    dl_iterate_phdr(gather, names);
    for (int i = 0; i < names->count; i++) {
        found = found ? found : scan_one(names->paths[i], name);
        free(names->paths[i]);
    }
    free(names);
    return found;
}

/* Where an object begins, as dladdr tells it; UINTPTR_MAX if nothing of it is mapped. */
static uintptr_t base_of(const struct dl_phdr_info *info)
{
    uintptr_t lowest = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_vaddr < lowest)
            lowest = info->dlpi_phdr[i].p_vaddr;
    return lowest == UINTPTR_MAX ? lowest : info->dlpi_addr + (lowest & ~(uintptr_t)4095);
}

static int same_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    const struct object *object = context;
    return base_of(info) == object->base && strcmp(info->dlpi_name ? info->dlpi_name : "", object->path) == 0;
}

bool object_loaded(const struct object *object)
{
    struct object wanted = *object;
    return dl_iterate_phdr(same_object, &wanted);
}

struct build_id_search {
    uintptr_t base;
    char *out;
    size_t size;
};

static void copy_build_id(const char *notes, size_t size, struct build_id_search *search)
{
    size_t at = 0;
    while (at + sizeof(ElfW(Nhdr)) <= size) {
        const ElfW(Nhdr) *note = (const void *)(notes + at);
        size_t name = at + sizeof *note, text = name + ((note->n_namesz + 3u) & ~3u);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(notes + name, "GNU", 4) == 0) {
            for (size_t i = 0; i < note->n_descsz && 2 * i + 3 <= search->size; i++)
                snprintf(search->out + 2 * i, 3, "%02x", (unsigned)(unsigned char)notes[text + i]);
            return;
        }
        at = text + ((note->n_descsz + 3u) & ~3u);
    }
}

static int find_build_id(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct build_id_search *search = context;
    if (base_of(info) != search->base)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE)
            copy_build_id((const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), info->dlpi_phdr[i].p_memsz, search);
    return 1;
}

void object_build_id(const struct object *object, char *out, size_t size)
{
    struct build_id_search search = {object->base, out, size};
    out[0] = 0;
    dl_iterate_phdr(find_build_id, &search);
}
