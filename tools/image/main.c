/* Writes the image of the core library as a C file: image FILE.
 *
 * Two VMs compile the core library, one after the other. What they have beyond a bare one becomes two images that must
 * be the same; the first is written. */
#include "tools/image/walk.h"

#include "runtime/sched/runtime.h"
#include "vm/compile/module.h"
#include "vm/core/core_sources.h"
#include "vm/exec/prelude.h"
#include "vm_bindings/groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct vvm_image vvm_core_image; /* of this program: none */

static struct vvm_vm *make_vm(bool bare)
{
    struct vela_runtime *runtime = vrt_runtime_create(&(struct vrt_runtime_config){.workers = 1});
    struct vvm_vm *vm =
        runtime ? vvm_vm_create(runtime, vbn_groups, vbn_group_count, &(struct vvm_vm_options){.bare = true}) : NULL;
    if (!vm || (!bare && !vvm_core_compile(vm)))
        image_fail("it cannot be compiled");
    return vm;
}

/* ---- What the core library adds to a VM ---- */

static void list_symbols(struct vvm_vm *vm, struct vvm_vm *bare, struct vvm_image_root *root)
{
    vvm_symbol first = vvm_symbols_count(bare->symbols) + 1, last = vvm_symbols_count(vm->symbols);
    for (vvm_symbol s = first; s <= last; s++)
        root->symbol_bytes += (uint32_t)vvm_symbols_length(vm->symbols, s) + 1;
    char *texts = image_alloc(root->symbol_bytes), *at = texts;
    for (vvm_symbol s = first; s <= last; s++)
        at = stpcpy(at, vvm_symbols_text(vm->symbols, s)) + 1;
    if (at != texts + root->symbol_bytes)
        image_fail("a name has a NUL in it");
    root->symbols = texts;
    root->symbol_count = last - first + 1;
}

static void list_items(struct vvm_vm *vm, struct vvm_vm *bare, struct vvm_image_root *root)
{
    for (int t = 0; t < VVM_IMAGE_TABLES; t++) {
        const struct vvm_table *table = vvm_image_table_of(vm, t);
        uint32_t before = vvm_table_count(vvm_image_table_of(bare, t)), count = vvm_table_count(table) - before;
        char *items = image_alloc((size_t)count * table->item_size);
        for (uint32_t i = 0; i < count; i++)
            memcpy(items + (size_t)i * table->item_size, vvm_table_at(table, before + i), table->item_size);
        root->tables[t] = (struct vvm_image_table){items, count};
    }
}

/* Built-ins and known types are there without the core library. */
static bool is_own(vvm_value value)
{
    bool type = vvm_kind(value) == VVM_TYPE && ((const struct vvm_type *)value.object)->id >= VVM_TYPE_FIRST_FREE;
    return type || vvm_kind(value) == VVM_FUNCTION;
}

static void list_names(struct vvm_vm *vm, struct vvm_image_root *root)
{
    struct vvm_image_name next;
    uint32_t cursor = 0;
    while (vvm_prelude_next(vm, &cursor, &next.name, &next.value))
        root->name_count += is_own(next.value);
    root->names = image_alloc(root->name_count * sizeof next);
    root->name_count = 0;
    for (cursor = 0; vvm_prelude_next(vm, &cursor, &next.name, &next.value);)
        if (is_own(next.value))
            root->names[root->name_count++] = next;
    root->core_count = VVM_CORE_COUNT;
    root->core = vm->core;
}

/* Gives how many there are; writes them down if there is a place. */
static uint32_t members_of(struct vvm_type *type, uint32_t place, struct vvm_image_member *out)
{
    const struct vvm_members *members = vvm_image_members_of(type, place);
    uint32_t count = 0;
    for (uint32_t i = 0; members->slots && i <= members->mask; i++) {
        const struct vvm_member *member = &members->slots[i];
        if (member->kind == VVM_MEMBER_NONE || (type->id < VVM_TYPE_FIRST_FREE && !is_own(member->value)))
            continue;
        if (out)
            out[count] = (struct vvm_image_member){type, *member, place};
        count++;
    }
    return count;
}

static uint32_t all_members(struct vvm_vm *vm, struct vvm_image_member *out)
{
    uint32_t count = 0;
    for (uint32_t id = 1; id < vvm_table_count(&vm->types); id++)
        for (uint32_t place = VVM_IMAGE_MEMBERS; place <= VVM_IMAGE_STATIC_SETTERS; place++)
            count += members_of(vvm_type_at(vm, id), place, out ? out + count : NULL);
    return count;
}

static void list_members(struct vvm_vm *vm, struct vvm_image_root *root)
{
    root->member_count = all_members(vm, NULL);
    root->members = image_alloc(root->member_count * sizeof *root->members);
    all_members(vm, root->members);
    for (int id = 1; id < VVM_TYPE_FIRST_FREE; id++) {
        const struct vvm_type *type = vm->known[id];
        root->overrides[id] =
            (struct vvm_image_overrides){type->user_equals, type->user_hash, type->user_compare, type->user_text};
        if (is_own(type->constructor) || is_own(type->initializer))
            image_fail("a constructor of %s", vvm_type_name(type));
    }
}

static void make_image(struct walk *w, struct vvm_vm *bare)
{
    struct vvm_vm *vm = make_vm(false);
    struct vvm_image_root *root = image_alloc(sizeof *root);
    *w = (struct walk){.bare = bare};
    list_symbols(vm, bare, root);
    list_items(vm, bare, root);
    list_names(vm, root);
    list_members(vm, root);
    walk_structs(w, &root_layout, root, 1);
}

/* ---- The check ---- */

/* Words that no table of layout.c calls pointers, and that look like addresses: none may differ between two VMs, and
 * none may lead into this program. */
static bool is_address(uint64_t a, uint64_t b)
{
    extern char __executable_start, _end;
    bool in_program = a >= (uintptr_t)&__executable_start && a < (uintptr_t)&_end;
    return in_program || (a != b && a >> 32 != 0 && a >> 48 == 0);
}

static void compare(const struct walk *a, const struct walk *b)
{
    bool same = a->fixed.size == b->fixed.size && a->parts.size == b->parts.size && a->link_count == b->link_count &&
                memcmp(a->links, b->links, a->link_count * sizeof *a->links) == 0;
    if (!same)
        image_fail("two VMs differ in what they compile");
    uint8_t *linked = image_alloc(a->parts.size / 8);
    for (size_t i = 0; i < a->link_count; i++)
        linked[a->links[i]] = 1;
    for (size_t i = 0; i < a->parts.size / 8; i++) {
        uint64_t x, y;
        memcpy(&x, a->parts.bytes + i * 8, sizeof x);
        memcpy(&y, b->parts.bytes + i * 8, sizeof y);
        if (linked[i] ? x != y : is_address(x, y))
            image_fail("word %zu is an address that tools/image/layout.c does not name", i);
    }
    free(linked);
}

/* ---- The file ---- */

static void write_words(FILE *out, const char *name, struct section *section)
{
    size_t words = section->size / 8 + 1;
    uint64_t word;
    fprintf(out, "static const uint64_t %s[] = {", name);
    for (size_t i = 0; i < words; i++) {
        size_t rest = section->size - i * 8;
        word = 0;
        memcpy(&word, section->bytes + i * 8, rest < 8 ? rest : 8);
        fprintf(out, "%s0x%" PRIx64 ",", i % 8 ? "" : "\n", word);
    }
    fputs("\n};\n", out);
}

static void write_tables(FILE *out, const struct walk *w)
{
    fputs("static const uint32_t links[] = {", out);
    for (size_t i = 0; i < w->link_count; i++)
        fprintf(out, "%s%" PRIu32 ",", i % 16 ? "" : "\n", w->links[i]);
    fputs("\n};\nstatic const struct vvm_image_row rows[] = {\n", out);
    for (size_t i = 0; i < w->row_count; i++)
        fprintf(out, "    {%u, %u, %" PRIu32 "},\n", w->rows[i].place, w->rows[i].type, w->rows[i].name);
    fputs("};\n", out);
}

static void write_image(FILE *out, struct walk *w)
{
    fputs("/* Generated by tools/image. */\n#include \"vm/compile/image.h\"\n#include \"vm/compile/module.h\"\n"
          "#include \"vm/front/source.h\"\n\n", out);
    for (size_t i = 0; all_layouts[i]; i++)
        fprintf(out, "_Static_assert(sizeof(%s) == %zu, \"the image is of another layout\");\n", all_layouts[i]->name,
                all_layouts[i]->size);
    write_words(out, "fixed", &w->fixed);
    write_words(out, "parts", &w->parts);
    write_tables(out, w);
    fprintf(out, "extern const char %s[];\n", vvm_core_text.name);
    fprintf(out,
            "const struct vvm_image vvm_core_image = {\n    0x%" PRIx64
            "u, %s, fixed, parts, links, rows, %zu, %zu, %zu,\n};\n",
            vvm_symbols_digest(w->bare->symbols), vvm_core_text.name, w->parts.size, w->link_count, w->row_count);
}

int main(int count, char **arguments)
{
    struct walk image, again;
    if (count != 2)
        image_fail("which file?");
    struct vvm_vm *bare = make_vm(true);
    make_image(&image, bare);
    make_image(&again, bare);
    compare(&image, &again);
    FILE *out = fopen(arguments[1], "w");
    if (!out)
        image_fail("cannot write %s", arguments[1]);
    write_image(out, &image);
    if (fclose(out))
        image_fail("cannot write %s", arguments[1]);
    fflush(NULL);
    _Exit(EXIT_SUCCESS); /* the VMs have run nothing */
}
