#define _GNU_SOURCE
#include "shim/provider.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lineage/log_reader.h"
#include "shim/objects.h"

static _Atomic(struct provider *) providers;
static atomic_uint_fast64_t next_id; /* of the descriptions in the log; two racing threads may leave a number out */

struct described {
    struct log_provider provider;
    struct described *next;
};

/* "scipy_" of "scipy_dgemm_64_"; whatever stands before the routine, cblas_ and LAPACKE_ aside. */
static void convention_of(const struct entry *entry, char *out, size_t size)
{
    bool scipy = strncmp(entry->symbol, "scipy_", 6) == 0;
    snprintf(out, size, "%s", scipy ? "scipy_" : "");
}

/*
 * Asks ddot for a length whose low half is 2 and whose whole is negative: 32-bit integers see two elements (1 + 4), 64-bit ones
 * see none.
 */
static int probe_width(void *handle, const char *convention)
{
    char name[32];
    snprintf(name, sizeof name, "%sddot_", convention);
    void *found = object_symbol(handle, name);
    if (!found)
        return 0;
    double (*ddot)(const int64_t *, const double *, const int64_t *, const double *, const int64_t *);
    memcpy(&ddot, &found, sizeof ddot);
    const int64_t n = (int64_t)(((uint64_t)0xffffffffu << 32) | 2u), one = 1;
    const double x[2] = {1, 2};
    double answer = ddot(&n, x, &one, x, &one);
    return answer == 5 ? 4 : answer == 0 ? 8 : 0;
}

/* Finds a function under the names that builds of the provider give it. */
static void *find_function(void *handle, const char *base, const char *const *patterns)
{
    char name[96];
    for (int i = 0; patterns[i]; i++) {
        snprintf(name, sizeof name, patterns[i], base);
        void *found = object_symbol(handle, name);
        if (found)
            return found;
    }
    return NULL;
}

static const char *const openblas_names[] = {"%s", "%s64_", "%s_64", "scipy_%s", "scipy_%s64_", NULL};
static const char *const scipy_first[] = {"scipy_%s", "scipy_%s64_", "%s", "%s64_", "%s_64", NULL};

static char *ask_text(void *handle, const char *function, const char *const *patterns)
{
    void *found = find_function(handle, function, patterns);
    char *(*ask)(void);
    memcpy(&ask, &found, sizeof ask);
    const char *text = found ? ask() : NULL;
    return strdup(text ? text : "");
}

static void *threads_function(void *handle, const char *const *patterns)
{
    static const char *const others[] = {"MKL_Get_Max_Threads", "bli_thread_get_num_threads", NULL};
    void *found = find_function(handle, "openblas_get_num_threads", patterns);
    for (int i = 0; !found && others[i]; i++)
        found = object_symbol(handle, others[i]);
    return found;
}

/* The library that computes beneath a LAPACK or LAPACKE: path and build-id of whoever defines its gemm. */
static void describe_beneath(void *handle, const struct entry *entry, char *out, size_t size)
{
    char name[64], build_id[96] = "";
    char convention[16];
    struct object beneath;
    convention_of(entry, convention, sizeof convention);
    snprintf(name, sizeof name, "%sdgemm_%s", convention, entry->width == 8 ? "64_" : "");
    void *gemm = object_symbol(handle, name);
    out[0] = 0;
    if (gemm && object_of(gemm, &beneath)) {
        object_build_id(&beneath, build_id, sizeof build_id);
        snprintf(out, size, "%s %s", beneath.path, build_id);
    }
}

static struct fp identity_of(const struct provider *p, const char *beneath)
{
    struct bytes b = {0};
    put_string(&b, p->described.path);
    put_string(&b, p->described.build_id);
    put_string(&b, p->described.version);
    put_string(&b, p->described.core);
    put_string(&b, beneath);
    put_varint(&b, (uint64_t)p->width);
    struct fp fp = fingerprint_bytes(b.data, b.size);
    bytes_free(&b);
    return fp;
}

/*
 * A program may define ilaenv_ itself (LAPACK's testers do, and change its answers as they go): the library's calls then reach
 * that one, and block sizes, so bits, follow it.
 */
static void *overriding_ilaenv(void *handle)
{
    void *global = dlsym(RTLD_DEFAULT, "ilaenv_"), *own = object_symbol(handle, "ilaenv_");
    return global && own && global != own ? global : NULL;
}

uint64_t provider_tuning(const struct provider *p, const struct op *op)
{
    int answers[9] = {0};
    char name[16];
    const int64_t none = -1;
    size_t length = 0;
    if (!p->ilaenv || op->blas)
        return 0;
    for (; length < sizeof name - 1 && op->name[length]; length++)
        name[length] = (char)toupper((unsigned char)op->name[length]);
    name[length] = 0;
    for (int64_t ispec = 1; ispec <= 9; ispec++)
        if (ispec != 6) /* asks for dimensions */
            answers[ispec - 1] = p->ilaenv(&ispec, name, " ", &none, &none, &none, &none, length, 1);
    return fingerprint_bytes(answers, sizeof answers).lo | 1;
}

/* 321 of "OpenBLAS 0.3.21 …"; 0 of anything else. */
static int openblas_release(const char *version)
{
    int major, minor, patch;
    return sscanf(version, "OpenBLAS %d.%d.%d", &major, &minor, &patch) == 3 ? major * 10000 + minor * 100 + patch : 0;
}

static bool is_among(const char *core, const char *const *cores)
{
    for (; *cores; cores++)
        if (strcasecmp(core, *cores) == 0)
            return true;
    return false;
}

/*
 * OpenBLAS's kernels before AVX2 take other paths by alignment within 16 bytes, and so do those of most other processors, as far
 * as is known: `make property` counts calls that give other bits elsewhere in memory. With these cores it is one in thousands.
 */
static bool depends_on_place(const char *core)
{
    static const char *const steady[] = {"Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids", NULL};
    return *core && !is_among(core, steady);
}

/* OpenBLAS's cscal, caxpy and others for SSE load a last element into half a register and multiply all of it. */
static bool half_loads(const char *core)
{
    static const char *const sse[] = {"Katmai", "Coppermine", "Northwood",  "Prescott", "Banias", "Atom",
                                      "Core2",  "Penryn",     "Dunnington", "Nehalem",  NULL};
    return is_among(core, sse);
}

static struct provider *describe(const struct object *object, const struct entry *entry)
{
    struct provider *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    void *handle = object_handle(object, true), *found;
    char build_id[96], beneath[1024];
    convention_of(entry, p->convention, sizeof p->convention);
    const char *const *patterns = *p->convention ? scipy_first : openblas_names;
    object_build_id(object, build_id, sizeof build_id);
    describe_beneath(handle, entry, beneath, sizeof beneath);
    p->base = object->base;
    p->width = entry->width ? entry->width : probe_width(handle, p->convention);
    found = threads_function(handle, patterns);
    memcpy(&p->threads, &found, sizeof p->threads);
    found = *p->convention ? NULL : overriding_ilaenv(handle);
    memcpy(&p->ilaenv, &found, sizeof p->ilaenv);
    found = find_function(handle, "LAPACKE_get_nancheck", patterns);
    memcpy(&p->nancheck, &found, sizeof p->nancheck);
    p->described = (struct log_provider){.path = strdup(object->path),
                                         .version = ask_text(handle, "openblas_get_config", patterns),
                                         .core = ask_text(handle, "openblas_get_corename", patterns),
                                         .build_id = strdup(build_id),
                                         .threads = p->threads ? (uint64_t)p->threads() : 0,
                                         .integer_bits = (uint64_t)p->width * 8};
    bool whole = p->described.path && p->described.version && p->described.core && p->described.build_id;
    if (!whole) {
        log_provider_free(&p->described);
        free(p);
        return NULL;
    }
    p->identity = identity_of(p, beneath);
    p->openblas = openblas_release(p->described.version);
    p->by_place = depends_on_place(p->described.core);
    p->half_loads = half_loads(p->described.core);
    return p;
}

static struct provider *find(uintptr_t base, const char *convention, int promised)
{
    for (struct provider *p = atomic_load(&providers); p; p = p->next)
        if (p->base == base && strcmp(p->convention, convention) == 0 && (!promised || p->width == promised))
            return p;
    return NULL;
}

const struct provider *provider_of(void *fn, const struct entry *entry)
{
    struct object object;
    char convention[16];
    if (!object_of(fn, &object))
        return NULL;
    convention_of(entry, convention, sizeof convention);
    struct provider *p = find(object.base, convention, entry->width);
    if (p)
        return p;
    p = describe(&object, entry);
    if (!p)
        return NULL;
    p->described.id = atomic_fetch_add(&next_id, 1);
    struct provider *head = atomic_load(&providers);
    do { /* a twin published by a racing thread does no harm: both say the same */
        p->next = head;
    } while (!atomic_compare_exchange_weak(&providers, &head, p));
    return p;
}

const struct log_provider *provider_described(const struct provider *p, int threads)
{
    _Atomic(struct described *) *others = &((struct provider *)(uintptr_t)p)->others;
    struct described *head = atomic_load_explicit(others, memory_order_acquire);
    if (threads <= 0 || (uint64_t)threads == p->described.threads)
        return &p->described;
    for (struct described *d = head; d; d = d->next)
        if (d->provider.threads == (uint64_t)threads)
            return &d->provider;
    struct described *d = calloc(1, sizeof *d);
    if (!d)
        return &p->described;
    d->provider = p->described; /* its texts are never freed */
    d->provider.threads = (uint64_t)threads;
    d->provider.id = atomic_fetch_add(&next_id, 1);
    do
        d->next = head;
    while (!atomic_compare_exchange_weak(others, &head, d));
    return &d->provider;
}
