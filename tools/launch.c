#define _GNU_SOURCE
#include "tools/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lineage/clock.h"

/*
 * What would end or stop us and may be meant for the program. Not here: the ones that are always about the receiver itself (SEGV,
 * PIPE, XCPU, …), and those whose default does no harm (WINCH, URG; a terminal sends WINCH to the program itself).
 */
static const int forwarded[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
                                SIGPOLL, SIGVTALRM, SIGPROF, SIGPWR,  SIGTSTP, SIGCONT};
enum { FORWARDED = sizeof forwarded / sizeof forwarded[0] };

static volatile sig_atomic_t child; /* 0 while there is none to forward to */

/* Everything about signals that the program must get as we got it. */
struct inherited {
    struct sigaction action[NSIG];
    sigset_t caught, mask;
};

/*
 * Keys typed at a terminal signal its whole foreground group, the program included: passing those on would deliver them twice.
 * They come from the kernel. A hangup does too, but may be for the session's leader alone.
 */
static void forward(int number, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    bool typed = info->si_code == SI_KERNEL && (number == SIGINT || number == SIGQUIT || number == SIGTSTP);
    bool from_child = info->si_code <= 0 && info->si_pid == child;
    if (child > 0 && !typed && !from_child)
        kill((pid_t)child, number);
    errno = error;
}

static void catch_all(struct inherited *before)
{
    struct sigaction ours = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&before->caught);
    for (int i = 0; i < FORWARDED; i++)
        sigaddset(&before->caught, forwarded[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        sigaddset(&before->caught, number);
    ours.sa_mask = before->caught;
    /* Blocked until the child's number is known, and in the child until its dispositions are back. */
    sigprocmask(SIG_BLOCK, &before->caught, &before->mask);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&before->caught, number) == 1)
            sigaction(number, &ours, &before->action[number]);
    /* With SIGCHLD ignored, as we may have inherited it, there would be nothing to wait for. */
    signal(SIGCHLD, SIG_DFL);
}

static void restore(const struct inherited *before, const struct sigaction *on_child)
{
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&before->caught, number) == 1)
            sigaction(number, &before->action[number], NULL);
    sigaction(SIGCHLD, on_child, NULL);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/*
 * Pipes that we inherited must not stay open through us once the program has closed them: whoever reads or writes the other end
 * would wait for ever. Of the standard streams we need stderr.
 */
static void let_go(int keep)
{
#ifdef SYS_close_range
    if (keep > 3)
        syscall(SYS_close_range, 3u, (unsigned)keep - 1, 0u);
    syscall(SYS_close_range, (unsigned)(keep < 3 ? 3 : keep + 1), ~0u, 0u);
#endif
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (null > STDERR_FILENO)
        close(null);
}

/* The child: exec, or tell why not. */
static void become(char *const argv[], int report)
{
    execvp(argv[0], argv);
    int error = errno;
    while (write(report, &error, sizeof error) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* The errno of a failed exec; 0 when the pipe closed because exec succeeded. */
static int exec_result(int pipe)
{
    int error = 0;
    ssize_t got;
    while ((got = read(pipe, &error, sizeof error)) < 0 && errno == EINTR)
        ;
    close(pipe);
    return got == (ssize_t)sizeof error ? error : 0;
}

/*
 * The program stopped. Under a terminal we stop too, so that the shell sees it and can go on (SIGCONT is passed on). Without one
 * nobody would wake us together with it, so we keep waiting. SIGTSTP, since the kernel drops it where no shell is left.
 */
static void stop_as_well(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (terminal < 0)
        return;
    close(terminal);
    struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
    sigaction(SIGTSTP, &standard, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}

/* The number must not be forwarded to once it is free for others: seen dead first, then forgotten, then reaped. */
static void wait_for(pid_t pid, struct launch *out)
{
    siginfo_t seen;
    for (;;) {
        seen.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &seen, WEXITED | WSTOPPED | WNOWAIT) != 0) {
            if (errno == EINTR)
                continue;
            break;
        }
        if (seen.si_code != CLD_STOPPED)
            break;
        if (waitid(P_PID, (id_t)pid, &seen, WSTOPPED | WNOHANG) == 0 && seen.si_pid == pid)
            stop_as_well();
    }
    child = 0;
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    out->status = out->signal ? 128 + out->signal : WEXITSTATUS(status);
}

bool launch(char *const argv[], void (*started)(void *context, const struct launch *launch), void *context, struct launch *out)
{
    struct inherited before;
    struct sigaction on_child;
    int report[2];
    memset(out, 0, sizeof *out);
    if (pipe2(report, O_CLOEXEC) != 0) {
        out->exec_errno = errno;
        return false;
    }
    sigaction(SIGCHLD, NULL, &on_child);
    catch_all(&before);
    out->started_ns = clock_wall_ns();
    uint64_t from = clock_ns();
    pid_t pid = fork();
    if (pid == 0) {
        restore(&before, &on_child);
        become(argv, report[1]);
    }
    out->exec_errno = pid < 0 ? errno : 0;
    if (pid > 0) {
        out->pid = pid;
        child = pid;
        sigprocmask(SIG_UNBLOCK, &before.caught, NULL);
        close(report[1]);
        let_go(report[0]);
        out->exec_errno = exec_result(report[0]);
        if (out->exec_errno == 0)
            started(context, out);
        wait_for(pid, out);
        out->ns = clock_ns() - from;
    }
    restore(&before, &on_child);
    return out->exec_errno == 0;
}
