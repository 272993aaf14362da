/* Calling any value: what the fast paths of the loop leave over. */
#include "vm/compile/opcodes.h"
#include "vm/exec/generator.h"
#include "vm/exec/memory.h"
#include "vm/exec/step.h"

#include <string.h>

bool vvm_reserve(struct vvm_machine *m, size_t slots)
{
    return vvm_fiber_reserve(m->vm, m->fiber, m->fiber->top + slots);
}

enum vvm_step vvm_stack_overflow(struct vvm_machine *m)
{
    if (vvm_memory_is_limited())
        return vvm_fail_memory(m);
    vvm_fail(m, VVM_T_STACK_OVERFLOW_ERROR, "stack overflow");
    if (m->error.object == m->vm->memory_error.object)
        m->error = m->vm->stack_error; /* without a trace: there is no memory for one */
    return VVM_STEP_THROW;
}

void vvm_release_arguments(vvm_value *args, uint32_t count, uint32_t given)
{
    uint32_t known = count < VVM_MASK_BITS ? count : VVM_MASK_BITS;
    for (uint32_t left = given & ((1u << known) - 1); left != 0; left &= left - 1)
        vvm_release(args[__builtin_ctz(left)]);
    for (uint32_t i = VVM_MASK_BITS; i < count; i++)
        vvm_release(args[i]);
}

static vvm_value *arguments_of(struct vvm_machine *m, const struct vvm_invoke *call)
{
    return vvm_registers(m) + call->window + VVM_FRAME_HEADER;
}

/* A call that fails before anything took its operands over. */
static enum vvm_step abandon(struct vvm_machine *m, struct vvm_invoke *call)
{
    vvm_release_arguments(arguments_of(m, call), call->count, call->given);
    if (call->owns_callee)
        vvm_release(call->callee);
    return VVM_STEP_THROW;
}

/* ---- Vela functions ---- */

static void leave_for_tail(struct vvm_machine *m, struct vvm_invoke *call)
{
    struct vvm_frame *frame = vvm_top(m);
    vvm_value *registers = vvm_registers(m);
    vvm_release_arguments(registers, VVM_MASK_BITS, frame->given);
    if (frame->flags & VVM_FRAME_OWNS_CALLEE)
        vvm_release(frame->callee);
    frame->flags |= frame->function->flags & VVM_FRAME_RESULT;
    memmove(registers, registers + call->window + VVM_FRAME_HEADER, call->count * sizeof *registers);
}

enum vvm_step vvm_enter(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_function *function)
{
    struct vvm_frame *frame;
    if (call->tail) {
        leave_for_tail(m, call);
        frame = vvm_top(m);
        frame->flags &= (uint16_t)~(VVM_FRAME_OWNS_CALLEE | VVM_FRAME_LOOPED);
    } else {
        m->fiber->top += call->window + VVM_FRAME_HEADER;
        frame = vvm_top(m);
        frame->state = call->dst;
        frame->flags = call->flags;
        frame->back = call->window + VVM_FRAME_HEADER;
    }
    frame->callee = call->callee;
    frame->flags |= call->owns_callee ? VVM_FRAME_OWNS_CALLEE : 0;
    frame->function = function;
    frame->given = (uint16_t)call->given;
    frame->pc = function->code;
    m->budget--;
    return VVM_STEP_GO;
}

/* What outlives the call may not be lent. */
static void own_operands(struct vvm_machine *m, struct vvm_invoke *call)
{
    vvm_value *args = arguments_of(m, call);
    for (uint32_t i = 0; i < call->count && i < VVM_MASK_BITS; i++)
        if (!(call->given >> i & 1))
            vvm_retain(args[i]);
    call->given = 0xffff;
    if (!call->owns_callee)
        vvm_retain(call->callee);
    call->owns_callee = vvm_is_heap(call->callee);
}

enum vvm_step vvm_invoke_function(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_function *function)
{
    size_t room = call->count > function->register_count ? call->count : function->register_count;
    if (!vvm_reserve(m, call->window + VVM_FRAME_HEADER + room)) {
        vvm_stack_overflow(m);
        return abandon(m, call);
    }
    if (function->flags & VVM_FUNCTION_ASYNC && !call->take_over)
        return vvm_async_start(m, call, function);
    if (function->flags & VVM_FUNCTION_GENERATOR)
        own_operands(m, call);
    if (!vvm_bind(m, function, arguments_of(m, call), call->count, &call->given)) {
        if (call->owns_callee)
            vvm_release(call->callee);
        return VVM_STEP_THROW;
    }
    if (call->count > function->parameter_count || call->tail)
        call->count = function->parameter_count;
    if (call->take_over)
        call->tail = true;
    return vvm_enter(m, call, function);
}

/* ---- Built-ins ---- */

static enum vvm_step result_of(struct vvm_machine *m, const struct vvm_invoke *call, vvm_value result)
{
    if (call->tail) {
        vvm_top(m)->flags |= vvm_top(m)->function->flags & VVM_FRAME_RESULT;
        return vvm_leave_checked(m, result);
    }
    return vvm_deliver(m, call->dst, call->flags, result);
}

/* `room`: registers of the arguments; the slots follow, so that a leaf may go on as a frame where it stands. */
static void prepare(struct vvm_machine *m, const struct vvm_invoke *call, const struct vvm_builtin *row, uint32_t room)
{
    struct vvm_call *native = &m->call;
    native->builtin = row;
    native->args = arguments_of(m, call);
    native->slots = native->args + room;
    for (uint32_t i = call->count; i < room + row->slots; i++)
        native->args[i] = vvm_unset();
    native->count = call->count;
    native->owned = call->given;
    native->stage = 0;
    native->is_method = call->method;
    native->type = call->type;
    native->resumed = vvm_unset();
}

/* A built-in that was called as a leaf parks, calls back or has more to do: it goes on in a frame of its own. */
static enum vvm_step leaf_to_frame(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row,
                                   enum vvm_outcome outcome)
{
    if (call->tail) {
        vvm_top(m)->flags |= vvm_top(m)->function->flags & VVM_FRAME_RESULT;
        call->flags = VVM_ACTION_RETURN << VVM_FRAME_ACTION_SHIFT;
    }
    return vvm_native_continue(m, call, row, outcome);
}

static enum vvm_step advance(struct vvm_machine *m, struct vvm_invoke *call)
{
    if (call->tail) {
        vvm_top(m)->flags |= vvm_top(m)->function->flags & VVM_FRAME_RESULT;
        call->flags = VVM_ACTION_RETURN << VVM_FRAME_ACTION_SHIFT;
    }
    return vvm_generator_advance(m, call);
}

static enum vvm_step finish_leaf(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row,
                                 enum vvm_outcome outcome)
{
    call->given = m->call.owned;
    if (outcome == VVM_PARK || outcome == VVM_CALL || outcome == VVM_AGAIN)
        return leaf_to_frame(m, call, row, outcome);
    if (outcome == VVM_ADVANCE)
        return advance(m, call);
    if (outcome == VVM_LONG)
        vvm_pay(m);
    vvm_value result = m->call.result;
    vvm_release_arguments(arguments_of(m, call), call->count, call->given);
    for (uint32_t i = 0; i < row->slots; i++)
        vvm_release(m->call.slots[i]);
    if (outcome == VVM_THROW)
        return vvm_fail_value(m, result);
    return result_of(m, call, result);
}

enum vvm_step vvm_builtin_finish(struct vvm_machine *m, const struct vvm_builtin *row, uint32_t window, uint32_t count,
                                 enum vvm_outcome outcome, uint16_t dst, bool method, bool tail)
{
    struct vvm_invoke call = {.window = window, .count = count, .dst = dst, .tail = tail, .method = method};
    return finish_leaf(m, &call, row, outcome);
}

enum vvm_step vvm_invoke_builtin(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row)
{
    if (call->owns_callee)
        vvm_release(call->callee); /* rows are static; only bound methods are counted */
    call->owns_callee = false;
    uint32_t room = row->max == 255 ? call->count : row->max + 1u;
    if (room < call->count)
        room = call->count;
    if (!vvm_reserve(m, call->window + VVM_FRAME_HEADER + room + row->slots)) {
        vvm_stack_overflow(m);
        return abandon(m, call);
    }
    vvm_value *args = arguments_of(m, call);
    for (uint32_t i = call->count; i < room + row->slots; i++) /* a frame that it may become releases them all */
        args[i] = vvm_unset();
    if (!vvm_bind_builtin(m, row, args, call->count, &call->given, call->method))
        return VVM_STEP_THROW;
    prepare(m, call, row, room);
    if (!(row->flags & VVM_BUILTIN_FRAME))
        return finish_leaf(m, call, row, row->function(&m->call));
    if (call->tail) {
        vvm_top(m)->flags |= vvm_top(m)->function->flags & VVM_FRAME_RESULT;
        call->flags = VVM_ACTION_RETURN << VVM_FRAME_ACTION_SHIFT;
    }
    return vvm_native_push(m, call, row);
}

/* ---- Bound methods and types ---- */

/* Puts a value before the arguments. */
static bool insert_first(struct vvm_machine *m, struct vvm_invoke *call, vvm_value owned)
{
    if (!vvm_reserve(m, call->window + VVM_FRAME_HEADER + call->count + 1)) {
        vvm_release(owned);
        return false;
    }
    vvm_value *args = arguments_of(m, call);
    if (call->count >= VVM_MASK_BITS && !(call->given >> (VVM_MASK_BITS - 1) & 1))
        vvm_retain(args[VVM_MASK_BITS - 1]);
    memmove(args + 1, args, call->count * sizeof *args);
    args[0] = owned;
    call->count++;
    call->given = (call->given << 1 | 1) & 0xffff;
    return true;
}

static enum vvm_step invoke_bound(struct vvm_machine *m, struct vvm_invoke *call)
{
    struct vvm_bound *bound = call->callee.object;
    vvm_value method = vvm_retain(bound->method), receiver = vvm_retain(bound->receiver);
    if (call->owns_callee)
        vvm_release(call->callee);
    call->callee = method;
    call->owns_callee = vvm_is_heap(method);
    call->method = true;
    if (!insert_first(m, call, receiver)) {
        vvm_stack_overflow(m);
        return abandon(m, call);
    }
    return vvm_invoke(m, call);
}

static enum vvm_step invoke_type(struct vvm_machine *m, struct vvm_invoke *call)
{
    struct vvm_type *type = call->callee.object;
    if (vvm_is_unset(type->constructor)) {
        vvm_fail(m, VVM_T_TYPE_ERROR, "%s cannot be called", vvm_type_name(type));
        return abandon(m, call);
    }
    if (call->owns_callee)
        vvm_release(call->callee);
    call->callee = type->constructor;
    call->owns_callee = false;
    call->type = type;
    return vvm_invoke(m, call);
}

enum vvm_step vvm_invoke(struct vvm_machine *m, struct vvm_invoke *call)
{
    if (call->adapt)
        vvm_adapt(m, call);
    call->adapt = false;
    switch ((uint32_t)(call->callee.tag & 0xffff)) {
    case VVM_FUNCTION: return vvm_invoke_function(m, call, call->callee.object);
    case VVM_CLOSURE: return vvm_invoke_function(m, call, vvm_function_at(m->vm, vvm_tag_id(call->callee)));
    case VVM_BUILTIN: return vvm_invoke_builtin(m, call, call->callee.object);
    case VVM_BOUND: return invoke_bound(m, call);
    case VVM_TYPE: return invoke_type(m, call);
    case VVM_UNSET:
        vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "a function is called before it has a value");
        return abandon(m, call);
    default:
        if (vvm_is_unset(call->callee))
            vvm_fail(m, VVM_T_UNINITIALIZED_ERROR, "the function is called before the variables it captures are set");
        else
            vvm_fail(m, VVM_T_TYPE_ERROR, "a %s is not a function", vvm_name_of_type(m, call->callee));
        return abandon(m, call);
    }
}

/* ---- Calls the program does not spell as calls ---- */

static uint32_t above(const struct vvm_machine *m)
{
    return (uint32_t)vvm_frame_size(vvm_top(m));
}

enum vvm_step vvm_invoke_with(struct vvm_machine *m, vvm_value callee, bool owns_callee, const vvm_value *args,
                              uint32_t count, bool owned, bool method, uint16_t dst, uint16_t flags)
{
    vvm_value copies[8];
    if (count != 0)
        memcpy(copies, args, count * sizeof *args); /* they may lie on the stack, which may move */
    struct vvm_invoke call = {.callee = callee, .owns_callee = owns_callee, .window = above(m), .count = count,
                              .given = 0xffff, .dst = dst, .flags = flags, .method = method};
    if (!vvm_reserve(m, call.window + VVM_FRAME_HEADER + count)) {
        if (owned)
            vvm_release_arguments(copies, count, 0xffff);
        if (owns_callee)
            vvm_release(callee);
        return vvm_stack_overflow(m);
    }
    for (uint32_t i = 0; !owned && i < count; i++)
        vvm_retain(copies[i]);
    if (count != 0)
        memcpy(arguments_of(m, &call), copies, count * sizeof *args);
    return vvm_invoke(m, &call);
}

enum vvm_step vvm_invoke_core(struct vvm_machine *m, enum vvm_core_function which, const vvm_value *borrowed,
                              uint32_t count, uint16_t dst, uint16_t flags)
{
    struct vvm_function *function = m->vm->core[which];
    if (function == NULL)
        return vvm_fail(m, VVM_T_RUNTIME_ERROR, "the core library is not loaded");
    vvm_value callee = {.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = function};
    return vvm_invoke_with(m, callee, false, borrowed, count, false, false, dst, flags);
}

/* ---- The call instructions ---- */

static struct vvm_invoke decode(struct vvm_machine *m, const uint32_t *at)
{
    enum vvm_opcode op = *at & 0xff;
    struct vvm_invoke call = {.window = vvm_bx(at), .count = vvm_a(at), .dst = (uint16_t)at[1],
                              .given = at[1] >> 16 | m->pending, .adapt = op == VVM_OPC_CALLB || op == VVM_OPC_LOOP};
    call.tail = op == VVM_OPC_TCALL || op == VVM_OPC_TCALLF || op == VVM_OPC_TCALLM || op == VVM_OPC_TCALLN ||
                op == VVM_OPC_TCALLMN;
    call.take_over = op == VVM_OPC_ACALL || op == VVM_OPC_ACALLF || op == VVM_OPC_ACALLM;
    m->pending = 0;
    return call;
}

/* ACALL: only an async function takes the fiber over. */
static enum vvm_step invoke_decoded(struct vvm_machine *m, struct vvm_invoke *call)
{
    if (call->take_over) {
        vvm_value callee = call->callee;
        const struct vvm_function *function = NULL;
        if (vvm_is_plain(callee, VVM_BOUND))
            callee = ((struct vvm_bound *)callee.object)->method;
        if (vvm_is_plain(callee, VVM_FUNCTION))
            function = callee.object;
        else if (vvm_is_plain(callee, VVM_CLOSURE))
            function = vvm_function_at(m->vm, vvm_tag_id(callee));
        call->take_over = function != NULL && function->flags & VVM_FUNCTION_ASYNC;
    }
    return vvm_invoke(m, call);
}

enum vvm_step vvm_step_call(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_invoke call = decode(m, at);
    call.callee = vvm_registers(m)[call.window];
    call.owns_callee = vvm_is_heap(call.callee);
    return invoke_decoded(m, &call);
}

static enum vvm_step invoke_known(struct vvm_machine *m, const uint32_t *at, const struct vvm_function *function)
{
    struct vvm_invoke call = decode(m, at);
    call.callee = (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = (void *)(uintptr_t)function};
    return invoke_decoded(m, &call);
}

enum vvm_step vvm_step_callf(struct vvm_machine *m, const uint32_t *at)
{
    return invoke_known(m, at, vvm_function_at(m->vm, at[2]));
}

/* A self tail call of an async function is an async call whose Future is the result. */
/* The receiver stands in argument 0: a static, a field's or a key's value is called without it. */
static void drop_receiver(struct vvm_machine *m, struct vvm_invoke *call)
{
    vvm_value *args = arguments_of(m, call);
    if (call->given & 1)
        vvm_release(args[0]);
    memmove(args, args + 1, (call->count - 1) * sizeof *args);
    call->given >>= 1;
    if (call->count-- > VVM_MASK_BITS)
        call->given |= 1u << (VVM_MASK_BITS - 1);
}

static enum vvm_step call_value(struct vvm_machine *m, struct vvm_invoke *call, vvm_value owned)
{
    drop_receiver(m, call);
    call->callee = owned;
    call->owns_callee = vvm_is_heap(owned);
    return invoke_decoded(m, call);
}

static enum vvm_step no_member(struct vvm_machine *m, struct vvm_invoke *call, vvm_symbol name)
{
    vvm_value receiver = arguments_of(m, call)[0];
    if (vvm_is_plain(receiver, VVM_TYPE))
        vvm_fail(m, VVM_T_ATTRIBUTE_ERROR, "%s has no member `%s`", vvm_type_name(receiver.object),
                 vvm_symbols_text(m->vm->symbols, name));
    else
        vvm_fail(m, VVM_T_ATTRIBUTE_ERROR, "%s has no member `%s`", vvm_name_of_type(m, receiver),
                 vvm_symbols_text(m->vm->symbols, name));
    return abandon(m, call);
}

/* A member that is no method: a variant's constructor, a function in a Dict. */
static enum vvm_step call_other(struct vvm_machine *m, struct vvm_invoke *call, vvm_symbol name)
{
    vvm_value receiver = arguments_of(m, call)[0], value;
    if (!vvm_member_value(m, receiver, name, &value))
        return no_member(m, call, name);
    return call_value(m, call, value);
}

/* Owned; unset = out of memory. */
static vvm_value list_of(const vvm_value *borrowed, uint32_t count)
{
    vvm_value list = vvm_list_new(count, VVM_ELEMENTS_VALUE);
    for (uint32_t i = 0; i < count && !vvm_is_unset(list); i++)
        list = vvm_list_append(list, vvm_retain(borrowed[i]));
    return list;
}

/* What a `get` gives is called: the core library does both, so that the arguments wait in its frame. */
static enum vvm_step call_getter(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_found *found)
{
    struct vvm_function *function = m->vm->core[VVM_CORE_CALL_GOT];
    if (!vvm_reserve(m, call->window + VVM_FRAME_HEADER + 3)) {
        vvm_stack_overflow(m);
        return abandon(m, call);
    }
    vvm_value *args = arguments_of(m, call), owner = list_of(args, !found->of_type),
              rest = list_of(args + 1, call->count - 1);
    vvm_release_arguments(args, call->count, call->given);
    if (vvm_is_unset(owner) || vvm_is_unset(rest)) {
        vvm_release(owner);
        vvm_release(rest);
        return vvm_fail_memory(m);
    }
    args[0] = found->member->value;
    args[1] = owner;
    args[2] = rest;
    call->callee = (vvm_value){.tag = VVM_TAG_ID(VVM_FUNCTION, function->id), .object = function};
    call->count = 3;
    call->given = 0xffff;
    return vvm_invoke(m, call);
}

static enum vvm_step call_member(struct vvm_machine *m, struct vvm_invoke *call, vvm_symbol name,
                                 const struct vvm_found *found)
{
    struct vvm_member *member = found->member;
    vvm_value value;
    switch ((enum vvm_member_kind)member->kind) {
    case VVM_MEMBER_STATIC: return call_value(m, call, vvm_retain(member->value));
    case VVM_MEMBER_STATIC_FIELD:
        if (!vvm_global_get(m, found->type->static_fields[member->slot].global, &value))
            return abandon(m, call);
        return call_value(m, call, value);
    case VVM_MEMBER_METHOD:
        if (member->flags & VVM_MEMBER_ABSTRACT)
            return no_member(m, call, name);
        call->callee = member->value;
        call->method = true;
        return invoke_decoded(m, call);
    case VVM_MEMBER_GETTER: return call_getter(m, call, found);
    default: return call_other(m, call, name);
    }
}

static enum vvm_step invoke_method(struct vvm_machine *m, struct vvm_invoke *call, struct vvm_site *site)
{
    vvm_value receiver = arguments_of(m, call)[0];
    struct vvm_found found;
    if (!vvm_find_member(m, receiver, site->name, &found))
        return call_other(m, call, site->name);
    if (!found.of_type && found.member->kind == VVM_MEMBER_METHOD && !(found.member->flags & VVM_MEMBER_ABSTRACT) &&
        found.type->id != VVM_T_ANY)
        vvm_site_remember(site, found.type->id, (uint32_t)(found.member - found.type->members.slots));
    return call_member(m, call, site->name, &found);
}

enum vvm_step vvm_step_callm(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_invoke call = decode(m, at);
    return invoke_method(m, &call, vvm_site_at(m->vm, at[2]));
}

enum vvm_step vvm_step_calls(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_invoke call = decode(m, at);
    struct vvm_site *site = vvm_site_at(m->vm, at[2]);
    struct vvm_type *type = vvm_type_at(m->vm, site->type_id);
    struct vvm_member *member = vvm_members_find(&type->members, site->name);
    if (member == NULL)
        member = vvm_members_find(&m->vm->known[VVM_T_ANY]->members, site->name);
    if (member == NULL || member->kind == VVM_MEMBER_FIELD || member->flags & VVM_MEMBER_ABSTRACT)
        return no_member(m, &call, site->name);
    call.callee = member->value;
    call.method = true;
    return vvm_invoke(m, &call);
}

/* ---- Named and spread arguments ---- */

static bool is_static_field(const struct vvm_found *found)
{
    return found->member != NULL && found->member->kind == VVM_MEMBER_STATIC_FIELD;
}

static bool named_callee(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_shape *shape, bool is_method)
{
    if (!is_method) {
        call->callee = vvm_registers(m)[call->window];
        call->owns_callee = vvm_is_heap(call->callee);
        return true;
    }
    struct vvm_site *site = vvm_site_at(m->vm, shape->site);
    struct vvm_found found = {NULL, NULL, false};
    vvm_value receiver = arguments_of(m, call)[0];
    if (vvm_find_member(m, receiver, site->name, &found) && !found.of_type && found.member->kind == VVM_MEMBER_METHOD) {
        call->callee = found.member->value;
        call->method = true;
        return true;
    }
    vvm_value value;
    if (is_static_field(&found)) {
        if (!vvm_global_get(m, found.type->static_fields[found.member->slot].global, &value)) {
            abandon(m, call);
            return false;
        }
    } else if (!vvm_member_value(m, receiver, site->name, &value)) {
        no_member(m, call, site->name);
        return false;
    }
    drop_receiver(m, call);
    call->callee = value;
    call->owns_callee = vvm_is_heap(value);
    return true;
}

enum vvm_step vvm_step_named(struct vvm_machine *m, const uint32_t *at)
{
    struct vvm_invoke call = decode(m, at);
    const struct vvm_shape *shape = vvm_table_at(&m->vm->shapes, at[2]);
    bool is_method = (*at & 0xff) == VVM_OPC_CALLMN || (*at & 0xff) == VVM_OPC_TCALLMN;
    uint32_t before = call.count;
    if (!named_callee(m, &call, shape, is_method))
        return VVM_STEP_THROW;
    if (!vvm_arrange(m, &call, shape, before - call.count))
        return abandon(m, &call);
    return vvm_invoke(m, &call);
}
