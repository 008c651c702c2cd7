#define _GNU_SOURCE
#include "tools/recompute_provider.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/memory.h"

/* Says how often the command has been started anew, so that it ends. */
#define STAGE "BLASE_REPLAY_STAGE"

static void *find_function(void *handle, const char *base)
{
    static const char *const patterns[] = {"%s", "%s64_", "%s_64", "scipy_%s", "scipy_%s64_"};
    char name[96];
    void *found = NULL;
    for (size_t i = 0; !found && i < sizeof patterns / sizeof patterns[0]; i++) {
        snprintf(name, sizeof name, patterns[i], base);
        found = dlsym(handle, name);
    }
    return found;
}

static char *ask_text(void *handle, const char *function)
{
    void *found = find_function(handle, function);
    char *(*ask)(void);
    memcpy(&ask, &found, sizeof ask);
    const char *text = found ? ask() : NULL;
    return must_copy(text ? text : "");
}

/* Each kind of library has a name for asking and one for setting. */
static void find_threads(struct library *l)
{
    static const char *const names[][2] = {{"openblas_get_num_threads", "openblas_set_num_threads"},
                                           {"MKL_Get_Max_Threads", "MKL_Set_Num_Threads"},
                                           {"bli_thread_get_num_threads", "bli_thread_set_num_threads"}};
    for (size_t i = 0; !l->threads && i < sizeof names / sizeof names[0]; i++) {
        void *get = find_function(l->handle, names[i][0]), *set = find_function(l->handle, names[i][1]);
        memcpy(&l->threads, &get, sizeof l->threads);
        memcpy(&l->set_threads, &set, sizeof l->set_threads);
    }
}

struct build_id {
    ElfW(Addr) base;
    const char *name;
    char text[96];
};

static void copy_build_id(const char *notes, size_t size, struct build_id *id)
{
    size_t at = 0;
    while (at + sizeof(ElfW(Nhdr)) <= size) {
        const ElfW(Nhdr) *note = (const void *)(notes + at);
        size_t name = at + sizeof *note, text = name + ((note->n_namesz + 3u) & ~3u);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(notes + name, "GNU", 4) == 0) {
            for (size_t i = 0; i < note->n_descsz && 2 * i + 3 <= sizeof id->text; i++)
                snprintf(id->text + 2 * i, 3, "%02x", (unsigned)(unsigned char)notes[text + i]);
            return;
        }
        at = text + ((note->n_descsz + 3u) & ~3u);
    }
}

static int find_build_id(struct dl_phdr_info *info, size_t size, void *context)
{
    struct build_id *id = context;
    (void)size;
    if (info->dlpi_addr != id->base || strcmp(info->dlpi_name, id->name) != 0)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE)
            copy_build_id((const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), info->dlpi_phdr[i].p_memsz, id);
    return 1;
}

static char *build_id_of(void *handle)
{
    struct link_map *object;
    struct build_id id = {0};
    if (dlinfo(handle, RTLD_DI_LINKMAP, &object) == 0) {
        id.base = object->l_addr;
        id.name = object->l_name;
        dl_iterate_phdr(find_build_id, &id);
    }
    return must_copy(id.text);
}

static void load(struct library *l)
{
    l->handle = dlopen(l->path, RTLD_NOW | RTLD_LOCAL);
    if (!l->handle) {
        const char *error = dlerror();
        l->error = must_copy(error ? error : "unknown error");
        return;
    }
    l->version = ask_text(l->handle, "openblas_get_config");
    l->core = ask_text(l->handle, "openblas_get_corename");
    l->build_id = build_id_of(l->handle);
    find_threads(l);
}

const struct library *libraries_find(const struct libraries *all, const char *path)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->library[i].path, path) == 0)
            return &all->library[i];
    return NULL;
}

/* Does something with every description of a provider in the run. */
static void each_provider(const struct run_logs *run, void (*act)(void *context, const struct log_provider *p), void *context)
{
    for (size_t i = 0; i < run->count; i++)
        for (size_t k = 0; k < run->log[i].nproviders; k++)
            act(context, &run->log[i].providers[k]);
}

/*
 * Libraries beneath others first: one that needs a libblas.so.3 takes what is loaded already under that name, as it did in the
 * run, before it searches for it.
 */
static int storey(const char *path)
{
    const char *name = text_basename(path);
    return strncmp(name, "liblapacke", 10) == 0 ? 2 : strncmp(name, "liblapack", 9) == 0 ? 1 : 0;
}

struct loading {
    struct libraries *all;
    int storey;
};

static void add_library(void *context, const struct log_provider *p)
{
    const struct loading *loading = context;
    struct libraries *all = loading->all;
    if (*p->path != '/' || storey(p->path) != loading->storey || libraries_find(all, p->path))
        return; /* what is no path, the linker would search for */
    all->library = must_append(all->library, all->count, sizeof *all->library);
    struct library *l = &all->library[all->count++];
    *l = (struct library){.path = must_copy(p->path)};
    load(l);
}

struct environment {
    uint64_t threads;
    char *path;
    int storey;
};

static void add_directory(struct environment *e, const char *directory)
{
    char *longer = must_print("%s%s%s", e->path ? e->path : "", e->path ? ":" : "", directory);
    free(e->path);
    e->path = longer;
}

/* Debian keeps the reference BLAS and LAPACK in sister directories: what was loaded from one goes with the other. */
static void add_sister(struct environment *e, const char *directory)
{
    size_t length = strlen(directory);
    if (length < 5 || strcmp(directory + length - 5, "/blas") != 0)
        return;
    char *sister = must_print("%.*s/lapack", (int)(length - 5), directory);
    if (access(sister, F_OK) == 0)
        add_directory(e, sister);
    free(sister);
}

static void gather(void *context, const struct log_provider *p)
{
    struct environment *e = context;
    const char *slash = strrchr(p->path, '/');
    if (p->threads > e->threads && p->threads < 4096)
        e->threads = p->threads;
    if (*p->path != '/' || strchr(p->path, ':') || storey(p->path) != e->storey)
        return;
    char *directory = must_print("%.*s", (int)(slash - p->path), p->path);
    add_directory(e, directory);
    add_sister(e, directory);
    free(directory);
}

static void start_anew(char **argv, const char *stage)
{
    size_t count = 0;
    while (argv[count])
        count++;
    char **again = must_alloc(count + 2, sizeof *again);
    again[0] = must_copy("blase");
    again[1] = must_copy("replay");
    for (size_t i = 1; i < count; i++)
        again[i + 1] = argv[i];
    setenv(STAGE, stage, 1);
    fflush(NULL);
    execv("/proc/self/exe", again);
    fprintf(stderr, "blase: cannot start anew for the run's libraries: %s; thread counts may be other ones\n", strerror(errno));
    free(again[0]);
    free(again[1]);
    free(again);
}

static void prepare(const struct run_logs *run, char **argv)
{
    static const char *const variables[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
                                            "BLIS_NUM_THREADS"};
    struct environment e = {0};
    const char *path = getenv("LD_LIBRARY_PATH");
    for (; e.storey <= 2; e.storey++)
        each_provider(run, gather, &e);
    if (e.path) {
        char *whole = must_print("%s%s%s", e.path, path && *path ? ":" : "", path ? path : "");
        setenv("LD_LIBRARY_PATH", whole, 1);
        free(whole);
    }
    free(e.path);
    char *threads = must_print("%llu", (unsigned long long)(e.threads ? e.threads : 1));
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        setenv(variables[i], threads, 1);
    free(threads);
    unsetenv("LD_PRELOAD");
    start_anew(argv, "1");
}

/* A library that chose other kernels than in the run. */
static void find_core(void *context, const struct log_provider *p)
{
    struct {
        const struct libraries *all;
        const char *core;
    } *search = context;
    const struct library *l = libraries_find(search->all, p->path);
    if (l && l->handle && *p->core && *l->core && strcmp(l->core, p->core) != 0)
        search->core = p->core;
}

void libraries_load(struct libraries *all, const struct run_logs *run, char **argv)
{
    struct {
        const struct libraries *all;
        const char *core;
    } search = {all, NULL};
    const char *stage = getenv(STAGE);
    if (!stage)
        prepare(run, argv);
    for (int s = 0; s <= 2; s++)
        each_provider(run, add_library, &(struct loading){all, s});
    each_provider(run, find_core, &search);
    if (search.core && stage && strcmp(stage, "1") == 0 && setenv("OPENBLAS_CORETYPE", search.core, 1) == 0)
        start_anew(argv, "2");
    unsetenv(STAGE);
}

void libraries_free(struct libraries *all)
{
    for (size_t i = 0; i < all->count; i++) { /* they stay loaded: threads of theirs may be running */
        struct library *l = &all->library[i];
        free(l->path);
        free(l->error);
        free(l->version);
        free(l->core);
        free(l->build_id);
    }
    free(all->library);
    *all = (struct libraries){0};
}

char *library_difference(const struct library *l, const struct log_provider *described)
{
    if (!l || !l->handle)
        return must_print("it cannot be loaded: %s", l ? l->error : "the log names no path");
    if (strcmp(l->build_id, described->build_id) != 0)
        return must_print("its build is %s, in the run it was %s", *l->build_id ? l->build_id : "unnamed",
                          *described->build_id ? described->build_id : "unnamed");
    if (strcmp(l->version, described->version) != 0)
        return must_print("it says '%s', in the run it said '%s'", l->version, described->version);
    if (strcmp(l->core, described->core) != 0)
        return must_print("it chooses kernels for %s, in the run for %s", l->core, described->core);
    return NULL;
}

const struct entry *library_entry(const struct library *l, const struct op *op, int style, int int_bytes, void **function)
{
    int index = op_index(op), end = index + 1 < op_count ? entry_first[index + 1] : entry_count;
    for (int wide = 1; wide >= 0; wide--) /* names that tell the width first */
        for (int i = entry_first[index]; i < end; i++) {
            const struct entry *e = &entry_table[i];
            if (e->style == style && e->width == (wide ? int_bytes : 0) && (*function = dlsym(l->handle, e->symbol)))
                return e;
        }
    return NULL;
}

bool library_use_threads(const struct library *l, uint64_t threads)
{
    if (!l->threads || threads == 0 || (uint64_t)l->threads() == threads)
        return true;
    if (l->set_threads && threads < 4096)
        l->set_threads((int)threads);
    return (uint64_t)l->threads() == threads;
}
