/* The table of built-ins agrees with itself. */
#include "tests/unit/test_core.h"
#include "vm/core/builtin.h"

#include <ctype.h>

static const char *closing(const char *p)
{
    int depth = 0;
    for (; *p != '\0'; p++) {
        if (*p == '"') {
            for (p++; *p != '"'; p++)
                p += *p == '\\';
        } else if (strchr("([{", *p) != NULL) {
            depth++;
        } else if (strchr(")]}", *p) != NULL && --depth == 0) {
            return p;
        }
    }
    return p;
}

/* Does parameter `index` have a default? Its text reaches to the next parameter's name, or to the end. */
static bool has_default(const char *signature, uint32_t index)
{
    bool rest;
    struct vvm_words name = vvm_signature_parameter(signature, index, &rest);
    struct vvm_words next = vvm_signature_parameter(signature, index + 1, &rest);
    const char *end = next.length > 0 ? next.text : closing(strchr(signature, '('));
    for (const char *p = name.text; p + 2 < end; p++) {
        if (memcmp(p, " = ", 3) == 0)
            return true;
    }
    return false;
}

static void check_counts(const struct vvm_builtin *row)
{
    uint32_t least = 0, most = 0;
    bool rest, any_rest = false;
    while (strchr(row->signature, '(') != NULL && vvm_signature_parameter(row->signature, most, &rest).length > 0) {
        any_rest |= rest;
        least += !rest && !has_default(row->signature, most);
        most++;
    }
    if (row->min != least || row->max != (any_rest ? 255 : most))
        fail_msg("%s: %u to %u arguments, the table says %u to %u", row->signature, least, most, row->min, row->max);
}

static void check_row(const struct vvm_builtin_group *group, const struct vvm_builtin *row)
{
    check_counts(row);
    assert_non_null(row->function);
    if (row->doc == NULL || strlen(row->doc) < 4 || strchr(".?", row->doc[strlen(row->doc) - 1]) == NULL)
        fail_msg("%s: its documentation is no sentence", row->signature);
    if ((row->flags & VVM_BUILTIN_PROPERTY) && row->max != 0)
        fail_msg("%s: a property with arguments", row->signature);
    bool intrinsic = strncmp(row->signature, "__", 2) == 0;
    if (intrinsic && group->statics)
        fail_msg("%s: an intrinsic as a static", row->signature);
    uint32_t arguments = row->max + (!group->statics && group->type != VVM_TYPE_NO_ID);
    if (row->consumes >> (arguments < 16 ? arguments : 15) != 0)
        fail_msg("%s: consumes more arguments than it has", row->signature);
}

static void rows_agree_with_their_signatures(void **state)
{
    (void)state;
    for (size_t g = 0; g < vvm_core_group_count; g++) {
        for (size_t i = 0; i < vvm_core_groups[g]->count; i++)
            check_row(vvm_core_groups[g], &vvm_core_groups[g]->rows[i]);
    }
}

static bool same_name(const struct vvm_builtin *a, const struct vvm_builtin *b)
{
    struct vvm_words x = vvm_signature_name(a->signature), y = vvm_signature_name(b->signature);
    return x.length == y.length && memcmp(x.text, y.text, x.length) == 0;
}

static void no_name_stands_twice(void **state)
{
    (void)state;
    for (size_t g = 0; g < vvm_core_group_count; g++) {
        for (size_t h = g; h < vvm_core_group_count; h++) {
            const struct vvm_builtin_group *a = vvm_core_groups[g], *b = vvm_core_groups[h];
            if (a->type != b->type || a->statics != b->statics)
                continue;
            for (size_t i = 0; i < a->count; i++)
                for (size_t j = g == h ? i + 1 : 0; j < b->count; j++)
                    if (same_name(&a->rows[i], &b->rows[j]))
                        fail_msg("%s stands twice", a->rows[i].signature);
        }
    }
}

static void both_spellings_are_found(void **state)
{
    (void)state;
    struct vvm_vm *vm = rig.machine->vm;
    const char *names[] = {"toString", "to_string", "takeLast", "take_last", "isEmpty", "is_empty"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        vvm_symbol symbol = vvm_symbols_find(vm->symbols, names[i], strlen(names[i]));
        struct vvm_type *type = vm->known[i < 2 ? VVM_T_ANY : VVM_T_LIST];
        assert_non_null(vvm_members_find(&type->members, symbol));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_agree_with_their_signatures),
        cmocka_unit_test(no_name_stands_twice),
        cmocka_unit_test_setup_teardown(both_spellings_are_found, rig_begin, rig_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
