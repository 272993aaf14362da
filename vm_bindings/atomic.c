/* Atomic: a Number or Bool that isolates share. All operations are sequentially consistent: what a program sees of
 * several Atomics fits one order of all operations. An ordering argument is taken and ignored. */
#include "runtime/base/account.h"
#include "vm/exec/error.h"
#include "vm_bindings/binding.h"

struct atomic_cell {
    _Atomic int64_t value; /* seq_cst on every access: the program's own partner */
    bool is_bool;          /* set once */
};

static void atomic_destroy(struct vvm_handle *handle)
{
    vrt_free_common(handle->native, sizeof(struct atomic_cell));
}

static vvm_value value_of(const struct atomic_cell *cell, int64_t number)
{
    return cell->is_bool ? vvm_bool(number != 0) : vvm_number(number);
}

static void atomic_text(const struct vvm_handle *handle, struct vvm_text_builder *out)
{
    struct atomic_cell *cell = handle->native;
    vvm_text_add_c(out, "<Atomic ");
    vvm_text(value_of(cell, vrt_atomic_load_seq_cst(&cell->value)), false, out);
    vvm_text_add_c(out, ">");
}

static const void *atomic_identity(const struct vvm_handle *handle)
{
    return handle->native;
}

static const struct vvm_handle_ops atomic_ops = {.destroy = atomic_destroy, .text = atomic_text,
                                                 .identity = atomic_identity, .sendable = true};

static struct atomic_cell *cell_of(struct vvm_call *call)
{
    return ((struct vvm_handle *)call->args[0].object)->native;
}

/* The argument as the cell's type wants it. False = thrown. */
static bool want_value(struct vvm_call *call, uint32_t index, bool is_bool, int64_t *out)
{
    bool truth;
    if (!is_bool)
        return vvm_want_number(call, index, out);
    if (!vvm_want_bool(call, index, &truth))
        return false;
    *out = truth;
    return true;
}

static enum vvm_outcome atomic_construct(struct vvm_call *call)
{
    int64_t number;
    bool is_bool = vvm_is_bool(call->args[0]);
    if (!is_bool && !vvm_is_number(call->args[0]))
        return vvm_throw(call, VVM_T_TYPE_ERROR, "an Atomic holds a Number or a Bool, not a value of type %s",
                         vvm_type_name(vvm_type_of(call->vm->known, call->args[0])));
    if (!want_value(call, 0, is_bool, &number))
        return VVM_THROW;
    struct atomic_cell *cell = vrt_alloc_common(sizeof *cell);
    if (cell == NULL)
        return vvm_throw_memory(call);
    atomic_init(&cell->value, number);
    cell->is_bool = is_bool;
    vvm_value handle = vvm_handle_new(call->vm->known[VVM_T_ATOMIC], &atomic_ops, cell);
    if (vvm_is_unset(handle))
        vrt_free_common(cell, sizeof *cell);
    return vvm_return(call, handle);
}

static enum vvm_outcome atomic_load_value(struct vvm_call *call)
{
    struct atomic_cell *cell = cell_of(call);
    return vbn_done(call, value_of(cell, vrt_atomic_load_seq_cst(&cell->value)));
}

static enum vvm_outcome atomic_store_value(struct vvm_call *call)
{
    struct atomic_cell *cell = cell_of(call);
    int64_t number;
    if (!want_value(call, 1, cell->is_bool, &number))
        return VVM_THROW;
    vrt_atomic_store_seq_cst(&cell->value, number);
    return vbn_done_void(call);
}

static enum vvm_outcome atomic_swap(struct vvm_call *call)
{
    struct atomic_cell *cell = cell_of(call);
    int64_t number;
    if (!want_value(call, 1, cell->is_bool, &number))
        return VVM_THROW;
    return vbn_done(call, value_of(cell, vrt_atomic_exchange_seq_cst(&cell->value, number)));
}

static enum vvm_outcome atomic_compare_exchange(struct vvm_call *call)
{
    struct atomic_cell *cell = cell_of(call);
    int64_t current, number;
    if (!want_value(call, 1, cell->is_bool, &current) || !want_value(call, 2, cell->is_bool, &number))
        return VVM_THROW;
    bool done = vrt_atomic_cas_seq_cst(&cell->value, &current, number);
    vvm_value before = value_of(cell, current);
    return vvm_return(call, done ? vvm_ok(before) : vvm_err(before));
}

static enum vvm_outcome fetch(struct vvm_call *call, bool subtract)
{
    struct atomic_cell *cell = cell_of(call);
    int64_t n;
    if (cell->is_bool)
        return vvm_throw(call, VVM_T_TYPE_ERROR, "only an Atomic of a Number can be added to");
    if (!vvm_want_number(call, 1, &n))
        return VVM_THROW;
    /* wraps: atomic arithmetic is that of two's complement */
    return vbn_done_number(call, subtract ? vrt_atomic_sub_seq_cst(&cell->value, n)
                                          : vrt_atomic_add_seq_cst(&cell->value, n));
}

static enum vvm_outcome atomic_fetch_add_number(struct vvm_call *call)
{
    return fetch(call, false);
}

static enum vvm_outcome atomic_fetch_sub_number(struct vvm_call *call)
{
    return fetch(call, true);
}

#define LOAD "(ordering: Any? = None) -> T"
#define STORE "(v: T, ordering: Any? = None) -> void"
static const struct vvm_builtin statics[] = {
    VBN_ROW("Atomic(v: Number | Bool) -> Atomic<T>", atomic_construct, 1, 1,
            "Makes a Number or Bool that all isolates share. TypeError for any other value."),
};
const struct vvm_builtin_group vbn_atomic_statics = VBN_GROUP(VVM_T_ATOMIC, true, statics);

static const struct vvm_builtin methods[] = {
    VBN_ROW("load" LOAD, atomic_load_value, 0, 1, "Its value."),
    VBN_ROW("get" LOAD, atomic_load_value, 0, 1, "The same as `load`."),
    VBN_ROW("store" STORE, atomic_store_value, 1, 2, "Gives it another value."),
    VBN_ROW("set" STORE, atomic_store_value, 1, 2, "The same as `store`."),
    VBN_ROW("swap(v: T, ordering: Any? = None) -> T", atomic_swap, 1, 2, "Gives it another value; the old one."),
    VBN_ROW("compare_exchange(current: T, new: T, ordering: Any? = None, failure: Any? = None) -> Result<T, T>",
            atomic_compare_exchange, 2, 4,
            "Gives it the value `new` if it is `current`: Ok(current); else Err(the value it has)."),
    VBN_ROW("fetch_add(n: Number, ordering: Any? = None) -> Number", atomic_fetch_add_number, 1, 2,
            "Adds n, wrapping at 64 bits; the old value. TypeError for a Bool."),
    VBN_ROW("fetch_sub(n: Number, ordering: Any? = None) -> Number", atomic_fetch_sub_number, 1, 2,
            "Subtracts n, wrapping at 64 bits; the old value. TypeError for a Bool."),
};
const struct vvm_builtin_group vbn_atomic_methods = VBN_GROUP(VVM_T_ATOMIC, false, methods);
