/* The variable outside of the frame, or the field, that the next instructions overwrite with a register. A collection
 * or text that it holds is changed in place, as one in a register is: the place gives its count up first. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

/* The test that a value of this kind passes for sure. */
static uint32_t test_of(enum vvm_kind kind)
{
    return kind == VVM_LIST   ? VVM_TEST_LIST
           : kind == VVM_DICT ? VVM_TEST_DICT
           : kind == VVM_SET  ? VVM_TEST_SET
                              : VVM_TEST_STRING;
}

static bool takes(const struct vvm_type_test *test, enum vvm_kind kind)
{
    return test == NULL || test->kind == VVM_TEST_ANY || test->kind == test_of(kind);
}

static vvm_value *state_field(struct vvm_machine *m, const uint32_t *at, enum vvm_kind kind)
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
    return field->is_state && takes(field->test, kind) ? &record->fields[(uint32_t)cache] : NULL;
}

vvm_value *vvm_overwritten(struct vvm_machine *m, const uint32_t *next, uint32_t reg, enum vvm_kind kind)
{
    for (;; next++)
        switch (*next & 0xff) {
        case VVM_OPC_DROP:
        case VVM_OPC_DROPP:
        case VVM_OPC_DROP2: break;
        case VVM_OPC_CHECK:
            if (vvm_a(next) != reg || !takes(vvm_top(m)->function->checks[vvm_bx(next)].test, kind))
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
        case VVM_OPC_SETFIELD: return vvm_b(next) == reg ? state_field(m, next, kind) : NULL;
        default: return NULL;
        }
}

/* ---- Collections: `xs = xs.append(e)`, `xs += ys`, `xs[i] = v`, `d = d.set(k, v)`, `d[k] = v`, `s = s.add(x)` ---- */

/* Will the change succeed, in place, once nobody else holds the collection? Makes room for it. */
static bool prepare(const vvm_value *args, uint32_t count)
{
    uint64_t hash;
    struct vvm_list *list = args[0].object;
    if (!vvm_is_plain(args[0], VVM_LIST))
        return vvm_hash_quick(args[1], &hash) && vvm_dict_reserve(args[0].object);
    if (count == 2)
        return vvm_list_reserve(list, list->length + 1, vvm_elements_of(args[1]));
    bool inside = vvm_is_number(args[1]) && args[1].number >= 0 && (uint64_t)args[1].number < list->length;
    return inside && vvm_list_reserve(list, list->length, vvm_elements_of(args[2]));
}

static vvm_value *place_of(struct vvm_machine *m, const uint32_t *next, uint32_t reg, vvm_value v)
{
    vvm_value *place = vvm_overwritten(m, next, reg, vvm_kind(v));
    return place != NULL && place->tag == v.tag && place->object == v.object ? place : NULL;
}

void vvm_leave_place(struct vvm_machine *m, const uint32_t *next, uint32_t reg, const vvm_value *args, uint32_t count)
{
    vvm_value *place = place_of(m, next, reg, args[0]);
    if (place == NULL || !prepare(args, count))
        return;
    vvm_release(*place);
    *place = vvm_void();
}

void vvm_leave_place_to_join(struct vvm_machine *m, const uint32_t *next, uint32_t reg, vvm_value x, vvm_value y)
{
    struct vvm_list *list = x.object, *tail = y.object;
    vvm_value *place = vvm_is_held_twice(x.object) ? place_of(m, next, reg, x) : NULL;
    if (place == NULL || tail->length == 0 || !vvm_list_reserve(list, list->length + tail->length, tail->header.extra))
        return;
    vvm_release(*place);
    *place = vvm_void();
}
