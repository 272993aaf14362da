/* For tests of the core library's rows: a VM, and calls of a row as the interpreter makes them.
 *
 * Arguments are given (the call owns them); what the row leaves over is released, so a test that ends with the
 * allocator's account balanced has shown that nothing leaks. */
#ifndef TESTS_UNIT_TEST_CORE_H
#define TESTS_UNIT_TEST_CORE_H

#include "tests/unit/machine.h"

#include "runtime/base/alloc.h"
#include "vm/core/builtin.h"
#include "vm/exec/signature.h"

#define RIG_ARGS 16

struct rig {
    struct machine *machine;
    struct vvm_call call;
    vvm_value args[RIG_ARGS];
    vvm_value slots[8];
    enum vvm_outcome outcome;
};

static struct rig rig;

static int rig_begin(void **state)
{
    (void)state;
    rig = (struct rig){.machine = machine_new(NULL, 0)};
    vvm_vm_enter(rig.machine->vm);
    return 0;
}

static int rig_end(void **state)
{
    (void)state;
    machine_drop(rig.machine);
    return 0;
}

static inline const struct vvm_builtin *rig_find(enum vvm_type_id type, bool statics, const char *name)
{
    for (size_t g = 0; g < vvm_core_group_count; g++) {
        const struct vvm_builtin_group *group = vvm_core_groups[g];
        for (size_t i = 0; group->type == type && group->statics == statics && i < group->count; i++) {
            struct vvm_words found = vvm_signature_name(group->rows[i].signature);
            if (found.length == strlen(name) && memcmp(found.text, name, found.length) == 0)
                return &group->rows[i];
        }
    }
    fail_msg("no row %s", name);
    return NULL;
}

static inline void rig_release(const struct vvm_builtin *row)
{
    if (rig.outcome == VVM_CALL)
        return;
    for (size_t i = 0; i < RIG_ARGS; i++)
        vvm_release(rig.args[i]);
    for (size_t i = 0; i < row->slots; i++)
        vvm_release(rig.slots[i]);
}

/* First step of a call. The result is the caller's; an error is one, too. */
static inline vvm_value rig_call(const struct vvm_builtin *row, bool method, uint32_t count, const vvm_value *owned)
{
    for (size_t i = 0; i < RIG_ARGS; i++)
        rig.args[i] = i < count ? owned[i] : vvm_unset();
    for (size_t i = 0; i < 8; i++)
        rig.slots[i] = vvm_unset();
    rig.call = (struct vvm_call){.vm = rig.machine->vm, .builtin = row, .args = rig.args, .count = count, .owned = 0xffff,
                                 .is_method = method, .slots = rig.slots, .resumed = vvm_unset(), .result = vvm_unset()};
    vvm_walked(); /* nothing is owed at first */
    rig.outcome = row->function(&rig.call);
    rig_release(row);
    return rig.call.result;
}

/* The function that was called back gave `owned`. */
static inline vvm_value rig_resume(vvm_value owned)
{
    rig.call.resumed = owned;
    rig.outcome = rig.call.builtin->function(&rig.call);
    rig_release(rig.call.builtin);
    return rig.call.result;
}

#define ARGS(...) (sizeof((vvm_value[]){__VA_ARGS__}) / sizeof(vvm_value)), (vvm_value[]){__VA_ARGS__}
#define METHOD(type, name, ...) rig_call(rig_find(VVM_T_##type, false, name), true, ARGS(__VA_ARGS__))
#define STATIC(type, name, ...) rig_call(rig_find(VVM_T_##type, true, name), false, ARGS(__VA_ARGS__))
#define FUNCTION(name, ...) rig_call(rig_find(VVM_TYPE_NO_ID, false, name), false, ARGS(__VA_ARGS__))

#define N(n) vvm_number(n)
#define S(text) vvm_string_from_c(text)
#define LIST(...) vvm_list_from((vvm_value[]){__VA_ARGS__}, sizeof((vvm_value[]){__VA_ARGS__}) / sizeof(vvm_value))

/* The value's text (strings quoted); releases it. */
static inline void expect(const char *file, int line, vvm_value owned, enum vvm_outcome outcome, const char *text)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    assert_int_equal(vvm_text(owned, true, &out), VVM_TRUE);
    vvm_walked(); /* is not the next call's to pay */
    vvm_text_add(&out, "", 1);
    if (rig.outcome != outcome || strcmp(out.data, text) != 0)
        fail_msg("%s:%d: outcome %d, %s instead of %s", file, line, rig.outcome, out.data, text);
    vvm_text_drop(&out);
    vvm_release(owned);
}

#define GIVES(value, text) expect(__FILE__, __LINE__, (value), VVM_DONE, (text))
#define THROWS(value, text) expect(__FILE__, __LINE__, (value), VVM_THROW, (text))

#endif
