/*
 * /proc/self/cgroup names the process's groups, /proc/self/mountinfo where those trees are mounted and from which group down. In
 * a container that shares the machine's group namespace the mount begins at the container's group, so the name is first taken
 * relative to the mount's root; a group that lies outside of what is mounted counts as the mount's root itself.
 */
#include "lineage/memory_limit.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* One tree of control groups that governs memory, and room to work in: on the heap, since a thread's stack may be small. */
struct tree {
    bool v2, found;
    char group[PATH_MAX]; /* the process's, from /proc/self/cgroup */
    char mount[PATH_MAX], mount_root[PATH_MAX];
    char directory[2 * PATH_MAX], line[2 * PATH_MAX], from[PATH_MAX], at[PATH_MAX], options[PATH_MAX];
};

static FILE *open_below(struct tree *tree, const char *root, const char *directory, const char *name)
{
    int length = snprintf(tree->line, sizeof tree->line, "%s%s/%s", root, directory, name);
    return length > 0 && (size_t)length < sizeof tree->line ? fopen(tree->line, "re") : NULL;
}

/* A number in a file of the group; "max", nonsense and no file mean no limit. */
static uint64_t limit_in(struct tree *tree, const char *root, const char *name)
{
    char text[64] = "", *end;
    FILE *file = open_below(tree, root, tree->directory, name);
    if (!file)
        return UINT64_MAX;
    bool got = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    if (!got || *text < '0' || *text > '9')
        return UINT64_MAX;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    return errno || (*end && *end != '\n') ? UINT64_MAX : value;
}

static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == 0 || at[length] == ',' || at[length] == '\n'))
            return true;
    return false;
}

/* Lines `id:controllers:group`; v2's has no controllers. */
static void read_group(struct tree *tree, const char *root)
{
    FILE *file = open_below(tree, root, "/proc/self", "cgroup");
    while (file && !tree->found && fgets(tree->line, sizeof tree->line, file)) {
        char *controllers = strchr(tree->line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = 0;
        controllers++;
        group[strcspn(group, "\n")] = 0;
        tree->found = tree->v2 ? !*controllers && strncmp(tree->line, "0:", 2) == 0 : has_word(controllers, "memory");
        if (tree->found)
            snprintf(tree->group, sizeof tree->group, "%.4000s", group);
    }
    if (file)
        fclose(file);
}

/* mountinfo writes blanks as \040 and the like. */
static void unescape(char *text)
{
    char *out = text;
    for (; *text; text++)
        if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
            *out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text += 3;
        } else {
            *out++ = *text;
        }
    *out = 0;
}

/* Lines `id parent device root mount options [fields] - type source options`. */
static void read_mount(struct tree *tree, const char *root)
{
    FILE *file = open_below(tree, root, "/proc/self", "mountinfo");
    tree->found = false;
    while (file && !tree->found && fgets(tree->line, sizeof tree->line, file)) {
        char type[32];
        const char *rest = strstr(tree->line, " - ");
        if (!rest || sscanf(tree->line, "%*s %*s %*s %4095s %4095s", tree->from, tree->at) != 2 ||
            sscanf(rest, " - %31s %*s %4095s", type, tree->options) != 2)
            continue;
        tree->found = tree->v2 ? strcmp(type, "cgroup2") == 0 : strcmp(type, "cgroup") == 0 && has_word(tree->options, "memory");
        unescape(tree->from);
        unescape(tree->at);
        strcpy(tree->mount, tree->at);
        strcpy(tree->mount_root, strcmp(tree->from, "/") == 0 ? "" : tree->from);
    }
    if (file)
        fclose(file);
}

/* The group as a path below the mount; "" for the mount itself. */
static const char *below_mount(const struct tree *tree)
{
    size_t length = strlen(tree->mount_root);
    const char *group = tree->group;
    bool inside = strncmp(group, tree->mount_root, length) == 0 && (!group[length] || group[length] == '/');
    if (!inside || strstr(group, "/.."))
        return "";
    return strcmp(group + length, "/") == 0 ? "" : group + length;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t limit_of_tree(struct tree *tree, const char *root)
{
    static const char *const v1_files[] = {"memory.limit_in_bytes", NULL}, *const v2_files[] = {"memory.max", "memory.high",
                                                                                                NULL};
    const char *const *files = tree->v2 ? v2_files : v1_files;
    uint64_t limit = UINT64_MAX;
    read_group(tree, root);
    if (tree->found)
        read_mount(tree, root);
    if (!tree->found)
        return limit;
    size_t top = strlen(tree->mount);
    snprintf(tree->directory, sizeof tree->directory, "%s%s", tree->mount, below_mount(tree));
    for (;;) {
        for (int i = 0; files[i]; i++)
            limit = least(limit, limit_in(tree, root, files[i]));
        char *slash = strrchr(tree->directory, '/');
        if (!slash || (size_t)(slash - tree->directory) < top)
            return limit;
        *slash = 0;
    }
}

uint64_t memory_limit_groups(const char *root)
{
    uint64_t limit = UINT64_MAX;
    for (int v2 = 0; v2 <= 1; v2++) {
        struct tree *tree = calloc(1, sizeof *tree);
        if (!tree)
            return limit;
        tree->v2 = v2;
        limit = least(limit, limit_of_tree(tree, root));
        free(tree);
    }
    return limit;
}

static uint64_t limit_of_process(int resource)
{
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : UINT64_MAX;
}

uint64_t memory_limit(const char *root)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
    uint64_t machine = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : (uint64_t)1 << 30;
    return least(least(machine, memory_limit_groups(root)), least(limit_of_process(RLIMIT_AS), limit_of_process(RLIMIT_DATA)));
}
