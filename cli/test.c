/* vela test: runs every program under the given paths, each in a process of its own, and tells which
 * failed: those that did not do what their comments say (cli/expectations.h), or ended with a status other
 * than 0. */
#include "cli/command.h"
#include "cli/expectations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct path_list {
    char **paths;
    size_t count, capacity;
};

static bool add_path(struct path_list *list, const char *path)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        char **paths = realloc(list->paths, capacity * sizeof *paths);
        if (paths == NULL)
            return false;
        list->paths = paths;
        list->capacity = capacity;
    }
    list->paths[list->count] = strdup(path);
    return list->paths[list->count] != NULL && ++list->count != 0;
}

static void drop_paths(struct path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
}

/* ---- Finding programs ---- */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_program(const char *path)
{
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".vela") == 0;
}

static bool find_in(struct path_list *list, const char *path, bool named);

/* What lies in a folder, by name. */
static bool find_in_folder(struct path_list *list, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_shown, alphasort);
    bool fine = count >= 0;
    if (!fine)
        cli_complain("cannot read %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        fine = fine && asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0 && find_in(list, path, false);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return fine;
}

/* A file that was named is taken whatever its name is; links to folders are followed only if named. */
static bool find_in(struct path_list *list, const char *path, bool named)
{
    struct stat about;
    if ((named ? stat : lstat)(path, &about) != 0) {
        cli_complain("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    if (S_ISDIR(about.st_mode))
        return find_in_folder(list, path);
    return (!named && !is_program(path)) || add_path(list, path);
}

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

static int test_programs(const struct path_list *list)
{
    size_t failed = 0;
    for (size_t i = 0; i < list->count; i++)
        failed += !test_program(list->paths[i]);
    printf("%zu passed, %zu failed\n", list->count - failed, failed);
    return failed == 0 ? CLI_OK : CLI_FAILED;
}

int cli_test(int argc, char **argv)
{
    struct path_list list = {0};
    bool found = true;
    if (argc < 1)
        return cli_complain("test needs a path: vela test PATH...");
    for (int i = 0; i < argc && found; i++)
        found = find_in(&list, argv[i], true);
    int status = found ? test_programs(&list) : CLI_WRONG;
    drop_paths(&list);
    return status;
}
