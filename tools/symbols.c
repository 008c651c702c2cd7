#define _GNU_SOURCE
#include "tools/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/memory.h"

/* More than any object has; a file that claims more lies. */
enum { SYMBOL_NAME = 256 };
static const uint64_t TABLE_BYTES_MAX = 1u << 30;

struct file {
    int fd;
    uint64_t size;
};

/* `size` bytes of the file in memory of their own, or NULL. */
static void *load(const struct file *f, uint64_t at, uint64_t size)
{
    if (!size || size > TABLE_BYTES_MAX || at > f->size || size > f->size - at)
        return NULL;
    char *data = must_alloc(size, 1);
    for (uint64_t got = 0; got < size;) {
        ssize_t more = pread(f->fd, data + got, size - got, (off_t)(at + got));
        if (more <= 0) {
            free(data);
            return NULL;
        }
        got += (uint64_t)more;
    }
    return data;
}

/* Where the object begins in memory by its own count: 0 for libraries, 0x400000 or so for a program that cannot be moved. */
static uint64_t beginning(const struct file *f, const ElfW(Ehdr) * head)
{
    uint64_t first = UINT64_MAX;
    if (head->e_phentsize != sizeof(ElfW(Phdr)))
        return 0;
    ElfW(Phdr) *part = load(f, head->e_phoff, (uint64_t)head->e_phnum * sizeof *part);
    for (unsigned i = 0; part && i < head->e_phnum; i++)
        if (part[i].p_type == PT_LOAD && part[i].p_vaddr < first)
            first = part[i].p_vaddr;
    free(part);
    return first == UINT64_MAX ? 0 : first & ~(uint64_t)(4096 - 1);
}

static bool is_function(const ElfW(Sym) * sym)
{
    int type = sym->st_info & 0xf; /* the same in either word size */
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && sym->st_shndx != SHN_UNDEF && sym->st_size;
}

static void add_symbol(struct symbols *s, const ElfW(Sym) * sym, uint64_t base, const char *names, uint64_t names_size)
{
    if (!is_function(sym) || sym->st_name >= names_size || sym->st_value < base)
        return;
    uint64_t from = sym->st_value - base;
    size_t length = strnlen(names + sym->st_name, names_size - sym->st_name);
    if (!length || length >= SYMBOL_NAME || length == names_size - sym->st_name || from + sym->st_size < from)
        return;
    s->symbol = must_append(s->symbol, s->count, sizeof *s->symbol);
    s->symbol[s->count++] = (struct symbol){from, from + sym->st_size, must_copy(names + sym->st_name)};
}

static void add_table(struct symbols *s, const struct file *f, const ElfW(Shdr) * table, const ElfW(Shdr) * strings,
                      uint64_t base)
{
    if (table->sh_entsize != sizeof(ElfW(Sym)))
        return;
    ElfW(Sym) *sym = load(f, table->sh_offset, table->sh_size);
    char *names = load(f, strings->sh_offset, strings->sh_size);
    for (uint64_t i = 0; sym && names && i < table->sh_size / sizeof *sym; i++)
        add_symbol(s, &sym[i], base, names, strings->sh_size);
    free(sym);
    free(names);
}

/* The first table of a kind. */
static void add_section(struct symbols *s, const struct file *f, const ElfW(Ehdr) * head, const ElfW(Shdr) * section,
                        uint32_t kind)
{
    for (unsigned i = 0; i < head->e_shnum && !s->count; i++)
        if (section[i].sh_type == kind && section[i].sh_link < head->e_shnum)
            add_table(s, f, &section[i], &section[section[i].sh_link], beginning(f, head));
}

static int by_place(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void read_file(struct symbols *s, const struct file *f)
{
    ElfW(Ehdr) *head = load(f, 0, sizeof *head);
    bool good = head && memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
                head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
                head->e_shentsize == sizeof(ElfW(Shdr));
    ElfW(Shdr) *section = good ? load(f, head->e_shoff, (uint64_t)head->e_shnum * sizeof *section) : NULL;
    if (section) {
        add_section(s, f, head, section, SHT_SYMTAB);
        add_section(s, f, head, section, SHT_DYNSYM);
    }
    free(section);
    free(head);
    if (s->count)
        qsort(s->symbol, s->count, sizeof *s->symbol, by_place);
}

void symbols_read(struct symbols *s, const char *path)
{
    struct stat is;
    struct file f = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    *s = (struct symbols){0};
    if (f.fd < 0)
        return;
    if (fstat(f.fd, &is) == 0 && S_ISREG(is.st_mode)) {
        f.size = (uint64_t)is.st_size;
        read_file(s, &f);
    }
    close(f.fd);
}

void symbols_free(struct symbols *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->symbol[i].name);
    free(s->symbol);
    *s = (struct symbols){0};
}

const struct symbol *symbols_at(const struct symbols *s, uint64_t offset)
{
    size_t low = 0, high = s->count;
    while (low < high) { /* the last that begins before `offset` */
        size_t middle = low + (high - low) / 2;
        if (s->symbol[middle].from < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low && offset <= s->symbol[low - 1].to ? &s->symbol[low - 1] : NULL;
}
