#define _GNU_SOURCE
#include "lineage/log_writer.h"
#include "lineage/say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BUFFER_LIMIT = 64 * 1024 };
static const uint64_t FLUSH_WORK_NS = 500000;

struct log_writer {
    char path[PATH_MAX];
    bool failed;
    struct bytes buffer;
    uint64_t work_ns, written;
};

bool make_directories(const char *path)
{
    char part[PATH_MAX];
    struct stat is;
    if (!*path || strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(part, path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    if (mkdir(part, 0755) == 0)
        return true;
    if (errno != EEXIST || stat(part, &is) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(is.st_mode);
}

struct log_writer *log_writer_new(const char *directory, const char *name)
{
    struct log_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    int length = snprintf(w->path, sizeof w->path, "%s/%s", directory, name);
    bytes_reserve(&w->buffer, 2 * BUFFER_LIMIT); /* the last records may come from a signal handler that interrupted malloc */
    w->failed = length < 0 || (size_t)length >= sizeof w->path;
    return w;
}

void log_writer_free(struct log_writer *w)
{
    if (w)
        bytes_free(&w->buffer);
    free(w);
}

static bool fail(struct log_writer *w, const char *what)
{
    char line[PATH_MAX + 256];
    int error = errno;
    if (!w->failed) {
        snprintf(line, sizeof line, "blase: %s %s: %s; going on without a log\n", what, w->path, strerror(error));
        say_line(line);
    }
    w->failed = true;
    bytes_free(&w->buffer);
    return false;
}

/*
 * The file is open only while it is written: a descriptor kept for long would be closed by programs that close all they do not
 * know, and its number reused for a file of theirs. Raw system calls, because glibc's open, write and close are cancellation
 * points, and a thread must not end while it holds the guard.
 */
static int open_file(struct log_writer *w)
{
    char directory[PATH_MAX];
    int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | (w->written ? 0 : O_CREAT | O_EXCL);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, w->path, flags, 0644);
    if (fd >= 0 || w->written || errno != ENOENT)
        return fd;
    strcpy(directory, w->path);
    *strrchr(directory, '/') = 0;
    if (!make_directories(directory))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, w->path, flags, 0644);
}

/* Writing past the limit on file sizes raises SIGXFSZ, which ends the program. */
static bool within_file_limit(const struct log_writer *w)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           w->written + w->buffer.size <= limit.rlim_cur;
}

static void write_buffer(struct log_writer *w, int fd)
{
    size_t done = 0;
    if (!within_file_limit(w)) {
        errno = EFBIG;
        fail(w, "cannot write");
    }
    while (!w->failed && done < w->buffer.size) {
        long wrote = syscall(SYS_write, fd, w->buffer.data + done, w->buffer.size - done);
        if (wrote > 0)
            done += (size_t)wrote;
        else if (wrote == 0 || errno != EINTR)
            fail(w, "cannot write");
    }
    w->written += done;
}

void log_flush(struct log_writer *w)
{
    if (w->failed || !w->buffer.size)
        return;
    int error = errno;
    int fd = open_file(w);
    if (fd < 0) {
        fail(w, "cannot open");
    } else {
        write_buffer(w, fd);
        syscall(SYS_close, fd);
    }
    errno = error;
    w->work_ns = 0;
    bytes_clear(&w->buffer);
}

bool log_append(struct log_writer *w, enum log_kind kind, const struct bytes *payload, uint64_t work_ns)
{
    if (w->failed || payload->failed)
        return false;
    if (!w->written && !w->buffer.size)
        put_raw(&w->buffer, LOG_MAGIC, LOG_MAGIC_SIZE);
    put_varint(&w->buffer, kind);
    put_varint(&w->buffer, payload->size);
    put_raw(&w->buffer, payload->data, payload->size);
    w->work_ns += work_ns;
    int error = errno; /* the program's errno is not ours to change */
    if (w->buffer.failed)
        fail(w, "out of memory for");
    else if (w->work_ns >= FLUSH_WORK_NS || w->buffer.size >= BUFFER_LIMIT)
        log_flush(w);
    errno = error;
    return !w->failed;
}

void log_close(struct log_writer *w)
{
    log_flush(w);
    log_abandon(w);
}

void log_abandon(struct log_writer *w)
{
    bytes_free(&w->buffer);
    free(w);
}

bool log_failed(const struct log_writer *w)
{
    return w->failed;
}

uint64_t log_bytes(const struct log_writer *w)
{
    return w->written + w->buffer.size;
}
