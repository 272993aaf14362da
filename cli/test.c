/* vela test: runs every program under the given paths, each in a process of its own, and tells which
 * failed: those that did not do what their comments say (cli/expectations.h), or ended with a status other
 * than 0. */
#include "cli/command.h"
#include "cli/expectations.h"
#include "cli/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Running one ---- */

static void become_run(const char *path, int output, int errors)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0)
        dup2(nothing, 0);
    dup2(output, 1);
    dup2(errors, 2);
    execl("/proc/self/exe", "vela", "run", path, (char *)NULL);
    _exit(127);
}

/* Status as a shell would give it; -1: it could not be started. */
static int run_program(const char *path, FILE *output, FILE *errors)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        become_run(path, fileno(output), fileno(errors));
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool judge(const char *path, FILE *output, FILE *errors)
{
    struct expectations expectations;
    int status = run_program(path, output, errors);
    bool passed = expectations_read(path, &expectations) && expectations_met(&expectations, status, output, errors);
    expectations_drop(&expectations);
    return passed;
}

static bool test_program(const char *path)
{
    FILE *output = tmpfile(), *errors = tmpfile();
    bool passed = false;
    if (output == NULL || errors == NULL)
        cli_complain("cannot keep the output of %s: %s", path, strerror(errno));
    else
        passed = judge(path, output, errors);
    printf("%s %s\n", passed ? "ok    " : "FAILED", path);
    if (output != NULL)
        fclose(output);
    if (errors != NULL)
        fclose(errors);
    return passed;
}

static int test_programs(const struct paths *list)
{
    size_t failed = 0;
    for (size_t i = 0; i < list->count; i++)
        failed += !test_program(list->items[i]);
    printf("%zu passed, %zu failed\n", list->count - failed, failed);
    return failed == 0 ? CLI_OK : CLI_FAILED;
}

int cli_test(int argc, char **argv)
{
    struct paths list = {0};
    bool found = true;
    if (argc < 1)
        return cli_complain("test needs a path: vela test PATH...");
    for (int i = 0; i < argc && found; i++)
        found = paths_find(&list, argv[i]);
    int status = found ? test_programs(&list) : CLI_WRONG;
    paths_drop(&list);
    return status;
}
