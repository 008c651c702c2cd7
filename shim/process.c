#define _GNU_SOURCE
#include "shim/process.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "lineage/fingerprint.h"
#include "lineage/run_home.h"
#include "lineage/say.h"
#include "reuse/budget.h"
#include "shim/entry.h"
#include "shim/threads.h"
#include "shim/unload.h"

#ifndef BLASE_VERSION
#define BLASE_VERSION "0"
#endif

static const uint64_t SNAPSHOT_FIRST_NS = 10000000, SNAPSHOT_PERIOD_NS = 250000000, START_PATIENCE_NS = 1000000000;

enum state { STATE_NEW, STATE_STARTING, STATE_READY, STATE_PASSIVE };
static atomic_int state = STATE_NEW;
static struct process process;
static char run_directory[SETTING_TEXT_MAX];
static atomic_bool ending; /* exit has begun: everything is written at once from here on */
static struct ledger *ledger;
static atomic_int *own; /* not 0 in this process; NULL: the kernel cannot do that */

void process_passive(const char *why)
{
    char line[256];
    if (atomic_exchange(&state, STATE_PASSIVE) == STATE_PASSIVE)
        return;
    snprintf(line, sizeof line, "blase: %s; passing every call through from here on\n", why);
    say_line(line);
}

bool process_is_passive(void)
{
    return atomic_load(&state) == STATE_PASSIVE;
}

/* As an absolute path, because the program may change its directory. */
static void absolute(const char *asked, char out[SETTING_TEXT_MAX])
{
    char here[PATH_MAX];
    if (*asked != '/' && getcwd(here, sizeof here))
        snprintf(out, SETTING_TEXT_MAX, "%.2000s/%.2000s", here, asked);
    else
        snprintf(out, SETTING_TEXT_MAX, "%s", asked);
}

/* Where the log goes. */
static void choose_directory(void)
{
    const char *asked = process.settings.log;
    if (!*asked || strcmp(asked, "off") == 0)
        run_home_new(program_invocation_short_name, run_directory, sizeof run_directory);
    else
        absolute(asked, run_directory);
}

static struct log_writer *new_log(void)
{
    if (strcmp(process.settings.log, "off") == 0)
        return NULL;
    char name[64];
    snprintf(name, sizeof name, "%ld-%llx" LOG_SUFFIX, (long)getpid(), (unsigned long long)clock_wall_ns());
    return log_writer_new(run_directory, name);
}

enum { HEADER_PAIRS = 32, HEADER_TEXT = 4096 };
struct header {
    const char *pairs[HEADER_PAIRS][2];
    int count;
    char text[4 * HEADER_TEXT];
    size_t used;
};

static void header_add(struct header *h, const char *key, const char *value)
{
    size_t size = strlen(value) + 1;
    if (h->count == HEADER_PAIRS || h->used + size > sizeof h->text)
        return;
    memcpy(h->text + h->used, value, size);
    h->pairs[h->count][0] = key;
    h->pairs[h->count++][1] = h->text + h->used;
    h->used += size;
}

static void header_number(struct header *h, const char *key, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    header_add(h, key, text);
}

/* The command line from /proc, arguments joined by spaces. */
static void header_command(struct header *h)
{
    char text[HEADER_TEXT];
    size_t got = 0;
    FILE *file = fopen("/proc/self/cmdline", "re");
    if (file) {
        got = fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    while (got && !text[got - 1])
        got--;
    for (size_t i = 0; i < got; i++)
        if (!text[i])
            text[i] = ' ';
    text[got] = 0;
    header_add(h, "argv", text);
}

static const char *const setting_keys[] = {"setting.reuse",  "setting.trace",          "setting.verify",       "setting.memory",
                                           "setting.policy", "setting.spill",          "setting.spill_limit",  "setting.quiet",
                                           "setting.dedup",  "setting.lineage_memory", "setting.check_finite", "setting.capture"};

static void write_header(void)
{
    struct header *h = calloc(1, sizeof *h);
    struct utsname machine;
    char path[PATH_MAX] = "";
    if (!h)
        return;
    header_add(h, "version", BLASE_VERSION);
    header_number(h, "pid", (uint64_t)getpid());
    header_number(h, "ppid", (uint64_t)getppid());
    header_command(h);
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    header_add(h, "exe", path);
    if (uname(&machine) == 0)
        header_add(h, "host", machine.nodename);
    header_number(h, "uid", (uint64_t)getuid());
    header_number(h, "started_ns", clock_wall_ns());
    header_add(h, "kernel", fingerprint_kernel());
    for (size_t i = 0; i < sizeof setting_keys / sizeof setting_keys[0]; i++) {
        char value[SETTING_TEXT_MAX];
        settings_value(&process.settings, strchr(setting_keys[i], '.') + 1, value, sizeof value);
        header_add(h, setting_keys[i], value);
    }
    lineage_header(process.lineage, (const char *const(*)[2])h->pairs, h->count);
    free(h);
}

static void write_spill(void)
{
    struct spill_totals t = spill_totals(process.spill);
    if (!t.limit_bytes) /* nothing was ever written */
        return;
    const struct log_spill record = {.limit_bytes = t.limit_bytes,
                                     .peak_bytes = t.peak_bytes,
                                     .spills = t.spills,
                                     .restores = t.restores,
                                     .lost = t.lost,
                                     .written_bytes = t.written_bytes,
                                     .write_ns = t.write_ns,
                                     .read_bytes = t.read_bytes,
                                     .read_ns = t.read_ns};
    lineage_spill(process.lineage, &record);
}

static void write_counters(void)
{
    struct log_op_count ops[OP_COUNT];
    struct log_counters c = {.at_ns = clock_ns() - process.start_ns,
                             .verified = atomic_load(&process.verified),
                             .mismatches = atomic_load(&process.mismatches)};
    if (process.cache) {
        const struct cache_totals t = cache_totals(process.cache);
        const uint64_t beside = process.settings.memory - t.budget_bytes; /* what is not the cache's (reuse/budget.h) */
        c.budget_bytes = process.settings.memory;
        c.used_bytes = t.used_bytes + beside;
        c.peak_bytes = t.peak_bytes + beside;
        c.entries = t.entries;
        c.evictions = t.evictions;
    }
    threads_sum(&c, ops);
    lineage_counters(process.lineage, &c);
    const struct log_passed passed = threads_passed();
    lineage_passed(process.lineage, &passed);
    if (process.governor) {
        const struct log_governor books = governor_books(process.governor);
        lineage_governor(process.lineage, &books);
    } else if (process.afford) {
        const struct log_governor books = afford_books(process.afford);
        lineage_governor(process.lineage, &books);
    }
    if (process.spill)
        write_spill();
}

/*
 * A page that any copy of this process, however it was made, finds empty: asking the kernel who we are would take as long as a
 * part of the tracing. A child of vfork, which has our memory, is us as long as it has it.
 */
static void mark_own(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return;
    if (madvise(at, page, MADV_WIPEONFORK) != 0) {
        munmap(at, page);
        return;
    }
    own = at;
    atomic_store(own, 1);
}

bool process_same(struct process *p)
{
    if (own ? atomic_load_explicit(own, memory_order_relaxed) : p->pid == (int)getpid())
        return true;
    process_passive("this process was made by a bare clone");
    return false;
}

/* Early on more often, so that little is missing of a short run that ends without destructors. */
static uint64_t until_next(uint64_t age_ns)
{
    return age_ns < SNAPSHOT_FIRST_NS ? SNAPSHOT_FIRST_NS : age_ns < SNAPSHOT_PERIOD_NS ? age_ns : SNAPSHOT_PERIOD_NS;
}

void process_tick(struct process *p, uint64_t now_ns)
{
    uint_fast64_t due = atomic_load_explicit(&p->next_snapshot_ns, memory_order_relaxed);
    if (atomic_load_explicit(&ending, memory_order_relaxed)) {
        write_counters();
        lineage_flush(p->lineage, false);
    } else if (now_ns >= due &&
               atomic_compare_exchange_strong(&p->next_snapshot_ns, &due, now_ns + until_next(now_ns - p->start_ns))) {
        write_counters();
        lineage_write(p->lineage);
    }
}

/*
 * All that is known goes to the file, and what was spilled from the disk. Not in a child of vfork or of a bare clone: those are
 * its parent's, and the former even has its parent's memory.
 */
static void finish(bool end)
{
    if (atomic_load(&state) != STATE_READY || process.pid != (int)getpid() || atomic_exchange(&ending, true))
        return;
    write_counters();
    lineage_flush(process.lineage, end);
    if (process.spill)
        spill_end(process.spill);
}

/* At once, because a program may fork before its first call: pools of workers do. It takes no memory until it is used. */
__attribute__((constructor)) static void at_load(void)
{
    ledger = ledger_new();
}

__attribute__((destructor)) static void at_unload(void)
{
    finish(true);
}

/*
 * Pool workers leave by _exit, which runs no destructors. Raw system call: the next definition of _exit may not be found this
 * late, and it does nothing else.
 */
BLASE_ENTRY _Noreturn void _exit(int status)
{
    finish(true);
    for (;;)
        syscall(SYS_exit_group, status);
}

BLASE_ENTRY _Noreturn void _Exit(int status)
{
    _exit(status);
}

/* Order of guards around fork: lineage, the cache's shards, the spill. They are held together here only, in the forking thread.
 */
static bool lineage_held, cache_held, spill_held;

static void before_fork(void)
{
    if (atomic_load(&state) != STATE_READY)
        return;
    lineage_held = lineage_before_fork(process.lineage);
    cache_held = process.cache && cache_before_fork(process.cache);
    spill_held = process.spill && spill_before_fork(process.spill);
}

static void after_fork_parent(void)
{
    if (atomic_load(&state) != STATE_READY)
        return;
    if (process.spill)
        spill_after_fork(process.spill, spill_held, false);
    if (process.cache)
        cache_after_fork(process.cache, cache_held, false);
    lineage_after_fork_parent(process.lineage, lineage_held);
}

static void after_fork_child(void)
{
    int now = atomic_load(&state);
    unload_forked();
    if (now == STATE_STARTING) /* the thread that was starting us is not here */
        atomic_store(&state, STATE_PASSIVE);
    if (now != STATE_READY)
        return;
    if (process.spill)
        spill_after_fork(process.spill, spill_held, true);
    if (process.cache)
        cache_after_fork(process.cache, cache_held, true);
    atomic_store(&ending, false);
    process.pid = getpid();
    if (own)
        atomic_store(own, 1);
    process.epoch++;
    process.start_ns = clock_ns();
    lineage_after_fork_child(process.lineage, lineage_held, new_log());
    threads_reset();
    if (process.governor)
        governor_restart(process.governor);
    if (process.afford)
        afford_restart(process.afford);
    atomic_store(&process.crew.busy, false);
    atomic_store(&process.verified, 0);
    atomic_store(&process.mismatches, 0);
    write_header();
}

static void evicted(void *context, struct fp key, struct payload *payload)
{
    const struct process *p = context;
    if ((!p->spill || !spill_offer(p->spill, key, payload)) && p->governor)
        governor_forget(p->governor, payload->keeper);
}

/* The disk behind the cache. Without memory for it all stays as it is. */
static void make_spill(size_t index_bytes)
{
    char where[SETTING_TEXT_MAX] = "auto";
    if (index_bytes == 0)
        return;
    if (strcmp(process.settings.spill, "auto") != 0)
        absolute(process.settings.spill, where);
    process.spill = spill_new(where, process.settings.spill_limit, index_bytes, process.governor);
}

/* A budget that holds no cache is as good as no reuse, and the log's header tells it so. */
static void settle_reuse(bool complain)
{
    char line[256];
    if (!budget_too_small(&process.settings, line, sizeof line))
        return;
    if (complain)
        say_line(line);
    process.settings.reuse = REUSE_NONE;
}

static bool make_cache(void)
{
    const struct budget budget = budget_divide(&process.settings);
    bool governed = process.settings.trace == TRACE_AUTO;
    if (process.settings.trace == TRACE_OFF)
        return true;
    if (process.settings.reuse == REUSE_NONE) {
        process.afford = governed ? afford_new() : NULL;
        return process.afford || !governed;
    }
    process.cache = cache_new(budget.cache, process.settings.policy);
    process.governor = governed ? governor_new(ledger) : NULL;
    if (!process.cache || (governed && !process.governor))
        return false;
    make_spill(budget.spill_index);
    if (process.spill || process.governor)
        cache_on_evict(process.cache, evicted, &process);
    return true;
}

static bool start(void)
{
    const bool complain = !getenv("BLASE_RUN"); /* `blase run` has complained already */
    settings_load(&process.settings, complain);
    settle_reuse(complain);
    choose_directory();
    process.pid = getpid();
    mark_own();
    process.epoch = 1;
    process.start_ns = clock_ns();
    process.lineage = lineage_new(new_log(), process.settings.dedup, process.settings.lineage_memory);
    if (process.settings.capture && strcmp(process.settings.log, "off") != 0)
        process.capture = capture_new(run_directory); /* without memory for it, nothing is captured */
    if (!process.lineage || !make_cache())
        return false;
    lineage_identify(process.lineage, process.settings.trace == TRACE_ALL);
    atomic_store(&process.next_snapshot_ns, process.start_ns + SNAPSHOT_FIRST_NS);
    write_header();
    return pthread_atfork(before_fork, after_fork_parent, after_fork_child) == 0;
}

static __thread bool starting __attribute__((tls_model("initial-exec")));

static struct process *begin(void)
{
    int expected = STATE_NEW;
    if (atomic_compare_exchange_strong(&state, &expected, STATE_STARTING)) {
        int error = errno;
        starting = true;
        if (start())
            atomic_store(&state, STATE_READY);
        else
            process_passive("out of memory at the start");
        starting = false;
        errno = error;
    }
    return atomic_load(&state) == STATE_READY ? &process : NULL;
}

/* Other threads wait for the one that starts us, so that no call goes uncounted; a signal handler within it does not. */
static struct process *wait_for_start(void)
{
    uint64_t began = clock_ns();
    while (!starting && atomic_load(&state) == STATE_STARTING && clock_ns() - began < START_PATIENCE_NS)
        sched_yield();
    return atomic_load(&state) == STATE_READY ? &process : NULL;
}

struct process *process_get(void)
{
    int now = atomic_load_explicit(&state, memory_order_acquire);
    if (now == STATE_READY)
        return &process;
    if (now == STATE_NEW && begin())
        return &process;
    return now == STATE_PASSIVE ? NULL : wait_for_start();
}
