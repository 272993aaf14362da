/* The words of the `vela` command: each is a function that gets what follows it and gives the exit status.
 *
 * Exit statuses (language.md 5.8): 0, what `main` gave, 1 after an uncaught error, 2 for a program that
 * cannot be read or compiled and for wrong use of the command, 130 and 143 after SIGINT and SIGTERM. Programs write to
 * standard output, everything else to standard error. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_WRONG = 2, CLI_SIGNALLED = 128 /* and the number of the signal */ };

int cli_run(int argc, char **argv);   /* FILE [ARGS...] */
int cli_check(int argc, char **argv); /* [--syntax] [--json] [--deny-warnings] PATH... */
int cli_test(int argc, char **argv);  /* [OPTION...] [PATH...] */
int cli_dump(int argc, char **argv);  /* FILE */
int cli_repl(int argc, char **argv);  /* nothing */

/* "vela: " and the message, on standard error. Returns CLI_WRONG. */
int cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
