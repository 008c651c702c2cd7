/*
 * The libraries that computed a run, loaded to compute it again. They run in this process, so replaying a log means trusting it.
 *
 * Thread counts, kernels by processor, and the libraries beneath a library are decided when it is loaded, by the environment:
 * the command therefore starts itself anew with an environment made for the run (OPENBLAS_NUM_THREADS and its like,
 * OPENBLAS_CORETYPE where another core would be chosen than in the run, the providers' directories in LD_LIBRARY_PATH).
 */
#ifndef BLASE_TOOLS_RECOMPUTE_PROVIDER_H
#define BLASE_TOOLS_RECOMPUTE_PROVIDER_H

#include "lineage/entry.h"
#include "tools/run_logs.h"

struct library {
    char *path;
    void *handle; /* NULL: it cannot be loaded, */
    char *error;  /* for this reason */
    char *version, *core, *build_id;
    int (*threads)(void);
    void (*set_threads)(int);
};

struct libraries {
    struct library *library;
    size_t count;
};

/* Loads what the run's logs name (into all zero). May start the command anew with these arguments, and then does not return. */
void libraries_load(struct libraries *all, const struct run_logs *run, char **argv);
void libraries_free(struct libraries *all);

const struct library *libraries_find(const struct libraries *all, const char *path);

/* NULL when the library is the one described; else what differs, for people (the caller frees it). */
char *library_difference(const struct library *l, const struct log_provider *described);

/* A spelling of the routine in a style that the library has, with that width of integers in bytes; NULL: none. */
const struct entry *library_entry(const struct library *l, const struct op *op, int style, int int_bytes, void **function);

/* False when it does not compute with so many threads. */
bool library_use_threads(const struct library *l, uint64_t threads);

#endif
