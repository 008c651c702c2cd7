#define _GNU_SOURCE
#include "reuse/spill_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AT_ONCE = 1 << 30 }; /* a system call takes less than 2 GiB */

static int open_raw(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
}

/* Above it the kernel raises SIGXFSZ, which ends the program. */
static bool above_limit(size_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur;
}

/* Transfers all of it by `number`, SYS_read or SYS_write; an end before that is EILSEQ. */
static int transfer(long number, int fd, char *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t rest = size - done;
        long moved = syscall(number, fd, data + done, rest < AT_ONCE ? rest : AT_ONCE);
        if (moved > 0)
            done += (size_t)moved;
        else if (moved == 0)
            return EILSEQ;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* Reserving first: a disk without room says so before it has been filled. Not every file system can. */
static int reserve(int fd, size_t size)
{
    if (syscall(SYS_fallocate, fd, 0, (off_t)0, (off_t)size) == 0)
        return 0;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO ? errno : 0;
}

int spill_file_write(const char *path, const void *data, size_t size)
{
    int kept = errno, error = above_limit(size) ? EFBIG : 0;
    int fd = error ? -1 : open_raw(path, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0) {
        error = error ? error : errno;
        errno = kept;
        return error;
    }
    error = reserve(fd, size);
    error = error ? error : transfer(SYS_write, fd, (char *)data, size);
    if (syscall(SYS_close, fd) != 0 && !error && errno != EINTR)
        error = errno; /* network file systems tell of a full disk here */
    if (error)
        unlink(path);
    errno = kept;
    return error;
}

int spill_file_read(const char *path, void *data, size_t size)
{
    struct stat is;
    int kept = errno, fd = open_raw(path, O_RDONLY);
    int error = EILSEQ;
    if (fd < 0 || fstat(fd, &is) != 0)
        error = errno;
    else if (S_ISREG(is.st_mode) && (size_t)is.st_size == size)
        error = 0;
    error = error ? error : transfer(SYS_read, fd, data, size);
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = kept;
    return error;
}

void spill_file_remove(const char *path)
{
    int kept = errno;
    unlink(path);
    errno = kept;
}

bool spill_file_passing(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR || error == EAGAIN || error == EFBIG;
}
