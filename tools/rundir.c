#define _GNU_SOURCE
#include "tools/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lineage/capture.h"
#include "lineage/log_reader.h"
#include "lineage/log_writer.h"
#include "lineage/run_home.h"
#include "tools/memory.h"
#include "tools/text.h"

/* Joins with a check: a path too long for PATH_MAX is not made shorter, it fails. */
static bool join(char out[PATH_MAX], const char *directory, const char *name)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    return length > 0 && length < PATH_MAX;
}

bool rundir_new(const char *command, char out[PATH_MAX])
{
    char place[RUN_HOMES][PATH_MAX], name[128];
    int count = run_homes(place), error = 0;
    for (int i = 0; i < count; i++) {
        if (!run_home_prepare(place[i])) {
            error = error ? error : errno;
            continue;
        }
        /* Containers that share a home may share pids and seconds too. */
        for (int attempt = 0; attempt < 100; attempt++) {
            run_name(command, attempt, name, sizeof name);
            if (join(out, place[i], name) && mkdir(out, 0755) == 0)
                return true;
            error = error ? error : errno;
            if (errno != EEXIST)
                break;
        }
    }
    fprintf(stderr, "blase: cannot make a run directory in %s: %s\n", place[0], strerror(error));
    return false;
}

static bool is_log(const char *directory, const char *name)
{
    size_t length = strlen(name), suffix = strlen(LOG_SUFFIX);
    char path[PATH_MAX];
    struct stat is;
    return length > suffix && strcmp(name + length - suffix, LOG_SUFFIX) == 0 && join(path, directory, name) &&
           stat(path, &is) == 0 && S_ISREG(is.st_mode);
}

static bool holds_log(const char *directory)
{
    DIR *d = opendir(directory);
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d));)
        found = is_log(directory, e->d_name);
    if (d)
        closedir(d);
    return found;
}

bool rundir_use(const char *directory, char out[PATH_MAX], bool *taken)
{
    struct stat is;
    *taken = false;
    if (!make_directories(directory) || stat(directory, &is) != 0 || !realpath(directory, out)) {
        fprintf(stderr, "blase: cannot make the run directory %s: %s\n", directory, strerror(errno));
        return false;
    }
    if (!S_ISDIR(is.st_mode)) {
        fprintf(stderr, "blase: the run directory %s is not a directory\n", directory);
        return false;
    }
    if (holds_log(out)) {
        fprintf(stderr, "blase: %s holds the logs of another run already\n", directory);
        *taken = true;
        return false;
    }
    return true;
}

bool rundir_temporary(char out[PATH_MAX])
{
    const char *tmp = getenv("TMPDIR");
    char made[PATH_MAX];
    if (!join(made, tmp && *tmp ? tmp : "/tmp", "blase-XXXXXX") || !mkdtemp(made) || !realpath(made, out)) {
        fprintf(stderr, "blase: cannot make a temporary directory: %s\n", strerror(errno));
        return false;
    }
    return true;
}

static void remove_files(const char *directory)
{
    DIR *d = opendir(directory);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(directory);
}

/* What blasé writes: logs, and a directory of leaves. */
void rundir_remove(const char *directory)
{
    char leaves[PATH_MAX];
    if (join(leaves, directory, CAPTURE_DIRECTORY))
        remove_files(leaves);
    remove_files(directory);
}

struct names {
    char **name;
    size_t count;
};

static void add_name(struct names *names, char *name)
{
    names->name = must_append(names->name, names->count, sizeof *names->name);
    names->name[names->count++] = name;
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
}

/* Paths of the runs in the default places whose name begins so; an exact name wins. */
static void find_names(const char *beginning, struct names *found)
{
    char place[RUN_HOMES][PATH_MAX], path[PATH_MAX];
    int count = run_homes(place);
    for (int i = 0; i < count; i++) {
        DIR *d = opendir(place[i]);
        for (struct dirent *e; d && (e = readdir(d));)
            if (e->d_name[0] != '.' && strncmp(e->d_name, beginning, strlen(beginning)) == 0 && join(path, place[i], e->d_name) &&
                holds_log(path))
                add_name(found, must_copy(path));
        if (d)
            closedir(d);
    }
}

static void take_started(void *context, const char *key, const char *value)
{
    if (strcmp(key, "started_ns") == 0)
        *(uint64_t *)context = strtoull(value, NULL, 10);
}

/* When a run started; without the launcher's word the directory's own time. */
static uint64_t started(const char *directory)
{
    char path[PATH_MAX];
    struct log_reader log;
    struct log_record record;
    uint64_t ns = 0;
    if (join(path, directory, LOG_LAUNCH) && log_open(&log, path)) {
        while (ns == 0 && log_next(&log, &record))
            if (record.kind == LOG_HEADER)
                log_decode_pairs(&record.payload, take_started, &ns);
        log_reader_close(&log);
    }
    struct stat is;
    if (ns == 0 && stat(directory, &is) == 0)
        ns = (uint64_t)is.st_mtim.tv_sec * 1000000000u + (uint64_t)is.st_mtim.tv_nsec;
    return ns;
}

static int later_name_first(const void *a, const void *b)
{
    return -strcmp(text_basename(*(char *const *)a), text_basename(*(char *const *)b));
}

/* Names sort by time only to the second: among the last of them, what their logs say decides. */
static const char *latest(struct names *names)
{
    const char *best = NULL;
    uint64_t best_time = 0;
    if (names->count)
        qsort(names->name, names->count, sizeof *names->name, later_name_first);
    for (size_t i = 0; i < names->count && i < 64; i++) {
        uint64_t time = started(names->name[i]);
        if (!best || time > best_time) {
            best = names->name[i];
            best_time = time;
        }
    }
    return best;
}

static const char *by_name(const char *run, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(text_basename(names->name[i]), run) == 0)
            return names->name[i];
    if (names->count > 1)
        fprintf(stderr, "blase: '%s' is the beginning of %zu runs\n", run, names->count);
    else if (names->count == 0)
        fprintf(stderr, "blase: there is no run '%s'\n", run);
    return names->count == 1 ? names->name[0] : NULL;
}

bool rundir_find(const char *run, char out[PATH_MAX])
{
    struct stat is;
    bool directory = run && stat(run, &is) == 0 && S_ISDIR(is.st_mode);
    if (directory && holds_log(run))
        return realpath(run, out) != NULL;
    if (run && (!*run || strchr(run, '/'))) {
        fprintf(stderr, directory ? "blase: there is no run log in '%s'\n" : "blase: there is no run '%s'\n", run);
        return false;
    }
    struct names names = {0};
    find_names(run ? run : "", &names);
    const char *found = run ? by_name(run, &names) : latest(&names);
    if (!run && !found)
        fputs("blase: there is no run yet; 'blase run -- COMMAND' makes one\n", stderr);
    if (found)
        snprintf(out, PATH_MAX, "%s", found);
    free_names(&names);
    return found != NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool rundir_list(const char *directory, struct rundir_logs *logs)
{
    struct names names = {0};
    char path[PATH_MAX];
    DIR *d = opendir(directory);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, LOG_LAUNCH) != 0 && is_log(directory, e->d_name) && join(path, directory, e->d_name))
            add_name(&names, must_copy(path));
    if (d)
        closedir(d);
    if (names.count)
        qsort(names.name, names.count, sizeof *names.name, by_text);
    *logs = (struct rundir_logs){names.name, names.count};
    return d != NULL;
}

void rundir_logs_free(struct rundir_logs *logs)
{
    struct names names = {logs->paths, logs->count};
    free_names(&names);
    *logs = (struct rundir_logs){0};
}
