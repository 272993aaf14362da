/* How a page looks. */
#include "tools/library/library.h"

#include "vm/exec/signature.h"

#include <stdlib.h>
#include <string.h>

static int rank(const struct entry *entry)
{
    size_t length = vvm_signature_name(entry->signature).length;
    bool makes =
        entry->type[0] != '\0' && length == strlen(entry->type) && strncmp(entry->signature, entry->type, length) == 0;
    return makes ? 0 : entry->is_static ? 1 : 2;
}

/* Constructors, then what the type itself has, then methods; by name. */
static int by_place(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
    return rank(x) != rank(y) ? rank(x) - rank(y) : strcmp(x->signature, y->signature);
}

/* Parameters whose names begin with `__` are the compiler's; they come last. Such a default says that the parameter may
 * be left out; what happens then is in the text. */
static void print_signature(FILE *out, const char *signature)
{
    const char *hidden = strstr(signature, "__");
    if (hidden == NULL) {
        fputs(signature, out);
        return;
    }
    int length = (int)(hidden - signature);
    bool value = length >= 3 && strncmp(hidden - 3, " = ", 3) == 0;
    const char *end = hidden + strcspn(hidden, value ? "(,)" : ")");
    if (*end == '(')
        end += strcspn(end, ")") + 1;
    length -= value ? 3 : length >= 2 && strncmp(hidden - 2, ", ", 2) == 0 ? 2 : 0;
    fprintf(out, "%.*s%s", length, signature, end);
}

static void print_entry(FILE *out, const struct entry *entry)
{
    char other[128];
    bool prefixed = entry->is_static && entry->type[0] != '\0' && rank(entry) > 0;
    fprintf(out, "\n### `%s%s", prefixed ? entry->type : "", prefixed ? "." : "");
    if (entry->is_getter)
        fprintf(out, "%.*s%s", (int)strcspn(entry->signature, "("), entry->signature,
                strchr(entry->signature, ')') + 1);
    else
        print_signature(out, entry->signature);
    fprintf(out, "`\n\n%s\n", entry->doc);
    struct vvm_words name = vvm_signature_name(entry->signature);
    if (entry->is_property)
        fprintf(out, "\nMay be written without `()`.\n");
    if (name.length * 2 < sizeof other && vvm_other_spelling(name, other))
        fprintf(out, "\nAlso `%s`.\n", other);
}

static void print_type(FILE *out, const struct library *library, const char *type, bool titled)
{
    const struct entry **found = calloc(library->entry_count + 1, sizeof *found);
    size_t count = 0;
    for (size_t i = 0; found != NULL && i < library->entry_count; i++)
        if (strcmp(library->entries[i].type, type) == 0)
            found[count++] = &library->entries[i];
    const char *about = NULL;
    for (size_t i = 0; i < library->class_count; i++)
        if (strcmp(library->classes[i].name, type) == 0)
            about = library->classes[i].doc;
    if (titled && (count > 0 || about != NULL))
        fprintf(out, "\n## %s\n", type);
    if (about != NULL)
        fprintf(out, "\n%s\n", about);
    qsort(found, count, sizeof *found, by_place);
    for (size_t i = 0; i < count; i++)
        print_entry(out, found[i]);
    free(found);
}

static size_t type_count(const struct page *page)
{
    size_t count = 0;
    while (count < PAGE_TYPES && page->types[count] != NULL)
        count++;
    return count;
}

void library_print_page(FILE *out, const struct library *library, const struct page *page)
{
    fprintf(out, "<!-- Written by `./dev docs`. -->\n# %s\n\n%s\n", page->title, page->about);
    for (size_t i = 0; i < type_count(page); i++)
        print_type(out, library, page->types[i], type_count(page) > 1);
}

void library_print_index(FILE *out)
{
    fprintf(out, "<!-- Written by `./dev docs`. -->\n# The library\n\n"
                 "What every program has without import. Each name has two spellings, camelCase and snake_case.\n\n"
                 "| page | |\n| --- | --- |\n");
    for (size_t i = 0; i < library_page_count; i++) {
        const char *about = library_pages[i].about, *stop = strstr(about, ". ");
        fprintf(out, "| [%s](%s.md) | %.*s |\n", library_pages[i].title, library_pages[i].file,
                (int)(stop != NULL ? stop - about + 1 : (long)strlen(about)), about);
    }
}

const struct page *library_page_of(const char *type)
{
    for (size_t i = 0; i < library_page_count; i++)
        for (size_t t = 0; t < type_count(&library_pages[i]); t++)
            if (strcmp(library_pages[i].types[t], type) == 0)
                return &library_pages[i];
    return NULL;
}
