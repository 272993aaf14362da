#include "vm/exec/fiber.h"

#include "runtime/base/account.h"
#include "runtime/base/large.h"
#include "vm/exec/step.h"
#include "vm/exec/tables.h"
#include "vm/front/source.h"

#include <string.h>

#define SLOT sizeof(vvm_value)
#ifdef VELA_TINY
#define MAPPED_FROM ((size_t)4096)
#else
#define MAPPED_FROM ((size_t)256 * 1024) /* bytes: below a block of the allocator, from here on a mapping */
#endif
#define SHRINK_FROM ((size_t)4096)
#define FIT_FROM ((size_t)64) /* bytes: less is not worth a move */

static bool is_mapped(size_t slots)
{
    return slots * SLOT >= MAPPED_FROM;
}

static void stack_free(vvm_value *stack, size_t slots)
{
    if (stack == NULL)
        return;
    if (!is_mapped(slots)) {
        vrt_free(stack, slots * SLOT);
        return;
    }
    vrt_large_free(stack, slots * SLOT);
    vrt_account_add(-(int64_t)(slots * SLOT));
}

static vvm_value *stack_alloc(size_t slots)
{
    if (!is_mapped(slots))
        return vrt_alloc(slots * SLOT);
    if (!vrt_account_allows(slots * SLOT))
        return NULL;
    void *memory = vrt_large_alloc(slots * SLOT);
    vrt_account_add(memory == NULL ? 0 : (int64_t)(slots * SLOT));
    return memory;
}

static vvm_value *stack_remap(vvm_value *stack, size_t before, size_t slots)
{
    if (slots > before && !vrt_account_allows((slots - before) * SLOT))
        return NULL;
    void *memory = vrt_large_resize(stack, before * SLOT, slots * SLOT);
    if (memory == NULL)
        return NULL;
    vrt_account_add(((int64_t)slots - (int64_t)before) * (int64_t)SLOT);
    return memory;
}

/* Moves the stack to `slots` slots; the first `used` are kept. */
static bool stack_move(struct vvm_fiber *fiber, size_t slots, size_t used)
{
    vvm_value *stack;
    if (is_mapped(slots) && is_mapped(fiber->capacity)) {
        stack = stack_remap(fiber->stack, fiber->capacity, slots);
        if (stack == NULL)
            return false;
    } else {
        stack = stack_alloc(slots);
        if (stack == NULL)
            return false;
        memcpy(stack, fiber->stack, used * SLOT);
#ifdef VELA_TINY
        memset(fiber->stack, 0xa5, fiber->capacity * SLOT);
#endif
        stack_free(fiber->stack, fiber->capacity);
    }
    fiber->stack = stack;
    fiber->capacity = (uint32_t)slots;
    return true;
}

static size_t grown(size_t capacity, size_t slots)
{
#ifdef VELA_TINY
    size_t wanted = slots + 2;
    (void)capacity;
#else
    size_t wanted = capacity + capacity / 2;
    if (wanted < slots)
        wanted = slots;
    if (wanted * SLOT >= 1024)
        wanted += 16;
#endif
    if (is_mapped(wanted))
        wanted = (wanted * SLOT + 4095) / 4096 * 4096 / SLOT;
    return wanted;
}

bool vvm_fiber_reserve(struct vvm_vm *vm, struct vvm_fiber *fiber, size_t slots)
{
    if (slots <= fiber->capacity)
        return true;
    size_t limit = vm->stack_limit / SLOT;
    size_t wanted = grown(fiber->capacity, slots);
    if (wanted > limit)
        wanted = is_mapped(limit) ? limit / (4096 / SLOT) * (4096 / SLOT) : limit;
    if (wanted < slots) {
        vrt_account_acquit();
        return false;
    }
    return stack_move(fiber, wanted, fiber->capacity);
}

size_t vvm_frame_size(const struct vvm_frame *frame)
{
    return frame->flags & VVM_FRAME_NATIVE ? vvm_native_size(frame) : frame->function->register_count;
}

static size_t used_slots(const struct vvm_fiber *fiber)
{
    return fiber->top + vvm_frame_size(vvm_fiber_frame(fiber));
}

/* Where the highest register of any frame ends: a frame's window may stand low, so that the frames above it end below
 * its last register, which it writes when they have returned. */
static size_t claimed_slots(const struct vvm_fiber *fiber)
{
    size_t most = 0;
    for (uint32_t top = fiber->top; top != 0;) {
        const struct vvm_frame *frame = vvm_frame_of(fiber->stack + top);
        size_t end = top + vvm_frame_size(frame);
        most = end > most ? end : most;
        top = frame->flags & VVM_FRAME_ENTRY ? 0 : top - frame->back;
    }
    return most;
}

/* A task that waits often would grow its stack again and again, so this is done once. */
static void fit(struct vvm_fiber *fiber)
{
    size_t claimed = claimed_slots(fiber);
    fiber->flags |= VVM_FIBER_FITTED;
    if (claimed * SLOT + FIT_FROM <= fiber->capacity * SLOT)
        stack_move(fiber, claimed, used_slots(fiber));
}

void vvm_fiber_shrink(struct vvm_fiber *fiber)
{
    if (!(fiber->flags & VVM_FIBER_FITTED)) {
        fit(fiber);
        return;
    }
    if (fiber->capacity * SLOT <= SHRINK_FROM || used_slots(fiber) >= fiber->capacity / 2)
        return;
    size_t claimed = claimed_slots(fiber);
    if (claimed < fiber->capacity / 2)
        stack_move(fiber, grown(0, claimed), used_slots(fiber));
}

static void release_callee(struct vvm_frame *frame)
{
    if (frame->flags & VVM_FRAME_OWNS_CALLEE)
        vvm_release(frame->callee);
}

static bool first_frame(struct vvm_vm *vm, struct vvm_fiber *fiber, vvm_value callee,
                        const struct vvm_function *function, const vvm_value *args, uint32_t count)
{
    size_t arguments = count > function->register_count ? count : function->register_count;
    size_t slots = VVM_FRAME_HEADER + arguments + (arguments == 0);
    fiber->stack = slots * SLOT > vm->stack_limit ? NULL : stack_alloc(slots);
    if (fiber->stack == NULL)
        return false;
    fiber->capacity = (uint32_t)slots;
    fiber->top = VVM_FRAME_HEADER;
    struct vvm_frame *frame = vvm_fiber_frame(fiber);
    frame->callee = callee;
    frame->function = function;
    frame->pc = function->code;
    frame->state = 0;
    frame->flags = VVM_FRAME_ENTRY | (vvm_is_heap(callee) ? VVM_FRAME_OWNS_CALLEE : 0);
    frame->back = 0;
    frame->stage = 0;
    if (count != 0)
        memcpy(vvm_fiber_registers(fiber), args, count * SLOT);
    return true;
}

/* A callee that is no plain function becomes the first argument of an entry function that calls it. */
static bool init_indirect(struct vvm_vm *vm, struct vvm_fiber *fiber, vvm_value callee, const vvm_value *args,
                          uint32_t count, vvm_value *error)
{
    vvm_value all[VVM_TRAMPOLINES];
    if (count >= VVM_TRAMPOLINES) {
        vvm_release(callee);
        vvm_release_arguments((vvm_value *)(uintptr_t)args, count, UINT32_MAX);
        *error = vm->memory_error;
        return false;
    }
    all[0] = callee;
    if (count != 0)
        memcpy(all + 1, args, count * SLOT);
    struct vvm_function *entry = &vm->trampolines[count];
    vvm_value function = {.tag = VVM_TAG_ID(VVM_FUNCTION, entry->id), .object = entry};
    if (!vvm_fiber_init(vm, fiber, function, all, count + 1, error))
        return false;
    vvm_fiber_frame(fiber)->given = 0; /* it moves them */
    return true;
}

bool vvm_fiber_init(struct vvm_vm *vm, struct vvm_fiber *fiber, vvm_value callee, const vvm_value *args,
                    uint32_t count, vvm_value *error)
{
    if (!vvm_is_plain(callee, VVM_FUNCTION) && !vvm_is_plain(callee, VVM_CLOSURE))
        return init_indirect(vm, fiber, callee, args, count, error);
    const struct vvm_function *function = vvm_kind(callee) == VVM_FUNCTION
                                              ? callee.object
                                              : vvm_function_at(vm, vvm_tag_id(callee));
    if (!first_frame(vm, fiber, callee, function, args, count)) {
        vvm_release(callee);
        vvm_release_arguments((vvm_value *)(uintptr_t)args, count, UINT32_MAX);
        *error = vm->memory_error;
        return false;
    }
    struct vvm_machine machine = {.vm = vm, .fiber = fiber};
    machine.call = (struct vvm_call){.vm = vm, .fiber = fiber};
    uint32_t given = UINT32_MAX;
    if (vvm_bind(&machine, function, vvm_fiber_registers(fiber), count, &given)) {
        vvm_fiber_frame(fiber)->given = (uint16_t)given;
        return true;
    }
    release_callee(vvm_fiber_frame(fiber));
    fiber->top = 0;
    *error = machine.error;
    return false;
}

void vvm_fiber_deinit(struct vela_runtime *runtime, struct vvm_fiber *fiber)
{
    struct vvm_machine machine = {.vm = runtime->user, .fiber = fiber};
    while (fiber->top != 0)
        vvm_frame_drop(&machine);
    stack_free(fiber->stack, fiber->capacity);
    fiber->stack = NULL;
    fiber->capacity = 0;
    if (fiber->waiter != NULL)
        vrt_waiter_destroy(runtime, fiber->waiter);
    fiber->waiter = NULL;
}

struct vrt_waiter *vvm_fiber_waiter(struct vvm_call *call)
{
    struct vvm_fiber *fiber = call->fiber;
    if (fiber->waiter == NULL) {
        fiber->waiter = vrt_waiter_create_fiber(call->vm->runtime, &call->isolate->base, fiber);
        if (fiber->waiter != NULL && fiber->future != NULL && vrt_promise_is_owned(fiber->future->native))
            vrt_promise_own_by_record(fiber->future->native, fiber->waiter);
    }
    return fiber->waiter;
}

/* ---- Where it is ---- */

static uint32_t line_position(const struct vvm_function *function, uint32_t pc)
{
    uint32_t low = 0, high = function->line_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (function->lines[middle].pc <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 0 : function->lines[low - 1].position;
}

uint32_t vvm_position_of(const struct vvm_function *function, const uint32_t *pc)
{
    return line_position(function, pc > function->code ? (uint32_t)(pc - function->code) - 1 : 0);
}

bool vvm_place_of(const struct vvm_function *function, const uint32_t *pc, struct vvm_place *place)
{
    *place = (struct vvm_place){.file = "?", .function = function->name};
    if (function->source == NULL)
        return true;
    struct vvm_position position = vvm_source_position(function->source, vvm_position_of(function, pc));
    place->file = function->source->name;
    place->line = position.line;
    place->column = position.column;
    return true;
}

#define PLACE_NUMBERS 12 /* room for " (:12:34)" */

void vvm_place_add(const struct vvm_place *place, struct vvm_text_builder *out)
{
    vvm_text_reserve(out, strlen(place->function) + strlen(place->file) + PLACE_NUMBERS);
    vvm_text_add_c(out, place->function);
    vvm_text_add_c(out, " (");
    vvm_text_add_c(out, place->file);
    vvm_text_add_c(out, ":");
    vvm_text_add_number(out, place->line);
    vvm_text_add_c(out, ":");
    vvm_text_add_number(out, place->column);
    vvm_text_add_c(out, ")");
}

bool vvm_fiber_place(const struct vvm_fiber *fiber, struct vvm_place *place)
{
    for (uint32_t top = fiber->top; top != 0;) {
        const struct vvm_frame *frame = vvm_frame_of(fiber->stack + top);
        if (!(frame->flags & VVM_FRAME_NATIVE) && !(frame->function->flags & VVM_FUNCTION_CORE))
            return vvm_place_of(frame->function, frame->pc, place);
        top = frame->flags & VVM_FRAME_ENTRY ? 0 : top - frame->back;
    }
    return false;
}
