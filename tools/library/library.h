/* The generator of docs/library: a page per type or namespace, from the tables of built-ins and from the comments in
 * the library's Vela sources. A tool: it keeps what it allocates, and gives up where memory is out. */
#ifndef TOOLS_LIBRARY_H
#define TOOLS_LIBRARY_H

#include "vm/core/builtin.h"

#include <stdio.h>

/* A function, method, property or constructor that programs may use. */
struct entry {
    const char *type;      /* the type, namespace or module it belongs to; "" = the prelude */
    const char *signature; /* "padStart(n: Number, fill: String = \" \") -> String" */
    const char *doc;       /* "": there is none */
    bool is_static, is_property, is_async;
    bool is_getter;        /* read without `()`, which the signature has nevertheless */
};

/* What is said of a type itself: by its comment, or by its place among the types. */
struct class_text { const char *name, *doc; };

struct library {
    struct entry *entries;
    size_t entry_count;
    struct class_text *classes;
    size_t class_count;
};

void library_add(struct library *library, struct entry entry);
void library_add_class(struct library *library, struct class_text class_text);

/* Every row that the VM's types and prelude have (tables.c). */
void library_read_tables(struct library *library, struct vvm_vm *vm);
/* Every public function and member of `root`/vm/core and `root`/stdlib (sources.c). False: unreadable; said. */
bool library_read_sources(struct library *library, const char *root);
/* False: a public name is missing or has no text; said. */
bool library_is_whole(const struct library *library, struct vvm_vm *vm);

/* A page: types whose members stand on it, or "" for the prelude's functions. */
#define PAGE_TYPES 48
struct page {
    const char *file;  /* without .md */
    const char *title;
    const char *about; /* one paragraph */
    const char *types[PAGE_TYPES];
};
extern const struct page library_pages[];
extern const size_t library_page_count;
const struct page *library_page_of(const char *type); /* NULL: none */

/* The text of a page, and of the list of all pages. */
void library_print_page(FILE *out, const struct library *library, const struct page *page);
void library_print_index(FILE *out);

#endif
