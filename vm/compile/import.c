#include "vm/compile/import.h"

#include "vm/compile/source_file.h"
#include "vm/front/slips.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Paths ---- */

static const char *keep(struct compiler *c, const char *text, size_t length)
{
    char *copy = compile_alloc(c, length + 1);
    memcpy(copy, text, length);
    return copy;
}

__attribute__((format(printf, 2, 3)))
static const char *join(struct compiler *c, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        longjmp(c->out_of_memory, 1);
    const char *kept = vvm_arena_copy(c->arena, text, (size_t)length + 1);
    free(text);
    if (!kept)
        longjmp(c->out_of_memory, 1);
    return kept;
}

const char *canonical_path(struct compiler *c, const char *path)
{
    char *found = realpath(path, NULL);
    const char *kept = found ? vvm_arena_copy(c->arena, found, strlen(found) + 1) : NULL;
    bool lost = found && !kept;
    free(found);
    if (lost)
        longjmp(c->out_of_memory, 1);
    return kept;
}

const char *folder_of(struct compiler *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? keep(c, path, slash == path ? 1 : (size_t)(slash - path)) : ".";
}

static const char *root_of(struct compiler *c, const char *folder)
{
    for (const char *at = folder;; at = folder_of(c, at)) {
        if (access(join(c, "%s/vela.yaml", at), F_OK) == 0)
            return at;
        if (strcmp(at, "/") == 0 || at[0] != '/')
            return folder;
    }
}

struct program_place program_place_of(struct compiler *c, const char *path)
{
    const char *slash = strrchr(path, '/'), *file = canonical_path(c, path);
    const char *folder = file ? folder_of(c, file) : canonical_path(c, folder_of(c, path));
    if (!folder && !(folder = canonical_path(c, ".")))
        folder = "/";
    return (struct program_place){folder, slash ? keep(c, path, (size_t)(slash - path) + 1) : "", root_of(c, folder)};
}

/* What follows a folder in a path below it, else NULL. */
static const char *below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length > 1 && (strncmp(path, folder, length) || path[length] != '/'))
        return NULL;
    return path + length + (length > 1);
}

const char *shown_path(struct compiler *c, const struct program_place *place, const char *path)
{
    char *here = getcwd(NULL, 0);
    const char *beside = below(path, place->folder), *inside = here ? below(path, here) : NULL;
    free(here);
    return beside ? join(c, "%s%s", place->shown, beside) : inside ? inside : path;
}

/* ---- Places to look at ---- */

enum { PLACES_MAX = 3 };
struct places {
    const char *items[PLACES_MAX];
    uint32_t count;
};

static void add_place(struct places *places, const char *path) { places->items[places->count++] = path; }

/* The path behind a prefix, without a `.vela` at its end; NULL: it has another prefix. */
static const char *behind(struct compiler *c, const char *path, const char *prefix)
{
    size_t length = strlen(prefix), rest = strlen(path);
    if (strncmp(path, prefix, length))
        return NULL;
    rest -= length;
    if (rest > 5 && strcmp(path + length + rest - 5, ".vela") == 0)
        rest -= 5;
    return keep(c, path + length, rest);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void list_places(struct compiler *c, const struct program_place *place, const char *path, struct places *places)
{
    const char *rest;
    if ((rest = behind(c, path, "module:"))) {
        add_place(places, join(c, "%s/src/%s.vela", place->root, rest));
        add_place(places, join(c, "%s/src/%s/%s.module.vela", place->root, rest, last_part(rest)));
        add_place(places, join(c, "%s/%s.vela", place->root, rest));
    } else if ((rest = behind(c, path, "library:")) || (rest = behind(c, path, "lib:"))) {
        add_place(places, join(c, "%s/lib/%s.vela", place->root, rest));
    } else if (path[0] == '/') {
        add_place(places, join(c, "%s.vela", behind(c, path, "")));
    } else {
        rest = behind(c, path, "");
        while (strncmp(rest, "./", 2) == 0)
            rest += 2;
        add_place(places, join(c, "%s/%s.vela", c->folder, rest));
        if (strcmp(c->folder, place->root))
            add_place(places, join(c, "%s/%s.vela", place->root, rest));
    }
}

/* ---- Messages ---- */

struct failure {
    struct compiler *c;
    const struct program_place *place;
    const struct vvm_import_node *node;
    const char *path;
};

static void report(const struct failure *f, const char *code, const char *hint, const char *message)
{
    compile_error(f->c, code, f->node->path_span.offset, f->node->path_span.length, hint, "%s", message);
}

/* The file of a folder that was probably meant, without `.vela`; NULL: none. Of several the first by name. */
static const char *near_file(struct compiler *c, const char *missing)
{
    DIR *folder = opendir(folder_of(c, missing));
    const char *name = behind(c, last_part(missing), ""), *nearest = NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        const char *other = behind(c, entry->d_name, "");
        bool is_program = strlen(other) < strlen(entry->d_name);
        if (is_program && vvm_is_slip_of(name, other) && (!nearest || strcmp(other, nearest) < 0))
            nearest = other;
    }
    if (folder)
        closedir(folder);
    return nearest;
}

static const char *hint_of(const struct failure *f, const struct places *places)
{
    struct compiler *c = f->c;
    const char *tried = "tried", *near = NULL;
    for (uint32_t i = 0; i < places->count; i++) {
        near = near ? near : near_file(c, places->items[i]);
        tried = join(c, "%s%s%s", tried, i ? ", " : " ", shown_path(c, f->place, places->items[i]));
    }
    return near ? join(c, "did you mean `%s`? %s", near, tried) : tried;
}

static bool is_folder(struct compiler *c, const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? S_ISDIR(info.st_mode)
                                  : stat(behind(c, path, ""), &info) == 0 && S_ISDIR(info.st_mode);
}

static bool report_missing(const struct failure *f, const struct places *places)
{
    const char *why = is_folder(f->c, places->items[0]) ? "that is a folder" : "there is no such file";
    report(f, "E401", hint_of(f, places), join(f->c, "cannot import \"%s\": %s", f->path, why));
    return false;
}

static bool report_unreadable(const struct failure *f, const char *path, int error)
{
    const char *why = error == ESPIPE ? "not a regular file" : strerror(error);
    report(f, "E401", NULL, join(f->c, "cannot read %s: %s", shown_path(f->c, f->place, path), why));
    return false;
}

static bool report_prefix(const struct failure *f, size_t length)
{
    report(f, "E401", "system:, module:, library:, or a path like ./name",
           join(f->c, "unknown prefix `%.*s:` in an import", (int)length, f->path));
    return false;
}

static bool report_area(const struct failure *f, const char *name)
{
    const char *all = "there are", *near = NULL;
    for (const struct library_area *area = NULL; (area = library_area_next(area));) {
        if (vvm_is_slip_of(name, area->name))
            near = area->name;
        all = join(f->c, "%s%s system:%s", all, strcmp(all, "there are") ? "," : "", area->name);
    }
    report(f, "E401", near ? join(f->c, "did you mean `system:%s`?", near) : all,
           join(f->c, "there is no module \"%s\"", f->path));
    return false;
}

/* ---- Finding ---- */

/* Is any of the area's names there, or its module? */
static bool area_is_there(struct compiler *c, const struct library_area *area)
{
    for (size_t i = 0; area->names[i]; i++)
        if (find_prelude(c, symbol_of(c, area->names[i])))
            return true;
    return area->module && library_area_source(area);
}

static bool find_area(const struct failure *f, const char *name, struct found_import *out)
{
    out->area = library_area_find(name);
    if (!out->area)
        return report_area(f, name);
    if (!area_is_there(f->c, out->area)) {
        report(f, "E199", NULL, join(f->c, "\"%s\" is not in this release", f->path));
        return false;
    }
    if (out->area->module)
        out->path = join(f->c, "<%s>", out->area->name);
    return true;
}

static bool find_file(const struct failure *f, struct found_import *out)
{
    struct places places = {.count = 0};
    list_places(f->c, f->place, f->path, &places);
    for (uint32_t i = 0; i < places.count; i++) {
        out->file = source_file_open(places.items[i], true);
        if (out->file) {
            out->path = canonical_path(f->c, places.items[i]);
            out->path = out->path ? out->path : places.items[i];
            return true;
        }
        if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
            return report_unreadable(f, places.items[i], errno);
    }
    return report_missing(f, &places);
}

static const char *later_prefixes[] = {"package:", "extension:", "assets:"};

static bool is_later(const char *path)
{
    for (size_t i = 0; i < sizeof later_prefixes / sizeof *later_prefixes; i++)
        if (strncmp(path, later_prefixes[i], strlen(later_prefixes[i])) == 0)
            return true;
    return false;
}

/* A word before a colon. */
static size_t prefix_length(const char *path)
{
    size_t length = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return path[length] == ':' ? length : 0;
}

static bool is_library_area(const char *name)
{
    const struct library_area *area = library_area_find(name);
    return area && area->is_library;
}

static bool find_by_prefix(const struct failure *f, struct found_import *out)
{
    const char *rest = NULL;
    size_t length = prefix_length(f->path);
    if ((rest = behind(f->c, f->path, "system:")) || (rest = behind(f->c, f->path, "stdlib:")))
        return find_area(f, rest, out);
    if (((rest = behind(f->c, f->path, "library:")) || (rest = behind(f->c, f->path, "lib:"))) && is_library_area(rest))
        return find_area(f, rest, out);
    if (is_later(f->path)) {
        report(f, "E199", NULL, join(f->c, "an import with `%.*s:` is not in this release", (int)length, f->path));
        return false;
    }
    if (length && !rest && strncmp(f->path, "module:", 7))
        return report_prefix(f, length);
    return find_file(f, out);
}

bool import_find(struct compiler *c, const struct program_place *place, const struct vvm_import_node *node,
                 struct found_import *out)
{
    struct failure f = {c, place, node, keep(c, node->path.bytes, node->path.length)};
    *out = (struct found_import){0};
    if (node->path.length == 0 || strlen(f.path) != node->path.length || node->path.length >= PATH_MAX) {
        report(&f, "E401", NULL, "an import needs the path of a module");
        return false;
    }
    return find_by_prefix(&f, out);
}
