#define _GNU_SOURCE
#include "reuse/spill_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "lineage/log_writer.h"

#define PREFIX "blase-spill-"
enum { ATTEMPTS = 16, LOCK_BYTES = 4096, UNLOCKED_PATIENCE_S = 600 };

/*
 * File systems that live on a disk of this machine. "auto" uses no other: in memory, spilling would defeat the budget; a network
 * may hang the program; and a container's overlay may be counted against what the container is allowed.
 */
static bool on_local_disk(const char *path)
{
    static const uint32_t disks[] = {
        0xEF53,     /* ext2, ext3, ext4 */
        0x58465342, /* xfs */
        0x9123683E, /* btrfs */
        0xF2F52010, /* f2fs */
        0x2FC12FC1, /* zfs */
        0xCA451A4E, /* bcachefs */
        0x3153464A, /* jfs */
    };
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++)
        if ((uint32_t)fs.f_type == disks[i])
            return true;
    return false;
}

static bool is_auto(const char *setting)
{
    return strcmp(setting, "auto") == 0;
}

bool spill_home(const char *setting, char out[PATH_MAX])
{
    const char *const places[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    errno = 0;
    if (!is_auto(setting)) {
        if (strlen(setting) < PATH_MAX - 64 && *setting == '/') {
            strcpy(out, setting);
            return true;
        }
        errno = *setting == '/' ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (places[i] && *places[i] == '/' && strlen(places[i]) < PATH_MAX - 128 && on_local_disk(places[i])) {
            snprintf(out, PATH_MAX, "%.3900s/" PREFIX "%u", places[i], (unsigned)geteuid());
            return true;
        }
    errno = 0;
    return false;
}

/* Ours and closed to others: in /var/tmp anybody may have been there first. */
static bool is_private(const char *path)
{
    struct stat is;
    if (lstat(path, &is) != 0)
        return false;
    if (S_ISDIR(is.st_mode) && is.st_uid == geteuid() && !(is.st_mode & 077))
        return true;
    errno = EPERM;
    return false;
}

static bool prepare_home(const char *setting, char home[PATH_MAX])
{
    if (!spill_home(setting, home))
        return false;
    if (!is_auto(setting))
        return make_directories(home);
    return (mkdir(home, 0700) == 0 || errno == EEXIST) && is_private(home);
}

/* Descriptors are short-lived and raw: glibc's open and close are cancellation points. */
static int open_at(int directory, const char *name, int flags)
{
    return (int)syscall(SYS_openat, directory, name, flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
}

static void close_raw(int fd)
{
    int error = errno;
    syscall(SYS_close, fd);
    errno = error;
}

/* True if the lock is held by somebody: on our own just after its descriptor was closed, that it really outlives it. */
static bool is_locked(const char *path)
{
    int fd = open_at(AT_FDCWD, path, O_RDWR);
    if (fd < 0)
        return false;
    bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close_raw(fd);
    return locked;
}

static bool take_lock(struct spill_place *place, const char *path)
{
    int fd = open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL);
    if (fd < 0)
        return false;
    struct stat is;
    void *map = MAP_FAILED;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        map = mmap(NULL, LOCK_BYTES, PROT_NONE, MAP_PRIVATE, fd, 0);
    bool good = map != MAP_FAILED && madvise(map, LOCK_BYTES, MADV_DONTFORK) == 0 && fstat(fd, &is) == 0;
    if (good && is.st_nlink == 0) { /* somebody took it for dead before it was locked */
        errno = EEXIST;
        good = false;
    }
    close_raw(fd);
    if (good && !is_locked(path)) {
        errno = ENOLCK;
        good = false;
    }
    if (!good && map != MAP_FAILED)
        munmap(map, LOCK_BYTES);
    place->lock = good ? map : NULL;
    return good;
}

static bool make_own(struct spill_place *place, const char *home)
{
    char lock[PATH_MAX + 8];
    bool own = false;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int length = snprintf(place->path, sizeof place->path, "%s/" PREFIX "%ld-%llx", home, (long)getpid(),
                              (unsigned long long)clock_wall_ns());
        if (length < 0 || (size_t)length >= sizeof place->path) {
            errno = ENAMETOOLONG;
            return false;
        }
        snprintf(lock, sizeof lock, "%s/lock", place->path);
        own = mkdir(place->path, 0700) == 0;
        if (own && take_lock(place, lock))
            return true;
        if (errno != EEXIST && errno != EWOULDBLOCK)
            break;
    }
    int error = errno;
    if (own) {
        unlink(lock);
        rmdir(place->path);
    }
    errno = error;
    return false;
}

bool spill_place_make(struct spill_place *place, const char *setting)
{
    char home[PATH_MAX];
    memset(place, 0, sizeof *place);
    for (int attempt = 0; attempt < 3 && prepare_home(setting, home); attempt++) {
        if (make_own(place, home)) {
            place->ours_alone = is_auto(setting);
            return true;
        }
        if (errno != ENOENT) /* else somebody found the home empty and removed it */
            break;
    }
    place->path[0] = 0;
    return false;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/*
 * Empties a directory of files; the lock goes last, so that who finds it gone finds nothing else. By system calls alone: _exit
 * may bring us here from a signal handler that interrupted malloc, and opendir takes memory. Reading begins anew after each
 * batch, since removing moves what is left.
 */
static void empty(int directory)
{
    _Alignas(struct dirent64) char batch[4096];
    bool removed = true;
    while (removed) {
        long got = syscall(SYS_getdents64, directory, batch, sizeof batch);
        removed = false;
        for (long at = 0; at < got;) {
            struct dirent64 *e = (struct dirent64 *)(void *)(batch + at);
            if (!is_dot(e->d_name) && strcmp(e->d_name, "lock") != 0)
                removed |= unlinkat(directory, e->d_name, 0) == 0;
            at += e->d_reclen;
        }
        lseek(directory, 0, SEEK_SET);
    }
    unlinkat(directory, "lock", 0);
}

void spill_place_remove(struct spill_place *place)
{
    if (!*place->path)
        return;
    int directory = open_at(AT_FDCWD, place->path, O_RDONLY | O_DIRECTORY);
    if (directory >= 0) {
        empty(directory);
        close_raw(directory);
    }
    rmdir(place->path);
    char *slash = strrchr(place->path, '/');
    if (place->ours_alone && slash) {
        *slash = 0;
        rmdir(place->path); /* fails as long as others are in it */
    }
    if (place->lock)
        munmap(place->lock, LOCK_BYTES);
    memset(place, 0, sizeof *place);
}

/* Has it stood there without a lock for so long that nobody can be about to make one? */
static bool abandoned(int directory)
{
    struct stat is;
    return fstat(directory, &is) == 0 && time(NULL) - is.st_mtime > UNLOCKED_PATIENCE_S;
}

/* Removes one process's directory if its lock is free. */
static bool reap_one(int home, const char *name)
{
    struct stat is;
    int directory = open_at(home, name, O_RDONLY | O_DIRECTORY);
    if (directory < 0)
        return false;
    bool dead = false;
    if (fstat(directory, &is) == 0 && is.st_uid == geteuid()) {
        int lock = open_at(directory, "lock", O_RDWR);
        dead = lock >= 0 ? flock(lock, LOCK_EX | LOCK_NB) == 0 : errno == ENOENT && abandoned(directory);
        if (dead)
            empty(directory);
        if (lock >= 0)
            close_raw(lock);
    }
    close_raw(directory);
    return dead && unlinkat(home, name, AT_REMOVEDIR) == 0;
}

int spill_reap(const char *setting)
{
    char path[PATH_MAX];
    int error = errno, count = 0;
    DIR *d = spill_home(setting, path) ? opendir(path) : NULL;
    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0)
            count += reap_one(dirfd(d), e->d_name);
    if (d)
        closedir(d);
    if (d && is_auto(setting))
        rmdir(path); /* fails as long as somebody is in it */
    errno = error;
    return count;
}

bool spill_place_free(const char *path, uint64_t *bytes)
{
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return false;
    *bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
    return true;
}
