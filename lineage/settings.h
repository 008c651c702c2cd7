/*
 * Settings (settings.def): command line over BLASE_* environment over ~/.config/blase/config over defaults. A wrong value is one
 * clear line on stderr and is ignored. Plain data after settings_load; load once.
 */
#ifndef BLASE_LINEAGE_SETTINGS_H
#define BLASE_LINEAGE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reuse_level { REUSE_NONE, REUSE_FULL };
enum trace_level { TRACE_AUTO, TRACE_ALL, TRACE_OFF };
enum cache_policy { POLICY_COSTSIZE, POLICY_LRU, POLICY_HEIGHT };
enum { SETTING_TEXT_MAX = 4096 };

/* An amount, or a percentage of something that is only known where it is used. */
struct share {
    uint64_t bytes;
    double percent; /* below 0: it is `bytes` */
};

struct settings {
    enum reuse_level reuse;
    enum trace_level trace;
    enum cache_policy policy;
    bool verify;
    bool quiet;
    bool dedup;
    bool check_finite;
    bool capture;
    uint64_t memory;
    uint64_t lineage_memory;
    struct share spill_limit;
    char spill[SETTING_TEXT_MAX];
    char log[SETTING_TEXT_MAX];
};

enum setting_kind { SETTING_LEVEL, SETTING_TRACE, SETTING_FLAG, SETTING_SIZE, SETTING_SHARE, SETTING_POLICY, SETTING_TEXT };
struct setting_info {
    const char *name, *fallback, *help;
    enum setting_kind kind;
};
extern const struct setting_info setting_table[];
extern const int setting_count;

/* Reads defaults, the configuration file and the environment; says what is wrong on stderr when `complain`. */
void settings_load(struct settings *settings, bool complain);

/* Sets one by name, with _ or -; false if the name is unknown or the value does not fit (settings unchanged). */
bool settings_set(struct settings *settings, const char *name, const char *value);

/* The environment variable of a setting: BLASE_ and the name in capitals. */
void settings_variable(const char *name, char *out, size_t size);

/* The command line's name for it: - for _. */
void settings_option(const char *name, char *out, size_t size);

uint64_t share_of(struct share share, uint64_t whole);

/* The value as text, for the log's header. */
void settings_value(const struct settings *settings, const char *name, char *out, size_t size);

const char *reuse_level_name(enum reuse_level level);
const char *cache_policy_name(enum cache_policy policy);

#endif
