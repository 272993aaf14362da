#include "cli/expectations.h"

#include <stdlib.h>
#include <string.h>

/* Adds a line to a growing text. */
static bool add_line(char **text, const char *line)
{
    size_t before = *text == NULL ? 0 : strlen(*text), more = strlen(line);
    char *grown = realloc(*text, before + more + 2);
    if (grown == NULL)
        return false;
    memcpy(grown + before, line, more);
    memcpy(grown + before + more, "\n", 2);
    *text = grown;
    return true;
}

/* What follows "# NAME: " in a line, or NULL. */
static const char *directive(const char *line, const char *key)
{
    const char *found = strstr(line, key);
    return found == NULL ? NULL : found + strlen(key);
}

static bool read_line(struct expectations *out, char *line)
{
    const char *text;
    line[strcspn(line, "\r\n")] = '\0';
    if ((text = directive(line, "# expect: ")) != NULL)
        return add_line(&out->output, text);
    if ((text = directive(line, "# expect error: ")) != NULL)
        return add_line(&out->errors, text);
    if ((text = directive(line, "# status: ")) != NULL) {
        out->status = atoi(text);
        out->has_status = true;
    }
    return true;
}

bool expectations_read(const char *path, struct expectations *out)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    bool fine = file != NULL;
    *out = (struct expectations){0};
    while (fine && getline(&line, &capacity, file) >= 0)
        fine = read_line(out, line);
    free(line);
    if (file != NULL)
        fclose(file);
    return fine;
}

void expectations_drop(struct expectations *expectations)
{
    free(expectations->output);
    free(expectations->errors);
}

/* ---- Comparing ---- */

/* The whole file as a text; NULL without memory. */
static char *text_of(FILE *file)
{
    char *text = NULL;
    size_t capacity = 0;
    rewind(file);
    if (getdelim(&text, &capacity, '\0', file) < 0 && text != NULL)
        text[0] = '\0';
    return text != NULL ? text : strdup("");
}

static void show(FILE *say, const char *what, const char *text)
{
    fprintf(say, "%s:\n", what);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(say, "  %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* Each part stands somewhere behind the one before. */
static bool parts_met(const char *parts, const char *text, FILE *say)
{
    while (*parts != '\0') {
        size_t length = strcspn(parts, "\n");
        const char *found = memmem(text, strlen(text), parts, length);
        if (found == NULL) {
            fprintf(say, "not on standard error: %.*s\n", (int)length, parts);
            return false;
        }
        text = found + length;
        parts += length + 1;
    }
    return true;
}

static bool output_met(const struct expectations *expectations, const char *output, FILE *say)
{
    if (expectations->output == NULL || strcmp(expectations->output, output) == 0)
        return true;
    show(say, "expected", expectations->output);
    return false;
}

bool expectations_met(const struct expectations *expectations, int status, FILE *output, FILE *errors, FILE *say)
{
    char *printed = text_of(output), *complained = text_of(errors);
    bool met = printed != NULL && complained != NULL;
    if (met && status != expectations->status) {
        fprintf(say, "exit status %d, expected %d\n", status, expectations->status);
        met = false;
    }
    if (met)
        met = output_met(expectations, printed, say);
    if (met && expectations->errors != NULL)
        met = parts_met(expectations->errors, complained, say);
    if (!met && printed != NULL && complained != NULL) {
        show(say, "standard output", printed);
        show(say, "standard error", complained);
    }
    free(printed);
    free(complained);
    return met;
}
