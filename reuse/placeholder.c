#define _GNU_SOURCE
#include "reuse/placeholder.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lineage/clock.h"

static const uint64_t FIRST_SLEEP_NS = 1000000, LONGEST_SLEEP_NS = 50000000;

/* The thread's claim and where its stack stood then: what runs inside it has lower frames, unless on a stack of its own. */
static __thread struct {
    struct claim claim;
    const char *frame;
} mine __attribute__((tls_model("initial-exec")));

bool placeholder_current(const struct claim *claim)
{
    return claim->at && atomic_load(&claim->at->turn) == claim->turn;
}

struct placeholder *placeholder_find(struct placeholder *slots, int count, struct fp key, uint64_t now)
{
    for (int i = 0; i < count; i++)
        if (slots[i].taken && slots[i].deadline_ns > now && fp_equal(slots[i].key, key))
            return &slots[i];
    return NULL;
}

/* A free slot, or a stale one. */
static struct placeholder *usable(struct placeholder *slots, int count, uint64_t now)
{
    for (int i = 0; i < count; i++)
        if (!slots[i].taken)
            return &slots[i];
    for (int i = 0; i < count; i++)
        if (slots[i].deadline_ns <= now)
            return &slots[i];
    return NULL;
}

static uint64_t patience(uint64_t expected_ns)
{
    uint64_t most = PLACEHOLDER_MOST_NS - PLACEHOLDER_LEAST_NS;
    return PLACEHOLDER_LEAST_NS + (expected_ns < most / PLACEHOLDER_PATIENCE ? expected_ns * PLACEHOLDER_PATIENCE : most);
}

bool placeholder_claim(struct placeholder *slots, int count, struct fp key, uint64_t now, uint64_t expected_ns, const char *frame,
                       struct claim *claim)
{
    struct placeholder *p = usable(slots, count, now);
    if (!p)
        return false;
    p->taken = true;
    p->key = key;
    p->thread = (int)syscall(SYS_gettid);
    p->deadline_ns = now + patience(expected_ns);
    claim->at = p;
    claim->turn = atomic_fetch_add(&p->turn, 1) + 1; /* a stale one's waiters and owner find it gone */
    claim->owned = true;
    claim->deadline_ns = p->deadline_ns;
    mine.claim = *claim;
    mine.frame = frame;
    return true;
}

void placeholder_meet(struct placeholder *p, struct claim *claim)
{
    claim->at = p;
    claim->turn = atomic_load(&p->turn);
    claim->owned = false;
    claim->thread = p->thread;
    claim->deadline_ns = p->deadline_ns;
}

void placeholder_end(struct placeholder *p)
{
    p->taken = false;
    atomic_fetch_add(&p->turn, 1);
}

void placeholder_wake(struct placeholder *p)
{
    int error = errno;
    if (atomic_load(&p->waiters))
        syscall(SYS_futex, &p->turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    errno = error;
}

static bool thread_gone(int thread)
{
    return syscall(SYS_tgkill, getpid(), thread, 0) != 0 && errno == ESRCH;
}

/* The raw call is no cancellation point. */
static void sleep_on(const struct claim *claim, uint64_t ns)
{
    const struct timespec limit = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    syscall(SYS_futex, &claim->at->turn, FUTEX_WAIT_PRIVATE, claim->turn, &limit, NULL, 0);
}

void placeholder_wait(const struct claim *claim, bool *gone)
{
    int error = errno;
    uint64_t sleep = FIRST_SLEEP_NS, now;
    *gone = false;
    atomic_fetch_add(&claim->at->waiters, 1);
    while (placeholder_current(claim) && !*gone && (now = clock_ns()) < claim->deadline_ns) {
        uint64_t left = claim->deadline_ns - now;
        sleep_on(claim, sleep < left ? sleep : left);
        sleep = sleep * 2 < LONGEST_SLEEP_NS ? sleep * 2 : LONGEST_SLEEP_NS;
        *gone = placeholder_current(claim) && thread_gone(claim->thread);
    }
    atomic_fetch_sub(&claim->at->waiters, 1);
    errno = error;
}

bool placeholder_owner(uint64_t now)
{
    return placeholder_current(&mine.claim) && mine.claim.deadline_ns > now;
}

bool placeholder_jumped(const char *frame, struct claim *left)
{
    if (!placeholder_current(&mine.claim) || frame < mine.frame)
        return false;
    *left = mine.claim;
    mine.claim.at = NULL;
    return true;
}
