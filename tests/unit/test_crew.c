/* Crews: every part done once, signals and cancellation held off until the end, alone when there are no threads to be had. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lineage/crew.h"

enum { PARTS = 1000 };

static _Atomic int done[PARTS];
static _Atomic int blocked_everywhere = 1;
static pthread_t caller;
static volatile sig_atomic_t handled;

static void do_part(void *context, int64_t i)
{
    cr_assert_eq(context, (void *)done);
    done[i]++;
}

static void all_done_once(void)
{
    for (int i = 0; i < PARTS; i++)
        cr_assert_eq(done[i], 1, "part %d was done %d times", i, done[i]);
}

Test(crew, every_part_once)
{
    struct crew crew = {0};
    for (int threads = 1; threads <= CREW_MAX + 3; threads++) {
        memset((void *)done, 0, sizeof done);
        crew_run(&crew, threads, PARTS, do_part, (void *)done);
        all_done_once();
    }
    crew_run(&crew, 4, 0, do_part, NULL);
    cr_assert_not(crew.busy);
}

Test(crew, a_busy_crew_leaves_the_work_to_the_caller)
{
    struct crew crew = {true};
    crew_run(&crew, 4, PARTS, do_part, (void *)done);
    all_done_once();
    cr_assert(crew.busy, "it is still the other's");
}

static void on_signal(int number)
{
    (void)number;
    handled++;
}

static void signal_caller(void *context, int64_t i)
{
    sigset_t mask;
    (void)context;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    if (!sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGSEGV))
        blocked_everywhere = 0;
    if (i == PARTS / 2)
        pthread_kill(caller, SIGUSR1);
    if (handled)
        blocked_everywhere = 0;
}

Test(crew, signals_wait_until_it_is_done)
{
    struct crew crew = {0};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t before = {{0}}, after = {{0}};
    sigaction(SIGUSR1, &action, NULL);
    caller = pthread_self();
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    crew_run(&crew, 4, PARTS, signal_caller, NULL);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    cr_assert(blocked_everywhere);
    cr_assert_eq(handled, 1);
    cr_assert_eq(memcmp(&before, &after, sizeof before), 0, "the mask is as it was");
}

static void *cancelled_in_a_crew(void *argument)
{
    struct crew crew = {0};
    pthread_cancel(pthread_self());
    crew_run(&crew, 4, PARTS, do_part, (void *)done);
    *(int *)argument = crew.busy ? 0 : 1;
    pthread_testcancel();
    return NULL;
}

Test(crew, cancellation_waits_until_it_is_done)
{
    pthread_t thread;
    void *result;
    int finished = 0;
    cr_assert_eq(pthread_create(&thread, NULL, cancelled_in_a_crew, &finished), 0);
    pthread_join(thread, &result);
    cr_assert_eq(result, PTHREAD_CANCELED);
    cr_assert(finished);
    all_done_once();
}

/* The limit is of the user's processes, which root is exempt from: another user asks, in a process of its own. */
static bool alone_without_threads(void)
{
    struct crew crew = {0};
    struct rlimit none = {0, 0};
    bool limited = setrlimit(RLIMIT_NPROC, &none) == 0 && (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
    crew_run(&crew, 4, PARTS, do_part, (void *)done);
    for (int i = 0; i < PARTS; i++)
        limited = limited && done[i] == 1;
    return limited;
}

Test(crew, without_threads_the_caller_does_it_all)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(alone_without_threads() ? 0 : 1);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}
