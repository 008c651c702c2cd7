#include "shim/threads.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

static _Atomic(struct thread_state *) all;
static atomic_uint thread_ids;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;
__thread struct thread_state *thread_mine __attribute__((tls_model("initial-exec")));

_Static_assert(offsetof(struct thread_state, until_timed) == THREAD_UNTIL_TIMED, "the stubs find it there");

static void leave(void *block)
{
    thread_mine = NULL;
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

struct thread_state *thread_join(void)
{
    pthread_once(&once, make_key);
    struct thread_state *t = take_free();
    if (!t) {
        t = calloc(1, sizeof *t);
        if (!t)
            return NULL;
        atomic_init(&t->taken, true);
        atomic_init(&t->until_timed, 2); /* not the first: it is cold */
        struct thread_state *head = atomic_load(&all);
        do
            t->next = head;
        while (!atomic_compare_exchange_weak(&all, &head, t));
    }
    t->id = atomic_fetch_add(&thread_ids, 1);
    thread_mine = t;
    if (have_key)
        pthread_setspecific(at_thread_end, t);
    return t;
}

/* Half of BYPASS_SAMPLE to one and a half of it, evenly. */
static int32_t next_distance(struct thread_state *t)
{
    t->dice = t->dice * 1664525u + 1013904223u;
    return (int32_t)(BYPASS_SAMPLE / 2 + (t->dice >> 16) % (BYPASS_SAMPLE + 1));
}

bool thread_time_this(struct thread_state *t)
{
    int32_t left = atomic_load_explicit(&t->until_timed, memory_order_relaxed) - 1;
    bool now = left <= 0;
    atomic_store_explicit(&t->until_timed, now ? next_distance(t) : left, memory_order_relaxed);
    return now;
}

static void add_up(struct bypass_count *sum, const struct bypass_count *one)
{
    sum->calls += atomic_load_explicit(&one->calls, memory_order_relaxed);
    sum->idle += atomic_load_explicit(&one->idle, memory_order_relaxed);
    sum->timed_calls += atomic_load_explicit(&one->timed_calls, memory_order_relaxed);
    sum->timed_ns += atomic_load_explicit(&one->timed_ns, memory_order_relaxed);
    sum->sampled_calls += atomic_load_explicit(&one->sampled_calls, memory_order_relaxed);
    sum->sampled_ns += atomic_load_explicit(&one->sampled_ns, memory_order_relaxed);
}

/* Large calls as they were timed; the others by the mean of their sample. */
static uint64_t nanoseconds(const struct bypass_count *c)
{
    double mean = c->sampled_calls ? (double)c->sampled_ns / (double)c->sampled_calls : 0;
    uint64_t known = c->timed_calls + c->idle, others = c->calls > known ? c->calls - known : 0;
    return c->timed_ns + (uint64_t)(mean * (double)others);
}

void threads_sum(struct log_counters *c, struct log_op_count *ops)
{
    c->nested = 0;
    c->nops = 0;
    c->ops = ops;
    for (struct thread_state *t = atomic_load(&all); t; t = t->next)
        c->nested += atomic_load_explicit(&t->nested, memory_order_relaxed);
    for (int op = 0; op < OP_COUNT; op++) {
        struct bypass_count sum = {0};
        for (struct thread_state *t = atomic_load(&all); t; t = t->next)
            add_up(&sum, &t->bypass[op]);
        if (sum.calls)
            ops[c->nops++] = (struct log_op_count){(uint64_t)op, sum.calls, nanoseconds(&sum)};
    }
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
        for (int op = 0; op < OP_COUNT; op++) {
            struct bypass_count *c = &t->bypass[op];
            _Atomic uint64_t *const counts[] = {&c->calls,    &c->idle,          &c->timed_calls,
                                                &c->timed_ns, &c->sampled_calls, &c->sampled_ns};
            for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
                atomic_store(counts[i], 0);
        }
        if (t != thread_mine)
            atomic_store(&t->taken, false);
    }
}
