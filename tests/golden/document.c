#include "tests/golden/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 128 };

/* Where reading stands: outside of a fence, in one of another language, or in a program (then `program` is open). */
struct reading {
    const char *folder;
    char stem[NAME_SIZE];
    int line;
    bool fenced;
    FILE *program;
};

static void name_stem(struct reading *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(r->stem, sizeof r->stem, "%s", slash ? slash + 1 : path);
    r->stem[strcspn(r->stem, ".")] = 0;
}

/* The words of a fence after "vela", with one blank between them; NULL for a fence of another language. */
static const char *vela_words(char *fence)
{
    fence[strcspn(fence, "\r\n")] = 0;
    if (strncmp(fence, "```vela", 7) || (fence[7] && fence[7] != ' '))
        return NULL;
    return fence[7] ? fence + 8 : "";
}

static bool open_program(struct reading *r, const char *words)
{
    char path[4096];
    if (!strncmp(words, "file ", 5))
        snprintf(path, sizeof path, "%s/%s", r->folder, words + 5);
    else
        snprintf(path, sizeof path, "%s/%s_%d.vela", r->folder, r->stem, r->line + 1);
    r->program = fopen(path, "we");
    if (!r->program) {
        fprintf(stderr, "golden: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (!strcmp(words, "fragment"))
        fputs("# command: check --syntax", r->program);
    for (int i = 0; i < r->line; i++)
        fputc('\n', r->program);
    return true;
}

static void close_program(struct reading *r)
{
    if (r->program)
        fclose(r->program);
    r->program = NULL;
    r->fenced = false;
}

static bool read_line(struct reading *r, char *line)
{
    bool fence = !strncmp(line, "```", 3);
    const char *words;
    r->line++;
    if (fence && r->fenced) {
        close_program(r);
    } else if (fence) {
        r->fenced = true;
        if ((words = vela_words(line)))
            return open_program(r, words);
    } else if (r->program) {
        fputs(line, r->program);
    }
    return true;
}

bool document_unfold(const char *path, const char *folder)
{
    struct reading r = {.folder = folder};
    FILE *document = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool done = document != NULL;
    if (!document)
        fprintf(stderr, "golden: %s: %s\n", path, strerror(errno));
    name_stem(&r, path);
    while (done && getline(&line, &size, document) > 0)
        done = read_line(&r, line);
    close_program(&r);
    free(line);
    if (document)
        fclose(document);
    return done;
}
