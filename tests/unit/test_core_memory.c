/* Rows when memory is out: the n-th allocation fails, for n = 1, 2, 3 ... until the call gets through. Each failure is
 * OutOfMemoryError and leaves nothing behind (the address sanitizer's leak check sees to that). */
#include "tests/unit/test_core.h"
#include "vm/core/builtin.h"

#define LONG "a text that is long enough to be a block of its own"
#define PAIR(a, b) vvm_tuple_from((vvm_value[]){(a), (b)}, 2)

static vvm_value texts(void) { return LIST(S(LONG), S("b " LONG), S("c")); }
static vvm_value pairs(void) { return LIST(PAIR(S(LONG), N(1)), PAIR(S("b"), S(LONG))); }
static vvm_value lists(void) { return LIST(texts(), pairs(), vvm_range_new(0, 40, false)); }
static vvm_value dict(void) { return STATIC(DICT, "Dict", pairs()); }
static vvm_value set(void) { return STATIC(SET, "Set", texts()); }
static vvm_value line(void) { return S("one two\nthree " LONG ",four,\xc3\xa9t\xc3\xa9 " LONG); }
static vvm_value range(void) { return vvm_range_new(0, 100, false); }
static vvm_value some(void) { return vvm_some(vvm_some(S(LONG))); }
static vvm_value number(void) { return N(3); }
static vvm_value text(void) { return S(LONG " " LONG); }
static vvm_value comma(void) { return S(","); }
static vvm_value big(void) { return N(INT64_MIN); }

static const struct {
    enum vvm_type_id type;
    bool statics;
    const char *name;
    vvm_value (*args[4])(void);
} cases[] = {
    {VVM_T_LIST, false, "append", {texts, text}},
    {VVM_T_LIST, false, "prepend", {texts, text}},
    {VVM_T_LIST, false, "concat", {texts, range}},
    {VVM_T_LIST, false, "chunk", {texts, number}},
    {VVM_T_LIST, false, "windows", {texts, number}},
    {VVM_T_LIST, false, "flatten", {lists}},
    {VVM_T_LIST, false, "enumerate", {texts}},
    {VVM_T_LIST, false, "zip", {texts, pairs}},
    {VVM_T_LIST, false, "unzip", {pairs}},
    {VVM_T_LIST, false, "pop", {texts}},
    {VVM_T_LIST, false, "first", {texts}},
    {VVM_T_LIST, false, "toDict", {pairs}},
    {VVM_T_LIST, false, "toSet", {texts}},
    {VVM_T_LIST, false, "shuffle", {texts}},
    {VVM_T_LIST, true, "List", {range}},
    {VVM_T_LIST, true, "fill", {number, text}},
    {VVM_T_LIST, true, "of", {text, text, number}},
    {VVM_T_DICT, false, "set", {dict, text, text}},
    {VVM_T_DICT, false, "get", {dict, text}},
    {VVM_T_DICT, false, "remove", {dict, text}},
    {VVM_T_DICT, false, "keys", {dict}},
    {VVM_T_DICT, false, "values", {dict}},
    {VVM_T_DICT, false, "entries", {dict}},
    {VVM_T_SET, false, "add", {set, text}},
    {VVM_T_SET, false, "toList", {set}},
    {VVM_T_SET, true, "of", {text, number}},
    {VVM_T_STRING, false, "chars", {line}},
    {VVM_T_STRING, false, "words", {line}},
    {VVM_T_STRING, false, "lines", {line}},
    {VVM_T_STRING, false, "bytes", {line}},
    {VVM_T_STRING, false, "split", {line, comma}},
    {VVM_T_STRING, false, "replaceAll", {line, comma, text}},
    {VVM_T_STRING, false, "repeat", {line, number}},
    {VVM_T_STRING, false, "toUpperCase", {line}},
    {VVM_T_STRING, false, "reverse", {line}},
    {VVM_T_STRING, true, "fromBytes", {range}},
    {VVM_T_NUMBER, false, "toString", {big}},
    {VVM_T_NUMBER, true, "parse", {text}},
    {VVM_T_RANGE, false, "toList", {range}},
    {VVM_T_RANGE, false, "step", {range, number}},
    {VVM_T_OPTION, false, "zip", {some, some}},
    {VVM_T_OPTION, false, "okOr", {some, text}},
    {VVM_T_RESULT, false, "ok", {some}},
    {VVM_T_TUPLE, false, "toList", {pairs}},
    {VVM_TYPE_NO_ID, false, "__distinct", {texts}},
    {VVM_TYPE_NO_ID, false, "__sorted", {texts}},
    {VVM_TYPE_NO_ID, false, "__joined", {texts, comma}},
    {VVM_TYPE_NO_ID, false, "__parts", {some}},
    {VVM_TYPE_NO_ID, false, "__textParts", {dict}},
};

/* True: the call got through. */
static bool attempt(size_t c, uint32_t fail_in)
{
    vvm_value args[4];
    uint32_t count = 0;
    for (; count < 4 && cases[c].args[count] != NULL; count++)
        args[count] = cases[c].args[count]();
    if (cases[c].type == VVM_T_TUPLE) {
        vvm_release(args[0]);
        args[0] = PAIR(S(LONG), texts());
    }
    const struct vvm_builtin *row = rig_find(cases[c].type, cases[c].statics, cases[c].name);
    vrt_alloc_fail_in(fail_in);
    vvm_value result = rig_call(row, !cases[c].statics && cases[c].type != VVM_TYPE_NO_ID, count, args);
    bool failed = rig.outcome == VVM_THROW;
    vrt_alloc_fail_in(0);
    if (failed)
        assert_true(vvm_error_is(rig.machine->vm, result, VVM_T_OUT_OF_MEMORY_ERROR));
    vvm_release(result);
    return !failed;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint32_t n = 1;
        while (!attempt(c, n) && n < 500)
            n++;
        if (n == 500)
            fail_msg("%s never gets through", cases[c].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, rig_begin, rig_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
