#define _GNU_SOURCE
#include "tools/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lineage/log_format.h"
#include "tools/memory.h"

/* Three significant digits, never an exponent, and no "1000" that should have been the next unit. */
static struct short_text scaled(double value, const char *const *units, int count, double step)
{
    int unit = 0;
    for (; unit + 1 < count && fabs(value) >= 999.5; unit++)
        value /= step;
    int decimals = fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
    struct short_text out;
    snprintf(out.s, sizeof out.s, "%.*f %s", value == floor(value) && unit == 0 ? 0 : decimals, value, units[unit]);
    return out;
}

struct short_text text_ns(double nanoseconds)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    if (nanoseconds == 0)
        return (struct short_text){"0 s"};
    return scaled(nanoseconds, units, 4, 1000);
}

struct short_text text_bytes(double bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    return scaled(bytes, units, 7, 1024);
}

struct short_text text_time(uint64_t wall_ns)
{
    struct short_text out;
    time_t seconds = (time_t)(wall_ns / 1000000000u);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc))
        memset(&utc, 0, sizeof utc);
    size_t used = strftime(out.s, sizeof out.s, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out.s + used, sizeof out.s - used, ".%03uZ", (unsigned)(wall_ns / 1000000u % 1000u));
    return out;
}

struct short_text text_fp(struct fp fp)
{
    struct short_text out;
    snprintf(out.s, sizeof out.s, "%016llx%016llx", (unsigned long long)fp.hi, (unsigned long long)fp.lo);
    return out;
}

struct short_text text_real(double value)
{
    struct short_text out;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out.s, sizeof out.s, "%.*g", digits, value);
        if (strtod(out.s, NULL) == value)
            break;
    }
    return out;
}

struct short_text text_float(float value)
{
    struct short_text out;
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(out.s, sizeof out.s, "%.*g", digits, (double)value);
        if (strtof(out.s, NULL) == value)
            break;
    }
    return out;
}

struct short_text text_thousands(uint64_t count)
{
    char digits[24];
    struct short_text out;
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), used = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            out.s[used++] = ',';
        out.s[used++] = digits[i];
    }
    out.s[used] = 0;
    return out;
}

struct short_text text_count(uint64_t count, const char *one, const char *many)
{
    struct short_text out;
    snprintf(out.s, sizeof out.s, "%llu %s", (unsigned long long)count, count == 1 ? one : many);
    return out;
}

/* Bytes of the UTF-8 sequence at `p`, 0 if it is none (overlong forms and surrogates are none). */
static int utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    int length = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) ||
               (p[0] == 0xf4 && p[1] >= 0x90);
    return bad ? 0 : length;
}

/* C0, DEL, and C1 (which terminals obey too). */
static bool control(const unsigned char *p)
{
    return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

static char *repaired(const char *text, bool controls_go)
{
    const unsigned char *p = (const unsigned char *)text;
    char *out = must_alloc(strlen(text) * 3 + 1, 1), *to = out;
    while (*p) {
        int length = utf8_length(p);
        if (length == 0) {
            to = stpcpy(to, "\xef\xbf\xbd");
            p++;
        } else if (controls_go && control(p)) {
            *to++ = '?';
            p += length;
        } else {
            memcpy(to, p, (size_t)length);
            to += length;
            p += length;
        }
    }
    return out;
}

char *text_clean(const char *text)
{
    return repaired(text, true);
}

char *text_utf8(const char *text)
{
    return repaired(text, false);
}

/* Writes the argument as one word of the shell; returns where it ends. */
static char *quoted(char *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    if (*word && strspn(word, plain) == strlen(word))
        return stpcpy(to, word);
    *to++ = '\'';
    for (; *word; word++)
        if (*word == '\'')
            to = stpcpy(to, "'\\''");
        else
            *to++ = *word;
    *to++ = '\'';
    return to;
}

char *text_command(char *const argv[])
{
    size_t size = 1;
    for (int i = 0; argv[i]; i++)
        size += strlen(argv[i]) * 4 + 3;
    char *line = must_alloc(size, 1), *to = line;
    for (int i = 0; argv[i]; i++) {
        if (i)
            *to++ = ' ';
        to = quoted(to, argv[i]);
    }
    *to = 0;
    return line;
}

const char *text_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *text_part(uint64_t part)
{
    static const char *const names[] = {"none", "full", "upper", "lower", "strict upper", "strict lower"};
    return part < sizeof names / sizeof names[0] ? names[part] : "?";
}

const char *text_outcome(uint64_t outcome)
{
    static const char *const names[] = {"miss", "hit", "partial", "wait", "unprobed"};
    return outcome < sizeof names / sizeof names[0] ? names[outcome] : "?";
}

const char *text_unkept(uint64_t unkept)
{
    static const char *const names[] = {"kept", "off", "rule", "overlap", "info", "changed", "size", "memory", "worth", "slow"};
    return unkept < sizeof names / sizeof names[0] ? names[unkept] : "?";
}
