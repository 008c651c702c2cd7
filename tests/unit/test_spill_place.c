/*
 * Spill and its surroundings: whatever is wrong with the disk is the end of spilling, never more; nothing stays behind the living
 * or the dead; a child leaves its parent's files alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "tests/unit/spilling.h"

TestSuite(spill_place, .init = scratch_make, .fini = scratch_remove);

/* --- bad disks: in a child with its stderr caught */

/* The child's exit status, or minus the signal; `said` is what it wrote on stderr. */
static int in_child(void (*what)(void), char *said, size_t size)
{
    int ends[2], status;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        what();
        _exit(0);
    }
    close(ends[1]);
    size_t at = 0;
    for (ssize_t got; at < size - 1 && (got = read(ends[0], said + at, size - 1 - at)) > 0;)
        at += (size_t)got;
    said[at] = 0;
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define MUST(condition)                \
    do {                               \
        if (!(condition))              \
            _exit(__LINE__ % 250 + 1); \
    } while (0)

static void expect_lines(const char *said, int lines)
{
    int count = 0;
    for (const char *p = said; *p; p++)
        count += *p == '\n';
    cr_expect(count == lines && (lines == 0 || strncmp(said, "blase: ", 7) == 0), "said: '%s'", said);
}

static struct spill *spill_in(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return spill_new(path, PLENTY, INDEX_BYTES, NULL);
}

static void where_a_file_is(void)
{
    close(open(path_of("taken"), O_CREAT | O_WRONLY, 0600));
    struct spill *s = spill_in("taken");
    errno = EDOM;
    MUST(!offer(s, 1, 1000, DEAR_NS) && !offer(s, 2, 1000, DEAR_NS) && !spill_take(s, key(1), NULL));
    MUST(errno == EDOM);
    spill_free(s);
}

/* As another user where we are root, who may write anywhere. */
static void where_nobody_may_write(void)
{
    MUST(mkdir(path_of("closed"), 0500) == 0);
    MUST(chmod(directory, 0755) == 0);
    MUST(getuid() != 0 || syscall(SYS_setresuid, 65534, 65534, 65534) == 0);
    struct spill *s = spill_in("closed");
    MUST(!offer(s, 1, 1000, DEAR_NS) && !offer(s, 2, 1000, DEAR_NS));
    spill_free(s);
}

/* The directory goes while there are entries: writing ends, reading misses. */
static void where_it_was(void)
{
    char command[600];
    struct spill *s = spill_in("going");
    MUST(offer(s, 1, 1000, DEAR_NS));
    snprintf(command, sizeof command, "rm -r '%s/going'", directory);
    MUST(system(command) == 0);
    MUST(!offer(s, 2, 1000, DEAR_NS) && !offer(s, 3, 1000, DEAR_NS));
    MUST(!spill_take(s, key(1), NULL));
    spill_free(s);
}

Test(spill_place, directories_that_cannot_be_used)
{
    static void (*const ways[])(void) = {where_a_file_is, where_nobody_may_write, where_it_was};
    char said[4096];
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(in_child(ways[i], said, sizeof said), 0, "way %d", i);
        expect_lines(said, 1);
    }
    struct spill *s = spill_new("not/absolute", PLENTY, INDEX_BYTES, NULL);
    cr_expect_not(offer(s, 1, 1000, DEAR_NS));
    spill_free(s);
}

/* A disk of 8 MiB. What is free must not be taken for ours; and when others fill it, writing ends and reading goes on. */
static void on_a_small_disk(void)
{
    struct spill *s = spill_in("small");
    for (uint64_t i = 0; i < 12; i++)
        offer(s, i, 1 << 20, DEAR_NS + i * 1000);
    struct spill_totals t = spill_totals(s);
    MUST(t.used_bytes > 2 << 20 && t.used_bytes <= 4 << 20);
    MUST(free_at(path_of("small")) >= t.used_bytes);
    int fd = open(path_of("small/others"), O_CREAT | O_WRONLY, 0600);
    static char block[65536];
    while (write(fd, block, sizeof block) > 0)
        ;
    MUST(errno == ENOSPC);
    MUST(!offer(s, 100, 1 << 20, DEAR_NS));
    uint64_t left = spill_totals(s).used_bytes;
    MUST(left <= t.used_bytes / 2 + (1 << 16)); /* some of ours went for them */
    int back = 0;
    for (uint64_t i = 0; i < 12; i++)
        back += comes_back(s, i, 1 << 20, DEAR_NS + i * 1000);
    MUST(back >= 1);
    close(fd);
    unlink(path_of("small/others"));
    MUST(offer(s, 101, 1 << 19, DEAR_NS * 2ull)); /* it was refused, not written in vain */
    spill_free(s);
}

/* No room for a single file's inode. */
static void on_a_full_disk(void)
{
    struct spill *s = spill_in("small");
    MUST(offer(s, 1, 1000, DEAR_NS));
    for (int i = 0;; i++) {
        char name[64];
        snprintf(name, sizeof name, "small/%d", i);
        int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);
        if (fd < 0)
            break;
        close(fd);
    }
    MUST(errno == ENOSPC);
    MUST(!offer(s, 2, 1000, DEAR_NS) && !offer(s, 3, 1000, DEAR_NS));
    MUST(comes_back(s, 1, 1000, DEAR_NS));
    spill_free(s);
}

Test(spill_place, full_disks)
{
    char said[4096];
    cr_assert_eq(mkdir(path_of("small"), 0755), 0);
    if (mount("tmpfs", path_of("small"), "tmpfs", 0, "size=8m") != 0)
        cr_skip_test("cannot mount a small disk here: %s", strerror(errno));
    cr_expect_eq(in_child(on_a_small_disk, said, sizeof said), 0);
    expect_lines(said, 0);
    umount(path_of("small"));
    cr_assert_eq(mount("tmpfs", path_of("small"), "tmpfs", 0, "size=8m,nr_inodes=20"), 0);
    cr_expect_eq(in_child(on_a_full_disk, said, sizeof said), 0);
    expect_lines(said, 1);
    umount(path_of("small"));
}

/* SIGXFSZ would end the program. A file below the limit still goes. */
static void files_may_not_grow(void)
{
    struct rlimit limit = {100000, 100000};
    MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    struct spill *s = spill_in("limited");
    MUST(!offer(s, 1, 200000, DEAR_NS) && !spill_take(s, key(1), NULL));
    MUST(offer(s, 2, 50000, DEAR_NS) && comes_back(s, 2, 50000, DEAR_NS));
    limit = (struct rlimit){0, 0};
    MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    MUST(!offer(s, 3, 1000, DEAR_NS) && comes_back(s, 2, 50000, DEAR_NS));
    spill_free(s);
}

/* Nothing ends because a program has all its descriptors in use for a while. */
static void no_descriptors(void)
{
    struct rlimit before, none;
    struct spill *s = spill_in("starved");
    MUST(offer(s, 1, 1000, DEAR_NS));
    MUST(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){3, before.rlim_max};
    MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
    MUST(!offer(s, 2, 1000, DEAR_NS) && !spill_take(s, key(1), NULL));
    MUST(setrlimit(RLIMIT_NOFILE, &before) == 0);
    MUST(offer(s, 2, 1000, DEAR_NS) && comes_back(s, 1, 1000, DEAR_NS) && comes_back(s, 2, 1000, DEAR_NS));
    spill_free(s);
}

/* Programs close what they do not know: nothing of ours is open, and the directory stays locked. */
static void no_descriptor_is_kept(void)
{
    struct spill *s = spill_in("closing");
    int before = dup(STDERR_FILENO);
    close(before);
    MUST(offer(s, 1, 1000, DEAR_NS) && comes_back(s, 1, 1000, DEAR_NS));
    int after = dup(STDERR_FILENO);
    MUST(before == after);
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    MUST(spill_reap(path_of("closing")) == 0);
    MUST(offer(s, 2, 1000, DEAR_NS) && comes_back(s, 1, 1000, DEAR_NS));
    spill_free(s);
}

Test(spill_place, limits_of_the_process)
{
    static void (*const ways[])(void) = {files_may_not_grow, no_descriptors, no_descriptor_is_kept};
    char said[4096];
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(in_child(ways[i], said, sizeof said), 0, "way %d", i);
        expect_lines(said, 0);
    }
}

/* --- who is alive */

static void spill_and_wait(void)
{
    struct spill *s = new_spill();
    MUST(offer(s, 1, 100000, DEAR_NS) && offer(s, 2, 100000, DEAR_NS));
    raise(SIGSTOP);
    _exit(0);
}

Test(spill_place, the_dead_are_cleared_up_after)
{
    pid_t pid = fork();
    if (pid == 0)
        spill_and_wait();
    int status;
    waitpid(pid, &status, WUNTRACED);
    cr_assert(WIFSTOPPED(status));
    cr_expect_eq(each_file(NULL), 2);
    cr_expect_eq(spill_reap(directory), 0, "it is alive, if only just");
    struct spill *s = new_spill();
    cr_expect(offer(s, 9, 1000, DEAR_NS));
    cr_expect_eq(each_file(NULL), 3);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    cr_expect_eq(each_file(NULL), 3);
    cr_expect_eq(spill_reap(directory), 1);
    cr_expect_eq(each_file(NULL), 1);
    cr_expect(comes_back(s, 9, 1000, DEAR_NS), "what is alive was left alone");
    cr_expect_eq(spill_reap(directory), 0);
    spill_free(s);
    cr_expect_eq(directories(), 0);
}

Test(spill_place, the_next_one_clears_up)
{
    pid_t pid = fork();
    if (pid == 0)
        spill_and_wait();
    int status;
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    cr_expect_eq(each_file(NULL), 2);
    struct spill *s = new_spill();
    cr_expect(offer(s, 9, 1000, DEAR_NS));
    cr_expect_eq(each_file(NULL), 1);
    cr_expect_eq(directories(), 1);
    spill_free(s);
}

/* A directory without a lock may be about to get one; what is not ours, or not named like ours, is none of our business. */
Test(spill_place, strangers_are_left_alone)
{
    cr_assert_eq(mkdir(path_of("blase-spill-1-2"), 0700), 0);
    cr_assert_eq(mkdir(path_of("other"), 0700), 0);
    close(open(path_of("blase-spill-notes"), O_CREAT | O_WRONLY, 0600));
    cr_expect_eq(spill_reap(directory), 0);
    cr_expect(access(path_of("blase-spill-1-2"), F_OK) == 0 && access(path_of("other"), F_OK) == 0 &&
              access(path_of("blase-spill-notes"), F_OK) == 0);
    char command[600];
    snprintf(command, sizeof command, "touch -d '2 hours ago' '%s/blase-spill-1-2'", directory);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(spill_reap(directory), 1, "nobody locks it any more");
    if (getuid() == 0) {
        cr_assert_eq(mkdir(path_of("blase-spill-3-4"), 0777), 0);
        close(open(path_of("blase-spill-3-4/lock"), O_CREAT | O_WRONLY, 0600));
        cr_assert_eq(chown(path_of("blase-spill-3-4"), 65534, 65534), 0);
        cr_expect_eq(spill_reap(directory), 0, "another user's");
    }
}

Test(spill_place, removal_is_whole_and_private)
{
    struct stat is;
    char path[512] = "";
    struct spill *s = new_spill();
    umask(0);
    cr_expect(offer(s, 1, 1000, DEAR_NS));
    DIR *d = opendir(directory);
    for (struct dirent *e; (e = readdir(d));)
        if (strncmp(e->d_name, "blase-spill-", 12) == 0)
            snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
    closedir(d);
    cr_assert(stat(path, &is) == 0 && (is.st_mode & 0777) == 0700);
    strcat(path, "/0");
    cr_assert(stat(path, &is) == 0 && (is.st_mode & 0777) == 0600);
    spill_end(s);
    cr_expect_eq(directories(), 0);
    cr_expect_not(offer(s, 2, 1000, DEAR_NS));
    cr_expect_null(spill_take(s, key(1), NULL));
    cr_expect_eq(directories(), 0, "BLAS called after the end makes no new one");
    spill_free(s);
}

/* "auto": below TMPDIR on a disk, not in memory; the home is closed to others and goes when it is empty. */
Test(spill_place, auto_home)
{
    char home[PATH_MAX], want[PATH_MAX];
    setenv("TMPDIR", directory, 1);
    if (!spill_home("auto", home))
        cr_skip_test("no local disk here");
    snprintf(want, sizeof want, "%s/blase-spill-%u", directory, (unsigned)geteuid());
    if (strcmp(home, want) != 0)
        cr_skip_test("%s is on no local disk", directory);
    struct spill *s = spill_new("auto", PLENTY, INDEX_BYTES, NULL);
    struct stat is;
    cr_expect(offer(s, 1, 1000, DEAR_NS) && comes_back(s, 1, 1000, DEAR_NS));
    cr_expect(stat(want, &is) == 0 && (is.st_mode & 0777) == 0700);
    spill_free(s);
    cr_expect(access(want, F_OK) != 0);
    cr_assert(mkdir(want, 0777) == 0 && chmod(want, 0777) == 0);
    strcpy(home, want);
    close(open(strcat(home, "/theirs"), O_CREAT | O_WRONLY, 0600));
    s = spill_new("auto", PLENTY, INDEX_BYTES, NULL);
    cr_expect_not(offer(s, 1, 1000, DEAR_NS), "somebody else's open directory was used");
    spill_free(s);
    setenv("TMPDIR", "/dev/shm", 1);
    cr_expect(!spill_home("auto", home) || strncmp(home, "/dev/shm", 8) != 0, "memory is no disk");
}

/* --- forks */

Test(spill_place, a_child_leaves_its_parents_files)
{
    struct spill *s = new_spill();
    cr_expect(offer(s, 1, 1000, DEAR_NS));
    bool held = spill_before_fork(s);
    pid_t pid = fork();
    if (pid == 0) {
        spill_after_fork(s, held, true);
        MUST(!spill_take(s, key(1), NULL));
        MUST(spill_totals(s).spills == 0 && each_file(NULL) == 1);
        MUST(offer(s, 2, 1000, DEAR_NS) && comes_back(s, 2, 1000, DEAR_NS));
        MUST(each_file(NULL) == 2 && directories() == 2);
        spill_free(s);
        MUST(each_file(NULL) == 1);
        _exit(0);
    }
    spill_after_fork(s, held, false);
    int status;
    waitpid(pid, &status, 0);
    cr_expect_eq(status, 0, "child: %x", (unsigned)status);
    cr_expect_eq(each_file(NULL), 1);
    cr_expect(comes_back(s, 1, 1000, DEAR_NS));
    cr_expect(offer(s, 3, 1000, DEAR_NS));
    spill_free(s);
    cr_expect_eq(directories(), 0);
}

/* A child that lives on does not keep its dead parent's directory alive. */
Test(spill_place, a_child_does_not_hold_the_lock)
{
    int ends[2];
    char word;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct spill *s = new_spill();
        MUST(offer(s, 1, 1000, DEAR_NS));
        bool held = spill_before_fork(s);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            spill_after_fork(s, held, true);
            MUST(write(ends[1], "x", 1) == 1);
            sleep(5);
            _exit(0);
        }
        for (;;)
            pause();
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &word, 1), 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    cr_expect_eq(spill_reap(directory), 1);
}

/* Forked while another thread was in the middle of things: nothing is spilled in the child, and it never waits. */
Test(spill_place, a_child_of_a_broken_moment)
{
    struct spill *s = new_spill();
    cr_expect(offer(s, 1, 1000, DEAR_NS));
    pid_t pid = fork();
    if (pid == 0) {
        uint64_t began = clock_ns();
        spill_after_fork(s, false, true);
        MUST(!offer(s, 2, 1000, DEAR_NS) && !spill_take(s, key(1), NULL));
        spill_end(s);
        MUST(clock_ns() - began < 1000000000 && each_file(NULL) == 1);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    cr_expect_eq(status, 0);
    cr_expect(comes_back(s, 1, 1000, DEAR_NS));
    spill_free(s);
}
