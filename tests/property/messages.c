/*
 * The error reporters of BLAS, CBLAS and LAPACKE. The executable's definitions override the libraries': the reference's would end
 * the program, and what they are told is part of what a call does.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include "tests/property/property.h"

char messages[1024];
bool messages_pass_on;

void xerbla_(const char *name, const int32_t *info, size_t length);
void cblas_xerbla(int32_t info, const char *name, const char *form, ...);
void LAPACKE_xerbla(const char *name, int32_t info);

void messages_clear(void)
{
    messages[0] = 0;
}

static void note(const char *kind, const char *name, size_t length, int info)
{
    size_t used = strlen(messages);
    snprintf(messages + used, sizeof messages - used, " %s(%.*s,%d)", kind, (int)length, name, info);
}

static size_t trimmed(const char *name, size_t length)
{
    size_t end = 0;
    while (end < length && end < 24 && name[end] && name[end] != ' ')
        end++;
    return end;
}

void xerbla_(const char *name, const int32_t *info, size_t length)
{
    void (*real)(const char *, const int32_t *, size_t) = NULL;
    note("xerbla", name, trimmed(name, length), *info);
    *(void **)&real = messages_pass_on ? dlsym(RTLD_NEXT, "xerbla_") : NULL;
    if (real)
        real(name, info, length);
}

void cblas_xerbla(int32_t info, const char *name, const char *form, ...)
{
    (void)form;
    note("cblas_xerbla", name, strlen(name), info);
}

void LAPACKE_xerbla(const char *name, int32_t info)
{
    note("LAPACKE_xerbla", name, strlen(name), info);
}
