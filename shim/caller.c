#define _GNU_SOURCE
#include "shim/caller.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SITE_BUCKETS = 4096, SITE_LIMIT = 1 << 16 };

struct call_site {
    const void *ret;
    _Atomic(struct caller_object *) object;
    struct call_site *next;
};

static _Atomic(struct call_site *) sites[SITE_BUCKETS];
static atomic_int site_count;
static _Atomic(struct caller_object *) objects;

/* For callers that lie in no object, or when memory is short: a host like any other. */
static struct caller_object stranger = {.path = "?", .epoch = 1};

static size_t bucket_of(const void *ret)
{
    uintptr_t address = (uintptr_t)ret;
    return (size_t)((address ^ (address >> 12)) * 0x9e3779b97f4a7c15u >> 52) & (SITE_BUCKETS - 1);
}

/* A provider is an object that itself defines a name we export: gemm, getrf or gesv under any convention tells. */
static bool defines_blas(const struct object *object)
{
    static const char *const telling[] = {"dgemm", "dgetrf", "dgesv", "sgemm", "zgemm"};
    void *handle = object_handle(object, false);
    if (!handle)
        return false;
    for (int i = 0; i < entry_count; i++)
        for (size_t t = 0; t < sizeof telling / sizeof telling[0]; t++)
            if (strcmp(entry_table[i].op->name, telling[t]) == 0 && object_own_symbol(object, handle, entry_table[i].symbol))
                return true; /* the handle is kept: providers are pinned anyway */
    dlclose(handle);         /* others the program may unload */
    return false;
}

static struct caller_object *find_object(const struct object *object)
{
    for (struct caller_object *o = atomic_load(&objects); o; o = o->next)
        if (o->object.base == object->base && strcmp(o->object.path, object->path) == 0)
            return o;
    return NULL;
}

static struct caller_object *intern_object(const struct object *object, uint64_t epoch)
{
    struct caller_object *known = find_object(object);
    uint64_t unloaded = 0;
    if (known) {
        atomic_compare_exchange_strong(&known->epoch, &unloaded, epoch);
        return known;
    }
    struct caller_object *o = calloc(1, sizeof *o);
    char *path = strdup(*object->path ? object->path : program_invocation_name);
    if (!o || !path) {
        free(o);
        free(path);
        return &stranger;
    }
    atomic_init(&o->epoch, epoch);
    o->object = *object;
    o->path = path;
    o->object.path = *object->path ? path : "";
    o->shim = object_is_shim((const void *)object->base);
    o->nested = o->shim || defines_blas(object);
    struct caller_object *head = atomic_load(&objects);
    do {
        o->next = head;
        o->id = head ? head->id + 1 : 1;
    } while (!atomic_compare_exchange_weak(&objects, &head, o));
    return o;
}

static struct caller_object *look_up(const void *ret, uint64_t epoch)
{
    struct object object;
    return object_of(ret, &object) ? intern_object(&object, epoch) : &stranger;
}

static struct call_site *find_site(const void *ret)
{
    struct call_site *site = atomic_load_explicit(&sites[bucket_of(ret)], memory_order_acquire);
    while (site && site->ret != ret)
        site = site->next;
    return site;
}

static void remember(const void *ret, struct caller_object *object)
{
    if (atomic_load(&site_count) >= SITE_LIMIT || atomic_fetch_add(&site_count, 1) >= SITE_LIMIT)
        return; /* generated code makes call sites without end */
    struct call_site *site = calloc(1, sizeof *site);
    if (!site)
        return;
    site->ret = ret;
    atomic_init(&site->object, object);
    _Atomic(struct call_site *) *bucket = &sites[bucket_of(ret)];
    struct call_site *head = atomic_load(bucket);
    do
        site->next = head;
    while (!atomic_compare_exchange_weak(bucket, &head, site));
}

struct caller_object *caller_of(const void *ret, uint64_t epoch)
{
    struct call_site *site = find_site(ret);
    struct caller_object *object = site ? atomic_load_explicit(&site->object, memory_order_acquire) : NULL;
    if (object && atomic_load_explicit(&object->epoch, memory_order_relaxed))
        return object;
    object = look_up(ret, epoch);
    if (site)
        atomic_store(&site->object, object);
    else
        remember(ret, object);
    return object;
}

void callers_check(void)
{
    for (struct caller_object *o = atomic_load(&objects); o; o = o->next)
        if (!o->nested && *o->object.path && !object_loaded(&o->object)) /* the main program and providers stay */
            atomic_store(&o->epoch, 0);
}
