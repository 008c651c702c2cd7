/* Names of code out of ELF files, whole and damaged. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/scratch.h"
#include "tools/symbols.h"

TestSuite(symbols, .init = scratch_make, .fini = scratch_remove);

int symbols_landmark(int x);

__attribute__((noinline)) int symbols_landmark(int x)
{
    return x * 3 + 1;
}

static uint64_t offset_here(const void *address)
{
    Dl_info info;
    cr_assert(dladdr(address, &info));
    return (uint64_t)((const char *)address - (const char *)info.dli_fbase);
}

Test(symbols, of_this_program)
{
    struct symbols s;
    uint64_t at = offset_here((const void *)(uintptr_t)symbols_landmark);
    symbols_read(&s, "/proc/self/exe");
    cr_assert(s.count > 10, "%zu symbols", s.count);
    const struct symbol *found = symbols_at(&s, at + 1);
    cr_assert(found, "nothing at %llx", (unsigned long long)at);
    cr_expect_str_eq(found->name, "symbols_landmark");
    cr_expect(found->from == at);
    cr_expect(!symbols_at(&s, UINT64_MAX) && !symbols_at(&s, 0));
    symbols_free(&s);
}

/* A library is stripped, but exports what it is for. */
Test(symbols, of_libc)
{
    struct symbols s;
    Dl_info info;
    void *qsort_there = dlsym(RTLD_DEFAULT, "qsort");
    cr_assert(qsort_there && dladdr(qsort_there, &info));
    symbols_read(&s, info.dli_fname);
    const struct symbol *found = symbols_at(&s, offset_here(qsort_there) + 4);
    cr_assert(found);
    cr_expect_str_eq(found->name, "qsort");
    symbols_free(&s);
}

static void read_and_look(const char *path)
{
    struct symbols s;
    symbols_read(&s, path);
    for (uint64_t offset = 0; offset < 1 << 16; offset += 97) {
        const struct symbol *found = symbols_at(&s, offset);
        cr_assert(!found || (*found->name && found->from < offset && offset <= found->to));
    }
    symbols_free(&s);
}

static char *own_bytes(size_t *size)
{
    FILE *file = fopen("/proc/self/exe", "re");
    cr_assert(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size);
    cr_assert(bytes && fread(bytes, 1, *size, file) == *size);
    fclose(file);
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    cr_assert(file && fwrite(bytes, 1, size, file) == size);
    fclose(file);
}

Test(symbols, of_no_elf_file)
{
    static const char *const paths[] = {"/no/such/file", "/", "/dev/null", "/dev/zero", "/etc/passwd", ""};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct symbols s;
        symbols_read(&s, paths[i]);
        cr_expect(s.count == 0, "%s has symbols", paths[i]);
        symbols_free(&s);
    }
}

Test(symbols, of_damaged_files)
{
    size_t size;
    char *bytes = own_bytes(&size);
    const char *path = path_of("damaged");
    srand(5);
    for (int i = 0; i < 40; i++) {
        write_bytes(path, bytes, (size_t)rand() % size);
        read_and_look(path);
    }
    const ElfW(Ehdr) *head = (const void *)bytes;
    for (int i = 0; i < 60; i++) { /* in the header, and in the table of sections, where sizes and places stand */
        char *copy = malloc(size);
        memcpy(copy, bytes, size);
        for (int k = 0; k < 8; k++) {
            size_t sections = (size_t)head->e_shoff + (size_t)rand() % ((size_t)head->e_shnum * head->e_shentsize);
            copy[k % 2 ? sections : 16 + (size_t)rand() % 48] = (char)rand();
        }
        write_bytes(path, copy, size);
        read_and_look(path);
        free(copy);
    }
    free(bytes);
}
