#define _GNU_SOURCE
#include "lineage/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "lineage/log_writer.h"
#include "lineage/say.h"

enum { BUFFER_BYTES = 64 * 1024, LEAF_PATH = PATH_MAX + 128 };

struct capture {
    char run[PATH_MAX];
    uint64_t born_ns; /* for names that no other process makes, also of another container */
    atomic_uint made;
    atomic_bool ended;
};

/* As it stands in a file. */
struct header {
    char magic[16];
    uint64_t lo, hi;
    uint8_t type, part, vector, element, zero[4];
    int64_t rows, cols;
    uint64_t reserved;
};
_Static_assert(sizeof(struct header) == CAPTURE_HEADER, "the header has gaps");

struct capture *capture_new(const char *run_directory)
{
    struct capture *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->born_ns = clock_wall_ns();
    atomic_store(&c->ended, strlen(run_directory) >= sizeof c->run);
    if (!atomic_load(&c->ended))
        strcpy(c->run, run_directory);
    return c;
}

void capture_free(struct capture *c)
{
    free(c);
}

static bool end_capture(struct capture *c, const char *what)
{
    char line[PATH_MAX + 256];
    int error = errno;
    if (!atomic_exchange(&c->ended, true)) {
        snprintf(line, sizeof line, "blase: %s %s/" CAPTURE_DIRECTORY ": %s; going on without capturing\n", what, c->run,
                 strerror(error));
        say_line(line);
    }
    return false;
}

static void leaf_path(const char *run, struct fp fp, char out[LEAF_PATH])
{
    snprintf(out, LEAF_PATH, "%.*s/" CAPTURE_DIRECTORY "/%016llx%016llx", PATH_MAX, run, (unsigned long long)fp.hi,
             (unsigned long long)fp.lo);
}

/* A strided vector is stored as the column that its copy would be. */
static struct view as_stored(const struct view *v)
{
    struct view s = *v;
    if (v->vector && v->rows == 1) {
        s.rows = v->cols;
        s.cols = 1;
    }
    s.ld = s.rows;
    return s;
}

static struct header header_of(const struct view *v, struct fp fp)
{
    struct view s = as_stored(v);
    struct header h = {.magic = CAPTURE_MAGIC,
                       .lo = fp.lo,
                       .hi = fp.hi,
                       .type = (uint8_t)v->type,
                       .part = v->part,
                       .vector = v->vector,
                       .element = (uint8_t)v->element,
                       .rows = s.rows,
                       .cols = s.cols};
    return h;
}

/* Raw system calls throughout: no cancellation points, and nothing of the program's is in between. */
static bool write_all(int fd, const void *from, size_t size)
{
    const char *at = from;
    while (size) {
        long wrote = syscall(SYS_write, fd, at, size);
        if (wrote <= 0 && errno != EINTR)
            return false;
        at += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

struct sink {
    int fd;
    char *buffer;
    size_t used;
};

static bool sink_flush(struct sink *s)
{
    bool good = write_all(s->fd, s->buffer, s->used);
    s->used = 0;
    return good;
}

/* Short runs are gathered, long ones written from where they are. */
static bool sink_put(struct sink *s, const void *from, size_t size)
{
    if (s->used + size > BUFFER_BYTES && !sink_flush(s))
        return false;
    if (size > BUFFER_BYTES)
        return write_all(s->fd, from, size);
    memcpy(s->buffer + s->used, from, size);
    s->used += size;
    return true;
}

static bool put_elements(struct sink *s, const struct view *v)
{
    bool whole = view_contiguous(v), good = true;
    int64_t cols = whole ? 1 : v->cols;
    for (int64_t j = 0; j < cols && good; j++) {
        int64_t lo = 0, hi = v->rows * v->cols;
        if (!whole)
            view_column(v, j, &lo, &hi);
        if (hi > lo)
            good = sink_put(s, v->base + (j * v->ld + lo) * (int64_t)v->element, (size_t)(hi - lo) * v->element);
    }
    return good && sink_flush(s);
}

static bool fill_file(int fd, const struct view *v, struct fp fp)
{
    const struct header h = header_of(v, fp);
    struct sink s = {.fd = fd, .buffer = malloc(BUFFER_BYTES)};
    if (!s.buffer)
        return false;
    bool good = sink_put(&s, &h, sizeof h) && put_elements(&s, v);
    int error = errno;
    free(s.buffer);
    errno = error;
    return good;
}

/* Writing past the limit on file sizes raises SIGXFSZ, which ends the program. */
static bool within_file_limit(size_t bytes)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur;
}

static int create(const struct capture *c, const char *path)
{
    char directory[LEAF_PATH];
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
    if (fd >= 0 || errno != ENOENT || !make_directories(c->run))
        return fd;
    snprintf(directory, sizeof directory, "%s/" CAPTURE_DIRECTORY, c->run);
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static bool store(struct capture *c, const struct view *v, struct fp fp)
{
    char path[LEAF_PATH], made[LEAF_PATH];
    leaf_path(c->run, fp, path);
    if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0)
        return true;
    snprintf(made, sizeof made, "%s/" CAPTURE_DIRECTORY "/.%ld-%llx-%u", c->run, (long)getpid(), (unsigned long long)c->born_ns,
             atomic_fetch_add(&c->made, 1));
    if (!within_file_limit(CAPTURE_HEADER + view_bytes(v))) {
        errno = EFBIG;
        return end_capture(c, "cannot write");
    }
    int fd = create(c, made);
    if (fd < 0)
        return end_capture(c, "cannot write");
    bool good = fill_file(fd, v, fp);
    int error = errno;
    syscall(SYS_close, fd);
    if (good && syscall(SYS_renameat, AT_FDCWD, made, AT_FDCWD, path) == 0)
        return true;
    error = good ? errno : error;
    unlink(made);
    errno = error;
    return end_capture(c, "cannot write");
}

bool capture_leaf(struct capture *c, const struct view *v, struct fp fp)
{
    int error = errno; /* the program's errno is not ours to change */
    if (atomic_load_explicit(&c->ended, memory_order_relaxed))
        return false;
    bool good = view_empty(v) || store(c, v, fp);
    errno = error;
    return good;
}

static size_t bytes_of_type(char type)
{
    switch (type) {
    case 's':
    case 'i':
        return 4;
    case 'd':
    case 'c':
    case 'l':
        return 8;
    case 'z':
        return 16;
    default:
        return 0;
    }
}

/* The view that a header tells of, as yet without memory; false if it makes no sense. */
static bool view_of_header(const struct header *h, struct fp fp, struct view *v)
{
    const int64_t most = INT64_MAX / 64, longest = (int64_t)1 << 30; /* as canon_from_call has it */
    *v = (struct view){.rows = h->rows,
                       .cols = h->cols,
                       .ld = h->rows,
                       .element = h->element,
                       .type = (char)h->type,
                       .part = h->part,
                       .vector = h->vector == 1};
    return memcmp(h->magic, CAPTURE_MAGIC, sizeof CAPTURE_MAGIC) == 0 && h->lo == fp.lo && h->hi == fp.hi && h->rows > 0 &&
           h->cols > 0 && h->cols <= longest && h->rows <= most / h->cols && h->part > PART_NONE &&
           h->part <= PART_STRICT_LOWER && h->vector <= 1 && h->element != 0 && h->element == bytes_of_type(v->type);
}

static bool read_all(int fd, void *into, size_t size)
{
    char *at = into;
    while (size) {
        ssize_t got = read(fd, at, size);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool read_elements(int fd, const struct view *v)
{
    bool good = true;
    for (int64_t j = 0; j < v->cols && good; j++) {
        int64_t lo, hi;
        view_column(v, j, &lo, &hi);
        if (hi > lo)
            good = read_all(fd, v->base + (j * v->ld + lo) * (int64_t)v->element, (size_t)(hi - lo) * v->element);
    }
    return good;
}

/* The file's size must bound what is asked of memory: rows or columns where a triangle has nothing get none. */
static char *room_for(struct view *v)
{
    bool upper = v->part == PART_UPPER || v->part == PART_STRICT_UPPER, lower = v->part >= PART_UPPER && !upper;
    int64_t cols = lower && v->rows < v->cols ? v->rows : v->cols;
    v->ld = upper && v->cols < v->rows ? v->cols : v->rows;
    return calloc((size_t)v->ld * (size_t)cols, v->element);
}

static enum captured load(int fd, struct fp fp, struct view *v)
{
    struct header h;
    struct stat is;
    if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode) || !read_all(fd, &h, sizeof h) || !view_of_header(&h, fp, v))
        return CAPTURED_DAMAGED;
    if (is.st_size < CAPTURE_HEADER || (uint64_t)is.st_size != CAPTURE_HEADER + view_bytes(v))
        return CAPTURED_DAMAGED;
    v->base = room_for(v);
    if (!v->base)
        return CAPTURED_NO_MEMORY;
    if (read_elements(fd, v) && fp_equal(fingerprint(v), fp))
        return CAPTURED;
    free(v->base);
    v->base = NULL;
    return CAPTURED_DAMAGED;
}

enum captured capture_load(const char *run_directory, struct fp fp, struct view *view)
{
    char path[LEAF_PATH];
    memset(view, 0, sizeof *view);
    leaf_path(run_directory, fp, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? CAPTURED_NOT : CAPTURED_DAMAGED;
    enum captured result = load(fd, fp, view);
    close(fd);
    return result;
}
