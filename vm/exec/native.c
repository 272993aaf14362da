/* Frames of built-ins: those that call back in steps, and leaves that wait.
 *
 * Registers: the arguments (room for all optional ones and a receiver), then the built-in's slots. All of
 * them are released when it is done. */
#include "vm/exec/step.h"

#include <string.h>

void vvm_pay(struct vvm_machine *m)
{
    m->budget = m->budget > m->call.charge ? m->budget - m->call.charge : 0;
    vvm_pay_walks(m);
}

void vvm_pay_walks(struct vvm_machine *m)
{
    int32_t parts = (int32_t)(vvm_walked() / VVM_ELEMENTS_PER_REDUCTION);
    m->budget = m->budget > parts ? m->budget - parts : 0;
}

static uint32_t argument_room(const struct vvm_builtin *row, uint32_t count)
{
    uint32_t most = row->max == 255 ? count : row->max + 1u;
    return most > count ? most : count;
}

size_t vvm_native_size(const struct vvm_frame *frame)
{
    return argument_room(frame->builtin, frame->count) + frame->builtin->slots;
}

static struct vvm_frame *push_header(struct vvm_machine *m, const struct vvm_invoke *call,
                                     const struct vvm_builtin *row)
{
    m->fiber->top += call->window + VVM_FRAME_HEADER;
    struct vvm_frame *frame = vvm_top(m);
    frame->callee = vvm_void();
    frame->builtin = row;
    frame->pc = NULL;
    frame->state = call->dst;
    frame->given = (uint16_t)call->given;
    frame->flags = call->flags | VVM_FRAME_NATIVE | (call->method ? VVM_FRAME_METHOD : 0);
    frame->count = (uint16_t)call->count;
    frame->back = call->window + VVM_FRAME_HEADER;
    frame->stage = 0;
    m->resumed = vvm_unset();
    return frame;
}

enum vvm_step vvm_native_push(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row)
{
    uint32_t room = argument_room(row, call->count);
    if (!vvm_reserve(m, call->window + VVM_FRAME_HEADER + room + row->slots)) {
        vvm_release_arguments(vvm_registers(m) + call->window + VVM_FRAME_HEADER, call->count, call->given);
        return vvm_stack_overflow(m);
    }
    struct vvm_frame *frame = push_header(m, call, row);
    vvm_value *registers = vvm_registers(m);
    for (uint32_t i = call->count; i < room + row->slots; i++)
        registers[i] = vvm_unset();
    if (call->type != NULL) /* constructors: the type takes the place of the callee */
        frame->callee = vvm_of_object(VVM_TYPE, call->type);
    return VVM_STEP_GO;
}

static void fill_call(struct vvm_machine *m, struct vvm_frame *frame)
{
    struct vvm_call *call = &m->call;
    call->builtin = frame->builtin;
    call->args = vvm_registers(m);
    call->count = frame->count;
    call->owned = frame->given;
    call->type = vvm_kind(frame->callee) == VVM_TYPE ? frame->callee.object : NULL;
    call->is_method = (frame->flags & VVM_FRAME_METHOD) != 0;
    call->stage = frame->stage;
    call->slots = call->args + argument_room(frame->builtin, frame->count);
    call->resumed = m->resumed;
    m->resumed = vvm_unset();
}

/* Removes the frame of a built-in that is done. */
static void pop(struct vvm_machine *m)
{
    struct vvm_frame *frame = vvm_top(m);
    vvm_value *registers = vvm_registers(m);
    size_t size = vvm_native_size(frame);
    vvm_release_arguments(registers, frame->count, frame->given);
    for (size_t i = argument_room(frame->builtin, frame->count); i < size; i++)
        vvm_release(registers[i]);
    m->fiber->top -= frame->back;
}

/* The function that takes the arguments as they are, nothing to adapt, bind or start; or NULL. */
static const struct vvm_function *function_that_fits(struct vvm_machine *m, vvm_value callee, uint32_t count)
{
    const struct vvm_function *function;
    if ((callee.tag & 0xffff) == VVM_CLOSURE)
        function = vvm_function_at(m->vm, vvm_tag_id(callee));
    else if ((callee.tag & 0xffff) == VVM_FUNCTION)
        function = callee.object;
    else
        return NULL;
    uint32_t special = VVM_FUNCTION_ASYNC | VVM_FUNCTION_GENERATOR | VVM_FUNCTION_REST;
    return function->parameter_count == count && !(function->flags & special) ? function : NULL;
}

static enum vvm_step call_back(struct vvm_machine *m)
{
    struct vvm_call *call = &m->call;
    uint32_t count = call->callee_count;
    const struct vvm_function *function = function_that_fits(m, call->callee, count);
    struct vvm_invoke invoke = {.callee = vvm_retain(call->callee), .window = (uint32_t)vvm_native_size(vvm_top(m)),
                                .count = count, .given = (1u << count) - 1, .adapt = true,
                                .flags = VVM_ACTION_NATIVE << VVM_FRAME_ACTION_SHIFT};
    invoke.owns_callee = vvm_is_heap(invoke.callee);
    uint32_t room = function != NULL && function->register_count > count ? function->register_count : count;
    if (!vvm_reserve(m, invoke.window + VVM_FRAME_HEADER + room)) {
        vvm_release_arguments(call->callee_args, count, invoke.given);
        vvm_release(invoke.callee);
        return vvm_stack_overflow(m);
    }
    for (uint32_t i = 0; i < count; i++)
        vvm_registers(m)[invoke.window + VVM_FRAME_HEADER + i] = call->callee_args[i];
    return function != NULL ? vvm_enter(m, &invoke, function) : vvm_invoke(m, &invoke);
}

enum vvm_step vvm_native_continue(struct vvm_machine *m, struct vvm_invoke *call, const struct vvm_builtin *row,
                                  enum vvm_outcome outcome)
{
    struct vvm_frame *frame = push_header(m, call, row);
    frame->stage = m->call.stage;
    if (outcome == VVM_CALL)
        return call_back(m);
    if (outcome == VVM_AGAIN) {
        vvm_pay(m);
        return VVM_STEP_GO;
    }
    frame->flags |= VVM_FRAME_RESUME;
    return VVM_STEP_PARK;
}

/* The error that ended a wait takes the place of whatever the built-in answered. */
static enum vvm_step interrupted(struct vvm_machine *m, enum vvm_outcome outcome)
{
    struct vvm_fiber *fiber = m->fiber;
    vvm_value result = m->call.result, error = fiber->waiter->value;
    fiber->flags &= (uint16_t)~VVM_FIBER_INTERRUPTED;
    fiber->waiter->value = vvm_void();
    if (outcome == VVM_DONE || outcome == VVM_THROW)
        vvm_release(result);
    pop(m);
    return vvm_fail_value(m, error);
}

void vvm_native_abandon(struct vvm_machine *m)
{
    m->fiber->flags |= VVM_FIBER_INTERRUPTED;
    fill_call(m, vvm_top(m));
    enum vvm_outcome outcome = m->fiber->resume(&m->call);
    if (outcome == VVM_DONE || outcome == VVM_THROW)
        vvm_release(m->call.result);
}

enum vvm_step vvm_native_step(struct vvm_machine *m)
{
    struct vvm_frame *frame = vvm_top(m);
    bool resume = (frame->flags & VVM_FRAME_RESUME) != 0;
    frame->flags &= (uint16_t)~VVM_FRAME_RESUME;
    fill_call(m, frame);
    enum vvm_outcome outcome = resume ? m->fiber->resume(&m->call) : frame->builtin->function(&m->call);
    frame->stage = m->call.stage;
    if (resume && m->fiber->flags & VVM_FIBER_INTERRUPTED)
        return interrupted(m, outcome);
    if (outcome == VVM_CALL)
        return call_back(m);
    if (outcome == VVM_PARK) {
        frame->flags |= VVM_FRAME_RESUME;
        return VVM_STEP_PARK;
    }
    if (outcome == VVM_LONG || outcome == VVM_AGAIN)
        vvm_pay(m);
    if (outcome == VVM_AGAIN)
        return VVM_STEP_GO;
    vvm_value result = m->call.result;
    uint16_t dst = frame->dst, flags = frame->flags;
    pop(m);
    if (outcome == VVM_THROW)
        return vvm_fail_value(m, result);
    return vvm_deliver(m, dst, flags, result);
}
