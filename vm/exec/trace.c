/* Traces: program counters of a fiber's frames, and their text. */
#include "vm/exec/error.h"
#include "vm/exec/generator.h"
#include "vm/exec/isolate.h"

#define INNER 64
#define OUTER 16

struct trace {
    vvm_value words[INNER + 1 + OUTER + 1 + VVM_SPAWN_CHAIN];
    uint32_t count;
    uint64_t ring[OUTER];
    uint64_t rest;  /* frames that came after INNER */
};

static uint64_t word_of(const struct vvm_frame *frame)
{
    const struct vvm_function *function = frame->function;
    bool inside = frame->pc > function->code && frame->pc <= function->code + function->code_count;
    return (uint64_t)function->id << 32 | (inside ? (uint32_t)(frame->pc - function->code) - 1 : 0);
}

static bool is_shown(const struct vvm_frame *frame)
{
    return !(frame->flags & VVM_FRAME_NATIVE) && !(frame->function->flags & VVM_FUNCTION_CORE);
}

static const struct vvm_frame *frame_below(const struct vvm_fiber *fiber, uint32_t *top)
{
    const struct vvm_frame *frame = vvm_frame_of(fiber->stack + *top);
    *top = frame->flags & VVM_FRAME_ENTRY ? 0 : *top - frame->back;
    return frame;
}

static void add_frame(struct trace *trace, const struct vvm_frame *frame)
{
    if (!is_shown(frame))
        return;
    if (trace->count < INNER)
        trace->words[trace->count++] = vvm_number((int64_t)word_of(frame));
    else
        trace->ring[trace->rest++ % OUTER] = word_of(frame);
}

/* The generators that delegate to the one whose body this is: their frames lie aside. */
static void add_delegators(struct trace *trace, const struct vvm_handle *root)
{
    const struct vvm_handle *handle = vvm_generator_of(root)->leaf;
    while (handle != root) {
        handle = vvm_generator_of(handle)->outer;
        struct vvm_generator *g = vvm_generator_of(handle);
        for (uint32_t top = g->top; top != 0;) {
            const struct vvm_frame *frame = vvm_frame_of(g->slots + top);
            add_frame(trace, frame);
            top = top == VVM_FRAME_HEADER ? 0 : top - frame->back;
        }
    }
}

/* The innermost frames one by one; of the rest the last ones, through a ring. */
static void add_frames(struct trace *trace, const struct vvm_fiber *fiber)
{
    for (uint32_t top = fiber->top; top != 0;) {
        const vvm_value *registers = fiber->stack + top;
        const struct vvm_frame *frame = frame_below(fiber, &top);
        add_frame(trace, frame);
        if (vvm_frame_is_generator(frame))
            add_delegators(trace, registers[-VVM_FRAME_HEADER - 1].object);
    }
    if (trace->rest > OUTER)
        trace->words[trace->count++] = vvm_number(VVM_TRACE_GAP);
    for (uint64_t i = trace->rest > OUTER ? trace->rest - OUTER : 0; i < trace->rest; i++)
        trace->words[trace->count++] = vvm_number((int64_t)trace->ring[i % OUTER]);
}

static void add_spawns(struct trace *trace, const struct vvm_isolate_more *more)
{
    if (more == NULL || more->site_count == 0)
        return;
    trace->words[trace->count++] = vvm_number(VVM_TRACE_SPAWN);
    for (uint32_t i = 0; i < more->site_count; i++)
        trace->words[trace->count++] = vvm_number((int64_t)more->sites[i]);
}

vvm_value vvm_trace_capture(struct vvm_vm *vm, struct vvm_fiber *fiber)
{
    struct trace trace;
    trace.count = 0;
    trace.rest = 0;
    struct vrt_thread *thread = vrt_thread_current();
    (void)vm;
    if (fiber == NULL)
        return vvm_unset();
    add_frames(&trace, fiber);
    if (thread != NULL && thread->current != NULL)
        add_spawns(&trace, ((struct vvm_isolate *)thread->current)->more);
    return vvm_list_from(trace.words, trace.count);
}

void vvm_trace_site(struct vvm_fiber *fiber, uint64_t *sites, uint32_t *count)
{
    for (uint32_t top = fiber->top; top != 0;) {
        const struct vvm_frame *frame = frame_below(fiber, &top);
        if (is_shown(frame)) {
            sites[(*count)++] = word_of(frame);
            return;
        }
    }
}

void vvm_trace_place(struct vvm_vm *vm, uint64_t site, struct vvm_text_builder *out)
{
    uint32_t id = (uint32_t)(site >> 32);
    if (id >= vvm_table_count(&vm->functions))
        return;
    const struct vvm_function *function = vvm_function_at(vm, id);
    struct vvm_place place;
    if (vvm_place_of(function, function->code + (uint32_t)site + 1, &place))
        vvm_place_add(&place, out);
}

static void add_line(struct vvm_vm *vm, int64_t word, bool spawned, struct vvm_text_builder *out)
{
    if (word == VVM_TRACE_GAP) {
        vvm_text_add_c(out, "...");
    } else {
        vvm_text_add_c(out, spawned ? "spawned at " : "at ");
        vvm_trace_place(vm, (uint64_t)word, out);
    }
}

static vvm_value line_of(struct vvm_vm *vm, int64_t word, bool spawned)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    add_line(vm, word, spawned, &out);
    return vvm_text_finish(&out);
}

void vvm_trace_write(struct vvm_vm *vm, const struct vvm_fiber *fiber, const char *before, struct vvm_text_builder *out)
{
    struct trace trace;
    trace.count = 0;
    trace.rest = 0;
    add_frames(&trace, fiber);
    for (uint32_t i = 0; i < trace.count; i++) {
        vvm_text_add_c(out, before);
        add_line(vm, trace.words[i].number, false, out);
    }
}

vvm_value vvm_error_trace_lines(struct vvm_vm *vm, vvm_value error)
{
    vvm_value lines = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    vvm_value trace = ((struct vvm_record *)error.object)->fields[VVM_ERROR_TRACE];
    bool spawned = false;
    if (!vvm_is_plain(trace, VVM_LIST))
        return lines;
    for (size_t i = 0; i < vvm_list_length(trace) && !vvm_is_unset(lines); i++) {
        int64_t word = vvm_list_get(trace, i).number;
        if (word == VVM_TRACE_SPAWN) {
            spawned = true;
            continue;
        }
        vvm_value line = line_of(vm, word, spawned);
        if (vvm_is_unset(line)) {
            vvm_release(lines);
            return line;
        }
        lines = vvm_list_append(lines, line);
    }
    return lines;
}
