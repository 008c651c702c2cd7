#include "tools/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t NUMBER_MASK = ((uint64_t)1 << NAME_THREAD_SHIFT) - 1;

static struct short_text name(const char *what, const char *prefix, uint64_t id)
{
    struct short_text out;
    unsigned long long thread = id >> NAME_THREAD_SHIFT, number = id & NUMBER_MASK;
    if (thread)
        snprintf(out.s, sizeof out.s, "%s%.32s%llu.%llu", what, prefix, thread, number);
    else
        snprintf(out.s, sizeof out.s, "%s%.32s%llu", what, prefix, number);
    return out;
}

struct short_text name_item(const char *prefix, uint64_t id)
{
    return name("#", prefix, id);
}

struct short_text name_leaf(const char *prefix, uint64_t id)
{
    return name("leaf ", prefix, id);
}

/* A whole number that is at most `most`; moves behind it. */
static bool take_number(const char **text, uint64_t most, uint64_t *number)
{
    char *end;
    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && *number <= most;
}

bool name_parse(const char *text, struct name *out)
{
    uint64_t first, second = 0;
    memset(out, 0, sizeof *out);
    out->leaf = strncmp(text, "leaf", 4) == 0;
    if (out->leaf)
        text += 4 + (text[4] == ' ');
    else if (*text == '#')
        text++;
    const char *colon = strchr(text, ':');
    if (colon) {
        if ((size_t)(colon + 1 - text) >= sizeof out->prefix)
            return false;
        memcpy(out->prefix, text, (size_t)(colon + 1 - text));
        text = colon + 1;
    }
    if (!take_number(&text, NUMBER_MASK, &first))
        return false;
    if (*text != '.') {
        out->id = first;
        return *text == 0;
    }
    text++;
    if (first >> (64 - NAME_THREAD_SHIFT) || !take_number(&text, NUMBER_MASK, &second))
        return false;
    out->id = first << NAME_THREAD_SHIFT | second;
    return *text == 0;
}
