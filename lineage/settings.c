#include "lineage/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lineage/memory_limit.h"

#define SETTING(name, kind, fallback, help) {#name, fallback, help, SETTING_##kind},
const struct setting_info setting_table[] = {
#include "lineage/settings.def"
};
#undef SETTING
const int setting_count = (int)(sizeof setting_table / sizeof setting_table[0]);

const char *reuse_level_name(enum reuse_level level)
{
    return level == REUSE_FULL ? "full" : "none";
}

static const char *const policy_names[] = {"costsize", "lru", "height"};

const char *cache_policy_name(enum cache_policy policy)
{
    return policy_names[policy];
}

static void *field(struct settings *s, const char *name)
{
    const struct {
        const char *name;
        void *at;
    } fields[] = {{"reuse", &s->reuse},
                  {"trace", &s->trace},
                  {"verify", &s->verify},
                  {"memory", &s->memory},
                  {"policy", &s->policy},
                  {"log", s->log},
                  {"quiet", &s->quiet},
                  {"spill", s->spill},
                  {"spill_limit", &s->spill_limit},
                  {"dedup", &s->dedup},
                  {"check_finite", &s->check_finite},
                  {"capture", &s->capture},
                  {"lineage_memory", &s->lineage_memory}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].at;
    return NULL;
}

static bool parse_choice(const char *value, const char *first, const char *second, int *out)
{
    if (strcmp(value, first) == 0)
        *out = 0;
    else if (strcmp(value, second) == 0)
        *out = 1;
    else
        return false;
    return true;
}

static const char *const trace_levels[] = {[TRACE_AUTO] = "auto", [TRACE_ALL] = "all", [TRACE_OFF] = "off"};

static bool parse_trace(const char *value, enum trace_level *out)
{
    for (size_t i = 0; i < sizeof trace_levels / sizeof trace_levels[0]; i++)
        if (strcmp(value, trace_levels[i]) == 0) {
            *out = (enum trace_level)i;
            return true;
        }
    return false;
}

static bool parse_policy(const char *value, enum cache_policy *out)
{
    for (size_t i = 0; i < sizeof policy_names / sizeof policy_names[0]; i++)
        if (strcmp(value, policy_names[i]) == 0) {
            *out = (enum cache_policy)i;
            return true;
        }
    return false;
}

static bool parse_flag(const char *value, bool *out)
{
    static const char *const words[] = {"0", "1", "no", "yes", "off", "on", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(value, words[i]) == 0) {
            *out = i % 2;
            return true;
        }
    return false;
}

static bool parse_share(const char *value, struct share *out)
{
    char *end;
    errno = 0;
    double number = strtod(value, &end);
    if (end == value || errno || !(number >= 0))
        return false;
    double scale = 1;
    if (*end == '%') {
        if (number > 100 || end[1])
            return false;
        *out = (struct share){0, number};
        return true;
    }
    if (*end) {
        const char *units = "KMGT", *unit = strchr(units, toupper((unsigned char)*end));
        if (!unit)
            return false;
        for (const char *u = units; u <= unit; u++)
            scale *= 1024;
        end++;
        if (*end == 'i')
            end++;
        if (*end == 'B' || *end == 'b')
            end++;
    }
    if (*end || number * scale > 9e18)
        return false;
    *out = (struct share){(uint64_t)(number * scale), -1};
    return true;
}

uint64_t share_of(struct share share, uint64_t whole)
{
    return share.percent < 0 ? share.bytes : (uint64_t)((double)whole / 100 * share.percent);
}

static bool parse_size(const char *value, uint64_t *out)
{
    struct share share;
    if (!parse_share(value, &share))
        return false;
    *out = share_of(share, share.percent < 0 ? 0 : memory_limit(""));
    return true;
}

static bool parse(const struct setting_info *info, const char *value, void *at)
{
    int choice;
    switch (info->kind) {
    case SETTING_LEVEL:
        if (!parse_choice(value, "none", "full", &choice))
            return false;
        *(enum reuse_level *)at = (enum reuse_level)choice;
        return true;
    case SETTING_TRACE:
        return parse_trace(value, at);
    case SETTING_POLICY:
        return parse_policy(value, at);
    case SETTING_FLAG:
        return parse_flag(value, at);
    case SETTING_SIZE:
        return parse_size(value, at);
    case SETTING_SHARE:
        return parse_share(value, at);
    default:
        if (strlen(value) >= SETTING_TEXT_MAX)
            return false;
        strcpy(at, value);
        return true;
    }
}

static bool same_name(const char *name, const char *given)
{
    for (; *name && (*name == *given || (*name == '_' && *given == '-')); name++)
        given++;
    return !*name && !*given;
}

bool settings_set(struct settings *settings, const char *name, const char *value)
{
    for (int i = 0; i < setting_count; i++)
        if (same_name(setting_table[i].name, name))
            return parse(&setting_table[i], value, field(settings, setting_table[i].name));
    return false;
}

void settings_variable(const char *name, char *out, size_t size)
{
    snprintf(out, size, "BLASE_%s", name);
    for (char *p = out; *p; p++)
        *p = (char)toupper((unsigned char)*p);
}

void settings_option(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s", name);
    for (char *p = out; *p; p++)
        *p = *p == '_' ? '-' : *p;
}

static void try_set(struct settings *settings, const char *name, const char *value, const char *where, bool complain)
{
    if (!settings_set(settings, name, value) && complain)
        fprintf(stderr, "blase: %s: '%s' is not a value for '%s'; ignored\n", where, value, name);
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size && strchr(" \t\r\n", text[size - 1]))
        text[--size] = 0;
    return text;
}

/* `name = value`; # starts a comment at the beginning of a line or after a blank. */
static void load_line(struct settings *settings, char *line, const char *path, bool complain)
{
    for (char *hash = strchr(line, '#'); hash; hash = strchr(hash + 1, '#'))
        if (hash == line || hash[-1] == ' ' || hash[-1] == '\t')
            *hash = 0;
    char *name = trimmed(line), *equals = strchr(name, '=');
    if (!*name)
        return;
    if (!equals) {
        if (complain)
            fprintf(stderr, "blase: %s: '%s' is not 'name = value'; ignored\n", path, name);
        return;
    }
    *equals = 0;
    name = trimmed(name);
    try_set(settings, name, trimmed(equals + 1), path, complain);
}

static void load_file(struct settings *settings, bool complain)
{
    char path[SETTING_TEXT_MAX], line[SETTING_TEXT_MAX];
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (base && *base)
        snprintf(path, sizeof path, "%s/blase/config", base);
    else if (home && *home)
        snprintf(path, sizeof path, "%s/.config/blase/config", home);
    else
        return;
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        load_line(settings, line, path, complain);
    fclose(file);
}

void settings_load(struct settings *settings, bool complain)
{
    memset(settings, 0, sizeof *settings);
    for (int i = 0; i < setting_count; i++)
        settings_set(settings, setting_table[i].name, setting_table[i].fallback);
    load_file(settings, complain);
    for (int i = 0; i < setting_count; i++) {
        char variable[64];
        settings_variable(setting_table[i].name, variable, sizeof variable);
        const char *value = getenv(variable);
        if (value && *value)
            try_set(settings, setting_table[i].name, value, variable, complain);
    }
}

void settings_value(const struct settings *s, const char *name, char *out, size_t size)
{
    if (strcmp(name, "reuse") == 0)
        snprintf(out, size, "%s", reuse_level_name(s->reuse));
    else if (strcmp(name, "trace") == 0)
        snprintf(out, size, "%s", trace_levels[s->trace]);
    else if (strcmp(name, "policy") == 0)
        snprintf(out, size, "%s", cache_policy_name(s->policy));
    else if (strcmp(name, "memory") == 0)
        snprintf(out, size, "%llu", (unsigned long long)s->memory);
    else if (strcmp(name, "verify") == 0)
        snprintf(out, size, "%d", s->verify);
    else if (strcmp(name, "quiet") == 0)
        snprintf(out, size, "%d", s->quiet);
    else if (strcmp(name, "dedup") == 0)
        snprintf(out, size, "%d", s->dedup);
    else if (strcmp(name, "check_finite") == 0)
        snprintf(out, size, "%d", s->check_finite);
    else if (strcmp(name, "capture") == 0)
        snprintf(out, size, "%d", s->capture);
    else if (strcmp(name, "lineage_memory") == 0)
        snprintf(out, size, "%llu", (unsigned long long)s->lineage_memory);
    else if (strcmp(name, "spill") == 0)
        snprintf(out, size, "%s", s->spill);
    else if (strcmp(name, "spill_limit") == 0 && s->spill_limit.percent >= 0)
        snprintf(out, size, "%.12g%%", s->spill_limit.percent);
    else if (strcmp(name, "spill_limit") == 0)
        snprintf(out, size, "%llu", (unsigned long long)s->spill_limit.bytes);
    else
        snprintf(out, size, "%s", s->log);
}
