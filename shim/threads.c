#include "shim/threads.h"

#include <pthread.h>
#include <stdlib.h>

static _Atomic(struct thread_state *) all;
static atomic_uint thread_ids;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;
static __thread struct thread_state *mine __attribute__((tls_model("initial-exec")));

static void leave(void *block)
{
    mine = NULL;
    atomic_store(&((struct thread_state *)block)->taken, false);
}

static void make_key(void)
{
    have_key = pthread_key_create(&at_thread_end, leave) == 0;
}

static struct thread_state *take_free(void)
{
    for (struct thread_state *t = atomic_load(&all); t; t = t->next) {
        bool taken = false;
        if (atomic_compare_exchange_strong(&t->taken, &taken, true))
            return t;
    }
    return NULL;
}

static struct thread_state *join(void)
{
    pthread_once(&once, make_key);
    struct thread_state *t = take_free();
    if (!t) {
        t = calloc(1, sizeof *t);
        if (!t)
            return NULL;
        atomic_init(&t->taken, true);
        struct thread_state *head = atomic_load(&all);
        do
            t->next = head;
        while (!atomic_compare_exchange_weak(&all, &head, t));
    }
    t->id = atomic_fetch_add(&thread_ids, 1);
    mine = t;
    if (have_key)
        pthread_setspecific(at_thread_end, t);
    return t;
}

struct thread_state *thread_state(void)
{
    return mine ? mine : join();
}

void threads_sum(struct log_counters *c, struct log_op_count *ops)
{
    c->nested = 0;
    c->nops = 0;
    c->ops = ops;
    for (struct thread_state *t = atomic_load(&all); t; t = t->next)
        c->nested += atomic_load_explicit(&t->nested, memory_order_relaxed);
    for (int op = 0; op < OP_COUNT; op++) {
        uint64_t calls = 0, idle = 0, timed_calls = 0, timed_ns = 0;
        for (struct thread_state *t = atomic_load(&all); t; t = t->next) {
            calls += atomic_load_explicit(&t->bypass[op].calls, memory_order_relaxed);
            idle += atomic_load_explicit(&t->bypass[op].idle, memory_order_relaxed);
            timed_calls += atomic_load_explicit(&t->bypass[op].timed_calls, memory_order_relaxed);
            timed_ns += atomic_load_explicit(&t->bypass[op].timed_ns, memory_order_relaxed);
        }
        double mean = timed_calls ? (double)timed_ns / (double)timed_calls : 0;
        if (calls)
            ops[c->nops++] = (struct log_op_count){(uint64_t)op, calls, (uint64_t)(mean * (double)(calls - idle))};
    }
}

struct log_passed threads_passed(void)
{
    struct log_passed sum = {{0}};
    for (struct thread_state *t = atomic_load(&all); t; t = t->next)
        for (int i = 0; i < PASSED_REASONS; i++)
            sum.calls[i] += atomic_load_explicit(&t->passed[i], memory_order_relaxed);
    return sum;
}

bool threads_any(void)
{
    for (struct thread_state *t = atomic_load(&all); t; t = t->next)
        for (int op = 0; op < OP_COUNT; op++)
            if (atomic_load_explicit(&t->bypass[op].calls, memory_order_relaxed))
                return true;
    return false;
}

void threads_reset(void)
{
    for (struct thread_state *t = atomic_load(&all); t; t = t->next) {
        atomic_store(&t->nested, 0);
        for (int i = 0; i < PASSED_REASONS; i++)
            atomic_store(&t->passed[i], 0);
        for (int op = 0; op < OP_COUNT; op++) {
            atomic_store(&t->bypass[op].calls, 0);
            atomic_store(&t->bypass[op].idle, 0);
            atomic_store(&t->bypass[op].timed_calls, 0);
            atomic_store(&t->bypass[op].timed_ns, 0);
        }
        if (t != mine)
            atomic_store(&t->taken, false);
    }
}
