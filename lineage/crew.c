#define _GNU_SOURCE
#include "lineage/crew.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

enum { STACK_BYTES = 512 * 1024 }; /* the program's static thread-local storage lives there too */

struct task {
    void (*work)(void *context, int64_t i);
    void *context;
    int64_t count;
    _Atomic int64_t next;
};

static void *take_part(void *argument)
{
    struct task *task = argument;
    int64_t i;
    while ((i = atomic_fetch_add_explicit(&task->next, 1, memory_order_relaxed)) < task->count)
        task->work(task->context, i);
    return NULL;
}

static void hold_signals(sigset_t *before)
{
    static const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t held;
    sigfillset(&held);
    for (size_t i = 0; i < sizeof synchronous / sizeof synchronous[0]; i++)
        sigdelset(&held, synchronous[i]);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

static void run_with_helpers(struct task *task, int helpers)
{
    pthread_t thread[CREW_MAX];
    pthread_attr_t attributes;
    int made = 0;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        while (made < helpers && pthread_create(&thread[made], &attributes, take_part, task) == 0)
            made++;
        pthread_attr_destroy(&attributes);
    }
    take_part(task);
    for (int i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
}

void crew_run(struct crew *crew, int threads, int64_t count, void (*work)(void *context, int64_t i), void *context)
{
    struct task task = {.work = work, .context = context, .count = count};
    int helpers = (threads < CREW_MAX ? threads : CREW_MAX) - 1, cancelling;
    if (helpers > count - 1)
        helpers = (int)(count - 1);
    if (helpers < 1 || atomic_exchange(&crew->busy, true)) {
        take_part(&task);
        return;
    }
    sigset_t before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    hold_signals(&before);
    run_with_helpers(&task, helpers);
    atomic_store(&crew->busy, false);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setcancelstate(cancelling, NULL);
}
