#include "runtime/os/cpu_count.h"

#include "runtime/base/limits.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hundredths of a processor; a quota that is not set. */
#define NO_QUOTA UINT64_MAX

static uint32_t affinity_count(void)
{
    cpu_set_t *set = CPU_ALLOC(4096);
    if (set == NULL) {
        return 1;
    }
    size_t size = CPU_ALLOC_SIZE(4096);
    uint32_t count = 1;
    if (sched_getaffinity(0, size, set) == 0) {
        count = (uint32_t)CPU_COUNT_S(size, set);
    }
    CPU_FREE(set);
    return count > 0 ? count : 1;
}

/* Reads the start of a small file as text. */
static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t length = fread(text, 1, size - 1, file);
    fclose(file);
    text[length] = '\0';
    return length > 0;
}

/* cgroup v2: "max 100000" or "150000 100000". */
static uint64_t quota_v2(const char *folder)
{
    char path[PATH_MAX], text[128];
    unsigned long long quota = 0, period = 0;
    if (snprintf(path, sizeof path, "%s/cpu.max", folder) >= (int)sizeof path ||
        !read_text(path, text, sizeof text) ||
        sscanf(text, "%llu %llu", &quota, &period) != 2 || period == 0) {
        return NO_QUOTA;
    }
    return quota * 100 / period;
}

static bool read_number(const char *folder, const char *name, long long *number)
{
    char path[PATH_MAX], text[64];
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
           read_text(path, text, sizeof text) && sscanf(text, "%lld", number) == 1;
}

/* cgroup v1: cpu.cfs_quota_us is -1 where there is none. */
static uint64_t quota_v1(const char *folder)
{
    long long quota = -1, period = 0;
    if (!read_number(folder, "cpu.cfs_quota_us", &quota) ||
        !read_number(folder, "cpu.cfs_period_us", &period) || quota <= 0 || period <= 0) {
        return NO_QUOTA;
    }
    return (uint64_t)quota * 100 / (uint64_t)period;
}

/* The least quota of `group` below `mount` and of all groups above it. */
static uint64_t least_quota(const char *mount, char *group, uint64_t (*quota_of)(const char *))
{
    uint64_t least = NO_QUOTA;
    for (;;) {
        char folder[PATH_MAX];
        if (snprintf(folder, sizeof folder, "%s%s", mount, group) < (int)sizeof folder) {
            uint64_t quota = quota_of(folder);
            least = quota < least ? quota : least;
        }
        char *slash = strrchr(group, '/');
        if (slash == NULL) {
            return least;
        }
        *slash = '\0';
    }
}

static bool has_controller(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static uint64_t least_below(const char *root, const char *mount, const char *group,
                            uint64_t (*quota_of)(const char *))
{
    char path[PATH_MAX], own[PATH_MAX];
    if (snprintf(path, sizeof path, "%s%s", root, mount) >= (int)sizeof path ||
        snprintf(own, sizeof own, "%s", group) >= (int)sizeof own) {
        return NO_QUOTA;
    }
    return least_quota(path, own, quota_of);
}

static uint64_t minimum(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One line of /proc/self/cgroup: "0::/group" (v2) or "4:cpu,cpuacct:/group" (v1). */
static uint64_t quota_of_line(const char *root, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (group == NULL) {
        return NO_QUOTA;
    }
    *group++ = '\0';
    controllers++;
    if (*controllers == '\0') {
        uint64_t unified = least_below(root, "/sys/fs/cgroup", group, quota_v2);
        return minimum(unified, least_below(root, "/sys/fs/cgroup/unified", group, quota_v2));
    }
    if (!has_controller(controllers, "cpu")) {
        return NO_QUOTA;
    }
    uint64_t quota = least_below(root, "/sys/fs/cgroup/cpu", group, quota_v1);
    return minimum(quota, least_below(root, "/sys/fs/cgroup/cpu,cpuacct", group, quota_v1));
}

static uint64_t cgroup_quota(const char *root)
{
    char path[PATH_MAX], line[PATH_MAX + 128];
    if (snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= (int)sizeof path) {
        return NO_QUOTA;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NO_QUOTA;
    }
    uint64_t least = NO_QUOTA;
    while (fgets(line, sizeof line, file) != NULL) {
        least = minimum(least, quota_of_line(root, line));
    }
    fclose(file);
    return least;
}

uint32_t vrt_cpu_count_below(const char *root, uint32_t affinity)
{
    uint64_t quota = cgroup_quota(root);
    uint64_t limit = quota == NO_QUOTA ? affinity : (quota + 99) / 100;
    uint64_t count = minimum(affinity, limit);
    return count > 0 ? (uint32_t)count : 1;
}

uint32_t vrt_cpu_count(void)
{
    return vrt_cpu_count_below("", affinity_count());
}

uint32_t vrt_worker_count(void)
{
    const char *text = getenv("VELA_WORKERS");
    if (text != NULL && *text != '\0') {
        char *end = NULL;
        unsigned long count = strtoul(text, &end, 10);
        if (*end == '\0' && count >= 1 && count <= VRT_THREADS_MAX) {
            return (uint32_t)count;
        }
    }
    uint32_t count = vrt_cpu_count();
    return count < VRT_THREADS_MAX ? count : VRT_THREADS_MAX;
}
