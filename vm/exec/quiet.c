#include "vm/exec/quiet.h"

#include "runtime/sync/channel.h"
#include "vm/exec/error.h"
#include "vm/exec/step.h"

#include <stdlib.h>
#include <string.h>

/* Equal waits are one line with a count. */
struct wait_line { char *text; uint32_t count; };
struct report {
    struct wait_line *lines;
    uint32_t count, capacity, waiting;
    bool main_waits;
};

static void describe_channel(struct vvm_vm *vm, const struct vrt_waiter *waiter, struct vvm_text_builder *out)
{
    struct vrt_channel *channel = vrt_channel_of_waiter(waiter);
    struct vrt_channel_facts facts;
    if (channel == NULL)
        return;
    vrt_channel_facts_any(channel, &facts);
    vvm_text_add_c(out, " a channel");
    if (facts.site != 0) {
        vvm_text_add_c(out, " made in ");
        vvm_trace_place(vm, facts.site, out);
    }
    vvm_text_add_format(out, ", which has %u open sender%s and %u receiver%s", facts.senders,
                        facts.senders == 1 ? "" : "s", facts.receivers, facts.receivers == 1 ? "" : "s");
}

static void describe_wait(struct vvm_vm *vm, const struct vrt_waiter *waiter, struct vvm_text_builder *out)
{
    switch ((enum vrt_where)waiter->where) {
    case VRT_WHERE_SLEEP: vvm_text_add_c(out, "sleeps"); break;
    case VRT_WHERE_PROMISE: vvm_text_add_c(out, "waits for a Future that nobody settles"); break;
    case VRT_WHERE_SEND:
        vvm_text_add_c(out, "waits to send to");
        describe_channel(vm, waiter, out);
        break;
    case VRT_WHERE_RECEIVE:
        vvm_text_add_c(out, "waits to receive from");
        describe_channel(vm, waiter, out);
        break;
    case VRT_WHERE_SELECT: vvm_text_add_c(out, "waits in select"); break;
    default: vvm_text_add_c(out, "waits"); break;
    }
}

static void describe_fiber(struct vvm_isolate *isolate, const struct vvm_fiber *fiber, struct vvm_text_builder *out)
{
    struct vvm_place place;
    const char *name = vvm_isolate_name(isolate);
    if (vvm_isolate_is_main(isolate))
        vvm_text_add_c(out, "main ");
    else if (name != NULL)
        vvm_text_add_format(out, "worker \"%s\" ", name);
    else
        vvm_text_add_c(out, "a worker ");
    if (fiber->waiter != NULL)
        describe_wait(vvm_isolate_vm(isolate), fiber->waiter, out);
    if (vvm_fiber_place(fiber, &place))
        vvm_text_add_format(out, ", in %s at %s:%u:%u", place.function, place.file, place.line, place.column);
}

static void each_waiting(struct vvm_isolate *isolate, void (*visit)(struct vvm_isolate *, struct vvm_fiber *, void *),
                         void *argument)
{
    struct vvm_fiber *fiber = &isolate->first;
    do {
        if (fiber->state == VVM_FIBER_PARKED && fiber->top != 0)
            visit(isolate, fiber, argument);
        fiber = fiber->list_next;
    } while (fiber != &isolate->first);
}

/* ---- The report ---- */

static void add_line(struct report *report, char *text)
{
    for (uint32_t i = 0; i < report->count && i < 64; i++)
        if (strcmp(report->lines[i].text, text) == 0) {
            report->lines[i].count++;
            free(text);
            return;
        }
    if (report->count == report->capacity) {
        uint32_t capacity = report->capacity * 2 + 8;
        struct wait_line *lines = realloc(report->lines, capacity * sizeof *lines);
        if (lines == NULL) {
            free(text);
            return;
        }
        report->lines = lines;
        report->capacity = capacity;
    }
    report->lines[report->count++] = (struct wait_line){text, 1};
}

static void add_fiber(struct vvm_isolate *isolate, struct vvm_fiber *fiber, void *argument)
{
    struct report *report = argument;
    struct vvm_text_builder out;
    vvm_text_init(&out);
    describe_fiber(isolate, fiber, &out);
    char *text = out.length != 0 && !out.failed ? strndup(out.data, out.length) : NULL;
    vvm_text_drop(&out);
    report->waiting++;
    report->main_waits |= (fiber->flags & VVM_FIBER_MAIN) != 0;
    if (text != NULL)
        add_line(report, text);
}

static void add_isolate(struct vrt_isolate *base, void *argument)
{
    each_waiting((struct vvm_isolate *)base, add_fiber, argument);
}

static char *report_text(const struct report *report)
{
    struct vvm_text_builder out;
    vvm_text_init(&out);
    vvm_text_add_format(&out, "deadlock: %u task%s, none of which can ever go on", report->waiting,
                        report->waiting == 1 ? " waits" : "s wait");
    for (uint32_t i = 0; i < report->count; i++) {
        vvm_text_add_c(&out, "\n  ");
        vvm_text_add_c(&out, report->lines[i].text);
        if (report->lines[i].count > 1)
            vvm_text_add_format(&out, " (%u tasks alike)", report->lines[i].count);
    }
    char *text = out.failed ? NULL : strndup(out.data, out.length);
    vvm_text_drop(&out);
    return text != NULL ? text : strdup("deadlock");
}

static void report_drop(struct report *report)
{
    for (uint32_t i = 0; i < report->count; i++)
        free(report->lines[i].text);
    free(report->lines);
}

static void post_report(struct vvm_vm *vm, const struct report *report)
{
    struct vvm_letter *letter = calloc(1, sizeof *letter);
    if (letter == NULL)
        return;
    letter->post.kind = VVM_LETTER_DEADLOCK;
    letter->text = report_text(report);
    if (letter->text == NULL) {
        free(letter);
        return;
    }
    vrt_isolate_post_any(&vm->main->base, &letter->post);
}

void vvm_quiet_happened(struct vela_runtime *runtime, void *user)
{
    struct vvm_vm *vm = user;
    struct report report = {0};
    if (vm == NULL || vm->main == NULL)
        return;
    vvm_vm_enter(vm);
    vrt_runtime_each_isolate(runtime, add_isolate, &report);
    if (report.main_waits)
        post_report(vm, &report);
    report_drop(&report);
}

/* ---- Dumps ---- */

static void write_fiber(struct vvm_isolate *isolate, struct vvm_fiber *fiber, void *argument)
{
    const struct vrt_text_sink *sink = argument;
    struct vvm_text_builder out;
    vvm_text_init(&out);
    describe_fiber(isolate, fiber, &out);
    vvm_text_add_c(&out, "\n");
    if (!out.failed)
        sink->write(sink->context, out.data, out.length);
    vvm_text_drop(&out);
}

void vvm_quiet_describe(struct vvm_isolate *isolate, const struct vrt_text_sink *sink)
{
    each_waiting(isolate, write_fiber, (void *)(uintptr_t)sink);
}
