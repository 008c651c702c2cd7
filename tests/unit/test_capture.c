/* Captured leaves: what is stored comes back, whatever its form; what is damaged does not; failures end capturing only. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lineage/capture.h"
#include "tests/unit/scratch.h"

TestSuite(capture, .init = scratch_make, .fini = scratch_remove);

static struct capture *c;
static double matrix[64 * 64];

static struct view square(int part)
{
    for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++)
        matrix[i] = (double)i + 0.25;
    return (struct view){
        .base = (char *)matrix, .rows = 50, .cols = 50, .ld = 64, .element = 8, .type = 'd', .part = (uint8_t)part};
}

static int files(void)
{
    DIR *d = opendir(path_of(CAPTURE_DIRECTORY));
    int count = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d)
        closedir(d);
    return count;
}

static const char *file_of(struct fp fp)
{
    char name[64];
    snprintf(name, sizeof name, CAPTURE_DIRECTORY "/%016llx%016llx", (unsigned long long)fp.hi, (unsigned long long)fp.lo);
    return path_of(name);
}

static void comes_back(struct view v)
{
    struct view back;
    struct fp fp = fingerprint(&v);
    cr_assert(capture_leaf(c, &v, fp));
    cr_assert_eq(capture_load(directory, fp, &back), CAPTURED, "part %d", v.part);
    cr_assert_eq(view_bytes(&back), view_bytes(&v));
    size_t size = view_bytes(&v);
    char *a = malloc(size + 1), *b = malloc(size + 1);
    view_pack(&v, a);
    view_pack(&back, b);
    cr_expect_arr_eq(a, b, size);
    free(a);
    free(b);
    free(back.base);
}

Test(capture, parts_vectors_and_odd_shapes_come_back)
{
    c = capture_new(directory);
    for (int part = PART_FULL; part <= PART_STRICT_LOWER; part++) {
        struct view v = square(part);
        comes_back(v);
        v.rows = 60, v.cols = 3;
        comes_back(v);
        v.rows = 3, v.cols = 60;
        comes_back(v);
    }
    struct view v = square(PART_FULL);
    v.vector = true, v.rows = 1, v.cols = 20, v.ld = 3;
    comes_back(v);
    v.base += 19 * 3 * 8, v.ld = -3;
    comes_back(v);
    v = square(PART_FULL);
    v.ld = v.rows = 64, v.cols = 64; /* one gapless run */
    comes_back(v);
    static char large[3 * 100000];
    v = (struct view){.base = large, .rows = 70000, .cols = 1, .ld = 70000, .element = 4, .type = 'i', .part = PART_FULL};
    comes_back(v);
    capture_free(c);
}

Test(capture, once_each_and_private)
{
    struct stat is;
    struct view v = square(PART_FULL);
    struct fp fp = fingerprint(&v);
    c = capture_new(directory);
    struct capture *other = capture_new(directory); /* as another process has it */
    cr_expect(capture_leaf(c, &v, fp) && capture_leaf(c, &v, fp) && capture_leaf(other, &v, fp));
    cr_expect_eq(files(), 1);
    cr_assert_eq(stat(file_of(fp), &is), 0);
    cr_expect_eq(is.st_mode & 0777, 0600);
    cr_expect_eq(is.st_size, CAPTURE_HEADER + 50 * 50 * 8);
    cr_assert_eq(stat(path_of(CAPTURE_DIRECTORY), &is), 0);
    cr_expect_eq(is.st_mode & 0777, 0700);
    v.rows = 0;
    cr_expect(capture_leaf(c, &v, fingerprint(&v)), "nothing to store");
    cr_expect_eq(files(), 1);
    capture_free(c);
    capture_free(other);
}

/* Every byte changed, every length cut: never taken for the content. */
Test(capture, damaged_files_are_refused)
{
    struct view v = square(PART_LOWER), back;
    v.rows = v.cols = 6;
    struct fp fp = fingerprint(&v);
    c = capture_new(directory);
    cr_assert(capture_leaf(c, &v, fp));
    char good[CAPTURE_HEADER + 21 * 8 + 1];
    FILE *f = fopen(file_of(fp), "rb");
    size_t size = fread(good, 1, sizeof good, f);
    fclose(f);
    cr_assert_eq(size, CAPTURE_HEADER + 21 * 8);
    for (size_t i = 0; i < 2 * size + 2; i++) {
        char bad[sizeof good];
        size_t length = i < size ? i : size + (i == 2 * size);
        memcpy(bad, good, size);
        if (i >= size && i < 2 * size)
            bad[i - size] = (char)(bad[i - size] ^ 0x41);
        f = fopen(file_of(fp), "wb");
        fwrite(bad, 1, i == 2 * size + 1 ? size : length, f);
        fclose(f);
        size_t at = i - size;
        bool padding = i >= size && ((at >= sizeof CAPTURE_MAGIC && at < 16) || (at >= 36 && at < 40) || (at >= 56 && at < 64));
        enum captured want = i == 2 * size + 1 || padding ? CAPTURED : CAPTURED_DAMAGED;
        cr_expect_eq(capture_load(directory, fp, &back), want, "case %zu", i);
        free(back.base);
    }
    cr_expect_eq(capture_load(directory, (struct fp){1, 2}, &back), CAPTURED_NOT);
    cr_expect_eq(capture_load("/nonexistent", fp, &back), CAPTURED_NOT);
    capture_free(c);
}

/* What claims to be larger than any memory asks for none. */
Test(capture, absurd_shapes_are_refused)
{
    struct view v = square(PART_LOWER), back;
    struct fp fp = fingerprint(&v);
    static const int64_t shapes[][2] = {
        {INT64_MAX, 1}, {1, INT64_MAX}, {-1, -2500}, {0, 0}, {(int64_t)1 << 40, (int64_t)1 << 40}};
    c = capture_new(directory);
    cr_assert(capture_leaf(c, &v, fp));
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        FILE *f = fopen(file_of(fp), "r+b");
        fseek(f, 40, SEEK_SET);
        fwrite(shapes[i], sizeof shapes[i], 1, f);
        fclose(f);
        cr_expect_eq(capture_load(directory, fp, &back), CAPTURED_DAMAGED, "shape %zu", i);
    }
    capture_free(c);
}

Test(capture, stops_at_the_limit_of_file_sizes)
{
    struct view v = square(PART_FULL), small = square(PART_FULL);
    const struct rlimit limit = {CAPTURE_HEADER + 1000, CAPTURE_HEADER + 1000};
    small.rows = small.cols = 5;
    c = capture_new(directory);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect(capture_leaf(c, &small, fingerprint(&small)));
    cr_expect_not(capture_leaf(c, &v, fingerprint(&v)), "and no SIGXFSZ");
    cr_expect_not(capture_leaf(c, &small, fingerprint(&small)), "it has ended");
    cr_expect_eq(files(), 1);
    capture_free(c);
}

Test(capture, unusable_places_end_it)
{
    struct view v = square(PART_FULL);
    char long_name[6000];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    const char *const places[] = {"/proc/nowhere", "/dev/null/run", long_name};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        c = capture_new(places[i]);
        cr_expect_not(capture_leaf(c, &v, fingerprint(&v)));
        capture_free(c);
    }
    c = capture_new(path_of("made/on/demand"));
    cr_expect(capture_leaf(c, &v, fingerprint(&v)));
    capture_free(c);
}

/* Killed at any moment: what has a leaf's name is whole. */
Test(capture, killed_while_writing)
{
    static double big[400000];
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();
        if (child == 0) {
            c = capture_new(directory);
            for (int i = 0;; i++) {
                struct view v = {
                    .base = (char *)big, .rows = 400000, .cols = 1, .ld = 400000, .element = 8, .type = 'd', .part = PART_FULL};
                big[i % 400000] = round + i + 1;
                capture_leaf(c, &v, fingerprint(&v));
            }
        }
        usleep(1000 + (useconds_t)round * 1700);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    DIR *d = opendir(path_of(CAPTURE_DIRECTORY));
    int whole = 0;
    cr_assert_not_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        unsigned long long hi, lo;
        struct view back;
        if (e->d_name[0] == '.' || sscanf(e->d_name, "%16llx%16llx", &hi, &lo) != 2)
            continue;
        cr_expect_eq(capture_load(directory, (struct fp){lo, hi}, &back), CAPTURED);
        free(back.base);
        whole++;
    }
    closedir(d);
    cr_expect_gt(whole, 0);
}
