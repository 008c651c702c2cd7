/* --format text|json, for verbs that have both. */
#ifndef BLASE_TOOLS_FORMAT_H
#define BLASE_TOOLS_FORMAT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FORMAT_OPTION                          \
    {                                          \
        "format", required_argument, NULL, 'f' \
    } /* of getopt_long */

/* False, with one line on stderr, for another word. */
static inline bool format_is_json(const char *word, bool *json)
{
    *json = strcmp(word, "json") == 0;
    if (*json || strcmp(word, "text") == 0)
        return true;
    fprintf(stderr, "blase: '%s' is not a format: text or json\n", word);
    return false;
}

#endif
