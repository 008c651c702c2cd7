#define _GNU_SOURCE
#include "lineage/run_home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lineage/log_writer.h"

enum { NAME_LIMIT = 40 };

/* Joins with a check: a path too long for PATH_MAX is not made shorter, it fails. */
static bool join(char out[PATH_MAX], const char *directory, const char *name)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    return length > 0 && length < PATH_MAX;
}

int run_homes(char out[RUN_HOMES][PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int count = 0;
    if (state && *state == '/')
        count += join(out[count], state, "blase/runs");
    else if (home && *home == '/')
        count += join(out[count], home, ".local/state/blase/runs");
    snprintf(out[count], PATH_MAX, "/tmp/blase-%u/runs", (unsigned)getuid());
    return count + 1;
}

bool run_home_prepare(const char *place)
{
    char private[64];
    int length = snprintf(private, sizeof private, "/tmp/blase-%u", (unsigned)getuid());
    if (strncmp(place, private, (size_t)length) == 0 && place[length] == '/') {
        struct stat is;
        if (mkdir(private, 0700) != 0 && errno != EEXIST)
            return false;
        if (lstat(private, &is) != 0)
            return false;
        if (!S_ISDIR(is.st_mode) || is.st_uid != getuid() || (is.st_mode & 022)) {
            errno = EPERM;
            return false;
        }
    }
    return make_directories(place);
}

/* Of characters that need no quoting. */
void run_name(const char *command, int attempt, char *out, size_t size)
{
    char stamp[32], word[NAME_LIMIT + 1];
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc))
        memset(&utc, 0, sizeof utc);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    snprintf(word, sizeof word, "%s", strrchr(command, '/') ? strrchr(command, '/') + 1 : command);
    for (char *p = word; *p; p++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-", *p))
            *p = '_';
    if (attempt == 0)
        snprintf(out, size, "%s-%ld-%s", stamp, (long)getpid(), word);
    else
        snprintf(out, size, "%s-%ld-%s-%d", stamp, (long)getpid(), word, attempt);
}

bool run_home_new(const char *command, char *out, size_t size)
{
    char place[RUN_HOMES][PATH_MAX], name[128];
    int count = run_homes(place);
    run_name(command, 0, name, sizeof name);
    for (int i = 0; i < count; i++)
        if (run_home_prepare(place[i])) {
            int length = snprintf(out, size, "%s/%s", place[i], name);
            return length > 0 && (size_t)length < size;
        }
    *out = 0;
    return false;
}
