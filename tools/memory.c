#define _GNU_SOURCE
#include "tools/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int memory_exit_status = 1;

static void *must(void *got)
{
    if (!got) {
        fputs("blase: out of memory\n", stderr);
        exit(memory_exit_status);
    }
    return got;
}

void *must_alloc(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size));
}

void *must_grow(void *old, size_t count, size_t size)
{
    return must(count > SIZE_MAX / size ? NULL : realloc(old, count * size));
}

void *must_append(void *array, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;
    return full ? must_grow(array, count ? count * 2 : 1, size) : array;
}

char *must_copy(const char *text)
{
    return must(strdup(text));
}

char *must_print(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return must(text);
}
