/* The `vela` command: finds the word and hands the rest over. */
#include "cli/command.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct word {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *takes;
    const char *about;
};

static const struct word words[] = {
    {"run", cli_run, "FILE [ARG...]", "runs a program; Env.args() gives it what follows the file"},
    {"check", cli_check, "[OPTION] PATH...", "reports errors and warnings: --syntax, --json, --deny-warnings"},
    {"test", cli_test, "[OPTION] [PATH...]", "runs tests; --filter TEXT --failed --list --watch --verbose --tap ..."},
    {"dump", cli_dump, "FILE", "prints the bytecode of a program"},
    {"repl", cli_repl, "", "reads, runs and shows one input after the other; `vela` alone on a terminal does it too"},
};
#define WORD_COUNT (sizeof words / sizeof *words)

int cli_complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("vela: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CLI_WRONG;
}

static int print_help(FILE *out)
{
    fputs("usage: vela COMMAND ...\n\n", out);
    for (size_t i = 0; i < WORD_COUNT; i++)
        fprintf(out, "  vela %-5s %-20s %s\n", words[i].name, words[i].takes, words[i].about);
    fputs(
        "  vela help                       prints this\n"
        "  vela --version                  prints the version\n\n"
        "Environment: VELA_WORKERS limits the number of worker threads; VELA_PATIENCE: seconds (5) for which what is\n"
        "to end is waited for; VELA_SEED: where random numbers and choices begin; VELA_LOG=debug names long turns.\n",
        out);
    return fflush(out) == 0 ? CLI_OK : CLI_FAILED;
}

static int print_version(void)
{
    printf("vela %s\n", VELA_VERSION);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(2) */
    if (argc < 2 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return cli_repl(0, NULL);
    if (argc < 2) {
        print_help(stderr);
        return CLI_WRONG;
    }
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strcmp(argv[1], words[i].name) == 0)
            return words[i].run(argc - 2, argv + 2);
    if (is_one_of(argv[1], "--version", "-V", "version"))
        return print_version();
    if (is_one_of(argv[1], "--help", "-h", "help"))
        return print_help(stdout);
    return cli_complain("unknown command '%s'; 'vela help' lists them", argv[1]);
}
