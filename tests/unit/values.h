/* Shared by the unit tests of values: hooks, types, random values, and the balance of memory.
 *
 * Every test runs between kit_begin and kit_end: at the end no byte of the allocator may be out. */
#ifndef TESTS_UNIT_VALUES_H
#define TESTS_UNIT_VALUES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "vm/value/hooks.h"
#include "vm/value/object.h"
#include "vm/value/type.h"

/* ---- Names and types ---- */

enum { SYM_X = 1, SYM_Y, SYM_CACHE, SYM_ITEMS, SYM_POINT, SYM_NODE, SYM_PAIR, SYM_COLOR, SYM_RED, SYM_CUSTOM, SYM_KEYED, SYM_FILE };

const char *vvm_symbol_name(vvm_symbol symbol)
{
    static const char *const names[] = {"", "x", "y", "cache", "items", "Point", "Node", "Pair", "Color", "Red", "Custom", "Keyed", "Log"};
    return symbol < sizeof names / sizeof *names ? names[symbol] : "?";
}

const char *vvm_function_name(uint32_t id)
{
    return id == 7 ? "counter" : NULL;
}

const char *vvm_capture_name(uint32_t id, uint32_t slot)
{
    return id == 7 && slot == 0 ? "n" : NULL;
}

static struct vvm_field point_fields[] = {{.name = SYM_X}, {.name = SYM_Y}};
static struct vvm_field node_fields[] = {{.name = SYM_ITEMS}, {.name = SYM_CACHE, .is_state = true}};
static struct vvm_variant color_variants[] = {{.name = SYM_RED}, {.name = SYM_CUSTOM, .field_count = 2}};
#define KIT_FREE(n) (VVM_TYPE_FIRST_FREE + (n))
__attribute__((unused)) static struct vvm_type
    /* a struct, a class without and one with state, an enum, a class with its own equality and text */
    point_type = {.id = KIT_FREE(0), .kind = VVM_TYPE_STRUCT, .name = SYM_POINT, .field_count = 2, .fields = point_fields},
    pair_type = {.id = KIT_FREE(1), .kind = VVM_TYPE_CLASS, .name = SYM_PAIR, .field_count = 2, .fields = point_fields},
    node_type = {.id = KIT_FREE(2), .kind = VVM_TYPE_CLASS, .name = SYM_NODE, .field_count = 2, .fields = node_fields, .has_state = true},
    color_type = {.id = KIT_FREE(3), .kind = VVM_TYPE_ENUM, .name = SYM_COLOR, .variant_count = 2, .variants = color_variants},
    keyed_type = {.id = KIT_FREE(4), .kind = VVM_TYPE_CLASS, .name = SYM_KEYED, .field_count = 2, .fields = point_fields,
                  .user_equals = true, .user_hash = true, .user_compare = true, .user_text = true},
    error_type = {.id = VVM_T_VALUE_ERROR, .kind = VVM_TYPE_CLASS, .field_count = 2, .fields = point_fields, .is_error = true},
    file_type = {.id = KIT_FREE(5), .kind = VVM_TYPE_CLASS, .name = SYM_FILE};

/* ---- Memory ---- */

static int kit_begin(void **state)
{
    (void)state;
    vrt_account_switch(NULL); /* from here on the thread counts anew */
    return 0;
}

static int kit_end(void **state)
{
    (void)state;
    int64_t out = vrt_thread_cache.delta;
    if (out != 0)
        print_error("%lld bytes are still out\n", (long long)out);
    return out == 0 ? 0 : -1;
}

#define KIT_TEST(f) cmocka_unit_test_setup_teardown(f, kit_begin, kit_end)
#define KIT_COUNT(tests) (sizeof(tests) / sizeof *(tests))

/* ---- Values ---- */

__attribute__((unused)) static vvm_value text(const char *s)
{
    return vvm_string_from_c(s);
}

__attribute__((unused)) static vvm_value list_of(size_t count, ...)
{
    vvm_value items[64];
    va_list arguments;
    va_start(arguments, count);
    for (size_t i = 0; i < count; i++)
        items[i] = va_arg(arguments, vvm_value);
    va_end(arguments);
    return vvm_list_from(items, count);
}

__attribute__((unused)) static vvm_value pair_of(vvm_value a, vvm_value b)
{
    return vvm_tuple_from((vvm_value[]){a, b}, 2);
}

/* A finished instance of a two-field class. */
__attribute__((unused)) static vvm_value instance_of(struct vvm_type *type, vvm_value a, vvm_value b)
{
    vvm_value v = vvm_instance_new(type);
    struct vvm_record *record = v.object;
    record->fields[0] = a;
    record->fields[1] = b;
    vvm_instance_finish(v);
    return v;
}

__attribute__((unused)) static vvm_value dict_put(vvm_value dict, vvm_value key, vvm_value value)
{
    uint64_t hash = 0;
    assert_int_equal(vvm_hash(key, &hash), VVM_TRUE);
    return vvm_dict_set(dict, key, hash, value);
}

__attribute__((unused)) static void assert_same_text(vvm_value borrowed, const char *expected)
{
    struct vvm_text_builder b;
    vvm_text_init(&b);
    assert_int_equal(vvm_text(borrowed, false, &b), VVM_TRUE);
    vvm_text_add(&b, "", 1);
    assert_false(b.failed);
    assert_string_equal(b.data, expected);
    vvm_text_drop(&b);
}

/* Checks the text, then releases the value. */
__attribute__((unused)) static void assert_text(vvm_value owned, const char *expected)
{
    assert_same_text(owned, expected);
    vvm_release(owned);
}

/* ---- Random values: small domains, so that equal ones meet often ---- */

static uint64_t kit_seed = 88172645463325252u;

__attribute__((unused)) static uint64_t kit_random(uint64_t below)
{
    kit_seed ^= kit_seed << 13;
    kit_seed ^= kit_seed >> 7;
    kit_seed ^= kit_seed << 17;
    return kit_seed % below;
}

__attribute__((unused)) static vvm_value random_leaf(void)
{
    static const double reals[] = {0.0, -0.0, 1.0, 2.5, 1e300, -3.0, 9007199254740993.0, 0x1p63, INFINITY};
    static const char *const texts[] = {"", "a", "b", "é", "eight888", "nine99999", "a longer text", "ab"};
    switch (kit_random(9)) {
    case 0: return vvm_number((int64_t)kit_random(4) - 1);
    case 1: return vvm_float(reals[kit_random(9)]);
    case 2: return text(texts[kit_random(8)]);
    case 3: return vvm_bool(kit_random(2));
    case 4: return vvm_duration((int64_t)kit_random(3));
    case 5: return vvm_enum_from(&color_type, 0, NULL, 0);
    case 6: return vvm_range_new((int64_t)kit_random(3), (int64_t)kit_random(4), kit_random(2));
    case 7: return vvm_number(kit_random(2) ? INT64_MAX : 9007199254740993);
    default: return kit_random(2) ? vvm_void() : vvm_none();
    }
}

static vvm_value random_value(unsigned depth);

static vvm_value random_table(unsigned depth, enum vvm_kind kind)
{
    vvm_value table = vvm_dict_new(kind, 0);
    for (size_t n = kit_random(5); n > 0; n--) {
        vvm_value key = random_value(depth - 1), value = vvm_unset();
        if (kind == VVM_DICT)
            value = random_value(depth - 1);
        table = dict_put(table, key, value);
    }
    return table;
}

static vvm_value random_row(unsigned depth, enum vvm_kind kind)
{
    vvm_value items[4];
    size_t count = kit_random(4);
    for (size_t i = 0; i < count; i++)
        items[i] = random_value(depth - 1);
    return kind == VVM_LIST ? vvm_list_from(items, count) : vvm_tuple_from(items, count);
}

static vvm_value random_value(unsigned depth)
{
    if (depth == 0)
        return random_leaf();
    switch (kit_random(12)) {
    case 0:
    case 1: return random_row(depth, VVM_LIST);
    case 2: return random_row(depth, VVM_TUPLE);
    case 3: return random_table(depth, VVM_DICT);
    case 4: return random_table(depth, VVM_SET);
    case 5: return vvm_struct_from(&point_type, (vvm_value[]){random_value(depth - 1), random_value(depth - 1)});
    case 6: return vvm_enum_from(&color_type, 1, (vvm_value[]){random_value(depth - 1), random_value(depth - 1)}, 2);
    case 7: return instance_of(&pair_type, random_value(depth - 1), random_value(depth - 1));
    case 8: return vvm_some(random_value(depth - 1));
    case 9: return kit_random(2) ? vvm_ok(random_value(depth - 1)) : vvm_err(random_value(depth - 1));
    default: return random_leaf();
    }
}

#endif
