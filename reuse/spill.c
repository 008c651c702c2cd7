/*
 * When something is written. An evicted entry goes to disk when computing it took longer than writing and reading it back would,
 *
 *     write(bytes) + read(bytes)  <  call_ns,
 *
 * where write and read are (bytes + FILE_BYTES) times a rate: nanoseconds a byte, a moving average over what was measured, from
 * LIMA's 500 and 450 MB/s on. FILE_BYTES stands for what a file costs however short. The rates are those of the page cache as
 * long as the disk keeps up, and the disk's when the kernel makes writers wait. An entry refused for its price lets a rate that
 * is worse than at the start recover a little, so that one bad moment is not for ever. Then the governor must be able to afford
 * the write: it is booked as expected before and corrected afterwards, so that threads do not spend the same money. What removing
 * the file will take, in the end where nobody can book it any more, is booked with it. A read needs no asking, since the hit
 * repays it.
 *
 * A file stays when it has been read, so that evicting its entry again costs nothing; spill_index.h tells what goes when the
 * share of the disk is used up. That share is the limit, or half of what would be free without us if that is less: so our files
 * never take more than they leave, and less and less as others fill the disk.
 *
 * Files are written and removed outside the guard. Readers pin their slot, not their file: it may vanish, and then they miss.
 */
#include "reuse/spill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/clock.h"
#include "lineage/guard.h"
#include "lineage/say.h"
#include "reuse/spill_file.h"
#include "reuse/spill_index.h"
#include "reuse/spill_place.h"

enum { FILE_BYTES = 32 * 1024 };
static const float START_WRITE = 1e9f / 500e6f, START_READ = 1e9f / 450e6f;
static const float LEARNING_RATE = 0.25f, RECOVERY = 0.02f;
static const double REMOVAL = 0.08; /* nanoseconds a byte: 75 ms a GiB, measured on ext4 */

enum place_state { PLACE_NONE, PLACE_MAKING, PLACE_MADE, PLACE_FAILED };
typedef char spill_path[PATH_MAX + 24];

struct spill {
    struct guard guard; /* the index and the totals */
    struct spill_index index;
    struct spill_totals totals;
    struct governor *governor;
    struct share limit;
    _Atomic float write_rate, read_rate;
    atomic_bool ended, closed;   /* nothing more is written; nothing is found either */
    _Atomic uint32_t generation; /* forks since the first process */
    atomic_int place_state;
    struct spill_place place;    /* constant once MADE */
    _Atomic uint64_t most_bytes; /* the limit in bytes, once MADE */
    char where[];
};

static __thread uint64_t thread_ns __attribute__((tls_model("initial-exec")));

uint64_t spill_thread_ns(void)
{
    return thread_ns;
}

struct spill *spill_new(const char *where, struct share limit, size_t index_bytes, struct governor *governor)
{
    struct spill *s = calloc(1, sizeof *s + strlen(where) + 1);
    if (!s)
        return NULL;
    strcpy(s->where, where);
    s->governor = governor;
    s->limit = limit;
    atomic_init(&s->write_rate, START_WRITE);
    atomic_init(&s->read_rate, START_READ);
    if (spill_index_init(&s->index, index_bytes))
        return s;
    spill_free(s);
    return NULL;
}

/* What a transfer of that size should take. */
static uint64_t expected_ns(const _Atomic float *rate, size_t bytes)
{
    return (uint64_t)((double)atomic_load_explicit(rate, memory_order_relaxed) * (double)(bytes + FILE_BYTES));
}

static void learn(_Atomic float *rate, size_t bytes, uint64_t ns)
{
    float now = (float)((double)ns / (double)(bytes + FILE_BYTES)), old = atomic_load_explicit(rate, memory_order_relaxed);
    atomic_store_explicit(rate, old + LEARNING_RATE * (now - old), memory_order_relaxed);
}

static void recover(_Atomic float *rate, float start)
{
    float old = atomic_load_explicit(rate, memory_order_relaxed);
    if (old > start)
        atomic_store_explicit(rate, old + RECOVERY * (start - old), memory_order_relaxed);
}

/* Time of ours since `began`: to the thread's sum, and to the governor, where `booked` of it stands already. */
static void account(struct spill *s, uint64_t began, uint64_t booked)
{
    uint64_t took = clock_ns() - began;
    thread_ns += took;
    if (s->governor)
        governor_spent(s->governor, took - booked);
}

static bool made(const struct spill *s)
{
    return atomic_load_explicit(&s->place_state, memory_order_acquire) == PLACE_MADE;
}

static void end_writing(struct spill *s, const char *what, int error)
{
    char line[PATH_MAX + 256];
    if (atomic_exchange(&s->ended, true) || atomic_load(&s->closed))
        return;
    snprintf(line, sizeof line, "blase: %s %.4000s: %s; going on without\n", what, made(s) ? s->place.path : s->where,
             strerror(error));
    say_line(line);
}

static void path_of(const struct spill *s, uint64_t file, spill_path out)
{
    snprintf(out, sizeof(spill_path), "%s/%llx", s->place.path, (unsigned long long)file);
}

static void remove_file(const struct spill *s, uint64_t file)
{
    spill_path path;
    path_of(s, file, path);
    spill_file_remove(path);
}

/*
 * The directory, made when there is something to write; who makes one clears up after those that could not. That "auto" finds no
 * place is nobody's concern; a directory that was asked for and cannot be had is said.
 */
static bool make_place(struct spill *s)
{
    int none = PLACE_NONE;
    if (!atomic_compare_exchange_strong(&s->place_state, &none, PLACE_MAKING))
        return false;
    spill_reap(s->where);
    uint64_t free_bytes = 0;
    bool good = spill_place_make(&s->place, s->where);
    if (good && spill_place_free(s->place.path, &free_bytes))
        atomic_store(&s->most_bytes, share_of(s->limit, free_bytes));
    else if (strcmp(s->where, "auto") == 0)
        atomic_store(&s->ended, true);
    else
        end_writing(s, "cannot spill to", errno);
    atomic_store(&s->place_state, good ? PLACE_MADE : PLACE_FAILED);
    if (good && atomic_load(&s->closed)) { /* the process ended meanwhile */
        struct spill_place place = s->place;
        spill_place_remove(&place);
        return false;
    }
    return good;
}

static uint64_t limit_now(const struct spill *s, uint64_t free_bytes)
{
    uint64_t half = (free_bytes + s->index.used_bytes) / 2, most = atomic_load_explicit(&s->most_bytes, memory_order_relaxed);
    return half < most ? half : most;
}

/* Is it there already, or being written? Then evicting it once more costs nothing. */
static bool already_there(struct spill *s, struct fp key, const struct payload *p)
{
    if (!guard_enter(&s->guard))
        return false;
    struct spill_slot *slot = spill_index_find(&s->index, key);
    if (slot) {
        slot->used |= atomic_load_explicit(&p->used, memory_order_relaxed);
        spill_index_touch(&s->index, slot);
    }
    guard_leave(&s->guard);
    return slot != NULL;
}

/* A slot for the entry, NULL if there is no room for it; what has to go for it is removed. */
static struct spill_slot *enter(struct spill *s, struct fp key, const struct payload *p, size_t bytes, uint64_t *file)
{
    struct spill_doomed doomed = {.count = 0};
    struct spill_slot *slot = NULL;
    uint64_t free_bytes;
    if (!spill_place_free(s->place.path, &free_bytes)) {
        end_writing(s, "cannot write in", errno);
        return NULL;
    }
    if (!guard_enter(&s->guard))
        return NULL;
    if (!spill_index_find(&s->index, key))
        slot = spill_index_enter(&s->index, key, bytes, p->call_ns, limit_now(s, free_bytes), &doomed);
    if (slot) {
        slot->used = atomic_load_explicit(&p->used, memory_order_relaxed);
        *file = slot->file;
    }
    guard_leave(&s->guard);
    for (int i = 0; i < doomed.count; i++)
        remove_file(s, doomed.files[i]);
    return slot;
}

/* The slot's entry is on disk now, or is not. In a child that was forked meanwhile the slot is nobody's. */
static void written(struct spill *s, struct spill_slot *slot, struct fp checksum, uint64_t took, uint32_t generation, bool good)
{
    if (!guard_enter(&s->guard))
        return;
    if (generation == atomic_load(&s->generation) && !good) {
        spill_index_drop(&s->index, slot);
    } else if (generation == atomic_load(&s->generation)) {
        slot->checksum = checksum;
        slot->state = SPILL_READY;
        s->totals.spills++;
        s->totals.written_bytes += slot->bytes;
        s->totals.write_ns += took;
    }
    guard_leave(&s->guard);
}

static bool write_entry(struct spill *s, struct spill_slot *slot, uint64_t file, struct payload *p)
{
    spill_path path;
    uint32_t generation = atomic_load(&s->generation);
    size_t bytes = payload_image_bytes(p);
    uint64_t began = clock_ns();
    path_of(s, file, path);
    struct fp checksum = fingerprint_bytes(payload_image(p), bytes);
    int error = spill_file_write(path, payload_image(p), bytes);
    uint64_t took = clock_ns() - began;
    if (!error)
        learn(&s->write_rate, bytes, took);
    else if (!spill_file_passing(error))
        end_writing(s, "cannot write in", error);
    written(s, slot, checksum, took, generation, !error);
    if (atomic_load(&s->closed))
        spill_file_remove(path); /* the process ended meanwhile, and its directory may have been removed before */
    return !error;
}

static bool put_on_disk(struct spill *s, struct fp key, struct payload *p)
{
    uint64_t file;
    if (!made(s) && !make_place(s))
        return false;
    struct spill_slot *slot = enter(s, key, p, payload_image_bytes(p), &file);
    return slot && write_entry(s, slot, file, p);
}

bool spill_wants(const struct spill *s, size_t bytes, uint64_t call_ns)
{
    return !atomic_load(&s->closed) && !atomic_load(&s->ended) &&
           expected_ns(&s->write_rate, bytes) + expected_ns(&s->read_rate, bytes) < call_ns;
}

bool spill_offer(struct spill *s, struct fp key, struct payload *p)
{
    size_t bytes = payload_image_bytes(p);
    uint64_t writing = expected_ns(&s->write_rate, bytes), reading = expected_ns(&s->read_rate, bytes);
    uint64_t removing = (uint64_t)((double)bytes * REMOVAL);
    if (atomic_load(&s->closed) || (made(s) && already_there(s, key, p)))
        return !atomic_load(&s->closed);
    if (writing + reading >= p->call_ns) {
        recover(&s->write_rate, START_WRITE);
        recover(&s->read_rate, START_READ);
        return false;
    }
    if (atomic_load(&s->ended) || (s->governor && !governor_affords(s->governor, writing + removing)))
        return false;
    uint64_t began = clock_ns();
    int kept = errno;
    if (s->governor)
        governor_spent(s->governor, writing);
    bool good = put_on_disk(s, key, p);
    errno = kept;
    account(s, began, writing);
    if (s->governor && good)
        governor_spent(s->governor, removing);
    return good;
}

/* What a reader takes along of its slot. */
struct reading {
    struct spill_slot *slot;
    struct fp checksum;
    uint64_t bytes, file;
    uint32_t generation;
    bool used;
};

static bool begin_reading(struct spill *s, struct fp key, struct reading *r)
{
    r->slot = NULL;
    if (!guard_enter(&s->guard))
        return false;
    struct spill_slot *slot = spill_index_find(&s->index, key);
    bool there = slot && slot->state == SPILL_READY, dear = there && expected_ns(&s->read_rate, slot->bytes) < slot->call_ns;
    if (dear) {
        *r = (struct reading){slot, slot->checksum, slot->bytes, slot->file, atomic_load(&s->generation), slot->used};
        slot->pins++;
        slot->used = true;
        spill_index_touch(&s->index, slot);
    }
    guard_leave(&s->guard);
    if (there && !dear)
        recover(&s->read_rate, START_READ);
    return dear;
}

static void end_reading(struct spill *s, const struct reading *r, uint64_t took, int error)
{
    bool lost = error && !spill_file_passing(error);
    if (!guard_enter(&s->guard))
        return;
    if (r->generation == atomic_load(&s->generation)) {
        s->totals.restores += !error;
        s->totals.read_bytes += error ? 0 : r->bytes;
        s->totals.read_ns += took;
        if (lost && r->slot->state == SPILL_READY) {
            spill_index_drop(&s->index, r->slot);
            s->totals.lost++;
        } else {
            lost = false;
        }
        spill_index_unpin(&s->index, r->slot);
    } else {
        lost = false;
    }
    guard_leave(&s->guard);
    if (lost)
        remove_file(s, r->file);
}

/* Reads and checks; 0 or what went wrong. */
static int read_entry(struct spill *s, const struct reading *r, struct payload *p)
{
    spill_path path;
    path_of(s, r->file, path);
    int error = p ? spill_file_read(path, payload_image(p), r->bytes) : ENOMEM;
    if (!error && !fp_equal(fingerprint_bytes(payload_image(p), r->bytes), r->checksum))
        error = EILSEQ;
    if (error && error != EILSEQ && error != ENOENT && !spill_file_passing(error))
        end_writing(s, "cannot read back from", error);
    return error;
}

struct payload *spill_take(struct spill *s, struct fp key, struct room *room)
{
    struct reading r;
    if (!made(s) || atomic_load(&s->closed) || !begin_reading(s, key, &r))
        return NULL;
    uint64_t began = clock_ns();
    int kept = errno;
    struct payload *p = payload_blank(r.bytes, room);
    int error = read_entry(s, &r, p);
    uint64_t took = clock_ns() - began;
    if (!error) {
        learn(&s->read_rate, r.bytes, took);
        atomic_store_explicit(&p->used, r.used, memory_order_relaxed);
    } else if (p) {
        payload_drop(p);
        p = NULL;
    }
    end_reading(s, &r, took, error);
    account(s, began, 0);
    errno = kept;
    return p;
}

struct spill_totals spill_totals(struct spill *s)
{
    struct spill_totals totals = {0};
    if (guard_enter(&s->guard)) {
        totals = s->totals;
        totals.used_bytes = s->index.used_bytes;
        totals.peak_bytes = s->index.peak_bytes;
        guard_leave(&s->guard);
    }
    totals.limit_bytes = atomic_load(&s->most_bytes);
    return totals;
}

void spill_end(struct spill *s)
{
    if (atomic_exchange(&s->closed, true) || !made(s))
        return;
    struct spill_place place = s->place; /* paths stay readable for threads that are still in here */
    int kept = errno;
    spill_place_remove(&place);
    errno = kept;
}

void spill_free(struct spill *s)
{
    spill_end(s);
    spill_index_free(&s->index);
    free(s);
}

bool spill_before_fork(struct spill *s)
{
    return guard_enter(&s->guard);
}

/* The lock on the parent's directory does not come along (MADV_DONTFORK), and its files are none of the child's. */
static void start_anew(struct spill *s)
{
    spill_index_clear(&s->index);
    memset(&s->totals, 0, sizeof s->totals);
    memset(&s->place, 0, sizeof s->place);
    atomic_store(&s->most_bytes, 0);
    atomic_fetch_add(&s->generation, 1);
    atomic_store(&s->place_state, PLACE_NONE);
}

void spill_after_fork(struct spill *s, bool held, bool child)
{
    if (child && held)
        start_anew(s);
    else if (child)
        atomic_store(&s->closed, true); /* the index may be in any state */
    if (child)
        guard_after_fork(&s->guard, held);
    else if (held)
        guard_leave(&s->guard);
}
