/* The run log's writer: what reaches the kernel when, and what a disk that fails does to the program: one line. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lineage/log_reader.h"
#include "lineage/log_writer.h"
#include "tests/unit/scratch.h"

TestSuite(log_writer, .init = scratch_make, .fini = scratch_remove);

/* What log_writer.h promises: records are in the kernel once the calls behind them took 500 us. */
enum { PATIENCE_NS = 500000 };

static struct bytes payload(size_t size)
{
    struct bytes b = {0};
    char *filler = calloc(1, size);
    put_raw(&b, filler, size);
    free(filler);
    return b;
}

Test(log_writer, file_appears_with_the_first_record)
{
    struct bytes b = payload(10);
    char deep[256];
    snprintf(deep, sizeof deep, "%s/a/b/c", directory);
    struct log_writer *w = log_writer_new(deep, "x.blog");
    cr_expect_eq(size_of("a/b/c/x.blog"), -1);
    log_flush(w);
    cr_expect_eq(size_of("a/b/c/x.blog"), -1);
    cr_expect(log_append(w, LOG_NOTE, &b, PATIENCE_NS));
    cr_expect_eq(size_of("a/b/c/x.blog"), LOG_MAGIC_SIZE + 12);
    cr_expect_eq(log_bytes(w), LOG_MAGIC_SIZE + 12);
    log_close(w);
    bytes_free(&b);
}

/* Buffered while cheap: on disk after 500 us of work behind the records, or 64 KiB of them. */
Test(log_writer, when_records_reach_the_kernel)
{
    struct bytes b = payload(10);
    struct log_writer *w = log_writer_new(directory, "x.blog");
    log_append(w, LOG_NOTE, &b, PATIENCE_NS / 2);
    cr_expect_leq(size_of("x.blog"), LOG_MAGIC_SIZE);
    log_append(w, LOG_NOTE, &b, PATIENCE_NS / 2);
    cr_expect_eq(size_of("x.blog"), LOG_MAGIC_SIZE + 24);
    log_append(w, LOG_NOTE, &b, PATIENCE_NS - 1);
    cr_expect_eq(size_of("x.blog"), LOG_MAGIC_SIZE + 24, "the work is counted anew");
    cr_expect_eq(log_bytes(w), LOG_MAGIC_SIZE + 36);
    log_flush(w);
    cr_expect_eq(size_of("x.blog"), LOG_MAGIC_SIZE + 36);
    for (int i = 0; i < 6000; i++)
        log_append(w, LOG_NOTE, &b, 0);
    cr_expect(size_of("x.blog") >= 64 * 1024 && size_of("x.blog") < (long)log_bytes(w));
    log_close(w);
    cr_expect_eq(size_of("x.blog"), LOG_MAGIC_SIZE + 36 + 12 * 6000);
    bytes_free(&b);
}

Test(log_writer, abandoned_records_are_not_written)
{
    struct bytes b = payload(10);
    struct log_writer *w = log_writer_new(directory, "x.blog");
    log_append(w, LOG_NOTE, &b, PATIENCE_NS);
    log_append(w, LOG_NOTE, &b, 0);
    log_abandon(w);
    cr_expect_eq(size_of("x.blog"), LOG_MAGIC_SIZE + 12);
    log_abandon(log_writer_new(directory, "never.blog"));
    log_close(log_writer_new(directory, "never.blog"));
    cr_expect_eq(size_of("never.blog"), -1);
    bytes_free(&b);
}

/* A program may close every descriptor it does not know, and open files of its own under their numbers. */
Test(log_writer, keeps_no_descriptor)
{
    struct bytes b = payload(10);
    struct log_writer *w = log_writer_new(directory, "x.blog");
    int before = dup(STDERR_FILENO);
    close(before);
    log_append(w, LOG_NOTE, &b, PATIENCE_NS);
    int after = dup(STDERR_FILENO);
    close(after);
    cr_expect_eq(before, after, "descriptor %d is still taken", before);
    log_append(w, LOG_NOTE, &b, PATIENCE_NS);
    cr_expect_eq(size_of("x.blog"), LOG_MAGIC_SIZE + 24, "and the file is found again");
    log_close(w);
    bytes_free(&b);
}

Test(log_writer, does_not_touch_errno)
{
    struct bytes b = payload(10);
    struct log_writer *w = log_writer_new(directory, "x.blog");
    errno = EDOM;
    log_append(w, LOG_NOTE, &b, PATIENCE_NS);
    cr_expect_eq(errno, EDOM);
    log_close(w);
    bytes_free(&b);
}

/* Runs `what` in a child with stderr caught; the exit status, or minus the signal. */
static int child(void (*what)(void), char *said, size_t size)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        what();
        _exit(0);
    }
    close(ends[1]);
    size_t at = 0;
    for (ssize_t got; at < size - 1 && (got = read(ends[0], said + at, size - 1 - at)) > 0;)
        at += (size_t)got;
    said[at] = 0;
    close(ends[0]);
    int status;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void expect_one_line(const char *said)
{
    const char *end = strchr(said, '\n');
    cr_expect(strncmp(said, "blase: ", 7) == 0 && end && end[1] == 0, "said: '%s'", said);
}

static void write_where_a_file_is(void)
{
    struct bytes b = payload(10);
    struct log_writer *w = log_writer_new(directory, "taken");
    if (log_append(w, LOG_NOTE, &b, PATIENCE_NS) || log_append(w, LOG_NOTE, &b, 0) || !log_failed(w))
        _exit(1);
    log_flush(w);
    log_close(w);
}

Test(log_writer, never_writes_over_a_file)
{
    char said[1024];
    FILE *file = fopen(path_of("taken"), "w");
    fputs("mine", file);
    fclose(file);
    cr_expect_eq(child(write_where_a_file_is, said, sizeof said), 0);
    expect_one_line(said);
    cr_expect_eq(size_of("taken"), 4);
}

static void write_below_a_file(void)
{
    struct bytes b = payload(10);
    char below[512];
    snprintf(below, sizeof below, "%s/taken/x", directory);
    struct log_writer *w = log_writer_new(below, "x.blog");
    if (log_append(w, LOG_NOTE, &b, PATIENCE_NS) || !log_failed(w))
        _exit(1);
    log_close(w);
}

Test(log_writer, directory_that_cannot_be_made)
{
    char said[1024];
    fclose(fopen(path_of("taken"), "w"));
    cr_expect_eq(child(write_below_a_file, said, sizeof said), 0);
    expect_one_line(said);
}

static void fill(void)
{
    struct bytes b = payload(1000);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){20000, 20000});
    struct log_writer *w = log_writer_new(directory, "full.blog");
    for (int i = 0; i < 100; i++)
        log_append(w, LOG_NOTE, &b, PATIENCE_NS);
    if (!log_failed(w) || log_append(w, LOG_NOTE, &b, 0))
        _exit(1);
    log_close(w);
}

static void fill_with_the_signal_ignored(void)
{
    signal(SIGXFSZ, SIG_IGN);
    fill();
}

static void check_full(void (*what)(void))
{
    char said[1024];
    struct log_reader r;
    struct log_record record;
    cr_expect_eq(child(what, said, sizeof said), 0, "the program did not survive the end of its log");
    expect_one_line(said);
    cr_assert(log_open(&r, path_of("full.blog")));
    int records = 0;
    while (log_next(&r, &record))
        records++;
    cr_expect_eq(records, 19);
    log_reader_close(&r);
}

Test(log_writer, full_disk)
{
    check_full(fill_with_the_signal_ignored);
}

/* A limit on file sizes (ulimit -f) ends the log, not the program that never writes a large file itself. */
Test(log_writer, limit_on_file_sizes)
{
    check_full(fill);
}

Test(log_writer, paths_that_are_too_long)
{
    struct bytes b = payload(10);
    char *lengthy = malloc(6000);
    memset(lengthy, 'x', 5999);
    lengthy[5999] = 0;
    struct log_writer *w = log_writer_new(lengthy, "x.blog");
    cr_assert_not_null(w);
    cr_expect_not(log_append(w, LOG_NOTE, &b, 0));
    log_close(w);
    errno = 0;
    cr_expect_not(make_directories(lengthy));
    cr_expect_eq(errno, ENAMETOOLONG);
    free(lengthy);
    bytes_free(&b);
}

Test(log_writer, directories)
{
    char path[512];
    struct stat st;
    snprintf(path, sizeof path, "%s/p//q/r/", directory);
    cr_expect(make_directories(path));
    cr_expect(make_directories(path), "again");
    cr_expect(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    cr_expect(make_directories("/tmp"));
    fclose(fopen(path_of("file"), "w"));
    cr_expect_not(make_directories(path_of("file/below")));
}
