/*
 * Names of code: the functions of an ELF file on disk, from .symtab or, where that was stripped, .dynsym. Trusts nothing in the
 * file: sizes and places are checked before use, and what does not fit is no symbol.
 */
#ifndef BLASE_TOOLS_SYMBOLS_H
#define BLASE_TOOLS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint64_t from, to; /* where its code is, counted from the beginning of the object in memory */
    char *name;
};
struct symbols {
    struct symbol *symbol; /* by `from` */
    size_t count;
};

/* Empty for a file that is none, cannot be read, or has none. */
void symbols_read(struct symbols *s, const char *path);
void symbols_free(struct symbols *s);

/* The function that `offset` is in (a return address may stand at its very end); NULL. */
const struct symbol *symbols_at(const struct symbols *s, uint64_t offset);

#endif
