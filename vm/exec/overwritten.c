/* The variable outside of the frame, or the field, that the next instructions overwrite with a register. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

/* Does a String pass for sure? */
static bool takes_text(struct vvm_machine *m, uint32_t check)
{
    uint32_t kind = vvm_top(m)->function->checks[check].test->kind;
    return kind == VVM_TEST_ANY || kind == VVM_TEST_STRING;
}

static vvm_value *state_field(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value object = vvm_registers(m)[vvm_a(at)];
    if (!vvm_is_plain(object, VVM_INSTANCE))
        return NULL;
    struct vvm_record *record = object.object;
    /* relaxed: a whole pair, see vm.h */
    uint64_t cache = atomic_load_explicit(&vvm_site_at(m->vm, at[1])->cache, memory_order_relaxed);
    if (cache >> 32 != record->type->id || (cache & VVM_SITE_SLOW))
        return NULL;
    const struct vvm_field *field = &record->type->fields[(uint32_t)cache];
    bool fits = field->test == NULL || field->test->kind == VVM_TEST_ANY || field->test->kind == VVM_TEST_STRING;
    return field->is_state && fits ? &record->fields[(uint32_t)cache] : NULL;
}

vvm_value *vvm_overwritten(struct vvm_machine *m, const uint32_t *next, uint32_t reg)
{
    for (;; next++)
        switch (*next & 0xff) {
        case VVM_OPC_DROP:
        case VVM_OPC_DROPP:
        case VVM_OPC_DROP2: break;
        case VVM_OPC_CHECK:
            if (vvm_a(next) != reg || !takes_text(m, vvm_bx(next)))
                return NULL;
            break;
        case VVM_OPC_SETENVC: {
            const struct vvm_env *env = vvm_top(m)->callee.object;
            return vvm_a(next) == reg ? &((struct vvm_cell *)env->slots[vvm_bx(next)].object)->value : NULL;
        }
        case VVM_OPC_SETCELL:
            return vvm_b(next) == reg ? &((struct vvm_cell *)vvm_registers(m)[vvm_a(next)].object)->value : NULL;
        case VVM_OPC_SETMODS: {
            struct vvm_global *global = vvm_table_at(&m->vm->globals, next[1]);
            return vvm_a(next) == reg && vvm_isolate_is_main(m->isolate) ? &global->value : NULL;
        }
        case VVM_OPC_SETFIELD: return vvm_b(next) == reg ? state_field(m, next) : NULL;
        default: return NULL;
        }
}
