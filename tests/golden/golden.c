/*
 * golden: runs Vela programs and compares what they do with the comments they carry.
 *
 *     golden [--vela PATH] [--jobs N] [--filter TEXT] [--flavour A,B] [--slowness N] [--quiet] PATH...
 *
 * A PATH is a program, a document (*.md, see document.h) or a folder, searched for both; folders whose names begin with
 * `_` hold what programs import and are left out. In a program, anywhere on a line:
 *
 *     # expect: TEXT         the next line of standard output, exactly
 *     # expect error: TEXT   part of a line of standard error, in this order
 *     # status: N            exit status (default 0)
 *     # args: A B            words that follow the file on the command line
 *     # command: check       the command in place of `run`, with its options
 *     # stdin: TEXT          a line of standard input
 *     # env: K=V             an environment variable
 *     # timeout: S           seconds before the program counts as hung (default 120)
 *     # skip-under: A B      not run in builds of these flavours (asan, tsan, tiny, ...)
 *
 * A program without `# expect error:` must leave standard error empty. What it cancels may take as long as the program (VELA_PATIENCE),
 * unless `# env:` says otherwise: a busy machine is no reason to give a task up. Exit status: 0 all passed,
 * 1 some failed, 2 wrong use, 77 all were skipped.
 */
#include "tests/golden/document.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_JOBS = 16, DEFAULT_TIMEOUT = 120 };

struct words {
    char **items;
    size_t count;
};

struct options {
    const char *vela;
    const char *filter;
    const char *flavour;
    const char *scratch; /* a folder for the programs of documents */
    int jobs;
    int slowness;
    bool quiet;
};

/* A program with what it says about itself, and, while it runs, its process and outputs. */
struct program {
    char *path;
    struct words expected, errors, args, command, input, environment;
    int status, timeout;
    bool skipped;
    pid_t process;
    int output, error_output;
    double deadline;
    bool timed_out;
};

struct tally {
    int passed, failed, skipped;
};

static void *checked(void *memory)
{
    if (!memory) {
        fputs("golden: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static void words_add(struct words *words, const char *text, size_t length)
{
    words->items = checked(realloc(words->items, (words->count + 1) * sizeof *words->items));
    words->items[words->count++] = checked(strndup(text, length));
}

static void words_split(struct words *words, const char *text, const char *separators)
{
    while (*(text += strspn(text, separators))) {
        size_t length = strcspn(text, separators);
        words_add(words, text, length);
        text += length;
    }
}

static void words_drop(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- reading a program's comments --------------------------------------------------------------- */

static char *read_all(int file, size_t *length)
{
    size_t size = 0, capacity = 4096;
    char *text = checked(malloc(capacity + 1));
    lseek(file, 0, SEEK_SET);
    for (ssize_t got; (got = read(file, text + size, capacity - size)) > 0;) {
        size += (size_t)got;
        if (size == capacity)
            text = checked(realloc(text, (capacity *= 2) + 1));
    }
    text[size] = 0;
    *length = size;
    return text;
}

/* The text after "# NAME:" (and one blank) in `line`, or NULL. */
static const char *directive(const char *line, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "# %s:", name);
    const char *found = strstr(line, key);
    if (!found)
        return NULL;
    found += strlen(key);
    return *found == ' ' ? found + 1 : found;
}

static bool flavour_listed(const char *flavours, const char *list)
{
    struct words have = {0}, want = {0};
    bool listed = false;
    words_split(&have, flavours, ",");
    words_split(&want, list, " ,");
    for (size_t i = 0; i < have.count; i++)
        for (size_t k = 0; k < want.count; k++)
            listed |= !strcmp(have.items[i], want.items[k]);
    words_drop(&have);
    words_drop(&want);
    return listed;
}

static void read_directives(struct program *program, const char *line, const struct options *options)
{
    const char *text;
    if ((text = directive(line, "expect")))
        words_add(&program->expected, text, strlen(text));
    else if ((text = directive(line, "expect error")))
        words_add(&program->errors, text, strlen(text));
    else if ((text = directive(line, "status")))
        program->status = atoi(text);
    else if ((text = directive(line, "args")))
        words_split(&program->args, text, " ");
    else if ((text = directive(line, "command")))
        words_split(&program->command, text, " ");
    else if ((text = directive(line, "stdin")))
        words_add(&program->input, text, strlen(text));
    else if ((text = directive(line, "env")))
        words_add(&program->environment, text, strlen(text));
    else if ((text = directive(line, "timeout")))
        program->timeout = atoi(text);
    else if ((text = directive(line, "skip-under")))
        program->skipped |= flavour_listed(options->flavour, text);
}

/* Cuts the next line off `rest`, in place; NULL at the end. */
static char *next_line(char **rest)
{
    char *line = *rest;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    if (end)
        *end = 0;
    *rest = end ? end + 1 : NULL;
    return line;
}

static bool program_read(struct program *program, const struct options *options)
{
    int file = open(program->path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        fprintf(stderr, "golden: %s: %s\n", program->path, strerror(errno));
        return false;
    }
    size_t length;
    char *text = read_all(file, &length), *rest = text;
    close(file);
    program->timeout = DEFAULT_TIMEOUT;
    for (char *line; (line = next_line(&rest));)
        read_directives(program, line, options);
    if (!program->command.count)
        words_add(&program->command, "run", 3);
    free(text);
    return true;
}

static void program_drop(struct program *program)
{
    words_drop(&program->expected);
    words_drop(&program->errors);
    words_drop(&program->args);
    words_drop(&program->command);
    words_drop(&program->input);
    words_drop(&program->environment);
}

/* --- running ------------------------------------------------------------------------------------ */

static int input_file(const struct words *lines)
{
    int file = memfd_create("stdin", MFD_CLOEXEC);
    for (size_t i = 0; i < lines->count; i++)
        dprintf(file, "%s\n", lines->items[i]);
    lseek(file, 0, SEEK_SET);
    return file;
}

static void append_words(char **argv, size_t *count, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        argv[(*count)++] = words->items[i];
}

static void run_child(struct program *program, const struct options *options)
{
    struct rlimit size = {256u << 20, 256u << 20};
    size_t count = 0;
    char **argv = checked(calloc(program->args.count + program->command.count + 3, sizeof *argv));
    argv[count++] = (char *)options->vela;
    append_words(argv, &count, &program->command);
    argv[count++] = program->path;
    append_words(argv, &count, &program->args);
    setpgid(0, 0);
    setrlimit(RLIMIT_FSIZE, &size);
    dup2(input_file(&program->input), 0);
    dup2(program->output, 1);
    dup2(program->error_output, 2);
    setenv("VELA_PATIENCE", "600", 0);
    for (size_t i = 0; i < program->environment.count; i++)
        putenv(program->environment.items[i]);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(options->vela, argv);
    fprintf(stderr, "golden: cannot run %s: %s\n", options->vela, strerror(errno));
    _exit(127);
}

static bool program_start(struct program *program, const struct options *options)
{
    program->output = memfd_create("stdout", MFD_CLOEXEC);
    program->error_output = memfd_create("stderr", MFD_CLOEXEC);
    program->deadline = now() + (double)program->timeout * options->slowness;
    program->process = fork();
    if (program->process == 0)
        run_child(program, options);
    return program->process > 0;
}

/* Waits for one of the running programs; kills those past their deadline. Gives its index. */
static int wait_any(struct program *running[], int count, int *status)
{
    sigset_t child;
    struct timespec pause = {0, 20 * 1000 * 1000};
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        for (int i = 0; i < count; i++) {
            if (waitpid(running[i]->process, status, WNOHANG) == running[i]->process)
                return i;
            if (now() > running[i]->deadline && !running[i]->timed_out) {
                running[i]->timed_out = true;
                kill(-running[i]->process, SIGKILL);
                kill(running[i]->process, SIGKILL);
            }
        }
        sigtimedwait(&child, NULL, &pause);
    }
}

/* --- comparing: every difference is a line of the report ---------------------------------------- */

static void compare_status(const struct program *program, int status, FILE *report)
{
    if (program->timed_out)
        fprintf(report, "  hung: no end within %d s\n", program->timeout);
    else if (WIFSIGNALED(status))
        fprintf(report, "  died of signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != program->status)
        fprintf(report, "  exit status %d, expected %d\n", WEXITSTATUS(status), program->status);
}

static void differ(FILE *report, size_t line, const char *expected, const char *printed)
{
    if (line <= 200)
        fprintf(report, "  line %zu\n    - %s\n    + %s\n", line, expected, printed);
}

static void compare_output(const struct program *program, char *text, FILE *report)
{
    const struct words *expected = &program->expected;
    size_t i = 0;
    for (char *line; (line = next_line(&text)); i++)
        if (i >= expected->count)
            differ(report, i + 1, "(end)", line);
        else if (strcmp(expected->items[i], line))
            differ(report, i + 1, expected->items[i], line);
    for (; i < expected->count; i++)
        differ(report, i + 1, expected->items[i], "(end)");
}

/* A diagnostic shows its source line; what the comment on that line expects is no evidence. */
static void drop_echoed_comments(char *text)
{
    char *to = text;
    for (bool echo = false; *text; text++) {
        echo = *text != '\n' && (echo || !strncmp(text, "# expect", 8));
        if (!echo)
            *to++ = *text;
    }
    *to = 0;
}

static void compare_errors(const struct program *program, char *text, FILE *report)
{
    drop_echoed_comments(text);
    if (!program->errors.count && *text)
        fprintf(report, "  unexpected on standard error\n");
    for (size_t i = 0; i < program->errors.count; i++) {
        char *found = strstr(text, program->errors.items[i]);
        if (found)
            text = found + strlen(program->errors.items[i]);
        else
            fprintf(report, "  not on standard error (from here): %s\n", program->errors.items[i]);
    }
}

static void show_failure(const struct program *program, const char *report, const char *errors)
{
    int length = (int)strnlen(errors, 6000);
    printf("FAILED %s\n%s", program->path, report);
    if (length)
        printf("  standard error:\n%.*s%s", length, errors, errors[length - 1] == '\n' ? "" : "\n");
    fflush(stdout);
}

static bool program_judge(struct program *program, int status)
{
    size_t length, error_length, size = 0;
    char *text = NULL;
    char *output = read_all(program->output, &length);
    char *errors = read_all(program->error_output, &error_length);
    FILE *report = checked(open_memstream(&text, &size));
    compare_status(program, status, report);
    if (memchr(output, 0, length))
        fprintf(report, "  a NUL on standard output\n");
    compare_output(program, output, report);
    compare_errors(program, errors, report);
    fclose(report);
    if (size)
        show_failure(program, text, errors);
    free(text);
    free(output);
    free(errors);
    close(program->output);
    close(program->error_output);
    return size == 0;
}

/* --- all of them -------------------------------------------------------------------------------- */

static int by_path(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

static void collect(struct words *files, const char *path, const struct options *options);

static bool is_looked_at(const struct dirent *entry)
{
    return !strchr("._", entry->d_name[0])
        && (entry->d_type == DT_DIR || ends_with(entry->d_name, ".vela") || ends_with(entry->d_name, ".md"));
}

static void collect_folder(struct words *files, const char *path, const struct options *options)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (is_looked_at(entry))
            collect(files, inner, options);
    }
    if (folder)
        closedir(folder);
}

/* The programs of each document have a folder to themselves, so that the names of their modules cannot meet. */
static void collect_document(struct words *files, const char *path, const struct options *options)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/XXXXXX", options->scratch);
    if (!mkdtemp(folder) || !document_unfold(path, folder))
        exit(2);
    collect_folder(files, folder, options);
}

static void collect(struct words *files, const char *path, const struct options *options)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        collect_folder(files, path, options);
    else if (ends_with(path, ".md"))
        collect_document(files, path, options);
    else if (!options->filter || strstr(path, options->filter))
        words_add(files, path, strlen(path));
}

static void finish_one(struct program *running[], int *count, struct tally *tally)
{
    int status, i = wait_any(running, *count, &status);
    if (program_judge(running[i], status))
        tally->passed++;
    else
        tally->failed++;
    running[i] = running[--*count];
}

static struct tally run_all(const struct words *files, const struct options *options)
{
    struct program *programs = checked(calloc(files->count + 1, sizeof *programs));
    struct program *running[MAX_JOBS];
    struct tally tally = {0};
    int count = 0;
    for (size_t i = 0; i < files->count; i++) {
        programs[i].path = files->items[i];
        if (!program_read(&programs[i], options)) {
            tally.failed++;
        } else if (programs[i].skipped) {
            tally.skipped++;
        } else {
            if (count == options->jobs)
                finish_one(running, &count, &tally);
            if (program_start(&programs[i], options))
                running[count++] = &programs[i];
            else
                tally.failed++;
        }
    }
    while (count)
        finish_one(running, &count, &tally);
    for (size_t i = 0; i < files->count; i++)
        program_drop(&programs[i]);
    free(programs);
    return tally;
}

static const char *option_value(char **argv, int *i)
{
    if (!argv[*i + 1]) {
        fprintf(stderr, "golden: %s needs a value\n", argv[*i]);
        exit(2);
    }
    return argv[++*i];
}

static int bounded(const char *text, int most)
{
    int number = atoi(text);
    return number < 1 ? 1 : number > most ? most : number;
}

static struct words read_command_line(char **argv, struct options *options)
{
    struct words paths = {0};
    for (int i = 1; argv[i]; i++) {
        if (!strcmp(argv[i], "--vela"))
            options->vela = option_value(argv, &i);
        else if (!strcmp(argv[i], "--filter"))
            options->filter = option_value(argv, &i);
        else if (!strcmp(argv[i], "--flavour"))
            options->flavour = option_value(argv, &i);
        else if (!strcmp(argv[i], "--jobs"))
            options->jobs = bounded(option_value(argv, &i), MAX_JOBS);
        else if (!strcmp(argv[i], "--slowness"))
            options->slowness = bounded(option_value(argv, &i), 100);
        else if (!strcmp(argv[i], "--quiet"))
            options->quiet = true;
        else
            words_add(&paths, argv[i], strlen(argv[i]));
    }
    return paths;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void make_scratch(char *path, size_t size)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, size, "%s/golden-XXXXXX", folder && *folder ? folder : "/tmp");
    if (!mkdtemp(path)) {
        fprintf(stderr, "golden: %s: %s\n", path, strerror(errno));
        exit(2);
    }
}

int main(int argc, char **argv)
{
    char scratch[4096];
    struct options options = {
        .vela = "build/release/vela", .flavour = "", .scratch = scratch, .jobs = 2, .slowness = 1};
    struct words paths = read_command_line(argv, &options), files = {0};
    sigset_t child;
    if (argc < 2 || !paths.count) {
        fputs("usage: golden [--vela PATH] [--jobs N] [--filter TEXT] [--flavour A,B] [--slowness N] "
              "[--quiet] PATH...\n", stderr);
        return 2;
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    make_scratch(scratch, sizeof scratch);
    for (size_t i = 0; i < paths.count; i++)
        collect(&files, paths.items[i], &options);
    if (files.count)
        qsort(files.items, files.count, sizeof *files.items, by_path);
    struct tally tally = run_all(&files, &options);
    nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    words_drop(&files);
    words_drop(&paths);
    if (!options.quiet)
        printf("golden: %d passed, %d failed, %d skipped\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed ? 1 : tally.passed ? 0 : 77;
}
