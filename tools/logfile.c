#include "tools/logfile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/text.h"

static bool cut_magic(const char *path)
{
    char head[LOG_MAGIC_SIZE];
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t got = fread(head, 1, sizeof head, file);
    fclose(file);
    return got < sizeof head && memcmp(head, LOG_MAGIC, got) == 0;
}

bool logfile_open(struct log_reader *log, const char *path)
{
    if (log_open(log, path))
        return true;
    int error = errno;
    bool empty = error == EINVAL && cut_magic(path);
    memset(log, 0, sizeof *log);
    log->truncated = empty;
    errno = error;
    return empty;
}

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0;
}

uint64_t logfile_pid(const char *path)
{
    uint64_t pid;
    return parse_number(text_basename(path), &pid) ? pid : 0;
}

static void add_pair(void *context, const char *key, const char *value)
{
    struct pairs *pairs = context;
    pairs->pair = must_append(pairs->pair, pairs->count, sizeof *pairs->pair);
    pairs->pair[pairs->count++] = (struct pair){must_copy(key), must_copy(value)};
}

void pairs_read(struct pairs *pairs, struct reader *payload)
{
    log_decode_pairs(payload, add_pair, pairs);
}

const char *pairs_get(const struct pairs *pairs, const char *key)
{
    for (size_t i = pairs->count; i-- > 0;)
        if (strcmp(pairs->pair[i].key, key) == 0)
            return pairs->pair[i].value;
    return NULL;
}

uint64_t pairs_number(const struct pairs *pairs, const char *key, uint64_t fallback)
{
    const char *value = pairs_get(pairs, key);
    uint64_t number;
    return value && parse_number(value, &number) ? number : fallback;
}

void pairs_free(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->pair[i].key);
        free(pairs->pair[i].value);
    }
    free(pairs->pair);
    *pairs = (struct pairs){0};
}
