#include "tools/image/walk.h"

#include "vm/core/builtin.h"
#include "vm/exec/prelude.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Memory ---- */

void image_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("the image of the core library: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

void *image_alloc(size_t size)
{
    void *memory = calloc(1, size + 1);
    if (!memory)
        image_fail("out of memory");
    return memory;
}

static void *room_for(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count <= *capacity)
        return items;
    *capacity = count * 2;
    void *grown = realloc(items, *capacity * size);
    if (!grown)
        image_fail("out of memory");
    return grown;
}

/* ---- Sections ---- */

static size_t append(struct section *s, const void *bytes, size_t size, size_t alignment)
{
    size_t at = (s->size + alignment - 1) & ~(alignment - 1);
    s->bytes = room_for(s->bytes, at + size, &s->capacity, 1);
    memset(s->bytes + s->size, 0, at - s->size);
    memcpy(s->bytes + at, bytes, size);
    s->size = at + size;
    return at;
}

static struct seen *seen_place(const struct section *s, const void *address, size_t size)
{
    size_t i = (uintptr_t)address / 8 * 31 % s->seen_capacity;
    while (s->seen[i].address && (s->seen[i].address != address || s->seen[i].size != size))
        i = (i + 1) % s->seen_capacity;
    return &s->seen[i];
}

static void seen_grow(struct section *s)
{
    struct section old = *s;
    s->seen_capacity = old.seen_capacity * 2 + 1021;
    s->seen = image_alloc(s->seen_capacity * sizeof *s->seen);
    for (size_t i = 0; i < old.seen_capacity; i++)
        if (old.seen[i].address)
            *seen_place(s, old.seen[i].address, old.seen[i].size) = old.seen[i];
    free(old.seen);
}

/* True: it was there already. */
static bool place(struct section *s, const void *bytes, size_t size, size_t alignment, size_t *at)
{
    if (s->seen_count * 2 >= s->seen_capacity)
        seen_grow(s);
    struct seen *found = seen_place(s, bytes, size);
    bool there = found->address != NULL;
    if (!there) {
        *found = (struct seen){bytes, size, append(s, bytes, size, alignment)};
        s->seen_count++;
    }
    *at = found->at;
    return there;
}

/* ---- Links ---- */

static void set_word(struct walk *w, size_t at, uint64_t word) { memcpy(w->parts.bytes + at, &word, sizeof word); }

static void link_to(struct walk *w, size_t at, enum vvm_image_target target, size_t offset)
{
    set_word(w, at, VVM_IMAGE_LINK(target, offset));
    w->links = room_for(w->links, w->link_count + 1, &w->link_capacity, sizeof *w->links);
    w->links[w->link_count++] = (uint32_t)(at / sizeof(uint64_t));
}

static void link_fixed(struct walk *w, size_t at, const void *bytes, size_t size, size_t alignment)
{
    size_t offset;
    set_word(w, at, 0);
    if (!bytes || size == 0)
        return;
    place(&w->fixed, bytes, size, alignment, &offset);
    link_to(w, at, VVM_IMAGE_FIXED, offset);
}

static void link_struct(struct walk *w, size_t at, const struct layout *layout, const void *to)
{
    const struct vvm_type *type = layout == &type_layout ? to : NULL;
    set_word(w, at, 0);
    if (type && type->id < VVM_TYPE_FIRST_FREE)
        link_to(w, at, VVM_IMAGE_KNOWN, type->id);
    else if (to)
        link_to(w, at, VVM_IMAGE_PART, walk_structs(w, layout, to, 1));
}

static void link_structs(struct walk *w, size_t at, const struct layout *layout, const void *to, size_t count)
{
    set_word(w, at, 0);
    if (to && count)
        link_to(w, at, VVM_IMAGE_PART, walk_structs(w, layout, to, count));
}

static void link_list(struct walk *w, size_t at, const struct layout *layout, void *const *items, size_t count)
{
    size_t list;
    set_word(w, at, 0);
    if (!items || count == 0)
        return;
    if (!place(&w->parts, items, count * sizeof *items, sizeof *items, &list))
        for (size_t i = 0; i < count; i++)
            link_struct(w, list + i * sizeof *items, layout, items[i]);
    link_to(w, at, VVM_IMAGE_PART, list);
}

/* ---- Values ---- */

static bool is_row(vvm_value value, const void *row) { return vvm_kind(value) == VVM_BUILTIN && value.object == row; }

static bool find_in_prelude(struct vvm_vm *vm, const void *row, struct vvm_image_row *out)
{
    vvm_value value;
    *out = (struct vvm_image_row){.place = VVM_IMAGE_PRELUDE};
    for (uint32_t cursor = 0; vvm_prelude_next(vm, &cursor, &out->name, &value);)
        if (is_row(value, row))
            return true;
    return false;
}

static bool find_in_members(struct vvm_type *type, const void *row, struct vvm_image_row *out)
{
    for (uint16_t at = VVM_IMAGE_MEMBERS; at <= VVM_IMAGE_STATIC_SETTERS; at++) {
        const struct vvm_members *members = vvm_image_members_of(type, at);
        for (uint32_t i = 0; members->slots && i <= members->mask; i++)
            if (members->slots[i].kind != VVM_MEMBER_NONE && is_row(members->slots[i].value, row)) {
                *out = (struct vvm_image_row){at, (uint16_t)type->id, members->slots[i].name};
                return true;
            }
    }
    return false;
}

static bool find_in_type(struct vvm_type *type, const void *row, struct vvm_image_row *out)
{
    bool constructs = is_row(type->constructor, row);
    uint16_t place = constructs ? VVM_IMAGE_CONSTRUCTOR : VVM_IMAGE_INITIALIZER;
    *out = (struct vvm_image_row){place, (uint16_t)type->id, VVM_NO_SYMBOL};
    return constructs || is_row(type->initializer, row) || find_in_members(type, row, out);
}

static struct vvm_image_row find_row(struct vvm_vm *vm, const struct vvm_builtin *row)
{
    struct vvm_image_row found;
    bool there = find_in_prelude(vm, row, &found);
    for (int id = 1; !there && id < VVM_TYPE_FIRST_FREE; id++)
        there = find_in_type(vm->known[id], row, &found);
    if (!there)
        image_fail("nothing leads to the built-in %s", row->signature);
    return found;
}

static void link_row(struct walk *w, size_t at, const struct vvm_builtin *row)
{
    struct vvm_image_row found = find_row(w->bare, row);
    size_t i = 0;
    while (i < w->row_count && memcmp(&w->rows[i], &found, sizeof found))
        i++;
    w->rows = room_for(w->rows, i + 1, &w->row_capacity, sizeof found);
    w->rows[i] = found;
    w->row_count = i < w->row_count ? w->row_count : i + 1;
    link_to(w, at, VVM_IMAGE_ROW, i);
}

/* Immortal, so never changed and never freed; a hash is only kept, never asked for by others. */
static void link_string(struct walk *w, size_t at, const struct vvm_string *string)
{
    size_t offset;
    if (!place(&w->parts, string, sizeof *string + string->byte_length, 8, &offset)) {
        append(&w->parts, "", 1, 1);
        memset(w->parts.bytes + offset + offsetof(struct vvm_string, hash), 0, sizeof string->hash);
    }
    link_to(w, at, VVM_IMAGE_PART, offset);
}

static void link_value(struct walk *w, size_t value_at, vvm_value value)
{
    size_t at = value_at + offsetof(vvm_value, object);
    switch (vvm_kind(value)) {
    case VVM_VOID:
    case VVM_BOOL:
    case VVM_NUMBER:
    case VVM_FLOAT:
    case VVM_TEXT:
    case VVM_DURATION:
    case VVM_UNSET: break;
    case VVM_TYPE: case VVM_VARIANT: link_struct(w, at, &type_layout, value.object); break;
    case VVM_FUNCTION: link_struct(w, at, &function_layout, value.object); break;
    case VVM_BUILTIN: link_row(w, at, value.object); break;
    case VVM_STRING: link_string(w, at, value.object); break;
    default: image_fail("it cannot hold a constant of kind %d", (int)vvm_kind(value));
    }
}

/* ---- Structs ---- */

static size_t sets_size(const struct vvm_function *function)
{
    size_t words = 0;
    for (uint32_t i = 0; i < function->owned_count; i++)
        if (words < function->owned[i].bits_index + function->owned_words)
            words = function->owned[i].bits_index + function->owned_words;
    return words * sizeof *function->owned_bits;
}

static void walk_pointer(struct walk *w, size_t at, const struct pointer *p, const void *from)
{
    const void *place_of_it = (const char *)from + p->at;
    void *to = p->kind == POINTER_CLEARED ? NULL : *(void *const *)place_of_it;
    uint32_t count = *(const uint32_t *)(const void *)((const char *)from + p->count_at);
    switch (p->kind) {
    case POINTER_TEXT: link_fixed(w, at, to, to ? strlen(to) + 1 : 0, 1); break;
    case POINTER_PLAIN: link_fixed(w, at, to, count * p->size, 8); break;
    case POINTER_SETS: link_fixed(w, at, to, sets_size(from), 8); break;
    case POINTER_ONE: link_struct(w, at, p->layout, to); break;
    case POINTER_ITEMS: link_structs(w, at, p->layout, to, count); break;
    case POINTER_LIST: link_list(w, at, p->layout, to, count); break;
    case POINTER_SOURCE: link_to(w, at, VVM_IMAGE_TEXT, 0); break;
    case POINTER_VALUE: link_value(w, at, *(const vvm_value *)place_of_it); break;
    case POINTER_CLEARED: memset(w->parts.bytes + at, 0, p->size); break;
    }
}

size_t walk_structs(struct walk *w, const struct layout *layout, const void *structs, size_t count)
{
    size_t at, size = layout->size;
    if (place(&w->parts, structs, count * size, 8, &at))
        return at;
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < layout->count; p++)
            walk_pointer(w, at + i * size + layout->pointers[p].at, &layout->pointers[p],
                         (const char *)structs + i * size);
    return at;
}
