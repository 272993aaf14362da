#include "runtime/os/cpu_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static char root[64];

static void put(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        mkdir(full, 0700);
        *at = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/vela-cpu-XXXXXX");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void no_files_means_affinity(void **state)
{
    (void)state;
    assert_int_equal(vrt_cpu_count_below(root, 6), 6);
    assert_int_equal(vrt_cpu_count_below(root, 0), 1);
}

static void P5_v2_takes_the_least_of_all_ancestors(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/a/b/c\n");
    put("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
    put("/sys/fs/cgroup/a/cpu.max", "800000 100000\n");
    assert_int_equal(vrt_cpu_count_below(root, 16), 3);
    assert_int_equal(vrt_cpu_count_below(root, 2), 2);
    put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
    assert_int_equal(vrt_cpu_count_below(root, 16), 1);
}

static void v1_reads_quota_and_period(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x/y\n");
    put("/sys/fs/cgroup/cpu/x/y/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu/x/y/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "400000\n");
    put("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    assert_int_equal(vrt_cpu_count_below(root, 16), 4);
}

static void garbage_is_no_quota(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "garbage\n::\n0::/g\n\n");
    put("/sys/fs/cgroup/g/cpu.max", "x y z");
    assert_int_equal(vrt_cpu_count_below(root, 5), 5);
    put("/sys/fs/cgroup/g/cpu.max", "100000 0");
    assert_int_equal(vrt_cpu_count_below(root, 5), 5);
}

static void workers_from_the_environment(void **state)
{
    (void)state;
    setenv("VELA_WORKERS", "7", 1);
    assert_int_equal(vrt_worker_count(), 7);
    static const char *const refused[] = {"", "0", "-1", "many", "1000000"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        setenv("VELA_WORKERS", refused[i], 1);
        assert_int_equal(vrt_worker_count(), vrt_cpu_count());
    }
    unsetenv("VELA_WORKERS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_files_means_affinity, make_root, remove_root),
        cmocka_unit_test_setup_teardown(P5_v2_takes_the_least_of_all_ancestors, make_root, remove_root),
        cmocka_unit_test_setup_teardown(v1_reads_quota_and_period, make_root, remove_root),
        cmocka_unit_test_setup_teardown(garbage_is_no_quota, make_root, remove_root),
        cmocka_unit_test(workers_from_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
