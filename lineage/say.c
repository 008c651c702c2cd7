#define _GNU_SOURCE
#include "lineage/say.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A stderr that is closed, or a file at its limit, would end the program by a signal: it is taken back. */
void say_line(const char *line)
{
    int error = errno;
    sigset_t ours, before, pending;
    const struct timespec at_once = {0, 0};
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    sigaddset(&ours, SIGXFSZ);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    long wrote = syscall(SYS_write, STDERR_FILENO, line, strlen(line));
    const int raised = wrote >= 0 ? 0 : errno == EPIPE ? SIGPIPE : errno == EFBIG ? SIGXFSZ : 0;
    if (raised && !sigismember(&pending, raised)) {
        sigemptyset(&ours);
        sigaddset(&ours, raised);
        sigtimedwait(&ours, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
}
