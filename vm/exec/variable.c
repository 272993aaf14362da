/* Variables outside the frame: cells and module variables. */
#include "vm/compile/opcodes.h"
#include "vm/exec/step.h"

/* ---- Cells ---- */

static enum vvm_step unset_cell(struct vvm_machine *m, uint32_t slot, bool captured)
{
    const struct vvm_function *function = vvm_top(m)->function;
    if (captured && slot < function->capture_count)
        return vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "`%s` is read before it has a value",
                        vvm_symbols_text(m->vm->symbols, function->capture_names[slot]));
    return vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "a variable is read before it has a value");
}

static enum vvm_step new_cell(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    if (!vvm_isolate_need_cycles(m->isolate)) {
        vvm_release(v);
        return vvm_fail_memory(m);
    }
    return vvm_store(m, vvm_a(at), vvm_cell_new(v));
}

static enum vvm_step set_once(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_cell *cell = vvm_registers(m)[vvm_a(at)].object;
    vvm_value v = vvm_registers(m)[vvm_b(at)];
    if (!vvm_is_unset(cell->value)) {
        vvm_fail(m, VVM_T_IMMUTABLE_ERROR, "a variable is given its value a second time");
        vvm_release(v);
        return VVM_STEP_THROW;
    }
    cell->value = v;
    return VVM_STEP_GO;
}

/* ---- Module variables ---- */

static const char *name_of(struct vvm_machine *m, const struct vvm_global *global)
{
    return vvm_symbols_text(m->vm->symbols, global->name);
}

/* NULL: thrown. */
static struct vvm_global *readable(struct vvm_machine *m, uint32_t index)
{
    struct vvm_global *global = vvm_table_at(&m->vm->globals, index);
    /* acquire: pairs with the release in bind, publishes the value */
    if (!atomic_load_explicit(&global->ready, memory_order_acquire))
        vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "`%s` is read before it has a value", name_of(m, global));
    else if (!global->sendable && !vvm_isolate_is_main(m->isolate))
        vvm_fail(m, VVM_T_NOT_SENDABLE_ERROR, "the value of `%s` may not be seen by other isolates",
                 name_of(m, global));
    else
        return global;
    return NULL;
}

static enum vvm_step get_global(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_global *global = readable(m, at[1]);
    return global != NULL ? vvm_store(m, vvm_a(at), global->value) : VVM_STEP_THROW;
}

/* Checked and immortal where it may be seen everywhere, else main's own. */
static enum vvm_step bind(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_global *global = vvm_table_at(&m->vm->globals, at[1]);
    vvm_value v = vvm_registers(m)[vvm_a(at)];
    struct vvm_text_builder path;
    if (atomic_load_explicit(&global->ready, memory_order_relaxed)) { /* only main binds */
        vvm_fail(m, VVM_T_IMMUTABLE_ERROR, "`%s` is given its value a second time", name_of(m, global));
        vvm_release(v);
        return VVM_STEP_THROW;
    }
    vvm_text_init(&path);
    global->sendable = vvm_make_immortal(v, m->vm->immortals, &path);
    vvm_text_drop(&path);
    global->value = v;
    /* release: pairs with the acquire of readers in all isolates; publishes the value */
    atomic_store_explicit(&global->ready, true, memory_order_release);
    return VVM_STEP_GO;
}

static bool at_home(struct vvm_machine *m, const struct vvm_global *global)
{
    if (vvm_isolate_is_main(m->isolate))
        return true;
    vvm_fail(m, VVM_T_ISOLATION_ERROR, "`state %s` belongs to the main isolate", name_of(m, global));
    return false;
}

bool vvm_global_get(struct vvm_machine *m, uint32_t index, vvm_value *value)
{
    struct vvm_global *global = vvm_table_at(&m->vm->globals, index);
    if ((global->is_state && !at_home(m, global)) || readable(m, index) == NULL)
        return false;
    *value = vvm_retain(global->value);
    return true;
}

static enum vvm_step get_state(struct vvm_machine *m, const uint32_t *at)
{
    vvm_value value;
    return vvm_global_get(m, at[1], &value) ? vvm_store(m, vvm_a(at), value) : VVM_STEP_THROW;
}

enum vvm_step vvm_global_set(struct vvm_machine *m, uint32_t index, vvm_value v)
{
    struct vvm_global *global = vvm_table_at(&m->vm->globals, index);
    if (!at_home(m, global)) {
        vvm_release(v);
        return VVM_STEP_THROW;
    }
    bool had = atomic_load_explicit(&global->ready, memory_order_relaxed); /* main's own */
    vvm_value old = global->value;
    global->value = v;
    atomic_store_explicit(&global->ready, true, memory_order_relaxed);
    if (had)
        vvm_release(old);
    return VVM_STEP_GO;
}

enum vvm_step vvm_step_variable(struct vvm_machine *m, const uint32_t *at)
{
    switch ((enum vvm_opcode)(*at & 0xff)) {
    case VVM_OPC_NEWCELL: return new_cell(m, at);
    case VVM_OPC_SETONCE: return set_once(m, at);
    case VVM_OPC_GETENVC: return unset_cell(m, vvm_bx(at), true);
    case VVM_OPC_GETCELL: return unset_cell(m, 0, false);
    case VVM_OPC_GETMOD: return get_global(m, at);
    case VVM_OPC_SETMOD: return bind(m, at);
    case VVM_OPC_GETMODS: return get_state(m, at);
    default: return vvm_global_set(m, at[1], vvm_registers(m)[vvm_a(at)]);
    }
}
