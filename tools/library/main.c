/* library_pages [--check] ROOT: writes ROOT/docs/library, or says which of its pages are not as they would be
 * written. */
#include "tools/library/library.h"

#include "vm_bindings/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void *grown(void *items, size_t count, size_t size)
{
    items = (count & (count - 1)) == 0 ? realloc(items, (count == 0 ? 1 : count * 2) * size) : items;
    if (items == NULL)
        abort();
    return items;
}

void library_add(struct library *library, struct entry entry)
{
    library->entries = grown(library->entries, library->entry_count, sizeof entry);
    library->entries[library->entry_count++] = entry;
}

void library_add_class(struct library *library, struct class_text class_text)
{
    library->classes = grown(library->classes, library->class_count, sizeof class_text);
    library->classes[library->class_count++] = class_text;
}

/* Is this the content of the file? */
static bool is_content(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "r");
    char *old = malloc(length + 1);
    bool same =
        file != NULL && old != NULL && fread(old, 1, length + 1, file) == length && memcmp(old, text, length) == 0;
    if (file != NULL)
        fclose(file);
    free(old);
    return same;
}

static bool write_content(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    bool fine = file != NULL && fwrite(text, 1, length, file) == length;
    if ((file != NULL && fclose(file) != 0) || !fine) {
        perror(path);
        return false;
    }
    return true;
}

/* One page, or the list of them if `page` is NULL. */
static bool put_page(const struct library *library, const struct page *page, const char *root, bool check)
{
    char path[1024], *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    if (page != NULL)
        library_print_page(out, library, page);
    else
        library_print_index(out);
    fclose(out);
    snprintf(path, sizeof path, "%s/docs/library/%s.md", root, page != NULL ? page->file : "README");
    bool fine = is_content(path, text, length);
    if (!fine && check)
        fprintf(stderr, "%s is not what the library's texts say: run ./dev docs\n", path);
    else if (!fine)
        fine = write_content(path, text, length);
    free(text);
    return fine;
}

static bool put_pages(const struct library *library, const char *root, bool check)
{
    bool fine = put_page(library, NULL, root, check);
    for (size_t i = 0; i < library_page_count; i++)
        fine &= put_page(library, &library_pages[i], root, check);
    return fine;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    static struct library library; /* never freed */
    struct vbn_machine machine;
    char folder[1024];
    if (argc != 2 + check || !vbn_machine_create(&machine, NULL, 0, NULL)) {
        fprintf(stderr, "usage: library_pages [--check] ROOT\n");
        return 2;
    }
    const char *root = argv[argc - 1];
    snprintf(folder, sizeof folder, "%s/docs/library", root);
    mkdir(folder, 0777); /* if it cannot be made, writing the first page says so */
    library_read_tables(&library, machine.vm);
    bool fine = library_read_sources(&library, root);
    fine = library_is_whole(&library, machine.vm) && fine;
    fine = put_pages(&library, root, check) && fine;
    vbn_machine_destroy(&machine);
    return fine ? 0 : 1;
}
