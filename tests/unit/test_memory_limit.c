/* What a percentage of RAM is taken of: the least of machine, control groups of either version, and resource limits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lineage/log_writer.h"
#include "lineage/memory_limit.h"
#include "lineage/settings.h"
#include "tests/unit/scratch.h"

TestSuite(memory_limit, .init = scratch_make, .fini = scratch_remove);

static void put(const char *path, const char *text)
{
    char full[512], *slash;
    snprintf(full, sizeof full, "%s%s", directory, path);
    slash = strrchr(full, '/');
    *slash = 0;
    cr_assert(make_directories(full));
    *slash = '/';
    FILE *file = fopen(full, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

/* Where the trees are, as a Debian machine, an old one and a container have it. */
static void mounted(const char *v2, const char *v2_root, const char *v1, const char *v1_root)
{
    char text[2048];
    int at = snprintf(text, sizeof text, "22 1 0:20 / /proc rw,relatime shared:5 - proc proc rw\n");
    if (v1)
        at += snprintf(text + at, sizeof text - (size_t)at,
                       "30 1 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                       "31 1 0:27 %s %s rw,nosuid - cgroup cgroup rw,memory\n",
                       v1_root, v1);
    if (v2)
        snprintf(text + at, sizeof text - (size_t)at, "32 1 0:28 %s %s rw shared:9 master:2 - cgroup2 cgroup2 rw,nsdelegate\n",
                 v2_root, v2);
    put("/proc/self/mountinfo", text);
}

Test(memory_limit, none_without_groups)
{
    cr_expect_eq(memory_limit_groups(directory), UINT64_MAX);
    put("/proc/self/cgroup", "0::/user.slice\n");
    cr_expect_eq(memory_limit_groups(directory), UINT64_MAX);
    mounted("/sys/fs/cgroup", "/", NULL, NULL);
    cr_expect_eq(memory_limit_groups(directory), UINT64_MAX);
    put("/sys/fs/cgroup/user.slice/memory.max", "max\n");
    cr_expect_eq(memory_limit_groups(directory), UINT64_MAX);
    put("/sys/fs/cgroup/user.slice/memory.max", "plenty\n");
    cr_expect_eq(memory_limit_groups(directory), UINT64_MAX);
    put("/sys/fs/cgroup/user.slice/memory.max", "");
    cr_expect_eq(memory_limit_groups(directory), UINT64_MAX);
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE);
    cr_expect_eq(memory_limit(directory), machine);
}

Test(memory_limit, least_on_the_way_up)
{
    put("/proc/self/cgroup", "0::/a/b c/d\n");
    mounted("/sys/fs/cgroup", "/", NULL, NULL);
    put("/sys/fs/cgroup/a/b c/d/memory.max", "max\n");
    put("/sys/fs/cgroup/a/b c/memory.max", "4000000000\n");
    cr_expect_eq(memory_limit_groups(directory), 4000000000u);
    put("/sys/fs/cgroup/a/memory.max", "3000000000\n");
    cr_expect_eq(memory_limit_groups(directory), 3000000000u);
    put("/sys/fs/cgroup/a/b c/d/memory.high", "2000000000");
    cr_expect_eq(memory_limit_groups(directory), 2000000000u);
    put("/sys/fs/cgroup/a/other/memory.max", "5\n");
    put("/sys/fs/memory.max", "6\n");
    cr_expect_eq(memory_limit_groups(directory), 2000000000u, "a group it is not in, or no group at all, was asked");
    put("/sys/fs/cgroup/memory.max", "1000000000\n");
    cr_expect_eq(memory_limit_groups(directory), 1000000000u);
}

Test(memory_limit, first_version)
{
    put("/proc/self/cgroup", "5:cpu,cpuacct:/x\n4:hugetlb,memory:/docker/abc\n1:name=systemd:/\n0::/\n");
    mounted(NULL, NULL, "/sys/fs/cgroup/memory", "/");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "500000000\n");
    cr_expect_eq(memory_limit_groups(directory), 500000000u);
    cr_expect_eq(memory_limit(directory), 500000000u);
}

/* Both trees, memory in the old one; and the group of the new one has limits too. */
Test(memory_limit, both_versions)
{
    put("/proc/self/cgroup", "4:memory:/job\n0::/unified\n");
    mounted("/sys/fs/cgroup/unified", "/", "/sys/fs/cgroup/memory", "/");
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "700000000\n");
    put("/sys/fs/cgroup/unified/unified/memory.max", "800000000\n");
    cr_expect_eq(memory_limit_groups(directory), 700000000u);
}

/* A container without a group namespace: the name is the machine's, the mount begins at the container's group. */
Test(memory_limit, mounted_from_a_group_down)
{
    put("/proc/self/cgroup", "0::/pod/container/inner\n");
    mounted("/sys/fs/cgroup", "/pod/container", NULL, NULL);
    put("/sys/fs/cgroup/memory.max", "300000000\n");
    cr_expect_eq(memory_limit_groups(directory), 300000000u);
    put("/sys/fs/cgroup/inner/memory.max", "200000000\n");
    cr_expect_eq(memory_limit_groups(directory), 200000000u);
    put("/proc/self/cgroup", "0::/pod/container2\n");
    cr_expect_eq(memory_limit_groups(directory), 300000000u, "a name that only begins alike lies outside");
    put("/proc/self/cgroup", "0::/../sibling\n");
    cr_expect_eq(memory_limit_groups(directory), 300000000u, "a name outside the namespace is the mount's root");
}

/* A limit on the process itself, and what a percentage becomes. Exit status 0: as it should be. */
static int limited(int resource)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {(rlim_t)1 << 30, RLIM_INFINITY};
        struct settings s = {0};
        setrlimit(resource, &limit);
        bool good = memory_limit("") <= (uint64_t)1 << 30 && settings_set(&s, "memory", "50%") && s.memory <= (uint64_t)1 << 29;
        _exit(good ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    return status;
}

Test(memory_limit, resource_limits)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    cr_skip_test("a sanitizer's shadow memory is larger than any limit");
#endif
    cr_expect_eq(limited(RLIMIT_AS), 0);
    cr_expect_eq(limited(RLIMIT_DATA), 0);
}
