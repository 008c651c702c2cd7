/* Settings: environment over file over defaults; a wrong value is one line and the default. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lineage/settings.h"
#include "tests/unit/scratch.h"

static void away(void)
{
    static const char *const names[] = {"BLASE_REUSE",  "BLASE_TRACE", "BLASE_VERIFY", "BLASE_MEMORY",
                                        "BLASE_POLICY", "BLASE_LOG",   "BLASE_QUIET",  "XDG_CONFIG_HOME"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    scratch_make();
    setenv("HOME", directory, 1);
}

TestSuite(settings, .init = away, .fini = scratch_remove);

static void write_config(const char *under, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, under);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/blase", directory, under);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/blase/config", directory, under);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

/* Loads, and returns what was said on stderr. */
static const char *load(struct settings *s, bool complain)
{
    static char said[8192];
    FILE *file = tmpfile();
    int keep = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    settings_load(s, complain);
    fflush(stderr);
    dup2(keep, STDERR_FILENO);
    close(keep);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = 0;
    fclose(file);
    return said;
}

static int lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static uint64_t ram(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE);
}

static void expect_defaults(const struct settings *s)
{
    cr_expect_eq(s->reuse, REUSE_FULL);
    cr_expect_eq(s->trace, TRACE_AUTO);
    cr_expect_eq(s->policy, POLICY_COSTSIZE);
    cr_expect_not(s->verify);
    cr_expect_not(s->quiet);
    cr_expect_str_eq(s->log, "");
    cr_expect(s->memory >= ram() / 20 - 1 && s->memory <= ram() / 20 + 1, "5 %% of RAM is %lu", (unsigned long)s->memory);
}

Test(settings, defaults)
{
    struct settings s;
    memset(&s, 0xEE, sizeof s);
    cr_expect_str_eq(load(&s, true), "");
    expect_defaults(&s);
    unsetenv("HOME");
    cr_expect_str_eq(load(&s, true), "");
    expect_defaults(&s);
    setenv("HOME", directory, 1);
}

Test(settings, environment)
{
    struct settings s;
    setenv("BLASE_REUSE", "none", 1);
    setenv("BLASE_TRACE", "all", 1);
    setenv("BLASE_VERIFY", "yes", 1);
    setenv("BLASE_QUIET", "On", 1);
    setenv("BLASE_MEMORY", "3M", 1);
    setenv("BLASE_LOG", "/some where", 1);
    cr_expect_str_eq(load(&s, true), "");
    cr_expect(s.reuse == REUSE_NONE && s.trace == TRACE_ALL && s.verify && s.quiet && s.memory == 3u << 20);
    cr_expect_str_eq(s.log, "/some where");
    setenv("BLASE_REUSE", "", 1);
    cr_expect_str_eq(load(&s, true), "");
    cr_expect_eq(s.reuse, REUSE_FULL, "an empty variable is none");
}

Test(settings, file)
{
    struct settings s;
    write_config(".config", "# comment\n\nreuse = none\n  memory=2G # and more\ntrace =all\nlog = /tmp/x\nquiet = 1");
    cr_expect_str_eq(load(&s, true), "");
    cr_expect(s.reuse == REUSE_NONE && s.memory == 2ull << 30 && s.trace == TRACE_ALL && s.quiet && !s.verify);
    cr_expect_str_eq(s.log, "/tmp/x");
    setenv("BLASE_REUSE", "full", 1);
    load(&s, true);
    cr_expect(s.reuse == REUSE_FULL && s.trace == TRACE_ALL, "the environment goes over the file");
}

Test(settings, file_under_xdg)
{
    struct settings s;
    char path[256];
    write_config(".config", "reuse = none\n");
    write_config("other", "trace = all\n");
    snprintf(path, sizeof path, "%s/other", directory);
    setenv("XDG_CONFIG_HOME", path, 1);
    load(&s, true);
    cr_expect(s.reuse == REUSE_FULL && s.trace == TRACE_ALL);
}

Test(settings, wrong_values_in_the_environment)
{
    static const char *const wrong[][2] = {{"BLASE_REUSE", "Full"}, {"BLASE_TRACE", "alll"}, {"BLASE_VERIFY", "2"},
                                           {"BLASE_MEMORY", "5 G"}, {"BLASE_QUIET", "y"},    {"BLASE_REUSE", "full "},
                                           {"BLASE_POLICY", "LRU"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct settings s;
        setenv(wrong[i][0], wrong[i][1], 1);
        const char *said = load(&s, true);
        cr_expect_eq(lines(said), 1, "said: %s", said);
        cr_expect(strncmp(said, "blase: ", 7) == 0 && strstr(said, wrong[i][0]) && strstr(said, wrong[i][1]), "said: %s", said);
        expect_defaults(&s);
        cr_expect_str_eq(load(&s, false), "", "silence was asked for");
        unsetenv(wrong[i][0]);
    }
}

Test(settings, wrong_lines_in_the_file)
{
    struct settings s;
    write_config(".config", "reuse = fast\ncolour = red\ntrace = all\n");
    const char *said = load(&s, true);
    cr_expect_eq(lines(said), 2, "said: %s", said);
    cr_expect(strstr(said, "fast") && strstr(said, "colour"), "said: %s", said);
    cr_expect(s.reuse == REUSE_FULL && s.trace == TRACE_ALL, "the good lines count");
}

/* A line that is no `name = value` is wrong too, and a value may hold spaces. */
Test(settings, malformed_lines_in_the_file)
{
    struct settings s;
    write_config(".config", "reuse none\n");
    cr_expect_eq(lines(load(&s, true)), 1, "a line without = was passed over in silence");
    write_config(".config", "Reuse = none\n");
    cr_expect_eq(lines(load(&s, true)), 1, "an unknown name was passed over in silence");
    write_config(".config", "log = /tmp/two words\n");
    load(&s, true);
    cr_expect_str_eq(s.log, "/tmp/two words", "the value was cut");
}

Test(settings, files_that_are_none)
{
    struct settings s;
    char path[256];
    write_config(".config", "");
    snprintf(path, sizeof path, "%s/.config/blase/config", directory);
    unlink(path);
    mkdir(path, 0755);
    load(&s, true);
    expect_defaults(&s);
    rmdir(path);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    for (int i = 0; i < 3000; i++)
        cr_assert_eq(write(fd, "\xff\x00=reuse\x01", 9), 9);
    close(fd);
    load(&s, false);
    expect_defaults(&s);
}

Test(settings, sizes)
{
    static const struct {
        const char *text;
        uint64_t want;
    } good[] = {{"0", 0},           {"1", 1},           {"1024", 1024}, {"1K", 1024},   {"2k", 2048},  {"3M", 3u << 20},
                {"1.5G", 3u << 29}, {"2T", 2ull << 40}, {"4KB", 4096},  {"4KiB", 4096}, {"4Ki", 4096}, {"1e3", 1000}};
    struct settings s = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(settings_set(&s, "memory", good[i].text), "%s is refused", good[i].text);
        cr_expect_eq(s.memory, good[i].want, "%s is %lu", good[i].text, (unsigned long)s.memory);
    }
    static const char *const bad[] = {"",     "K",   "-1",  "-5%", "101%",  "5%%",      "5%x", "1KK",  "1X",   "nan", "inf",
                                      "1e30", "12 ", "1iB", "G1",  "1.2.3", "8388608T", "0x",  "five", "1K B", "-nan"};
    s.memory = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(settings_set(&s, "memory", bad[i]), "'%s' is taken for %lu", bad[i], (unsigned long)s.memory);
        cr_expect_eq(s.memory, 77);
        s.memory = 77;
    }
    cr_expect(settings_set(&s, "memory", "100%"));
    cr_expect(s.memory >= ram() - 4096 && s.memory <= ram() + 4096);
    cr_expect(settings_set(&s, "memory", "0%"));
    cr_expect_eq(s.memory, 0);
}

Test(settings, flags)
{
    static const char *const yes[] = {"1", "yes", "on", "true", "TRUE"}, *const no[] = {"0", "no", "off", "false", "Off"};
    struct settings s = {0};
    for (int i = 0; i < 5; i++) {
        cr_expect(settings_set(&s, "verify", yes[i]) && s.verify, "%s", yes[i]);
        cr_expect(settings_set(&s, "verify", no[i]) && !s.verify, "%s", no[i]);
    }
    s.verify = true;
    cr_expect(!settings_set(&s, "verify", "") && !settings_set(&s, "verify", "10") && s.verify);
}

Test(settings, policies)
{
    struct settings s = {0};
    for (enum cache_policy policy = POLICY_COSTSIZE; policy <= POLICY_HEIGHT; policy++)
        cr_expect(settings_set(&s, "policy", cache_policy_name(policy)) && s.policy == policy);
    cr_expect_not(settings_set(&s, "policy", "fifo"));
    cr_expect_eq(s.policy, POLICY_HEIGHT);
}

Test(settings, names_and_long_texts)
{
    struct settings s = {0}, before;
    char text[SETTING_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    text[SETTING_TEXT_MAX - 1] = 0;
    cr_expect(settings_set(&s, "log", text));
    cr_expect_str_eq(s.log, text);
    before = s;
    text[SETTING_TEXT_MAX - 1] = 'x';
    text[SETTING_TEXT_MAX] = 0;
    cr_expect_not(settings_set(&s, "log", text), "one too long");
    cr_expect_not(settings_set(&s, "", "1"));
    cr_expect_not(settings_set(&s, "logs", "1"));
    cr_expect_not(settings_set(&s, "LOG", "1"));
    cr_expect_eq(memcmp(&s, &before, sizeof s), 0, "changed all the same");
}

/* What a value prints as sets the same value again; each setting has a variable and a help line. */
Test(settings, every_setting_round_trips)
{
    struct settings s, t;
    char text[SETTING_TEXT_MAX], variable[64];
    load(&s, true);
    settings_set(&s, "reuse", "none");
    settings_set(&s, "trace", "all");
    settings_set(&s, "quiet", "1");
    settings_set(&s, "verify", "1");
    settings_set(&s, "memory", "123456789");
    settings_set(&s, "policy", "height");
    settings_set(&s, "log", "off");
    memset(&t, 0, sizeof t);
    for (int i = 0; i < setting_count; i++) {
        const char *name = setting_table[i].name;
        settings_value(&s, name, text, sizeof text);
        cr_expect(settings_set(&t, name, text), "%s = %s", name, text);
        settings_variable(name, variable, sizeof variable);
        cr_expect(strncmp(variable, "BLASE_", 6) == 0 && strcasecmp(variable + 6, name) == 0 &&
                  strpbrk(variable, "abcdefghijklmnopqrstuvwxyz") == NULL);
        cr_expect(strlen(setting_table[i].help) > 10);
        cr_expect(settings_set(&t, name, setting_table[i].fallback), "the default of %s is wrong", name);
        settings_set(&t, name, text);
    }
    cr_expect(t.reuse == s.reuse && t.trace == s.trace && t.quiet == s.quiet && t.verify == s.verify && t.memory == s.memory);
    cr_expect_eq(t.policy, POLICY_HEIGHT);
    cr_expect_str_eq(t.log, "off");
    settings_value(&s, "memory", text, 4);
    cr_expect_str_eq(text, "123", "cut to the room there is");
    cr_expect(settings_set(&s, "trace", "off") && s.trace == TRACE_OFF);
    settings_value(&s, "trace", text, sizeof text);
    cr_expect_str_eq(text, "off");
    cr_expect_not(settings_set(&s, "trace", "none"));
    cr_expect_eq(s.trace, TRACE_OFF);
    cr_expect_str_eq(reuse_level_name(REUSE_FULL), "full");
    cr_expect_str_eq(reuse_level_name(REUSE_NONE), "none");
}
