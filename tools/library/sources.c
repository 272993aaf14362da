/* The library's Vela sources, line by line: what stands in column 1 is a function, a class or an extension, what is
 * indented by four a member of it; the `///` lines before it are its text. */
#include "tools/library/library.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    struct library *library;
    char module[64];    /* "system:test": what has to be imported; "": the prelude */
    char type[64];      /* whose members follow; "": none */
    char doc[4096];     /* collected so far */
};

/* Behind `word` and the blank that follows, or NULL. */
static const char *after(const char *line, const char *word)
{
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 ? line + length : NULL;
}

static void add_doc(struct scan *scan, const char *text)
{
    size_t length = strlen(scan->doc);
    snprintf(scan->doc + length, sizeof scan->doc - length, "%s%s", length > 0 ? " " : "", text);
}

/* `name(parameters) -> Type` at the start of a header. */
static char *signature_of(const char *header)
{
    const char *end = header;
    for (int depth = 0; *end != '\0'; end++) {
        if (*end == '(')
            depth++;
        else if (*end == ')' && --depth == 0)
            break;
    }
    const char *brace = strstr(end, " {");
    const char *stop = brace != NULL && strncmp(end, ") ->", 4) == 0 ? brace : end + (*end == ')');
    return strndup(header, (size_t)(stop - header));
}

static void add_function(struct scan *scan, const char *type, const char *header, bool is_static, bool is_async)
{
    if (strncmp(header, "__", 2) == 0)
        return;
    library_add(scan->library, (struct entry){.type = strdup(type),
                                              .signature = signature_of(header),
                                              .doc = strdup(scan->doc),
                                              .is_static = is_static,
                                              .is_async = is_async});
}

/* `name -> Type { …` */
static void add_getter(struct scan *scan, const char *header)
{
    char *made = NULL;
    const char *type = strstr(header, " -> "), *brace = strstr(header, " {");
    int name = (int)strcspn(header, " {"), length = type != NULL && brace != NULL ? (int)(brace - type) : 0;
    if (asprintf(&made, "%.*s()%.*s", name, header, length, length > 0 ? type : "") < 0)
        return;
    library_add(
        scan->library,
        (struct entry){.type = strdup(scan->type), .signature = made, .doc = strdup(scan->doc), .is_getter = true});
}

/* A function without its `fn`; NULL: the line is none. */
static const char *function_header(const char *line, bool *is_async)
{
    const char *rest = after(line, "async ");
    *is_async = rest != NULL;
    line = rest != NULL ? rest : line;
    rest = after(line, "fn* ");
    return rest != NULL ? rest : after(line, "fn ");
}

static void read_member(struct scan *scan, const char *line)
{
    bool is_async;
    const char *rest = after(line, "public ");
    line = rest != NULL ? rest : line;
    const char *of_type = after(line, "static ");
    const char *header = function_header(of_type != NULL ? of_type : line, &is_async);
    const char *getter = after(line, "get ");
    char *made = NULL;
    if (header != NULL)
        add_function(scan, scan->type, header, of_type != NULL, is_async);
    else if (getter != NULL)
        add_getter(scan, getter);
    else if (after(line, "constructor(") != NULL && scan->doc[0] != '\0' &&
             asprintf(&made, "%s%s", scan->type, strchr(line, '(')) >= 0)
        add_function(scan, scan->type, made, true, false);
    free(made);
}

static void enter_type(struct scan *scan, const char *name)
{
    size_t length = strcspn(name, " <{(");
    snprintf(scan->type, sizeof scan->type, "%.*s", (int)length, name);
}

/* A class or struct without the words before its name; NULL: the line is none. */
static const char *type_header(const char *line)
{
    static const char *const words[] = {"public class ", "public abstract class ", "public struct "};
    const char *rest = NULL;
    for (size_t i = 0; rest == NULL && i < sizeof words / sizeof *words; i++)
        rest = after(line, words[i]);
    return rest;
}

static void read_outside(struct scan *scan, const char *line)
{
    bool is_async;
    const char *rest, *header;
    if ((rest = after(line, "extension ")) != NULL) {
        enter_type(scan, rest);
    } else if ((rest = type_header(line)) != NULL) {
        enter_type(scan, rest);
        library_add_class(scan->library, (struct class_text){strdup(scan->type), strdup(scan->doc)});
    } else if ((rest = after(line, "public ")) != NULL && (header = function_header(rest, &is_async)) != NULL) {
        add_function(scan, scan->module, header, scan->module[0] == '\0', is_async);
    }
}

static void read_line(struct scan *scan, const char *line)
{
    const char *inner = after(line, "    "), *text = after(inner != NULL ? inner : line, "/// ");
    if (text != NULL) {
        add_doc(scan, text);
        return;
    }
    if (line[0] == '}')
        scan->type[0] = '\0';
    else if (inner != NULL && inner[0] != ' ' && scan->type[0] != '\0')
        read_member(scan, inner);
    else if (inner == NULL)
        read_outside(scan, line);
    scan->doc[0] = '\0';
}

/* Of stdlib/modules/NAME.vela, `system:NAME`. */
static void enter_module(struct scan *scan, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    if (strstr(path, "stdlib/modules/") != NULL)
        snprintf(scan->module, sizeof scan->module, "system:%.*s", (int)strcspn(name, "."), name);
}

/* Is a parenthesis open at its end? */
static bool is_open(const char *line)
{
    int depth = 0;
    for (; *line != '\0'; line++)
        depth += *line == '(' ? 1 : *line == ')' ? -1 : 0;
    return depth > 0;
}

/* The next line without its end; of a header the lines up to the parameters' end. */
static bool next_line(FILE *file, char *line, size_t size)
{
    if (fgets(line, (int)size, file) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    bool header = strncmp(line, "    constructor(", 16) == 0;
    for (size_t length = strlen(line);
         header && is_open(line) && fgets(line + length, (int)(size - length), file) != NULL;) {
        size_t blanks = strspn(line + length, " ");
        line[length] = ' ';
        memmove(line + length + 1, line + length + blanks, strlen(line + length + blanks) + 1);
        line[strcspn(line, "\r\n")] = '\0';
        length = strlen(line);
    }
    return true;
}

static bool read_source(struct library *library, const char *path)
{
    struct scan scan = {.library = library};
    char line[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return false;
    }
    enter_module(&scan, path);
    while (next_line(file, line, sizeof line))
        read_line(&scan, line);
    fclose(file);
    return true;
}

bool library_read_sources(struct library *library, const char *root)
{
    static const char *const folders[] = {"vm/core", "stdlib", "stdlib/modules"};
    bool fine = true;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        char pattern[1024];
        glob_t found = {0};
        snprintf(pattern, sizeof pattern, "%s/%s/*.vela", root, folders[f]);
        if (glob(pattern, 0, NULL, &found) == 0)
            for (size_t i = 0; i < found.gl_pathc; i++)
                fine &= read_source(library, found.gl_pathv[i]);
        globfree(&found);
    }
    return fine;
}
