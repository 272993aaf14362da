/* A VM made from the image of the core library is the same as one that compiled its texts. */
#include "runtime/sched/runtime.h"
#include "vm/compile/image.h"
#include "vm/compile/ir.h"
#include "vm/compile/module.h"
#include "vm/exec/prelude.h"
#include "vm_bindings/groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct vela_runtime *runtimes[2];
static struct vvm_vm *loaded, *compiled;

static struct vvm_vm *make(int index, bool bare)
{
    runtimes[index] = vrt_runtime_create(&(struct vrt_runtime_config){.workers = 1});
    return vvm_vm_create(runtimes[index], vbn_groups, vbn_group_count, &(struct vvm_vm_options){.bare = bare});
}

static int begin(void **state)
{
    (void)state;
    loaded = make(0, false);
    compiled = make(1, true);
    bool fits = vvm_image_fits(&vvm_core_image, compiled); /* it has only its built-ins so far */
    return fits && loaded && vvm_core_compile(compiled) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        vrt_runtime_destroy(runtimes[i]);
    vvm_vm_destroy(loaded);
    vvm_vm_destroy(compiled);
    return 0;
}

static void same_value(vvm_value a, vvm_value b)
{
    assert_int_equal(a.tag, b.tag);
    if (vvm_kind(a) == VVM_TYPE || vvm_kind(a) == VVM_VARIANT)
        assert_int_equal(((struct vvm_type *)a.object)->id, ((struct vvm_type *)b.object)->id);
    else if (vvm_kind(a) == VVM_FUNCTION)
        assert_int_equal(((struct vvm_function *)a.object)->id, ((struct vvm_function *)b.object)->id);
    else if (!vvm_is_heap(a))
        assert_true(a.bits == b.bits);
}

/* ---- Functions ---- */

static void same_disassembly(void **state)
{
    (void)state;
    assert_int_equal(loaded->functions.count, compiled->functions.count);
    assert_true(loaded->functions.count > 500);
    for (uint32_t id = 0; id < loaded->functions.count; id++) {
        struct vvm_text_builder a = {0}, b = {0};
        vvm_vm_enter(loaded);
        vvm_disassemble(vvm_function_at(loaded, id), &a);
        vvm_vm_enter(compiled);
        vvm_disassemble(vvm_function_at(compiled, id), &b);
        vvm_vm_enter(NULL);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
        vvm_text_drop(&a);
        vvm_text_drop(&b);
    }
}

static void same_test(const struct vvm_type_test *a, const struct vvm_type_test *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->part_count, b->part_count);
    assert_int_equal(a->type ? a->type->id : 0, b->type ? b->type->id : 0);
    for (uint32_t i = 0; i < a->part_count; i++)
        same_test(a->parts[i], b->parts[i]);
}

/* What the disassembly does not show. */
static void same_tables_of_functions(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < loaded->functions.count; id++) {
        const struct vvm_function *a = vvm_function_at(loaded, id), *b = vvm_function_at(compiled, id);
        assert_int_equal(a->flags, b->flags);
        assert_int_equal(a->check_count, b->check_count);
        for (uint32_t i = 0; i < a->check_count; i++) {
            assert_string_equal(a->checks[i].what, b->checks[i].what);
            same_test(a->checks[i].test, b->checks[i].test);
        }
        assert_int_equal(a->constant_count, b->constant_count);
        for (uint32_t i = 0; i < a->constant_count; i++)
            same_value(a->constants[i], b->constants[i]);
        for (uint32_t i = 0; i < a->capture_count; i++)
            assert_int_equal(a->capture_names[i], b->capture_names[i]);
        for (uint32_t i = 0; i < a->parameter_count && a->parameters; i++)
            assert_int_equal(a->parameters[i].name, b->parameters[i].name);
        assert_int_equal(a->result_check, b->result_check);
    }
}

/* ---- The VM ---- */

static void same_members(const struct vvm_members *a, const struct vvm_members *b)
{
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; b->slots && i <= b->mask; i++) {
        if (b->slots[i].kind == VVM_MEMBER_NONE)
            continue;
        const struct vvm_member *own = vvm_members_find(a, b->slots[i].name);
        assert_non_null(own);
        assert_int_equal(own->kind, b->slots[i].kind);
        assert_int_equal(own->flags, b->slots[i].flags);
        assert_int_equal(own->slot, b->slots[i].slot);
        same_value(own->value, b->slots[i].value);
    }
}

static void same_types(void **state)
{
    (void)state;
    assert_int_equal(loaded->types.count, compiled->types.count);
    for (uint32_t id = 1; id < loaded->types.count; id++) {
        struct vvm_type *a = vvm_type_at(loaded, id), *b = vvm_type_at(compiled, id);
        assert_int_equal(a->name, b->name);
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->field_count, b->field_count);
        assert_int_equal(a->variant_count, b->variant_count);
        assert_int_equal(a->user_equals | a->user_hash << 1 | a->user_compare << 2 | a->user_text << 3,
                         b->user_equals | b->user_hash << 1 | b->user_compare << 2 | b->user_text << 3);
        same_value(a->constructor, b->constructor);
        for (uint32_t place = VVM_IMAGE_MEMBERS; place <= VVM_IMAGE_STATIC_SETTERS; place++)
            same_members(vvm_image_members_of(a, place), vvm_image_members_of(b, place));
    }
}

static void same_names(void **state)
{
    (void)state;
    vvm_symbol a, b;
    vvm_value x, y;
    uint32_t at = 0, beside = 0;
    assert_true(vvm_symbols_digest(loaded->symbols) == vvm_symbols_digest(compiled->symbols));
    while (vvm_prelude_next(compiled, &at, &b, &y)) {
        assert_true(vvm_prelude_next(loaded, &beside, &a, &x));
        assert_int_equal(a, b);
        same_value(x, y);
    }
    assert_false(vvm_prelude_next(loaded, &beside, &a, &x));
    for (int i = 0; i < VVM_CORE_COUNT; i++)
        assert_int_equal(loaded->core[i]->id, compiled->core[i]->id);
}

static void same_sites(void **state)
{
    (void)state;
    for (int t = 0; t < VVM_IMAGE_TABLES; t++)
        assert_int_equal(vvm_image_table_of(loaded, t)->count, vvm_image_table_of(compiled, t)->count);
    for (uint32_t i = 0; i < loaded->sites.count; i++) {
        const struct vvm_site *a = vvm_table_at(&loaded->sites, i), *b = vvm_table_at(&compiled->sites, i);
        assert_int_equal(a->name, b->name);
        assert_int_equal(a->type_id, b->type_id);
    }
    for (uint32_t i = 0; i < loaded->shapes.count; i++) {
        const struct vvm_shape *a = vvm_table_at(&loaded->shapes, i), *b = vvm_table_at(&compiled->shapes, i);
        assert_int_equal(a->site, b->site);
        assert_int_equal(a->count, b->count);
        for (uint32_t k = 0; k < a->count; k++)
            assert_int_equal(a->arguments[k].name, b->arguments[k].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_disassembly), cmocka_unit_test(same_tables_of_functions), cmocka_unit_test(same_types),
        cmocka_unit_test(same_names), cmocka_unit_test(same_sites),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
