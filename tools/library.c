#define _GNU_SOURCE
#include "tools/library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/memory.h"

#define LIBRARY "libblase.so"

static bool readable(const char *path)
{
    struct stat is;
    if (stat(path, &is) != 0)
        return false;
    if (!S_ISREG(is.st_mode)) {
        errno = EINVAL;
        return false;
    }
    return access(path, R_OK) == 0;
}

static bool from_environment(const char *named, char out[PATH_MAX])
{
    if (readable(named) && realpath(named, out))
        return true;
    fprintf(stderr, "blase: cannot read the library %s (BLASE_LIBRARY): %s\n", named, strerror(errno));
    return false;
}

bool library_find(char out[PATH_MAX])
{
    static const char *const around[] = {"", "../lib/", "../lib/blase/"};
    const char *named = getenv("BLASE_LIBRARY");
    char self[PATH_MAX], path[PATH_MAX];
    if (named && *named)
        return from_environment(named, out);
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        slash[1] = 0;
    int error = ENOENT;
    for (size_t i = 0; slash && i < sizeof around / sizeof around[0]; i++) {
        int used = snprintf(path, sizeof path, "%s%s%s", self, around[i], LIBRARY);
        if (used < 0 || (size_t)used >= sizeof path)
            continue;
        if (readable(path) && realpath(path, out))
            return true;
        if (errno != ENOENT)
            error = errno;
    }
    fprintf(stderr, "blase: cannot read %s beside the command or in ../lib: %s; BLASE_LIBRARY can name it\n", LIBRARY,
            strerror(error));
    return false;
}

/* Space and colon separate, $ expands ($ORIGIN). */
static bool loader_splits(const char *path)
{
    return strpbrk(path, " :$") != NULL;
}

static bool links_to(const char *link, const char *target)
{
    char there[PATH_MAX];
    ssize_t length = readlink(link, there, sizeof there - 1);
    there[length > 0 ? length : 0] = 0;
    return strcmp(there, target) == 0;
}

static bool by_link(const char *library, const char *run_directory, char out[PATH_MAX])
{
    int used = snprintf(out, PATH_MAX, "%s/%s", run_directory, LIBRARY);
    bool good = used > 0 && used < PATH_MAX && !loader_splits(out);
    if (good && (symlink(library, out) == 0 || links_to(out, library)))
        return true;
    fprintf(stderr, "blase: LD_PRELOAD cannot name %s: a space, colon or dollar sign is in the path\n", library);
    return false;
}

bool library_preload(const char *library, const char *run_directory)
{
    char link[PATH_MAX];
    if (loader_splits(library)) {
        if (!by_link(library, run_directory, link))
            return false;
        library = link;
    }
    const char *others = getenv("LD_PRELOAD");
    size_t length = strlen(library);
    if (others && strncmp(others, library, length) == 0 && (!others[length] || strchr(" :", others[length])))
        return true; /* a run inside a run */
    char *all = others && *others ? must_print("%s:%s", library, others) : must_copy(library);
    bool good = setenv("LD_PRELOAD", all, 1) == 0;
    free(all);
    return good;
}
