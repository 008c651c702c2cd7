/*
 * Questions to the dynamic linker about loaded objects. All answers are for the moment; thread-safe as far as dl* are.
 */
#ifndef BLASE_SHIM_OBJECTS_H
#define BLASE_SHIM_OBJECTS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The object an address lies in. */
struct object {
    const char *path; /* "" for the main program; belongs to the linker */
    uintptr_t base;
    struct link_map *map;
};

/* False for addresses in no object (generated code). */
bool object_of(const void *address, struct object *object);

/* Is it still there? Takes no lock that is held while constructors and destructors run. */
bool object_loaded(const struct object *object);

/* True for addresses in this library. */
bool object_is_shim(const void *address);

/*
 * A handle to an already loaded object, NULL for the main program: dlopen("") searches the global scope and would find the shim
 * itself. `keep`: the object is never unloaded from now on.
 */
void *object_handle(const struct object *object, bool keep);

/* Looks a name up through a handle; NULL if it is not there or is the shim's own. */
void *object_symbol(void *handle, const char *name);

/* As object_symbol, but only if the object itself defines the name, not one it depends on. */
void *object_own_symbol(const struct object *object, void *handle, const char *name);

/* The first loaded object, in load order, that itself defines the name. */
void *object_scan(const char *name);

/* GNU build-id as hexadecimal; empty if there is none. */
void object_build_id(const struct object *object, char *out, size_t size);

#endif
