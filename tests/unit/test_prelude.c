/* What a VM knows by name: tables that never move, the prelude, built-ins under both spellings. */
#include "script.h"

#include "vm/exec/prelude.h"
#include "vm/exec/tables.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static vvm_symbol symbol(const char *text) { return vvm_symbols_intern(script.machine.vm->symbols, text, strlen(text)); }

static void items_of_a_table_stay_where_they_are(void **state)
{
    (void)state;
    struct vvm_table table;
    uint64_t *first = NULL;
    vvm_table_init(&table, sizeof(uint64_t));
    for (uint64_t i = 0; i < 5000; i++) {
        uint32_t index;
        assert_true(vvm_table_add(&table, &i, &index));
        assert_int_equal(index, i);
        if (i == 0)
            first = vvm_table_at(&table, 0);
    }
    assert_ptr_equal(vvm_table_at(&table, 0), first);
    const uint32_t edges[] = {0, VVM_TABLE_FIRST - 1, VVM_TABLE_FIRST, 3 * VVM_TABLE_FIRST - 1, 3 * VVM_TABLE_FIRST, 4999};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        assert_int_equal(*(uint64_t *)vvm_table_at(&table, edges[i]), edges[i]);
    vvm_table_deinit(&table);
}

static void names_are_put_found_and_replaced(void **state)
{
    (void)state;
    vvm_value value;
    assert_false(vvm_prelude_find(script.machine.vm, symbol("quite_new"), &value));
    assert_true(vvm_prelude_put(script.machine.vm, symbol("quite_new"), vvm_number(1)));
    assert_true(vvm_prelude_put(script.machine.vm, symbol("quite_new"), vvm_number(2)));
    assert_true(vvm_prelude_find(script.machine.vm, symbol("quite_new"), &value));
    assert_int_equal(value.number, 2);
    IS("quite_new", "2");
}

static void all_names_come_in_order_and_once(void **state)
{
    (void)state;
    uint32_t cursor = 0, seen = 0;
    vvm_symbol name, last = VVM_NO_SYMBOL;
    vvm_value value, found;
    assert_true(vvm_prelude_put(script.machine.vm, symbol("the_last_one"), vvm_number(3)));
    while (vvm_prelude_next(script.machine.vm, &cursor, &name, &value)) {
        assert_true(vvm_prelude_find(script.machine.vm, name, &found));
        assert_true(found.tag == value.tag && found.object == value.object);
        seen += name == symbol("the_last_one");
        last = name;
    }
    assert_int_equal(seen, 1);
    assert_int_equal(last, symbol("the_last_one"));
}

static void built_ins_have_both_spellings(void **state)
{
    (void)state;
    const struct vvm_type *string = script.machine.vm->known[VVM_T_STRING];
    struct vvm_member *camel = vvm_members_find(&string->members, symbol("padStart"));
    struct vvm_member *snake = vvm_members_find(&string->members, symbol("pad_start"));
    assert_true(camel && snake);
    assert_ptr_equal(camel->value.object, snake->value.object);
    assert_null(vvm_members_find(&string->members, symbol("padstart")));
    IS("([3, 4].filterMap(x => if (x > 3) { Some(x) } else { None }), [3, 4].filter_map(x => Some(x)))", "([4], [3, 4])");
}

static void types_have_other_names(void **state)
{
    (void)state;
    IS("(Array == List, Map == Dict, fs == File, math.abs(-1))", "(true, true, true, 1)");
}

static void sub_classes_of_error_have_what_error_has(void **state)
{
    (void)state;
    const struct vvm_type *type = script.machine.vm->known[VVM_T_CHANNEL_FULL_ERROR];
    assert_true(type->is_error && vvm_type_extends(type, script.machine.vm->known[VVM_T_ERROR]));
    assert_non_null(vvm_members_find(&type->members, vvm_name(script.machine.vm, VVM_NAME_MESSAGE)));
    IS("e = KeyError(\"k\"); (e.message, e.name, e.cause, e is Error, e is ValueError)", "(\"k\", \"KeyError\", None, true, false)");
}

static enum vvm_outcome never(struct vvm_call *call)
{
    (void)call;
    abort();
}

/* Whoever registers a name again learns it at once, by the end of the process. */
static void a_name_cannot_be_registered_twice(void **state)
{
    (void)state;
    static const struct vvm_builtin function[] = {{.signature = "__itemsOf(x: Any) -> Any", .function = never, .doc = ""}};
    static const struct vvm_builtin method[] = {{.signature = "pad_start(x: Any) -> Any", .function = never, .doc = ""}};
    const struct vvm_builtin_group groups[] = {{VVM_TYPE_NO_ID, false, function, 1}, {VVM_T_STRING, false, method, 1}};
    for (size_t i = 0; i < 2; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            fclose(stderr);
            vvm_registry_add(script.machine.vm, &groups[i]);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_of_a_table_stay_where_they_are), cmocka_unit_test(names_are_put_found_and_replaced),
        cmocka_unit_test(all_names_come_in_order_and_once), cmocka_unit_test(built_ins_have_both_spellings),
        cmocka_unit_test(types_have_other_names), cmocka_unit_test(sub_classes_of_error_have_what_error_has),
        cmocka_unit_test(a_name_cannot_be_registered_twice),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
