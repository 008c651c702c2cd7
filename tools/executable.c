#define _GNU_SOURCE
#include "tools/executable.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static bool runnable(const char *path)
{
    struct stat is;
    return stat(path, &is) == 0 && S_ISREG(is.st_mode) && access(path, X_OK) == 0;
}

/* As execvp looks for it. */
static bool find_in_path(const char *command, char out[PATH_MAX])
{
    const char *path = getenv("PATH");
    if (strchr(command, '/'))
        return snprintf(out, PATH_MAX, "%s", command) < PATH_MAX;
    for (const char *part = path ? path : "/bin:/usr/bin"; part; part = strchr(part, ':') ? strchr(part, ':') + 1 : NULL) {
        int length = (int)strcspn(part, ":");
        int used = snprintf(out, PATH_MAX, "%.*s%s%s", length, part, length ? "/" : "./", command);
        if (used < PATH_MAX && runnable(out))
            return true;
    }
    return false;
}

static bool interpreted(int fd)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) part;
    if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head || head.e_phentsize < sizeof part)
        return true; /* not ours to judge */
    for (unsigned i = 0; i < head.e_phnum; i++) {
        off_t at = (off_t)(head.e_phoff + (uint64_t)i * head.e_phentsize);
        if (pread(fd, &part, sizeof part, at) != (ssize_t)sizeof part || part.p_type == PT_INTERP)
            return true;
    }
    return false;
}

static const char *elf_obstacle(int fd, const unsigned char *ident)
{
    struct stat is;
    if (ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return "is built for another word size than libblase.so";
    if (!interpreted(fd))
        return "is statically linked, so no library can be loaded into it";
    if (fstat(fd, &is) == 0 &&
        (((is.st_mode & S_ISUID) && is.st_uid != getuid()) || ((is.st_mode & S_ISGID) && is.st_gid != getgid())))
        return "is set-user-ID or set-group-ID, and the loader ignores LD_PRELOAD for it";
    if (fgetxattr(fd, "security.capability", NULL, 0) > 0 && geteuid() != 0)
        return "has file capabilities, and the loader ignores LD_PRELOAD for it";
    return NULL;
}

/* `#! /usr/bin/env python3` and the like: the program that really runs. */
static bool interpreter(char *line, char *out, size_t size)
{
    char *rest, *first = strtok_r(line + 2, " \t", &rest), *second = first ? strtok_r(NULL, " \t", &rest) : NULL;
    if (!first)
        return false;
    bool env = strlen(first) >= 4 && strcmp(first + strlen(first) - 4, "/env") == 0;
    int used = snprintf(out, size, "%s", env && second && *second != '-' ? second : first);
    return used > 0 && (size_t)used < size;
}

static const char *obstacle(const char *command, int depth)
{
    char path[PATH_MAX], head[512], next[PATH_MAX];
    const char *found = NULL;
    int fd = find_in_path(command, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd < 0)
        return NULL;
    ssize_t got = pread(fd, head, sizeof head - 1, 0);
    head[got > 0 ? got : 0] = 0;
    if (got >= EI_NIDENT && memcmp(head, ELFMAG, SELFMAG) == 0)
        found = elf_obstacle(fd, (const unsigned char *)head);
    else if (got > 2 && head[0] == '#' && head[1] == '!' && depth < 4) {
        head[strcspn(head, "\n")] = 0;
        if (interpreter(head, next, sizeof next))
            found = obstacle(next, depth + 1);
    }
    close(fd);
    return found;
}

const char *executable_obstacle(const char *command)
{
    return obstacle(command, 0);
}
