/* Unwinding: from the frame that threw to the handler that takes the error, releasing what is owned. */
#include "vm/exec/generator.h"
#include "vm/exec/memory.h"

/* The set of owned registers while the instruction before `pc` runs; NULL: none. */
static const uint64_t *owned_at(const struct vvm_function *function, const uint32_t *pc)
{
    if (pc <= function->code || pc > function->code + function->code_count)
        return NULL;
    uint32_t word = (uint32_t)(pc - function->code) - 1, low = 0, high = function->owned_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (function->owned[middle].pc <= word)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : function->owned_bits + (size_t)function->owned[low - 1].bits_index;
}

static void release_set(vvm_value *registers, const uint64_t *owned, const uint64_t *kept, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        uint64_t bits = owned[i] & ~(kept != NULL ? kept[i] : 0);
        for (; bits != 0; bits &= bits - 1)
            vvm_release(registers[i * 64 + (uint32_t)__builtin_ctzll(bits)]);
    }
}

size_t vvm_frame_values(const struct vvm_frame *frame, const vvm_value *registers, vvm_value *out)
{
    bool native = (frame->flags & VVM_FRAME_NATIVE) != 0;
    const struct vvm_function *function = native ? NULL : frame->function;
    const uint64_t *owned = native ? NULL : owned_at(function, frame->pc);
    size_t count = 0, parameters = native ? frame->count : function->parameter_count;
    for (size_t i = 0; owned != NULL && i < function->register_count; i++)
        if (owned[i >> 6] >> (i & 63) & 1)
            out[count++] = registers[i];
    for (size_t i = 0; i < parameters; i++)
        if (i < VVM_MASK_BITS ? frame->given >> i & 1 : native)
            out[count++] = registers[i];
    for (size_t i = parameters; native && i < vvm_native_size(frame); i++)
        out[count++] = registers[i];
    if (!native && frame->flags & VVM_FRAME_OWNS_CALLEE)
        out[count++] = frame->callee;
    return count;
}

static void release_native(struct vvm_frame *frame, vvm_value *registers)
{
    size_t size = vvm_native_size(frame);
    vvm_release_arguments(registers, frame->count, frame->given);
    for (size_t i = frame->count; i < size; i++)
        vvm_release(registers[i]);
}

/* A frame that has not begun: its parameters beyond the mask are in no table yet. */
static void release_late_parameters(const struct vvm_frame *frame, vvm_value *registers)
{
    const struct vvm_function *function = frame->function;
    for (uint32_t i = VVM_MASK_BITS; frame->pc == function->code && i < function->parameter_count; i++)
        vvm_release(registers[i]);
}

void vvm_frame_release(struct vvm_machine *m)
{
    struct vvm_frame *frame = vvm_top(m);
    vvm_value *registers = vvm_registers(m);
    if (frame->flags & VVM_FRAME_NATIVE) {
        release_native(frame, registers);
    } else {
        const uint64_t *owned = owned_at(frame->function, frame->pc);
        if (owned != NULL)
            release_set(registers, owned, NULL, frame->function->owned_words);
        vvm_release_arguments(registers, VVM_MASK_BITS, frame->given);
        release_late_parameters(frame, registers);
        if (frame->flags & VVM_FRAME_OWNS_CALLEE)
            vvm_release(frame->callee);
    }
}

void vvm_frame_drop(struct vvm_machine *m)
{
    struct vvm_fiber *fiber = m->fiber;
    struct vvm_frame *frame = vvm_top(m);
    vvm_frame_release(m);
    if (vvm_frame_is_generator(frame))
        vvm_generator_drop(m);
    fiber->top = frame->flags & VVM_FRAME_ENTRY ? 0 : fiber->top - frame->back;
}

void vvm_frame_finish(struct vvm_machine *m)
{
    struct vvm_frame *frame = vvm_top(m);
    vvm_release_arguments(vvm_registers(m), VVM_MASK_BITS, frame->given);
    if (frame->flags & VVM_FRAME_OWNS_CALLEE)
        vvm_release(frame->callee);
    frame->given = 0;
}

static const struct vvm_handler *handler_at(const struct vvm_function *function, const uint32_t *pc)
{
    if (pc <= function->code || pc > function->code + function->code_count)
        return NULL;
    uint32_t word = (uint32_t)(pc - function->code) - 1;
    for (uint32_t i = 0; i < function->handler_count; i++)
        if (function->handlers[i].start <= word && word < function->handlers[i].end)
            return &function->handlers[i];
    return NULL;
}

/* Goes on at the handler: what it reads stays, the rest is released. */
static void take(struct vvm_machine *m, struct vvm_frame *frame, const struct vvm_handler *handler)
{
    const struct vvm_function *function = frame->function;
    vvm_value *registers = vvm_registers(m);
    const uint64_t *owned = owned_at(function, frame->pc);
    const uint64_t *kept = owned_at(function, function->code + handler->target + 1);
    if (owned != NULL)
        release_set(registers, owned, kept, function->owned_words);
    registers[handler->slot] = m->error;
    m->error = vvm_void();
    frame->pc = function->code + handler->target;
}

/* Memory is out because the worker may not have more: an error of its own says so. */
static void tell_of_limit(struct vvm_machine *m)
{
    if (vvm_is_heap(m->error) && m->error.object == m->vm->memory_error.object && vvm_memory_is_limited())
        m->error = vvm_memory_limit_error(m);
}

enum vvm_step vvm_unwind(struct vvm_machine *m)
{
    if (VVM_UNLIKELY(vrt_account_current() != NULL))
        tell_of_limit(m);
    for (;;) {
        struct vvm_frame *frame = vvm_top(m);
        if (!(frame->flags & VVM_FRAME_NATIVE)) {
            const struct vvm_handler *handler = handler_at(frame->function, frame->pc);
            if (handler != NULL) {
                take(m, frame, handler);
                return VVM_STEP_GO;
            }
        }
        if (vvm_frame_is_generator(frame)) {
            vvm_frame_release(m);
            vvm_generator_throw(m);
            continue;
        }
        bool entry = (frame->flags & VVM_FRAME_ENTRY) != 0;
        vvm_frame_drop(m);
        if (entry)
            return vvm_fiber_end(m, m->error, true);
    }
}
