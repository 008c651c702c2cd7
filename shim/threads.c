#include "shim/threads.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "lineage/clock.h"

static _Atomic(struct thread_state *) all;
static atomic_uint thread_ids;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;
__thread struct thread_state *thread_mine __attribute__((tls_model("initial-exec")));

_Static_assert(offsetof(struct thread_state, tiny.until) == THREAD_UNTIL_TIMED, "the stubs find it there");

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

static uint32_t clock_cost(void)
{
    uint64_t least = UINT32_MAX;
    for (int i = 0; i < 5; i++) {
        uint64_t began = clock_ns(), took = clock_ns() - began;
        least = took < least ? took : least;
    }
    return (uint32_t)least;
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
        t->clock_ns = clock_cost();
        timing_begin(&t->tiny);
        timing_begin(&t->larger);
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
