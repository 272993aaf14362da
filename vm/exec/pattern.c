/* Patterns, layers, and type tests. */
#include "vm/compile/opcodes.h"
#include "vm/exec/cancel.h"
#include "vm/exec/step.h"

/* Takes the branch of a jump whose last word is its offset. */
static enum vvm_step jump_if(struct vvm_machine *m, bool taken)
{
    struct vvm_frame *frame = vvm_top(m);
    if (taken)
        frame->pc += (int32_t)frame->pc[-1];
    return VVM_STEP_GO;
}

/* A brace pattern asks for a field; the value is got by GETFIELD afterwards. */
static bool has_field(struct vvm_machine *m, vvm_value v, vvm_symbol name)
{
    struct vvm_found found;
    if (vvm_is_plain(v, VVM_DICT)) {
        uint64_t hash;
        size_t entry;
        vvm_value key =
            vvm_string_new(vvm_symbols_text(m->vm->symbols, name), vvm_symbols_length(m->vm->symbols, name));
        bool there = !vvm_is_unset(key) && vvm_hash(key, &hash) == VVM_TRUE && vvm_dict_find(v, key, hash, &entry);
        vvm_release(key);
        return there;
    }
    if (!vvm_is_plain(v, VVM_STRUCT) && !vvm_is_plain(v, VVM_INSTANCE) && !vvm_is_plain(v, VVM_ENUM))
        return false;
    if (vvm_find_member(m, v, name, &found))
        return found.member->kind != VVM_MEMBER_METHOD;
    vvm_value value = vvm_unset();
    bool there = vvm_is_plain(v, VVM_ENUM) && vvm_member_value(m, v, name, &value);
    vvm_release(value);
    return there;
}

static enum vvm_step rest_of(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value list = vvm_registers(m)[vvm_b(at)];
    return vvm_store(m, vvm_a(at), vvm_list_slice(vvm_retain(list), vvm_c(at), vvm_list_length(list) - at[1]));
}

enum vvm_step vvm_step_pattern(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value *R = vvm_registers(m);
    uint32_t a = vvm_a(at);
    switch ((enum vvm_opcode)(*at & 0xff)) {
    case VVM_OPC_JNTYPE: return jump_if(m, !vvm_test_passes(vvm_top(m)->function->checks[at[1]].test, R[a]));
    case VVM_OPC_JNFIELD: return jump_if(m, !has_field(m, R[a], vvm_site_at(m->vm, at[1])->name));
    case VVM_OPC_JCANCEL: return jump_if(m, vvm_cancellation_is_own(m->vm, m->fiber, R[a]));
    default: return rest_of(m, at);
    }
}

enum vvm_step vvm_step_match_fail(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value v = vvm_registers(m)[vvm_a(at)];
    struct vvm_text_builder out;
    vvm_text_init(&out);
    if (vvm_text(v, true, &out) != VVM_TRUE || out.failed)
        vvm_fail(m, VVM_T_MATCH_ERROR, "no pattern fits a %s", vvm_name_of_type(m, v));
    else
        vvm_fail(m, VVM_T_MATCH_ERROR, "no pattern fits %.*s", (int)(out.length < 200 ? out.length : 200),
                 out.length ? out.data : "");
    vvm_text_drop(&out);
    return VVM_STEP_THROW;
}

/* ---- Layers ---- */

enum vvm_step vvm_step_wrap(struct vvm_machine *m, const uint32_t *at)
{
    return vvm_store(m, vvm_a(at), vvm_wrap(vvm_registers(m)[vvm_b(at)], (enum vvm_layer)vvm_c(at)));
}

enum vvm_step vvm_step_bad(struct vvm_machine *m, const uint32_t *at)
{
    return vvm_fail(m, VVM_T_TYPE_ERROR, "`?` wants an Option or Result, got %s",
                    vvm_name_of_type(m, vvm_registers(m)[vvm_a(at)]));
}

/* ---- Tests ---- */

enum vvm_step vvm_step_check(struct vvm_machine *m, const uint32_t *at)
{
    const struct vvm_check *check = &vvm_top(m)->function->checks[vvm_bx(at)];
    vvm_value *value = &vvm_registers(m)[vvm_a(at)];
    if (vvm_is_number(*value) && check->test->kind == VVM_TEST_FLOAT)
        *value = vvm_float((double)value->number);
    if (vvm_test_passes(check->test, *value))
        return VVM_STEP_GO;
    return vvm_fail(m, VVM_T_TYPE_ERROR, "%s must be %s, got %s", check->what, check->test->text,
                    vvm_name_for_test(m, check->test, *value));
}

enum vvm_step vvm_step_test(struct vvm_machine *m, const uint32_t *at)
{
    const struct vvm_type_test *test = vvm_top(m)->function->checks[at[1]].test;
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    bool passes = vvm_test_passes(test, v);
    if ((*at & 0xff) == VVM_OPC_IS)
        return vvm_store(m, vvm_a(at), vvm_bool(passes));
    if (!passes && vvm_is_number(v) && test->kind == VVM_TEST_FLOAT)
        return vvm_store(m, vvm_a(at), vvm_float((double)v.number));
    if (passes)
        return vvm_store(m, vvm_a(at), v);
    vvm_fail(m, VVM_T_TYPE_ERROR, "a %s is not a %s", vvm_name_for_test(m, test, v), test->text);
    vvm_release(v);
    return VVM_STEP_THROW;
}
